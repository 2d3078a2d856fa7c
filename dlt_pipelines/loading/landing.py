"""The landing: every page as it came, immutable, before anything is made of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
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
_WRITERS = 2
_PENDING = 8
_KINDS = {"{": "object", "[": "array", '"': "string", "t": "boolean", "f": "boolean", "n": "null"}


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked (path and query) and what came: `body` is the response, byte for byte."""

    request: str
    received_at: datetime
    body: msgspec.Raw


class PartFile(msgspec.Struct, frozen=True):
    """A written file, as `_checksums.json` lists it."""

    path: str
    size_bytes: int
    sha256: str


class Landing:
    """A folder of partitions on any fsspec file system; a local one is its owner's alone.

    Parts are compressed and written beside the caller's own work; what goes wrong with one is
    raised by the next write or by the partition's end, before anything of the run is stored.
    """

    def __init__(self, url: str) -> None:
        self._writers = ThreadPoolExecutor(_WRITERS, thread_name_prefix="landing")
        try:
            self._fs, self._root = fsspec.core.url_to_fs(url)
            if isinstance(self._fs, LocalFileSystem):
                Path(self._root).mkdir(parents=True, exist_ok=True, mode=0o700)
        except (OSError, ValueError, ImportError) as error:
            raise ConfigurationError(f"LANDING__URL cannot be used: {error}") from error

    def partition(self, *, source: str, entity: str, day: date, run_id: str) -> Partition:
        path = f"{self._root}/source={source}/entity={entity}/dt={day}/run_id={run_id}"
        return Partition(self, path)

    def later(self, write: Callable[[], PartFile]) -> Future[PartFile]:
        return self._writers.submit(write)

    def close(self) -> None:
        self._writers.shutdown()

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
        self._parts: list[Future[PartFile]] = []
        self._shape: dict[str, set[str]] = {}
        self.started_at = datetime.now(UTC)

    def write(self, page: Page, rows: Sequence[msgspec.Raw]) -> str:
        """Takes a page and returns its part's name.

        `rows` are its rows; the first and the last of them give the schema hash.
        """
        name = f"part-{len(self._parts):05d}.json.zst"
        if len(self._parts) >= _PENDING:
            self._parts[-_PENDING].result()  # neither fall far behind nor go on after an error
        self._parts.append(self._landing.later(lambda: self._put(name, _compressed(page))))
        for row in (*rows[:1], *rows[1:][-1:]):
            for field, value in _fields(row).items():
                self._shape.setdefault(field, set()).add(_kind(value))
        return name

    def flush(self) -> list[PartFile]:
        """Waits until every part is written. Raises what the writing of one raised."""
        return [part.result() for part in self._parts]

    def finish(self, metadata: dict[str, Any]) -> None:
        """Writes `_metadata.json`, then `_checksums.json` over all files."""
        files = self.flush()
        shape = {field: sorted(kinds) for field, kinds in sorted(self._shape.items())}
        facts = {
            **metadata,
            "started_at": self.started_at,
            "finished_at": datetime.now(UTC),
            "page_count": len(files),
            "schema_hash": hashlib.sha256(msgspec.json.encode(shape)).hexdigest(),
        }
        files.append(self._put("_metadata.json", _formatted(facts)))
        self._landing.put(f"{self.path}/_checksums.json", _formatted({"files": files}))

    def _put(self, name: str, data: bytes) -> PartFile:
        self._landing.put(f"{self.path}/{name}", data)
        return PartFile(name, len(data), hashlib.sha256(data).hexdigest())


def _compressed(page: Page) -> bytes:
    data: bytes = _CODEC.compress(msgspec.json.encode(page), asbytes=True)
    return data


def _formatted(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value))


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
