"""State files for people and tools to read; dlt's state and the control tables are the truth."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from dlt_pipelines.control.files import write_atomically
from dlt_pipelines.errors import StateError

_MANIFEST = msgspec.json.Decoder(dict[str, Any])


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

    Raises STATE001 when the manifest that is there cannot be read.
    """
    path = state_dir / "manifests" / f"run_{run_id}.json"
    try:
        manifest = _MANIFEST.decode(path.read_bytes()) if path.exists() else {"run_id": run_id}
    except msgspec.DecodeError as error:
        raise StateError("the manifest is damaged; move it away", path=path) from error
    manifest.setdefault("stages", {})[stage] = facts
    _write(path, manifest)


def _write(path: Path, value: Any) -> None:
    write_atomically(path, msgspec.json.format(msgspec.json.encode(value)) + b"\n")
