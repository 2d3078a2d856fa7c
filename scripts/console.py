"""What a command says: lines and tables that nothing cuts, a spinner on a terminal, or JSON."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec
from rich.console import Console
from rich.text import Text

from dlt_pipelines.errors import HallmarkError

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class Output:
    """Results go to standard output, progress and errors to standard error."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        plain: dict[str, Any] = {"markup": False, "emoji": False, "highlight": False}
        self._out = Console(soft_wrap=True, **plain)
        self._err = Console(stderr=True, soft_wrap=True, **plain)
        self._status: Any = None

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Shows on a terminal that `name` is under way; `progress` adds how far it is."""
        if not self._err.is_terminal:
            yield
            return
        try:
            with self._err.status(Text(name)) as self._status:
                yield
        finally:
            self._status = None

    def about(self, run_id: str) -> None:
        """Whose words come from here on: only log lines repeat it."""

    def progress(self, text: str, *, entity: str | None = None) -> None:
        """How far a step is, for log lines with the entity that it is at."""
        if self._status is not None:
            self._status.update(Text(text))

    def say(self, text: str) -> None:
        """A line of the result for people; nothing when JSON is asked for."""
        if not self.as_json:
            self._out.print(_shown(text))

    def done(self, text: str) -> None:
        """A line of progress that stays."""
        self._err.print(_shown(text))

    def problem(self, text: str) -> None:
        """As `done`, of something that went wrong."""
        self.done(text)

    def block(self, title: str, facts: Sequence[tuple[str, str]]) -> None:
        """A title and a line per fact that is not empty: what no table's width can hold."""
        if self.as_json:
            return
        self._out.print(_shown(title))
        for name, text in facts:
            if text:
                self._out.print(_shown(f"  {name}: {text}"))

    def table(self, title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        if self.as_json:
            return
        cells = [[_text(cell) for cell in row] for row in rows]
        padded = [_padded(column) for column in zip(columns, *cells, strict=True)]
        self._out.print(title, style="bold")
        for line in zip(*padded, strict=True):
            self._out.print(_shown("  " + "  ".join(line).rstrip()))

    def result(self, value: Any) -> None:
        """The whole result for machines, on standard output."""
        if self.as_json:
            sys.stdout.write(msgspec.json.format(msgspec.json.encode(value)).decode() + "\n")

    def error(self, error: HallmarkError) -> None:
        self._err.print(_shown(str(error)))
        self.result(
            {
                "error": {
                    "code": error.code,
                    "message": error.message,
                    "context": _plain_context(error),
                }
            }
        )


def _shown(text: str) -> str:
    """With U+FFFD for control characters: names and ids come from servers, and terminals obey."""
    return _CONTROL.sub("\ufffd", text)


def _plain_context(error: HallmarkError) -> dict[str, str]:
    return {key: str(value) for key, value in error.context.items()}


def _padded(column: Sequence[str]) -> list[str]:
    """A column and its head in one width: numbers to the right, words to the left."""
    cells = column[1:]
    width = max(map(len, column))
    numbers = bool(cells) and all(cell.replace(",", "").isdigit() for cell in cells)
    return [cell.rjust(width) if numbers else cell.ljust(width) for cell in column]


def utc(seconds: int | None) -> datetime | None:
    """A moment in epoch seconds, for a table."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _text(cell: object) -> str:
    if cell is None:
        return "-"
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M:%S}"
    return f"{cell:,}" if isinstance(cell, int) and not isinstance(cell, bool) else str(cell)
