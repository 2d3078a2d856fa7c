"""What every request passes: a correlation id, the door, limits; timed, traced, answered."""

from __future__ import annotations

import logging
import time
from contextlib import nullcontext
from typing import Any

import msgspec
from opentelemetry import trace
from opentelemetry.propagate import extract
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contracts.registry.calls import Call, correlation_id
from contracts.registry.errors import Invalid, Problem, code_of
from contracts.registry.services import Services
from contracts.registry.ui import rendering

BASE = "/data-contract-registry/v1"
MAX_BODY = 1024 * 1024 + 64 * 1024
"""Bytes of a request: a schema of 1 MiB, which the engine bounds, and what is around it."""
_DRAINED = 16 * MAX_BODY
_OPEN = ("/healthz", "/readyz", "/metrics", "/openapi.json")


class Gate:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self._app = app
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        headers = Headers(scope=scope)
        call = Call(
            route=f"{scope['method']} {scope['path']}",
            correlation_id=correlation_id(headers.get("x-correlation-id")),
        )
        scope.setdefault("state", {})["call"] = call
        answer = _Answer(send, call.correlation_id)
        with self._span(scope, call, headers) as span:
            await self._answered(scope, receive, answer, call, headers)
            route = _route(scope)
            if span is not None:
                span.update_name(f"{scope['method']} {route}")
                span.set_attribute("http.route", route)
                span.set_attribute("http.response.status_code", answer.status)
        seconds = time.perf_counter() - began
        self._services.metrics.request(route, scope["method"], answer.status, seconds)
        if self._services.lines.level == "DEBUG":
            self._services.log(
                logging.DEBUG,
                "request",
                {"route": call.route, "status": answer.status, "ms": round(seconds * 1000, 2)},
                correlation_id=call.correlation_id,
            )

    async def _answered(
        self, scope: Scope, receive: Receive, answer: _Answer, call: Call, headers: Headers
    ) -> None:
        try:
            await self._admit(scope, call, headers)
            await self._app(scope, await _bounded(receive, headers), answer)
        except Exception as error:
            problem = error if isinstance(error, Problem) else self._unexpected(error, call)
            if answer.status:
                raise
            told = problem_response(problem, call.correlation_id, scope["path"])
            await told(scope, receive, answer)

    async def _admit(self, scope: Scope, call: Call, headers: Headers) -> None:
        path = scope["path"].removeprefix(BASE)
        if path in _OPEN:
            return
        client = scope["client"][0] if scope.get("client") else None
        payer = f"address:{client}"
        try:
            call.caller = await self._services.door.admit(scope["method"], client, headers)
            payer = call.caller.name
        finally:
            self._services.rates.take(payer)

    def _unexpected(self, error: Exception, call: Call) -> Problem:
        facts = {"error": type(error).__name__, "route": call.route}
        self._services.log(
            logging.ERROR,
            "request.failed",
            facts,
            correlation_id=call.correlation_id,
            error=error,
        )
        return Problem("the registry failed; its log says why under this correlation id")

    def _span(self, scope: Scope, call: Call, headers: Headers) -> Any:
        if self._services.tracer is None:
            return nullcontext()
        return self._services.tracer.start_as_current_span(
            scope["method"],
            context=extract(headers),
            kind=trace.SpanKind.SERVER,
            attributes={
                "http.request.method": scope["method"],
                "hallmark.correlation_id": call.correlation_id,
            },
        )


class _Answer:
    """`send` that adds the correlation id and remembers the status, 0 until there is one."""

    def __init__(self, send: Send, correlation: str) -> None:
        self._send = send
        self._header = (b"x-correlation-id", correlation.encode())
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", ()), self._header]
        await self._send(message)


async def _bounded(receive: Receive, headers: Headers) -> Receive:
    """`receive` that raises `Invalid` beyond the limit, at once when the head says so."""
    length = headers.get("content-length", "")
    if length.isdigit() and int(length) > MAX_BODY:
        await _drain(receive)
        raise _too_large()
    taken = 0

    async def bounded() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > MAX_BODY:
            await _drain(receive)
            raise _too_large()
        return message

    return bounded


async def _drain(receive: Receive) -> None:
    """Reads on for a while: a client that is still sending would not see the answer."""
    taken, more = 0, True
    while more and taken < _DRAINED:
        message = await receive()
        taken += len(message.get("body", b""))
        more = bool(message.get("more_body"))


def _too_large() -> Invalid:
    return Invalid(
        "the request is too large: a schema has 1 MiB at most",
        {"reason": "too_large", "max_bytes": MAX_BODY},
    )


def _route(scope: Scope) -> str:
    """The route's template, so that there are as many series as routes."""
    route = scope.get("route")
    return getattr(route, "path", None) or "unmatched"


def problem_response(problem: Problem, correlation: str, path: str = "") -> Response:
    """The one shape of every answer that is no success; a page where pages are."""
    if rendering.is_page(path):
        return rendering.problem_page(problem, correlation)
    body = {
        "code": code_of(problem.status_code),
        "message": problem.message,
        "details": problem.details,
        "correlation_id": correlation,
    }
    return Response(
        msgspec.json.encode(body, enc_hook=str),
        problem.status_code,
        problem.headers,
        media_type="application/json",
    )
