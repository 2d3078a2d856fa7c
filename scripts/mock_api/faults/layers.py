"""The ways to strike a request or its answer, each as a layer around the application."""

from __future__ import annotations

import math
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from urllib.parse import urlencode

import msgspec
from starlette.responses import Response
from starlette.types import Scope

from scripts.mock_api.faults.calls import Answer, Call
from scripts.mock_api.faults.dialects import Dialect, Json, query_of
from scripts.mock_api.faults.fault import Fault
from scripts.mock_api.faults.rows import Rows, RowsChange, rows_of

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')

Layer = Callable[[Fault, Call], Awaitable[None]]
Parameters = Callable[[Dialect, str, str], bool]


def on_request(act: Layer) -> Layer:
    """Strikes before the application is asked."""

    async def layer(fault: Fault, call: Call) -> None:
        await (act(fault, call) if fault.strike() else call.pass_on())

    return layer


def instead(respond: Callable[[Fault], Response]) -> Layer:
    """Answers without asking the application."""

    async def act(fault: Fault, call: Call) -> None:
        await respond(fault)(call.scope, call.receive, call.send)

    return on_request(act)


def error(status: int) -> Callable[[Fault], Response]:
    def respond(fault: Fault) -> Response:
        body = msgspec.json.encode(fault.dialect.errors[status])
        return Response(body, status, media_type="application/json")

    return respond


def limited(fault: Fault) -> Response:
    response = error(429)(fault)
    response.headers["Retry-After"] = str(math.ceil(fault.seconds))
    return response


async def reset(_: Fault, call: Call) -> None:
    await call.reset()


async def late(fault: Fault, call: Call) -> None:
    await call.pause(fault.seconds)
    await call.pass_on()


def ignoring(is_ignored: Parameters) -> Layer:
    """Asks the application as if some parameters were not there."""

    async def act(fault: Fault, call: Call) -> None:
        kept = [pair for pair in query_of(call.scope) if not is_ignored(fault.dialect, *pair)]
        await call.with_query(urlencode(kept).encode()).pass_on()

    return on_request(act)


def on_rows(change: RowsChange) -> Layer:
    """Changes the rows of an answer that has some."""

    async def layer(fault: Fault, call: Call) -> None:
        answer = await call.answer()
        if answer is None:
            return
        body = _changed(change, fault, call.scope, answer)
        if body is not None and fault.strike():
            answer = replace(answer, body=body)
        await answer.send(call.send)

    return layer


def _changed(change: RowsChange, fault: Fault, scope: Scope, answer: Answer) -> bytes | None:
    """The body with its rows changed; None when there are none, or the change changes nothing."""
    if answer.status != 200:
        return None
    try:
        content = msgspec.json.decode(answer.body)
    except msgspec.DecodeError:  # empty, or another fault was here before
        return None
    before = msgspec.json.encode(content)
    change(fault, _page(fault.dialect, scope, rows_of(content)))
    after = msgspec.json.encode(content)
    return None if after == before else after


def _page(dialect: Dialect, scope: Scope, rows: list[Json]) -> Rows:
    path, query = scope["path"], query_of(scope)
    walk = [pair for pair in query if pair[0] not in dialect.positions]
    return Rows(
        entity=dialect.entity(path) or "",
        walk=f"{path}?{urlencode(walk)}",
        continues=any(dialect.is_position(*pair) for pair in query),
        rows=rows,
    )


async def truncated(fault: Fault, call: Call) -> None:
    """The Content-Length tells the truth about what is left of the body."""
    answer = await call.answer()
    if answer is None:
        return
    part = cut(answer)
    if part and fault.strike():
        answer = replace(answer, body=part)
    await answer.send(call.send)


async def cut_off(fault: Fault, call: Call) -> None:
    """The Content-Length promises the whole body; the connection ends before it has come."""
    answer = await call.answer()
    if answer is None:
        return
    part = cut(answer)
    if not part or not fault.strike():
        await answer.send(call.send)
        return
    await answer.start(call.send, len(answer.body))
    await call.send({"type": "http.response.body", "body": part, "more_body": True})
    await call.hang_up()


def cut(answer: Answer) -> bytes:
    """The body up to the inside of the first JSON string that ends in its second half.

    Empty when the answer is no success or has no such string.
    """
    if answer.status != 200:
        return b""
    for found in _STRING.finditer(answer.body):
        if found.end() > len(answer.body) // 2 and found.end() - found.start() > 3:
            return answer.body[: found.start() + 2]
    return b""
