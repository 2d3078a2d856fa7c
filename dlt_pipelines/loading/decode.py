"""Decodes by contract: response bytes to typed rows, refusing what does not fit."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable
from typing import Any

import msgspec
import pyarrow as pa

from contracts.diff import walk
from contracts.odcs import Entity
from dlt_pipelines.loading.pages import BYTE_ORDER_MARK, UNDECODABLE, PageRows, parse_page
from dlt_pipelines.loading.pii import Tokenizer
from dlt_pipelines.loading.shapes import Observer
from dlt_pipelines.loading.structs import Extras, struct
from dlt_pipelines.loading.tidy import collapser, tidier

_SAMPLED = 16
_MOST_EXTRAS = 200
_UNKNOWN = "Object contains unknown field "
_CARRIED = re.compile(_UNKNOWN + r"`([^`\"\\\x00-\x1f]*)`(?: - at `\$\.?([^`]*)`)?")
"""An unknown field that a Struct can have; `msgspec` allows no other names."""
_INDEX = re.compile(r"\[[^\]]*\]")


class Reject(msgspec.Struct, frozen=True):
    """A row that does not fit: where in the page, its JSON path and what was expected there.

    `key` is its key, None when not even that can be read.
    """

    index: int
    path: str
    reason: str
    key: Any


class Decoded(msgspec.Struct, kw_only=True):
    """A page: the rows that fit, in order, and for each other one why not (never its values).

    `more` and `total` are what its envelope says, None when silent. `raws` are all rows as JSON,
    None when nothing had to be looked up in them. With `glanced` the rows are no more than what
    their list needs, and the page is still to be decoded.
    """

    rows: list[Any]
    rejects: list[Reject]
    more: bool | None
    total: int | None
    key: str
    raws: PageRows | None = None
    glanced: bool = False

    @property
    def received(self) -> int:
        return len(self.rows) + len(self.rejects)

    def last(self, field: str) -> Any:
        """A field of the last row, None when it has none; the key if the row does not fit."""
        if self.rejects and self.rejects[-1].index == self.received - 1:
            return self.rejects[-1].key if field == self.key else None
        return getattr(self.rows[-1], field, None)

    def digest(self) -> int:
        """The same for pages of the same rows, by their keys: volatile fields hide nothing."""
        keys = tuple(getattr(row, self.key) for row in self.rows)
        return hash((keys, tuple(each.key or each.reason for each in self.rejects)))


class Decoder:
    """Decodes the pages of one entity. One per run: it holds the run's tokenizer, and what it saw.

    A page that fits is decoded in one call. A page with a row that does not, or with a field that
    nobody has described, is split and decoded row by row; such a field is then known to the next
    call, so that the next page is fast again and the next unknown field is still seen.
    """

    def __init__(self, entity: Entity, tokenizer: Tokenizer, *, split: bool = False) -> None:
        """With `split` every page keeps its `raws`."""
        self.entity = entity
        self.observer = Observer(entity)
        self._token = tokenizer.token
        self._split = split
        self._pages = 0
        self._lock = threading.Lock()
        self._extras: dict[str, list[str]] = {}
        self._strict = True
        self._read_key = key_reader(entity.key)
        self._known = {_parted(place.field) for place, _ in walk(entity.fields)}
        for name in entity.ignored:
            self._add(*_parted(name))
        self._compile()

    def page(self, body: bytes, url: str, *, single: bool = False) -> Decoded:
        """The rows of a list answer, or with `single` the one that the body is. Raises EXT001."""
        decoded = None if self._split else self._fast.page(body, single)
        self._pages += 1
        if decoded is None:
            return self.rows(parse_page(body, url, single=single))
        if self._pages % _SAMPLED == 1:
            self._sample(parse_page(body, url, single=single))
        return decoded

    def rows(self, raws: PageRows) -> Decoded:
        """The rows of a page that is split already."""
        rows, rejects = [], []
        for index, raw in enumerate(raws):
            try:
                rows.append(self._row(raw))
            except UNDECODABLE as error:
                rejects.append(_reject(index, error, self._read_key(raw)))
                self.observer.see(raw)
        self._sample(raws)
        return Decoded(
            rows=rows,
            rejects=rejects,
            more=raws.more,
            total=raws.total,
            key=self.entity.key,
            raws=raws,
        )

    def _row(self, raw: msgspec.Raw) -> Any:
        """Tries again as long as there are fields to learn, then with references expanded."""
        str(raw, "utf-8")  # decoding does not look into fields that are not stored
        while True:
            compiled = self._fast
            try:
                return compiled.row(raw)
            except UNDECODABLE as error:
                if self._learn(error, raw, compiled):
                    continue
            try:
                return compiled.expanded_row(raw)
            except UNDECODABLE as error:
                if not self._learn(error, raw, compiled):
                    raise

    def _learn(self, error: Exception, raw: msgspec.Raw, compiled: _Compiled) -> bool:
        """Whether the row is worth another try: its unknown field is known from now on."""
        if not str(error).startswith(_UNKNOWN):
            return False
        carried = _CARRIED.fullmatch(str(error))
        with self._lock:
            if compiled is not self._fast:
                return True
            self.observer.see(raw)
            place = carried and (_INDEX.sub("", carried[2] or "").strip("."), carried[1])
            if place is None or place in self._known:  # the name itself may look like a place
                self._strict = False
            else:
                self._add(*place)
            self._compile()
            return True

    def _add(self, at: str, name: str) -> None:
        self._known.add((at, name))
        self._extras.setdefault(at, []).append(name)

    def _compile(self) -> None:
        known = sum(map(len, self._extras.values()))
        self._strict = self._strict and known < _MOST_EXTRAS
        self._fast = _Compiled(self.entity, self._extras, self._token, self._strict)

    def _sample(self, raws: PageRows) -> None:
        for raw in (*raws[:1], *raws[1:][-1:]):
            self.observer.see(raw)


class _Compiled:
    """The Structs of a contract and of the fields known so far, and what tidies their rows.

    After too many unknown fields, which are then names that stand for data, or one whose name no
    Struct can have, it is not `strict`.
    """

    def __init__(
        self, entity: Entity, extras: Extras, token: Callable[[str], str], strict: bool
    ) -> None:
        def hook(type_: type, value: Any) -> str:
            if type(value) is not str:
                raise TypeError(f"Expected `str`, got `{type(value).__name__}`")
            return token(value)

        row = struct(entity.name, entity.fields, extras=extras, strict=strict)
        expanded = struct(entity.name, entity.fields, extras=extras, strict=strict, expanded=True)
        envelope = msgspec.defstruct(
            "Envelope",
            [
                ("data", list[row] | None, None),  # type: ignore[valid-type]
                ("results", list[row] | None, None),  # type: ignore[valid-type]
                ("has_more", bool | None, None),
                ("resultSize", int | None, None),
            ],
        )
        self._row = msgspec.json.Decoder(row, dec_hook=hook).decode
        self._expanded = msgspec.json.Decoder(expanded, dec_hook=hook).decode
        self._envelope = msgspec.json.Decoder(envelope, dec_hook=hook).decode
        self._array = msgspec.json.Decoder(list[row], dec_hook=hook).decode  # type: ignore[valid-type]
        self._key = entity.key
        self._tidy = tidier(entity.fields, extras, token)
        self._collapse = collapser(entity.fields)

    def page(self, body: bytes, single: bool) -> Decoded | None:
        """All rows of a page at once, None when that cannot be."""
        body = body.removeprefix(BYTE_ORDER_MARK).lstrip()
        more = total = None
        try:
            _check_text(body)
            if single:
                rows = [self._row(body)]
            elif body.startswith(b"{"):
                found: Any = self._envelope(body)
                rows = found.data if found.data is not None else found.results
                more, total = found.has_more, found.resultSize
            else:
                rows = self._array(body)
            if rows is None:
                return None
            if self._tidy is not None:
                for row in rows:
                    self._tidy(row)
        except UNDECODABLE:
            return None
        return Decoded(rows=rows, rejects=[], more=more, total=total, key=self._key)

    def row(self, raw: msgspec.Raw) -> Any:
        return self._tidied(self._row(raw))

    def expanded_row(self, raw: msgspec.Raw) -> Any:
        """The row when all that is wrong with it are objects in the place of their ids."""
        row = self._expanded(raw)
        if self._collapse is not None:
            self._collapse(row)
        return self._tidied(row)

    def _tidied(self, row: Any) -> Any:
        if self._tidy is not None:
            self._tidy(row)
        return row


def _parted(field: str) -> tuple[str, str]:
    """The dotted name of the object that holds a field, and the field's own."""
    at, _, name = field.rpartition(".")
    return at, name


def _check_text(body: bytes) -> None:
    """Raises UnicodeDecodeError; decoding does not look into fields that are not stored.

    Arrow only looks at the text, in a tenth of the time that Python takes to make a string of it.
    """
    ends = b"".join(end.to_bytes(8, sys.byteorder) for end in (0, len(body)))
    text = pa.LargeStringArray.from_buffers(1, pa.py_buffer(ends), pa.py_buffer(body))
    try:
        text.validate(full=True)
    except pa.ArrowInvalid:
        str(body, "utf-8")
        raise


def _reject(index: int, error: Exception, key: Any) -> Reject:
    reason, _, path = str(error).partition(" - at ")
    return Reject(index, path.strip("`") or "$", reason, key)


def key_reader(key: str) -> Callable[[msgspec.Raw], Any]:
    """A function that reads the key of a rejected row, None when not even that is there."""
    type_ = msgspec.defstruct("Key", [("key", Any, None)], rename={"key": key})
    decode = msgspec.json.Decoder(type_).decode

    def read(row: msgspec.Raw) -> Any:
        try:
            value = decode(row).key  # type: ignore[attr-defined]
        except UNDECODABLE:
            return None
        return value if isinstance(value, str | int) else None

    return read
