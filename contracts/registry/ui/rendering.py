"""Templates to answers: everything is escaped, because names and schemas come from anybody."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import msgspec
from markupsafe import Markup
from starlette.responses import Response

from contracts.registry.addresses import host_of
from contracts.registry.errors import Problem

AT = "/ui"
FOLDER = Path(__file__).parent / "templates"
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src data:; form-action 'self';"
        " base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="registry", charset="UTF-8"'}
"""Alone: Chromium reads one challenge of a header line, and does not know Bearer."""
_MOST_CHARACTERS = 2000
_KNOWN = frozenset({"created_at", "created_by", "dataset_id", "layer", "subscription_id"})
"""What the target, the time and the actor of an audit entry say already."""
_TURNS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def page(template: str, *, status_code: int = 200, **values: object) -> Response:
    """A whole page, with the headers that keep it to itself."""
    text = _templates().get_template(template).render(**values)
    body = text.encode("utf-8", "replace")
    return Response(body, status_code, _HEADERS, media_type="text/html; charset=utf-8")


def is_page(path: str) -> bool:
    return path == AT or path.startswith(f"{AT}/")


def stylesheet() -> Response:
    text = (FOLDER / "page.css").read_bytes()
    return Response(text, 200, _HEADERS, media_type="text/css; charset=utf-8")


def problem_page(problem: Problem, correlation: str) -> Response:
    """What went wrong, with the id under which the log has it."""
    code = problem.status_code
    answer = page("problem.html.j2", status_code=code, problem=problem, correlation=correlation)
    answer.headers.update(_CHALLENGE if code == 401 else problem.headers or {})
    return answer


@cache
def _templates() -> jinja2.Environment:
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {"facts": _facts, "host": host_of, "instant": _instant, "json": _json}
    templates.tests["given"] = lambda value: value is not msgspec.UNSET
    templates.globals["at"] = AT
    return templates


def _visible(value: Any) -> Any:
    """Characters that are not seen but turn or end a line of text, as their code."""
    if not isinstance(value, str) or isinstance(value, Markup) or value.isascii():
        return value
    return "".join(_code(each) if _is_hidden(each) else each for each in value)


def _is_hidden(character: str) -> bool:
    return character in _TURNS or unicodedata.category(character) in ("Cc", "Zl", "Zp")


def _code(character: str) -> str:
    return character if character in "\n\t" else f"\\u{ord(character):04x}"


def _instant(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _json(value: object) -> str:
    """A value as indented JSON, cut where it is too long to read."""
    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    left = len(text) - _MOST_CHARACTERS
    return text if left <= 0 else f"{text[:_MOST_CHARACTERS]} … {left:,} more characters"


def _facts(values: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """What was or is, as people write it."""
    return [
        (name, _told(name, each)) for name, each in (values or {}).items() if name not in _KNOWN
    ]


def _told(name: str, value: Any) -> str:
    if value in (None, []):
        return "none"
    if name == "callback_url":
        return host_of(value)
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
