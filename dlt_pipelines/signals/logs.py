"""Log lines as JSON objects, for what collects the standard output of services."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TextIO

import msgspec

LOGGER = "hallmark"
"""The one logger of this project; what libraries log may hold anything and is left out."""


class Context(msgspec.Struct, kw_only=True):
    """What a command is at; `correlation_id` tells the attempts of one run apart."""

    run_id: str | None = None
    correlation_id: str
    source: str | None = None
    entity: str | None = None
    step: str | None = None


class JsonLines(logging.Formatter):
    """A line has each key of the context, null where it does not apply, and `facts` if any.

    A record brings its own entity, correlation id and facts as attributes. `hidden` are the
    secrets: wherever one stands, *** does.
    """

    def __init__(self, context: Context, hidden: Sequence[str]) -> None:
        super().__init__()
        self._context = context
        self._hidden = hidden

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "timestamp": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname,
            "logger": record.name,
            "event": self._masked(record.getMessage()),
            **msgspec.structs.asdict(self._context),
        }
        for own in ("entity", "correlation_id"):
            if value := getattr(record, own, None):
                line[own] = value
        if facts := getattr(record, "facts", None):
            line["facts"] = {name: self._masked(value) for name, value in facts.items()}
        return msgspec.json.encode(line, enc_hook=str).decode()

    def _masked(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        for secret in self._hidden:
            value = value.replace(secret, "***")
        return value


class Log:
    """The project's logger, writing to `stream` from a `level` on; close it when done."""

    def __init__(self, stream: TextIO, *, source: str | None, hidden: Sequence[str]) -> None:
        self.context = Context(correlation_id=secrets.token_hex(8), source=source)
        self._logger = logging.getLogger(LOGGER)
        self._handler = logging.StreamHandler(stream)
        self._handler.setFormatter(JsonLines(self.context, hidden))
        self._logger.addHandler(self._handler)
        self._logger.propagate = False
        self.level = "INFO"

    @property
    def level(self) -> str:
        return logging.getLevelName(self._logger.level)

    @level.setter
    def level(self, name: str) -> None:
        self._logger.setLevel(name)

    def write(
        self,
        level: int,
        event: str,
        facts: Mapping[str, object] | None = None,
        *,
        entity: str | None = None,
        correlation_id: str | None = None,
    ) -> None:
        """`correlation_id` is that of a request, when the context's is not meant."""
        own = {"facts": facts, "entity": entity, "correlation_id": correlation_id}
        self._logger.log(level, "%s", event, extra=own)

    def close(self) -> None:
        self._logger.removeHandler(self._handler)
        self._logger.propagate = True
