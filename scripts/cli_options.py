"""Arguments and options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class SourceName(StrEnum):
    payments = "payments"
    zephyr = "zephyr"


Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
