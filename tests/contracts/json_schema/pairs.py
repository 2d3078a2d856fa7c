"""Pairs of schemas whose verdicts are known, from the tables beside this file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import yaml

_FOLDER = Path(__file__).parent / "pairs"
URIS = {
    4: "http://json-schema.org/draft-04/schema#",
    6: "http://json-schema.org/draft-06/schema#",
    7: "http://json-schema.org/draft-07/schema#",
    2019: "https://json-schema.org/draft/2019-09/schema",
    2020: "https://json-schema.org/draft/2020-12/schema",
}


class Pair(NamedTuple):
    """`holds` is a classification; `unsure` where validators do not agree on the truth."""

    name: str
    base: Any
    new: Any
    holds: str


def pairs() -> list[Pair]:
    found = []
    for file in sorted(_FOLDER.glob("*.yaml")):
        for row in yaml.safe_load(file.read_text(encoding="utf-8")):
            base, new = (
                {"$schema": URIS[draft], **schema} if isinstance(schema, dict) else schema
                for draft, schema in zip(
                    row.get("drafts", (7, 7)), (row["base"], row["new"]), strict=True
                )
            )
            found.append(Pair(f"{file.stem}: {row['id']}", base, new, row["holds"]))
    return found
