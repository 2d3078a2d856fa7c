"""The landing: every page as it came, immutable, before anything is made of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import fsspec
import msgspec
import pyarrow as pa
from fsspec.implementations.local import LocalFileSystem

from dlt_pipelines.control.files import write_atomically
from dlt_pipelines.errors import ConfigurationError, StorageError

_CODEC = pa.Codec("zstd", compression_level=1)
_KINDS = {"{": "object", "[": "array", '"': "string", "t": "boolean", "f": "boolean", "n": "null"}


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked (path and query) and what came: `body` is the response, byte for byte."""

    request: str
    received_at: datetime
    body: msgspec.Raw


class Landing:
    """A folder of partitions on any fsspec file system; a local one is its owner's alone."""

    def __init__(self, url: str) -> None:
        try:
            self._fs, self._root = fsspec.core.url_to_fs(url)
            if isinstance(self._fs, LocalFileSystem):
                Path(self._root).mkdir(parents=True, exist_ok=True, mode=0o700)
        except (OSError, ValueError, ImportError) as error:
            raise ConfigurationError(f"LANDING__URL cannot be used: {error}") from error

    def partition(self, *, source: str, entity: str, day: date, run_id: str) -> Partition:
        path = f"{self._root}/source={source}/entity={entity}/dt={day}/run_id={run_id}"
        return Partition(self, path)

    def put(self, path: str, data: bytes) -> None:
        """Writes a whole file or none. Raises STG001."""
        if isinstance(self._fs, LocalFileSystem):
            write_atomically(Path(path), data, mode=0o600)
            return
        try:
            self._fs.pipe_file(path, data)
        except OSError as error:
            raise StorageError("cannot write to the landing", path=path, cause=error) from error


class Partition:
    """One entity's pages of one run. Unfinished until `_checksums.json` is there, written last."""

    def __init__(self, landing: Landing, path: str) -> None:
        self.path = path
        self._landing = landing
        self._files: list[dict[str, Any]] = []
        self._shape: dict[str, set[str]] = {}
        self.started_at = datetime.now(UTC)

    def write(self, page: Page, rows: Iterable[msgspec.Raw]) -> str:
        """Stores a page and returns its part's name. `rows` are its rows, for the schema hash."""
        name = f"part-{len(self._files):05d}.json.zst"
        self._put(name, _CODEC.compress(msgspec.json.encode(page), asbytes=True))
        for row in rows:
            for field, value in _fields(row).items():
                self._shape.setdefault(field, set()).add(_kind(value))
        return name

    def finish(self, metadata: dict[str, Any]) -> None:
        """Writes `_metadata.json`, then `_checksums.json` over all files."""
        shape = {field: sorted(kinds) for field, kinds in sorted(self._shape.items())}
        facts = {
            **metadata,
            "started_at": self.started_at,
            "finished_at": datetime.now(UTC),
            "page_count": len(self._files),
            "schema_hash": hashlib.sha256(msgspec.json.encode(shape)).hexdigest(),
        }
        self._put("_metadata.json", msgspec.json.format(msgspec.json.encode(facts)))
        self._landing.put(
            f"{self.path}/_checksums.json",
            msgspec.json.format(msgspec.json.encode({"files": self._files})),
        )

    def _put(self, name: str, data: bytes) -> None:
        self._landing.put(f"{self.path}/{name}", data)
        digest = hashlib.sha256(data).hexdigest()
        self._files.append({"path": name, "size_bytes": len(data), "sha256": digest})


_SHAPE = msgspec.json.Decoder(dict[str, msgspec.Raw])


def _fields(row: msgspec.Raw) -> dict[str, msgspec.Raw]:
    """A row's fields; one that is no object at all, which the decoder will reject, is `$`."""
    try:
        return _SHAPE.decode(row)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {"$": row}


def _kind(value: msgspec.Raw) -> str:
    return _KINDS.get(chr(memoryview(value)[0]), "number")


def read_page(data: bytes) -> Page:
    """The page in a part file's bytes."""
    stream = pa.CompressedInputStream(pa.BufferReader(data), "zstd")
    return msgspec.json.decode(stream.read(), type=Page)
