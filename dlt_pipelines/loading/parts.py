"""A part of the landing: one page as it came, with what was asked, as compressed JSON."""

from __future__ import annotations

from datetime import datetime

import msgspec
import pyarrow as pa

from dlt_pipelines.loading.pages import whole_characters

_CODEC = pa.Codec("zstd", compression_level=1)


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    request: str
    received_at: datetime


class Page(_Asked, frozen=True, kw_only=True):
    """What was asked (path and query) and what came: `body` is the response, byte for byte."""

    body: msgspec.Raw


_BODY = b',"body":'
_decode_asked = msgspec.json.Decoder(_Asked).decode


def packed(page: Page) -> bytes:
    """The bytes of its file. The body is copied once: encoding it would copy it as it grows."""
    head = msgspec.json.encode(_Asked(request=page.request, received_at=page.received_at))
    data: bytes = _CODEC.compress(b"".join((head[:-1], _BODY, page.body, b"}")), asbytes=True)
    return data


def read_page(data: bytes) -> Page:
    """The page in a part file's bytes. Raises msgspec.DecodeError or OSError if it is damaged."""
    document = _document(data)
    try:
        return msgspec.json.decode(document, type=Page)
    except msgspec.DecodeError:
        msgspec.json.decode(whole_characters(document), type=Page)
        return _split(document)


def read_own_page(data: bytes) -> Page:
    """The same of a part that this run has written: its body is not looked at, so half the time."""
    return _split(_document(data))


def _split(document: bytes) -> Page:
    head, _, body = document.partition(_BODY)
    asked = _decode_asked(head + b"}")
    return Page(request=asked.request, received_at=asked.received_at, body=msgspec.Raw(body[:-1]))


def _document(data: bytes) -> bytes:
    document: bytes = pa.CompressedInputStream(pa.BufferReader(data), "zstd").read()
    return document
