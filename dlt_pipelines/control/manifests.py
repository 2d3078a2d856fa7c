"""The manifests of runs, and the archive that old ones go to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from dlt_pipelines.control.exports import read_pointers
from dlt_pipelines.control.runs import began_at
from dlt_pipelines.errors import StorageError

_PREFIX = "run_"


class _Stages(msgspec.Struct):
    stages: dict[str, msgspec.Raw] = {}


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """A run's manifest; `stages` is None when it cannot be read.

    `needed` says why it stays, whatever its age: "" when nothing needs it.
    """

    run_id: str
    began_at: datetime
    stages: tuple[str, ...] | None
    size_bytes: int
    needed: str


def manifests(state_dir: Path) -> list[Manifest]:
    """Newest run first; files that are not named after a run are nobody's.

    Raises STATE001 when a pointer cannot be read: what it points to would not be known.
    """
    needed = {pointer.run_id: "served" for pointer in read_pointers(state_dir)}
    found = [(began, path) for path in _files(state_dir) if (began := _began(path))]
    found.sort(key=lambda each: (each[0], each[1].name), reverse=True)
    if found:
        needed.setdefault(_run_id(found[0][1]), "newest")
    return [
        Manifest(
            run_id=_run_id(path),
            began_at=began,
            stages=_stages(path),
            size_bytes=path.stat().st_size,
            needed=needed.get(_run_id(path), ""),
        )
        for began, path in found
    ]


def to_archive(found: Sequence[Manifest], *, before: datetime) -> list[Manifest]:
    """Those of runs that began earlier and that nothing needs."""
    return [each for each in found if each.began_at < before and not each.needed]


def archive(state_dir: Path, manifest: Manifest) -> Path:
    """Moves a manifest to `archive/<year>-<month>/`, whole or not at all. Raises STG001."""
    folder = state_dir / "manifests"
    name = f"{_PREFIX}{manifest.run_id}.json"
    target = folder / "archive" / f"{manifest.began_at:%Y-%m}" / name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        (folder / name).replace(target)
    except OSError as error:
        raise StorageError("cannot write", path=target, cause=error.strerror) from error
    return target


def _files(state_dir: Path) -> list[Path]:
    return list((state_dir / "manifests").glob(f"{_PREFIX}*.json"))


def _run_id(path: Path) -> str:
    return path.stem.removeprefix(_PREFIX)


def _began(path: Path) -> datetime | None:
    try:
        return began_at(_run_id(path))
    except ValueError:
        return None


def _stages(path: Path) -> tuple[str, ...] | None:
    try:
        return tuple(msgspec.json.decode(path.read_bytes(), type=_Stages).stages)
    except (OSError, msgspec.MsgspecError):
        return None
