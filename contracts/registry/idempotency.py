"""A POST that is sent again with its key is answered again, not done again.

The answer is written in the transaction of what was done, so a crash leaves both or neither.
https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pydantic import BaseModel
from sqlalchemy import Connection, delete, insert, select
from starlette.responses import Response

from contracts.registry.calls import Call
from contracts.registry.errors import Conflict, Invalid, NotFound
from contracts.registry.gate import problem_response
from contracts.registry.models import IdempotencyKey
from contracts.registry.services import Services

_KEPT_FOR = timedelta(hours=24)
_JSON = "application/json"


@dataclass(frozen=True, kw_only=True)
class Done:
    """What was done: the answer, and what is told to logs and metrics once it is stored."""

    body: BaseModel | bytes
    status: int = 200
    after: tuple[Callable[[], None], ...] = field(default=())

    @property
    def text(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return self.body.model_dump_json(by_alias=True).encode()


def once(
    services: Services,
    call: Call,
    operation: str,
    work: Callable[[Connection], Done],
    *,
    changes: bool = True,
) -> Response:
    """Answers with what `work` does in one transaction; with a key, at most once in 24 hours.

    Answers with 404, 409 and 422 are kept as well. Raises `Conflict` when the key came with
    another payload. Unless it `changes` something, work without a key only reads.
    """
    if call.idempotency_key is None:
        return _told(_plainly(services, operation, work, changes=changes))
    try:
        return _told(services.database.write(operation, _Once(services, call, work)))
    except Reused:
        raise
    except (NotFound, Conflict, Invalid) as problem:
        answer = problem_response(problem, call.correlation_id)
        refusal = Done(body=bytes(answer.body), status=problem.status_code)
        keeper = _Once(services, call, lambda _: refusal)
        kept = services.database.write("idempotency.keep", keeper)
        return answer if kept is refusal else _told(kept)


def _plainly(
    services: Services, operation: str, work: Callable[[Connection], Done], *, changes: bool
) -> Done:
    if changes:
        return services.database.write(operation, work)
    with services.database.read(operation) as connection:
        return work(connection)


def _told(done: Done) -> Response:
    for tell in done.after:
        tell()
    return Response(done.text, done.status, media_type=_JSON)


@dataclass(frozen=True)
class _Once:
    """Work that first looks whether it has been done."""

    services: Services
    call: Call
    work: Callable[[Connection], Done]

    def __call__(self, connection: Connection) -> Done:
        call = self.call
        assert call.idempotency_key is not None
        self.services.database.lock(
            connection, "idempotency", call.caller.name, call.route, call.idempotency_key
        )
        kept = self._kept(connection)
        if kept is not None:
            return kept
        done = self.work(connection)
        connection.execute(
            insert(IdempotencyKey).values(
                caller=call.caller.name,
                route=call.route,
                key=call.idempotency_key,
                fingerprint=call.fingerprint,
                status=done.status,
                body=done.text,
                created_at=datetime.now(UTC),
                expires_at=datetime.now(UTC) + _KEPT_FOR,
            )
        )
        return done

    def _kept(self, connection: Connection) -> Done | None:
        call, table = self.call, IdempotencyKey
        mine = (
            (table.caller == call.caller.name)
            & (table.route == call.route)
            & (table.key == call.idempotency_key)
        )
        row = connection.execute(select(table.__table__).where(mine)).mappings().first()
        if row is None:
            return None
        if row["expires_at"] <= datetime.now(UTC):
            connection.execute(delete(table).where(mine))
            return None
        if row["fingerprint"] != call.fingerprint:
            raise Reused(
                "the idempotency key was used with another payload",
                {"idempotency_key": call.idempotency_key},
            )
        return Done(body=row["body"], status=row["status"])


class Reused(Conflict):
    """The key stands for another request."""


def purge(connection: Connection) -> int:
    """Forgets the answers that are no longer kept; returns how many."""
    expired = IdempotencyKey.expires_at <= datetime.now(UTC)
    return connection.execute(delete(IdempotencyKey).where(expired)).rowcount
