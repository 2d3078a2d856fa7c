"""What a command says, as log lines on standard output, and nothing else there."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from dlt_pipelines.errors import HallmarkError
from dlt_pipelines.signals.logs import Log
from scripts.console import Output


class LogOutput(Output):
    """A line of text is a line of the log, and so is a row of a table."""

    def __init__(self, log: Log) -> None:
        super().__init__(as_json=False)
        self._log = log

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """`name` is a verb and maybe the source; the log has that in every line."""
        self._log.context.step = name.partition(" ")[0]
        self._log.write(logging.INFO, f"{name}: begins")
        try:
            yield
        finally:
            self._log.context.step = None

    def about(self, run_id: str) -> None:
        self._log.context.run_id = run_id

    def progress(self, text: str, *, entity: str | None = None) -> None:
        self._log.write(logging.DEBUG, text, entity=entity)

    def say(self, text: str) -> None:
        self._log.write(logging.INFO, text)

    def done(self, text: str) -> None:
        self._log.write(logging.INFO, text)

    def problem(self, text: str) -> None:
        self._log.write(logging.ERROR, text)

    def block(self, title: str, facts: Sequence[tuple[str, str]]) -> None:
        self._log.write(logging.WARNING, title, {name: text for name, text in facts if text})

    def table(self, title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        for row in rows:
            facts = dict(zip(columns, row, strict=True))
            entity = facts.pop("entity", None)
            self._log.write(
                logging.INFO, title, facts, entity=None if entity is None else str(entity)
            )

    def result(self, value: Any) -> None:
        """Nothing: the lines before have told it."""

    def error(self, error: HallmarkError) -> None:
        facts = {name: str(value) for name, value in error.context.items()}
        self._log.write(logging.ERROR, str(error), {"code": error.code, **facts})
