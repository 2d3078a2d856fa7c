"""Where in the project a check is declared, for people and for annotations in CI."""

from __future__ import annotations

import re
from pathlib import Path

from dlt_pipelines import config


def located(path: str, *marks: str, root: Path = config.PROJECT_ROOT) -> str:
    """`path:line` of the last mark: each is looked for from the line of the one before.

    A mark that is not there is passed over, so the nearest enclosing thing is named. "" when the
    file cannot be read.
    """
    try:
        lines = (root / path).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return ""
    line = 0
    for mark in marks:
        whole = re.compile(rf"(?<!\w){re.escape(mark)}(?!\w)")
        line = next((at for at in range(line, len(lines)) if whole.search(lines[at])), line)
    return f"{path}:{line + 1}"
