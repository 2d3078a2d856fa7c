"""Further loads into raw, written by SQL as dlt would leave them: what sources may bring later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

import duckdb

from contracts.odcs import Entity, Field, Source

_AT_MOST, _ONE_IN = 25, 8
"""How many of an entity's keys a change takes."""
_BROKEN = {"created": "10 ** 15", "releaseId": "0", "cycleId": "0", "cyclePhaseId": "0"}
"""Columns and a value of theirs that no row may have; without one the key is below zero."""
_LATE = ("interval 1 day", "interval 30 minute", "interval 0 minute")
"""Before all that is stored, between two loads an hour apart, and another reading of a page."""


def load_id(number: int) -> str:
    """Later than any load that dlt makes."""
    return f"{4_000_000_000 + number}.0000001"


@dataclass(frozen=True)
class RawLoad:
    """One load of a source, `number` hours after all that the warehouse holds of it."""

    connection: duckdb.DuckDBPyConnection
    source: Source
    number: int
    random: Random

    @property
    def load_id(self) -> str:
        return load_id(self.number)

    @property
    def at(self) -> str:
        return f"timestamptz '2030-01-01 00:00:00+00' + interval {self.number} hour"

    def complete(self) -> None:
        """Without it the load is one that was killed: Silver must not see its rows."""
        self.connection.execute(
            f"insert into raw_{self.source.name}._dlt_loads (load_id, status, inserted_at)"
            f" values ('{self.load_id}', 0, {self.at})"
        )

    def change(self, entity: Entity) -> None:
        """New versions of some keys."""
        self._store(entity, self._some(entity), self._changed(entity), self.at)

    def add(self, entity: Entity) -> None:
        """New keys, which are as others are."""
        key = {entity.key: self._new_key(entity)}
        self._store(entity, self._some(entity), {**self._changed(entity), **key}, self.at)

    def bring_late(self, entity: Entity) -> None:
        """Versions that were received before or when the newest one was: a replay brings them."""
        for before in _LATE:
            changed = self._changed(entity)
            self._store(entity, self._some(entity), changed, f"mine._extracted_at - {before}")

    def break_rules(self, entity: Entity) -> None:
        """Versions that break a hard rule, of keys that are known and of keys that are not."""
        names = {field.name for field in entity.fields}
        broken = {name: value for name, value in _BROKEN.items() if name in names}
        negative = {entity.key: f"-mine.{entity.key}"}
        self._store(entity, self._some(entity), broken or negative, self.at)
        if broken:
            key = {entity.key: self._new_key(entity)}
            self._store(entity, self._some(entity), {**broken, **key}, self.at)

    def delete(self, entity: Entity) -> None:
        """Keys that the API was found to lack."""
        self.connection.execute(
            f"insert into raw_{self.source.name}._deletions"
            f" select '{entity.name}', unnest(?)::varchar, {self.at}, '{self.load_id}', ?",
            [self._some(entity), self.load_id],
        )

    def bring_back(self, entity: Entity) -> None:
        """Deleted keys whose object is there again, as it was."""
        table = self._table("_deletions")
        deleted = f"select distinct key from {table} where entity = '{entity.name}' order by key"
        self._store(entity, self._column(deleted)[::2], {}, self.at, payload="mine._payload_sha256")

    def _store(
        self,
        entity: Entity,
        keys: Sequence[object],
        changed: Mapping[str, str],
        extracted_at: str,
        *,
        payload: str = "",
    ) -> None:
        """Each row is the newest of its key, but for what is changed."""
        table = self._table(entity.name)
        columns = {
            **changed,
            "_payload_sha256": payload
            or f"sha256(mine._payload_sha256 || '{self.random.random()}')",
            "_dlt_load_id": f"'{self.load_id}'",
            "_run_id": f"'{self.load_id}'",
            "_extracted_at": extracted_at,
        }
        replaced = ", ".join(f'{value} as "{name}"' for name, value in columns.items())
        self.connection.execute(
            f"insert into {table} with newest as ({_NEWEST.format(table=table, key=entity.key)}),"
            " pairs as (select unnest(?::varchar[]) as key, unnest(?::varchar[]) as donor_key)"
            f" select mine.* replace ({replaced}) from pairs"
            f" inner join newest as mine on mine.{entity.key}::varchar = pairs.key"
            f" inner join newest as donor on donor.{entity.key}::varchar = pairs.donor_key",
            [list(keys), self.random.choices(self._keys(entity), k=len(keys))],
        )

    def _changed(self, entity: Entity) -> dict[str, str]:
        """Half of a row's columns, another half in each row."""
        salt, parent = self.random.random(), entity.parent and entity.parent.field
        return {
            field.name: f"case when hash(pairs.key, '{field.name}{salt}') % 2 = 0"
            f' then {_changed(field)} else mine."{field.name}" end'
            for field in entity.fields
            if field.name not in (entity.key, parent)
        }

    def _new_key(self, entity: Entity) -> str:
        text = next(each for each in entity.fields if each.name == entity.key).type == "string"
        mine = f"mine.{entity.key}"
        return f"{mine} || 'n{self.number}'" if text else f"abs({mine}) + {self.number} * 10 ** 9"

    def _some(self, entity: Entity) -> list[object]:
        keys = self._keys(entity)
        return self.random.sample(keys, min(_AT_MOST, len(keys) // _ONE_IN + 1))

    def _keys(self, entity: Entity) -> list[object]:
        key, table = f"{entity.key}::varchar", self._table(entity.name)
        return self._column(f"select distinct {key} from {table} order by {key}")

    def _column(self, sql: str) -> list[object]:
        return [value for (value,) in self.connection.execute(sql).fetchall()]

    def _table(self, name: str) -> str:
        return f'raw_{self.source.name}."{name}"'


_NEWEST = """
select * from {table}
qualify row_number() over (
    partition by {key} order by _extracted_at desc, _dlt_load_id desc, _payload_sha256
) = 1
"""


def _changed(field: Field) -> str:
    """Another row's value, the other boolean; who an object belongs to is only filled in."""
    mine, donor = f'mine."{field.name}"', f'donor."{field.name}"'
    if field.type == "boolean":
        return f"not coalesce({mine}, false)"
    return f"coalesce({mine}, {donor})" if _refers(field) else donor


def _refers(field: Field) -> bool:
    return bool(field.reference) or any(_refers(each) for each in field.fields)
