"""State files for people and tools to read; dlt's state and the control tables are the truth."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from dlt_pipelines.control.files import write_atomically
from dlt_pipelines.errors import StateError, StorageError

_MANIFEST = msgspec.json.Decoder(dict[str, Any])
LATEST = "_latest"


class Pointer(msgspec.Struct, frozen=True, kw_only=True):
    """Where a model's validated rows are: `relation` in the snapshot of the run that made them.

    `validated_at` is when the snapshot was written, right after the run's gate had passed.
    """

    model: str
    run_id: str
    relation: str
    row_count: int
    validated_at: datetime
    snapshot: str


def write_watermark(
    state_dir: Path, *, source: str, entity: str, cursor: int | None, run_id: str
) -> None:
    """`watermarks/<source>.<entity>.json`, after a load that succeeded."""
    _write(
        state_dir / "watermarks" / f"{source}.{entity}.json",
        {
            "last_success_cursor": cursor,
            "last_run_id": run_id,
            "updated_at": datetime.now(UTC),
        },
    )


def add_to_manifest(state_dir: Path, *, run_id: str, stage: str, facts: dict[str, Any]) -> None:
    """Adds a stage's section to `manifests/run_<run_id>.json`; the other stages' stay.

    Raises STATE001 when the manifest that is there is damaged.
    """
    path = state_dir / "manifests" / f"run_{run_id}.json"
    try:
        manifest = _MANIFEST.decode(path.read_bytes()) if path.exists() else {"run_id": run_id}
        stages = msgspec.convert(manifest.get("stages", {}), dict[str, Any])
    except OSError as error:
        raise StorageError("cannot read", path=path, cause=error.strerror) from error
    except msgspec.DecodeError as error:
        raise StateError("the manifest is damaged; move it away", path=path) from error
    manifest["stages"] = stages | {stage: facts}
    _write(path, manifest)


def write_pointers(state_dir: Path, pointers: Sequence[Pointer]) -> None:
    """`manifests/_latest/<model>.json` for each model that is served; none for any other."""
    folder = state_dir / "manifests" / LATEST
    for pointer in pointers:
        _write(folder / f"{pointer.model}.json", pointer)
    served = {pointer.model for pointer in pointers}
    for path in folder.glob("*.json"):
        if path.stem not in served:
            path.unlink(missing_ok=True)


def read_pointers(state_dir: Path) -> list[Pointer]:
    """In the order of their models. Raises STATE001 when one is damaged."""
    return [_pointer(path) for path in sorted((state_dir / "manifests" / LATEST).glob("*.json"))]


def _pointer(path: Path) -> Pointer:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Pointer)
    except (OSError, msgspec.MsgspecError) as error:
        raise StateError(
            "the pointer is damaged; `hallmark snapshot publish` or `rollback` writes it anew",
            path=path,
        ) from error


def _write(path: Path, value: Any) -> None:
    write_atomically(path, msgspec.json.format(msgspec.json.encode(value)) + b"\n")
