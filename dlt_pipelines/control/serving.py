"""`serve/`: the snapshots of Gold, and `current.duckdb`, the one that readers open.

Which one is current is a symbolic link, so that a reader opens the old snapshot or the new, and
keeps what it has open. How it came to be is `_state/served.json`, not a table: going back to an
earlier snapshot must work while a run, or whoever reads, has the warehouse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from dlt_pipelines.control.exports import Pointer, write_pointers
from dlt_pipelines.control.files import link_atomically, write_atomically
from dlt_pipelines.control.snapshots import Table, verify_snapshot, write_snapshot
from dlt_pipelines.control.warehouse import exclusive
from dlt_pipelines.errors import ConfigurationError, StateError, StorageError

KEPT = 5
_PREFIX, _SUFFIX = "gold-", ".duckdb"


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the folder that was published; its run is the one whose gate passed."""

    run_id: str
    file: str
    published_at: datetime
    size_bytes: int
    is_current: bool


By = Literal["run", "operator"]
Action = Literal["publish", "rollback"]


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """A change of what is served: which run's snapshot, and on whose word."""

    run_id: str
    action: Action
    by: By
    at: datetime


_MOVES = msgspec.json.Decoder(list[Move])


@dataclass(frozen=True)
class Serving:
    """The folder of snapshots of one LOCAL_DATA_DIR."""

    folder: Path
    state_dir: Path

    @classmethod
    def of(cls, data_dir: Path) -> Serving:
        return cls(data_dir / "serve", data_dir / "_state")

    @property
    def link(self) -> Path:
        """What readers open."""
        return self.folder / "current.duckdb"

    @property
    def current(self) -> str | None:
        """The run whose snapshot is served; None before the first was published."""
        return _run_id(self.link.readlink()) if self.link.is_symlink() else None

    @property
    def snapshots(self) -> list[Snapshot]:
        """Newest run first: run ids sort by time."""
        paths = sorted(self.folder.glob(f"{_PREFIX}*{_SUFFIX}"), reverse=True)
        found = [_snapshot(path, current=self.current) for path in paths]
        return [each for each in found if each is not None]

    @property
    def served(self) -> Snapshot | None:
        """The snapshot that readers open."""
        return next((each for each in self.snapshots if each.is_current), None)

    @property
    def moves(self) -> list[Move]:
        """Oldest first. Raises STATE001 when the file is damaged."""
        try:
            return _MOVES.decode(self._moves_file.read_bytes())
        except FileNotFoundError:
            return []
        except (OSError, msgspec.MsgspecError) as error:
            raise StateError(
                "what was served when cannot be read; move the file away", path=self._moves_file
            ) from error

    @property
    def rollback_target(self) -> str | None:
        """The run whose snapshot was served before the current one, and not left for bad."""
        return self._before(self.current)

    def publish(self, warehouse: Path, run_id: str, *, by: By, keep: int = KEPT) -> list[Table]:
        """Writes the snapshot of a run and serves it; on failure all is as before.

        To be called under the warehouse's lock. Of the older ones, those beyond `keep` go.

        Raises LOCK001, BUILD001 and STG001 as `write_snapshot` does.
        """
        self._remove_leftovers()
        try:
            tables = write_snapshot(warehouse, self._path(run_id))
        finally:
            self._remove_leftovers()
        with exclusive(self.state_dir, "snapshots"):
            self._serve(_move(run_id, "publish", by), tables)
            for old in self.removed_by(run_id, keep=keep):
                self._path(old).unlink(missing_ok=True)
        return tables

    def rollback(self, run_id: str) -> None:
        """Serves an earlier snapshot again, once every row of it was read. Raises STG001."""
        tables = verify_snapshot(self._path(run_id))
        with exclusive(self.state_dir, "snapshots"):
            self._serve(_move(run_id, "rollback", "operator"), tables)

    def target(self, to: str | None) -> str:
        """The run that a rollback (to a named run) goes to. Raises CFG001 when there is none."""
        known = [each.run_id for each in self.snapshots]
        wanted = to or self.rollback_target
        if wanted is None or wanted not in known or wanted == self.current:
            raise ConfigurationError(
                "there is no such snapshot to go back to; `hallmark snapshot list` shows them",
                to=to,
                current=self.current,
            )
        return wanted

    def removed_by(self, run_id: str, *, keep: int) -> list[str]:
        """The runs whose snapshots go when `run_id` is published and `keep` are to stay.

        That one stays in any case, and so does what a rollback would go back to.
        """
        needed = {run_id, self._before(run_id)} - {None}
        others = [each.run_id for each in self.snapshots if each.run_id not in needed]
        return others[max(0, keep - len(needed)) :]

    def _before(self, current: str | None) -> str | None:
        there = {each.run_id for each in self.snapshots} - {current}
        turn = served_in_turn(self.moves)
        return next((run_id for run_id in reversed(turn) if run_id in there), None)

    def _serve(self, move: Move, tables: Sequence[Table]) -> None:
        """The link first: it is the truth, and a move that was not written down is in it."""
        moves = self.moves
        link_atomically(self.link, self._path(move.run_id).name)
        data = msgspec.json.format(msgspec.json.encode([*moves, move])) + b"\n"
        write_atomically(self._moves_file, data)
        self._point_to(move.run_id, tables)

    def _point_to(self, run_id: str, tables: Sequence[Table]) -> None:
        path = self._path(run_id)
        validated_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        pointers = [
            Pointer(
                model=table.name,
                run_id=run_id,
                relation=f"{table.schema}.{table.name}",
                row_count=table.rows,
                validated_at=validated_at,
                snapshot=path.name,
            )
            for table in tables
        ]
        write_pointers(self.state_dir, pointers)

    def _remove_leftovers(self) -> None:
        """What a publish that was killed, or found the disk full, left half-written."""
        try:
            for path in self.folder.glob(f".{_PREFIX}*"):
                path.unlink()
        except OSError as error:
            raise StorageError("cannot write", path=self.folder, cause=error.strerror) from error

    def _path(self, run_id: str) -> Path:
        return self.folder / f"{_PREFIX}{run_id}{_SUFFIX}"

    @property
    def _moves_file(self) -> Path:
        return self.state_dir / "served.json"


def served_in_turn(moves: Sequence[Move]) -> list[str]:
    """The runs that led to the present one: who goes back leaves what came in between."""
    turn: list[str] = []
    for move in moves:
        if move.action == "rollback" and move.run_id in turn:
            del turn[turn.index(move.run_id) :]
        turn = [*(run_id for run_id in turn if run_id != move.run_id), move.run_id]
    return turn


def _move(run_id: str, action: Action, by: By) -> Move:
    return Move(run_id=run_id, action=action, by=by, at=datetime.now(UTC))


def _snapshot(path: Path, *, current: str | None) -> Snapshot | None:
    """None when a publish has just removed it."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    run_id = _run_id(path)
    return Snapshot(
        run_id=run_id,
        file=path.name,
        published_at=datetime.fromtimestamp(found.st_mtime, UTC),
        size_bytes=found.st_size,
        is_current=run_id == current,
    )


def _run_id(path: Path) -> str:
    return path.name.removeprefix(_PREFIX).removesuffix(_SUFFIX)
