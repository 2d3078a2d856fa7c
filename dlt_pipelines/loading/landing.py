"""The landing: every page as it came, immutable, before anything is made of it."""

from __future__ import annotations

import hashlib
import itertools
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime
from glob import has_magic
from pathlib import Path
from typing import Any

import fsspec
import msgspec
from fsspec.implementations.local import LocalFileSystem

from dlt_pipelines.control.files import sync, write_atomically
from dlt_pipelines.errors import ConfigurationError, StorageError
from dlt_pipelines.loading.parts import Page, packed, read_page

_SYNCS = 2
_SYNCED_AT_ONCE = 64
Bounds = dict[str, int | None]
"""A window's ends by their names, epoch seconds; None is open."""
CHECKSUMS = "_checksums.json"
METADATA = "_metadata.json"
_WINDOW = "_window.json"


class PartFile(msgspec.Struct, frozen=True):
    """A written file, as `_checksums.json` lists it."""

    path: str
    size_bytes: int
    sha256: str


class Landing:
    """A folder of partitions on any fsspec file system; a local one is its owner's alone."""

    def __init__(self, url: str) -> None:
        self._closed = False
        self._syncs = ThreadPoolExecutor(_SYNCS, thread_name_prefix="landing")
        try:
            self._fs, self._root = fsspec.core.url_to_fs(url)
            if has_magic(self._root):
                raise ValueError("its path must be one without * ? [")
            self.local = isinstance(self._fs, LocalFileSystem)
            if self.local:
                Path(self._root).mkdir(parents=True, exist_ok=True, mode=0o700)
        except (OSError, ValueError, ImportError) as error:
            raise ConfigurationError(
                f"the landing (LANDING__URL, on AWS S3_BUCKET) cannot be used: {error}"
            ) from error

    def partition(
        self, *, source: str, entity: str, day: date, run_id: str, resumed: bool = False
    ) -> Partition:
        """The partition of an entity in a run; if `resumed`, the one an earlier attempt began."""
        name = f"source={source}/entity={entity}/dt={{}}/run_id={run_id}"
        found = list(self.folders(name.format("*"))) if resumed else []
        if not resumed:
            self._clear(name.format(day))
        return Partition(self, found[0] if found else name.format(day), resumed=bool(found))

    def forget(self, *, source: str, run_id: str) -> None:
        """Removes all that a run has landed of a source. Raises STG001."""
        for folder in self.folders(f"source={source}/entity=*/dt=*/run_id={run_id}"):
            self._clear(folder)

    def _clear(self, folder: str) -> None:
        """A run that starts over under its id has failed for pages that are not to be trusted.

        Raises STG001.
        """
        with self._coded("write to", folder):
            if self._fs.exists(self.path(folder)):
                self._fs.rm(self.path(folder), recursive=True)

    def close(self) -> None:
        """From here on nothing lands: a request of a run that has ended may still be answered."""
        self._closed = True
        self._syncs.shutdown()

    def folders(self, pattern: str) -> Iterator[str]:
        """Partitions by a pattern below the root, in the order of their names. Raises STG001."""
        with self._coded("read from", pattern):
            found = self._fs.glob(f"{self._root}/{pattern}")
        yield from sorted(str(each).removeprefix(f"{self._root}/") for each in found)

    def files(self, folder: str) -> list[str]:
        """The names of a partition's files, in order; none when it is not there. Raises STG001."""
        with self._coded("read from", folder):
            found = self._fs.glob(f"{self._root}/{folder}/*")
        return sorted(str(each).rpartition("/")[2] for each in found)

    def path(self, name: str) -> str:
        return f"{self._root}/{name}"

    def put(self, name: str, data: bytes) -> None:
        """Writes a whole file or none. Raises STG001."""
        self._check_open()
        if self.local:
            write_atomically(Path(self.path(name)), data, mode=0o600)
            return
        with self._coded("write to", name):
            self._fs.pipe_file(self.path(name), data)

    def put_soon(self, name: str, data: bytes) -> None:
        """As `put`, but a local file outlasts the machine only once it is `sync_soon`."""
        self._check_open()
        if self.local:
            write_atomically(Path(self.path(name)), data, mode=0o600, durable=False)
        else:
            self.put(name, data)

    def _check_open(self) -> None:
        if self._closed:
            raise StorageError("the landing is closed: the run has ended")

    def sync_soon(self, names: Sequence[str]) -> Future[None]:
        """What comes back ends when these files would outlast the machine."""
        paths = [Path(self.path(name)) for name in names] if self.local else []
        return self._syncs.submit(_sync_all, paths)

    def sync_names(self, folder: str) -> None:
        """Waits until a local partition would outlast the machine with the names of its files."""
        if self.local:
            sync(Path(self.path(folder)))

    def get(self, name: str) -> bytes:
        """Raises STG001."""
        with self._coded("read from", name):
            data: bytes = self._fs.cat_file(self.path(name))
        return data

    @contextmanager
    def _coded(self, what: str, name: str) -> Iterator[None]:
        """Raises STG001 for any error: not every file system's are OSErrors."""
        try:
            yield
        except Exception as error:
            raise StorageError(
                f"cannot {what} the landing", path=self.path(name), cause=error
            ) from error


