"""Finds the rows in a response, whichever of its shapes the server chose, and rows inside rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from dlt_pipelines.errors import ExtractionError


class PageRows(list[msgspec.Raw]):
    """A page's rows as JSON; `more` and `total` are what the envelope says, None when silent."""

    def __init__(
        self, rows: Iterable[msgspec.Raw], more: bool | None = None, total: int | None = None
    ) -> None:
        super().__init__(rows)
        self.more = more
        self.total = total


class _Envelope(msgspec.Struct, rename="camel"):
    data: list[msgspec.Raw] | None = None
    results: list[msgspec.Raw] | None = None
    has_more: bool | None = msgspec.field(default=None, name="has_more")
    result_size: int | None = None

    def rows(self) -> PageRows | None:
        found = self.data if self.data is not None else self.results
        return None if found is None else PageRows(found, self.has_more, self.result_size)


UNDECODABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding bytes that are no JSON raises."""
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_ENVELOPE = msgspec.json.Decoder(_Envelope)
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])


def parse_page(body: bytes, url: str, *, single: bool = False) -> PageRows:
    """The rows of a list answer, or with `single` the one row that the body is.

    A list is a bare array, `{"data": [...], "has_more": …}`, `{"results": [...], "resultSize": …}`,
    an array around one such envelope, or nothing at all (204, empty body). Half characters in it
    are replaced. Raises EXT001 for anything else, with the URL and an excerpt that holds no value.
    """
    if body.strip() in (b"", b"null"):  # landed, nothing is null
        return PageRows([])
    body = body.removeprefix(BYTE_ORDER_MARK).strip()
    try:
        try:
            rows = _rows(body, single)
        except msgspec.DecodeError:
            rows = _rows(whole_characters(body), single)
    except UNDECODABLE as error:
        raise ExtractionError("the answer is not JSON", url=url, body=excerpt(body)) from error
    if rows is None:
        raise ExtractionError("the answer is not a list", url=url, body=excerpt(body))
    return rows


_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}"
    rb"|(?P<half>u[dD][89a-fA-F][\da-fA-F]{2})|.)",
    re.DOTALL,
)


def whole_characters(body: bytes) -> bytes:
    """JSON with U+FFFD in the place of each escaped surrogate that has no partner.

    Servers send half an emoji where they cut a text off: JSON allows it (RFC 8259, section 8.2),
    and no UTF-8, so no column, can hold it.
    """
    return _ESCAPE.sub(lambda found: b"\\ufffd" if found["half"] else found[0], body)


def _rows(body: bytes, single: bool) -> PageRows | None:
    if single:
        return PageRows(_ARRAY.decode(b"[" + body + b"]"))
    if body.startswith(b"{"):
        return _ENVELOPE.decode(body).rows()
    rows = _ARRAY.decode(body)
    if len(rows) == 1 and bytes(rows[0]).lstrip().startswith(b"{"):
        inside = _ENVELOPE.decode(rows[0]).rows()
        return PageRows(rows) if inside is None else inside
    return PageRows(rows)


_NULL = msgspec.Raw(b"null")


def embedded_rows(path: str) -> Callable[[msgspec.Raw], Iterator[msgspec.Raw]]:
    """A function that finds the rows of an embedded entity inside a row of its host.

    `path` is dotted (`tcrTreeTestcase.testcase`) and ends at an object, a list of them, or nothing.
    A row that breaks off before its end holds none: the host's decoder rejects it.
    """
    names = path.split(".")
    type_: Any = msgspec.defstruct("Embedded", [(names[-1], msgspec.Raw, None)])
    for name in reversed(names[:-1]):
        type_ = msgspec.defstruct("Embedded", [(name, type_ | None, None)])
    decode = msgspec.json.Decoder(type_).decode

    def find(row: msgspec.Raw) -> Iterator[msgspec.Raw]:
        try:
            node = decode(row)
        except UNDECODABLE:
            return
        for name in names:
            node = None if node is None else getattr(node, name)
        if node is None or node == _NULL:
            return
        if bytes(node).lstrip().startswith(b"["):
            yield from _ARRAY.decode(node)
        else:
            yield node

    return find


_LENGTH = 200
_STRING = re.compile(r'"(?:[^"\\]|\\.)*(?:"(?P<key>\s*:)?|\\?\Z)', re.DOTALL)
_HTML = re.compile(
    r"(?P<title><title>[^<>]*)"
    r"|<(?P<tag>[/!]?[a-zA-Z][\w-]*)[^<>]*>?"
    r"|(?:[^<]|<(?![/!]?[a-zA-Z]))+"
)
_JSON_NUMBER = re.compile(r"(?<=[:\[,\s])-?\d[\d.eE+-]*")
_EMAIL = re.compile(r"[^\s<>\"']+@[^\s<>\"']+")
_NUMBER = re.compile(r"\d{5,}")
_SECRET = re.compile(r"[\w-]{24,}")


def excerpt(body: bytes) -> str:
    """The first 200 characters of a body for an error, without what may name a person or a secret.

    Of JSON the values are masked, of HTML all text but the title, other text altogether.
    """
    text = body[: 4 * _LENGTH].decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if text.startswith("<"):
        text = _HTML.sub(_masked_html, text)
    elif text.startswith(("{", "[", '"')):
        text = _STRING.sub(lambda found: found[0] if found["key"] else '"…"', text)
        text = _JSON_NUMBER.sub("#", text)
    elif text not in ("", "null", "true", "false"):
        text = f"… ({len(body)} bytes of text)"
    text = _NUMBER.sub("#", _SECRET.sub("…", _EMAIL.sub("…", text)))
    return " ".join(text.split())[:_LENGTH]


def _masked_html(found: re.Match[str]) -> str:
    """A title as it is, a tag without its attributes, "…" for anything else."""
    if found["title"]:
        return found["title"]
    return f"<{found['tag']}>" if found["tag"] else "…"
