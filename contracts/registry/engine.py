"""The verdicts of `contracts.json_schema`, each worked out once: schemas never change."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

import contracts
from contracts.compatibility import Finding
from contracts.json_schema import Budget, Schema, Verdict, compare, parse_schema
from contracts.registry.models import DiffResult, SchemaArtifact

T = TypeVar("T")
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_DECODER = msgspec.json.Decoder(Verdict)
_MOST_BYTES = 16 * 1024 * 1024
FULL = Budget()
WHOLE = 0
"""The depth of a diff that is not limited."""


class Engine:
    """Compares schemas by their hashes; what it found is in memory, or in table `diff_results`."""

    def __init__(self) -> None:
        self.id = _fingerprint()
        self._schemas: _Recent[Schema] = _Recent(_MOST_BYTES)
        self._verdicts: _Recent[bytes] = _Recent(_MOST_BYTES)

    def schema(self, connection: Connection, schema_hash: str) -> Schema:
        """A stored schema."""
        found = self._schemas.get(schema_hash)
        if found is None:
            query = select(SchemaArtifact.canonical).where(
                SchemaArtifact.schema_hash == schema_hash
            )
            found = parse_schema(connection.execute(query).scalar_one())
            self.keep_schema(found)
        return found

    def keep_schema(self, schema: Schema) -> None:
        self._schemas.put(schema.sha256, schema, len(schema.canonical))

    def known(
        self, connection: Connection, base_hash: str, new_hash: str, depth: int = WHOLE
    ) -> bytes | None:
        """A verdict as JSON, when it has been worked out before."""
        key = f"{base_hash} {new_hash} {depth}"
        found = self._verdicts.get(key)
        if found is None:
            row = (base_hash, new_hash, depth, self.id)
            query = select(DiffResult.verdict).where(
                DiffResult.base_hash == row[0],
                DiffResult.new_hash == row[1],
                DiffResult.depth == row[2],
                DiffResult.engine == row[3],
            )
            found = connection.execute(query).scalar()
            if found is not None:
                self._verdicts.put(key, found, len(found))
        return found

    def verdict(
        self,
        connection: Connection,
        base_hash: str,
        new: Schema,
        depth: int = WHOLE,
        budget: Budget = FULL,
    ) -> tuple[bytes, bool]:
        """The verdict on `new` after a stored schema, as JSON, and whether it may be kept.

        One that a smaller budget has left open may not.
        """
        found = self.known(connection, base_hash, new.sha256, depth)
        if found is not None:
            return found, True
        verdict = compare(
            self.schema(connection, base_hash), new, budget=budget, depth=depth or None
        )
        found = _ENCODER.encode(verdict)
        proved = "unknown" not in (verdict.backward.holds, verdict.forward.holds)
        if final := proved or budget == FULL:
            self._verdicts.put(f"{base_hash} {new.sha256} {depth}", found, len(found))
        return found, final

    def keep(
        self, connection: Connection, base_hash: str, new_hash: str, verdict: bytes, depth: int
    ) -> None:
        """Writes the verdict on two stored schemas, unless it is there."""
        values = {
            "base_hash": base_hash,
            "new_hash": new_hash,
            "depth": depth,
            "engine": self.id,
            "verdict": verdict,
            "created_at": datetime.now(UTC),
        }
        insert_new(connection, DiffResult, values)


def insert_new(connection: Connection, table: type, values: dict[str, object]) -> None:
    """Inserts a row unless its key is there."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    connection.execute(dialect.insert(table).values(values).on_conflict_do_nothing())


def plain(finding: Finding) -> dict[str, Any]:
    """A change as it is told, its numbers exact."""
    told: dict[str, Any] = msgspec.to_builtins(finding, builtin_types=(Decimal,))
    return told


def read_verdict(text: bytes) -> Verdict:
    return _DECODER.decode(text)


class _Recent(Generic[T]):
    """The last values that fit into so many bytes; safe to use from several threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held = 0
        self._values: OrderedDict[str, tuple[T, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> T | None:
        with self._lock:
            found = self._values.get(key)
            if found is None:
                return None
            self._values.move_to_end(key)
            return found[0]

    def put(self, key: str, value: T, size: int) -> None:
        with self._lock:
            if key in self._values:
                return
            self._values[key] = (value, size)
            self._held += size
            while self._held > self._most and len(self._values) > 1:
                _, (_, freed) = self._values.popitem(last=False)
                self._held -= freed


def _fingerprint() -> str:
    """The hash of the engine's own source: another engine does not reuse the verdicts of this."""
    folder = Path(contracts.__file__).parent
    files = [*folder.glob("json_schema/*.py"), folder / "compatibility.py", folder / "diff.py"]
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
