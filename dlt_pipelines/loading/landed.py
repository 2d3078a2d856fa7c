"""Finished partitions of the landing, read back: what a replay takes instead of the API."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import cached_property
from hashlib import sha256
from typing import Any, TypeVar

import msgspec

from contracts.odcs import Endpoint
from dlt_pipelines.errors import StorageError
from dlt_pipelines.loading.landing import CHECKSUMS, METADATA, Landing, PartFile
from dlt_pipelines.loading.parts import Page, read_page

T = TypeVar("T")
_FOLDER = re.compile(
    r"source=[^/]+/entity=(?P<entity>[^/]+)/dt=(?P<dt>[^/]+)/run_id=(?P<run>[^/]+)"
)


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay needs of `_metadata.json`.

    `parts` are those that were used, in the order in which they were. The states are the entity's
    before and after the run; partitions that landed without them tell neither.
    """

    window: dict[str, int | None] = {}
    parts: list[str] = []
    state_before: dict[str, Any] = {}
    state_after: dict[str, Any] = {}

    @property
    def is_whole(self) -> bool:
        """Whether everything was asked for."""
        return bool(self.window) and not any(each is not None for each in self.window.values())


class _Checksums(msgspec.Struct):
    files: list[PartFile]


class LandedPartition:
    """A partition by its folder. Each file is held against `_checksums.json` as it is read."""

    def __init__(self, landing: Landing, folder: str) -> None:
        place = _FOLDER.fullmatch(folder)
        if place is None:
            raise StorageError("no partition has such a name", path=landing.path(folder))
        self.folder = folder
        self.entity = place["entity"]
        self.run_id = place["run"]
        self._dt = place["dt"]
        self._landing = landing

    @property
    def day(self) -> date:
        return date.fromisoformat(self._dt)

    @cached_property
    def is_finished(self) -> bool:
        return CHECKSUMS in self._landing.files(self.folder)

    @cached_property
    def metadata(self) -> Metadata:
        """Raises STG001 when the file is damaged."""
        return self._decoded(METADATA, self.read(METADATA), Metadata)

    @cached_property
    def _files(self) -> dict[str, PartFile]:
        data = self._landing.get(f"{self.folder}/{CHECKSUMS}")
        return {each.path: each for each in self._decoded(CHECKSUMS, data, _Checksums).files}

    def path(self, name: str) -> str:
        return self._landing.path(f"{self.folder}/{name}")

    def read(self, name: str) -> bytes:
        """A file's bytes. Raises STG001 when they are not those that were written."""
        data = self._landing.get(f"{self.folder}/{name}")
        written = self._files.get(name)
        if written is None or sha256(data).hexdigest() != written.sha256:
            raise StorageError(
                "a file of the landing is damaged; restore it from a backup",
                path=self.path(name),
                listed_in=CHECKSUMS,
            )
        return data

    def page(self, name: str) -> Page:
        return read_page(self.read(name))

    def pages(self) -> Iterator[tuple[str, Page]]:
        """The pages that were used, with their parts' names, in that order."""
        listed = self.metadata.parts or [each for each in self._files if each.startswith("part-")]
        for name in listed:
            yield name, self.page(name)

    def _decoded(self, name: str, data: bytes, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(data, type=kind)
        except msgspec.DecodeError as error:
            raise StorageError(
                "a file of the landing is damaged; restore it from a backup", path=self.path(name)
            ) from error


def partitions(landing: Landing, source: str) -> list[LandedPartition]:
    """All of a source, finished or not, in the order of their runs' ids."""
    folders = landing.folders(f"source={source}/entity=*/dt=*/run_id=*")
    found = [LandedPartition(landing, folder) for folder in folders]
    return sorted(found, key=lambda each: each.run_id)


def folder_and_name(landing_file: str, source: str) -> tuple[str, str]:
    """A part's folder and name below the landing's root, wherever that has been moved to."""
    below = landing_file[landing_file.rfind(f"source={source}/entity=") :]
    folder, _, name = below.rpartition("/")
    return folder, name


def is_single(endpoint: Endpoint, request: str) -> bool:
    """Whether a request was for one object by its own path, not for a list."""
    if endpoint.retrieve is None:
        return False
    pattern = re.escape(endpoint.retrieve).replace(re.escape("{id}"), "[^/]+")
    return re.search(f"{pattern}$", request.partition("?")[0]) is not None
