"""What a command says: tables and a spinner on a terminal, plain lines in a pipe, or JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dlt_pipelines.errors import HallmarkError


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

    def progress(self, text: str) -> None:
        if self._status is not None:
            self._status.update(Text(text))

    def say(self, text: str) -> None:
        """A line of the result for people; nothing when JSON is asked for."""
        if not self.as_json:
            self._out.print(text)

    def done(self, text: str) -> None:
        """A line of progress that stays."""
        self._err.print(text)

    def table(self, title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        if self.as_json:
            return
        if not self._out.is_terminal:
            self._plain(title, columns, rows)
            return
        table = Table(
            title=title, title_justify="left", title_style="bold", box=None, pad_edge=False
        )
        for column in columns:
            table.add_column(column)
        for row in rows:
            table.add_row(*[_text(cell) for cell in row])
        self._out.print(table)

    def _plain(self, title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        cells = [list(columns), *[[_text(cell) for cell in row] for row in rows]]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        sys.stdout.write(f"{title}\n")
        for row in cells:
            padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            sys.stdout.write("  " + "  ".join(padded).rstrip() + "\n")

    def result(self, value: Any) -> None:
        """The whole result for machines, on standard output."""
        if self.as_json:
            sys.stdout.write(msgspec.json.format(msgspec.json.encode(value)).decode() + "\n")

    def error(self, error: HallmarkError) -> None:
        self._err.print(str(error))
        self.result(
            {
                "error": {
                    "code": error.code,
                    "message": error.message,
                    "context": _plain_context(error),
                }
            }
        )


def _plain_context(error: HallmarkError) -> dict[str, str]:
    return {key: str(value) for key, value in error.context.items()}


def _text(cell: object) -> str:
    if cell is None:
        return "-"
    return f"{cell:,}" if isinstance(cell, int) and not isinstance(cell, bool) else str(cell)