class Partition:
    """One entity's pages of one run. Unfinished until `_checksums.json` is there, written last.

    What an earlier attempt of the run has landed is `landed`, by what was asked. Pages may be
    written from several threads.
    """

    def __init__(self, landing: Landing, folder: str, *, resumed: bool = False) -> None:
        self.folder = folder
        self._landing = landing
        self._resumed = resumed
        self._syncs: list[Future[None]] = []
        self._unsynced: list[str] = []
        self._lock = threading.Lock()
        self._files: dict[str, PartFile] = {}
        self.started_at = datetime.now(UTC)
        names = landing.files(folder) if resumed else []
        self.finished = CHECKSUMS in names
        self.landed: dict[str, str] = {}
        parts = [name for name in names if name.startswith("part-")]
        for name in parts:
            self._take_up(name)
        taken = [int(name.removeprefix("part-").partition(".")[0]) for name in parts]
        self._numbers = itertools.count(max(taken, default=-1) + 1)

    def _take_up(self, name: str) -> None:
        """A part that a crash of the machine has left damaged is passed over: it is asked again."""
        data = self._landing.get(f"{self.folder}/{name}")
        try:
            self.landed[read_page(data).request] = name
        except (msgspec.DecodeError, OSError):
            return
        self._files[name] = _part_file(name, data)
        self._sync(f"{self.folder}/{name}")

    def write(self, page: Page) -> str:
        """Takes a page and returns its part's name, once another process could read it."""
        data = packed(page)
        name = f"part-{next(self._numbers):05d}.json.zst"
        self._landing.put_soon(f"{self.folder}/{name}", data)
        self.finished = False
        self._files[name] = _part_file(name, data)
        self._sync(f"{self.folder}/{name}")
        return name

    def _sync(self, *names: str, at_least: int = _SYNCED_AT_ONCE) -> None:
        """Many files together cost the disk hardly more than one."""
        with self._lock:
            self._unsynced += names
            if len(self._unsynced) >= at_least:
                self._syncs.append(self._landing.sync_soon(self._unsynced))
                self._unsynced = []

    def read(self, name: str) -> Page:
        """A part's page. Raises STG001."""
        return read_page(self._landing.get(f"{self.folder}/{name}"))

    def path(self, name: str) -> str:
        return self._landing.path(f"{self.folder}/{name}")

    def window(self, fresh: Bounds) -> Bounds:
        """What this partition asks for: what its first attempt wrote down, else `fresh`.

        Also `fresh` where that begins earlier, as after a rewind, or what was written is damaged.
        """
        kept = self._kept_window() if self._resumed else None
        if kept is not None and kept.keys() == fresh.keys() and _reaches_back(kept, fresh):
            return kept
        self._put(_WINDOW, _formatted(fresh))
        return fresh

    def _kept_window(self) -> Bounds | None:
        if _WINDOW not in self._landing.files(self.folder):
            return None
        data = self._landing.get(f"{self.folder}/{_WINDOW}")
        self._files[_WINDOW] = _part_file(_WINDOW, data)
        try:
            return msgspec.json.decode(data, type=Bounds)
        except msgspec.DecodeError:
            return None

    def _put(self, name: str, data: bytes) -> None:
        self.finished = False
        self._landing.put(f"{self.folder}/{name}", data)
        self._files[name] = _part_file(name, data)

    def finish(self, metadata: dict[str, Any]) -> None:
        """Writes `_metadata.json`, then `_checksums.json` over all files.

        Nothing is written when an earlier attempt has done that and no file came since.
        """
        if self.finished:
            return
        facts = {
            **metadata,
            "started_at": self.started_at,
            "finished_at": datetime.now(UTC),
            "page_count": sum(name.startswith("part-") for name in self._files),
        }
        self._put(METADATA, _formatted(facts))
        self._sync(at_least=1)
        for each in self._syncs:
            each.result()
        files = [self._files[name] for name in sorted(self._files)]
        self._landing.put(f"{self.folder}/{CHECKSUMS}", _formatted({"files": files}))
        self._landing.sync_names(self.folder)


def _reaches_back(kept: Bounds, fresh: Bounds) -> bool:
    """Whether a window begins no later than another; None is the beginning of all."""
    ends = (kept.get("since"), fresh.get("since"))
    return ends[0] is None or (ends[1] is not None and ends[0] <= ends[1])


def _sync_all(paths: Sequence[Path]) -> None:
    for path in paths:
        sync(path)


def _part_file(name: str, data: bytes) -> PartFile:
    return PartFile(name, len(data), hashlib.sha256(data).hexdigest())


def _formatted(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value))
