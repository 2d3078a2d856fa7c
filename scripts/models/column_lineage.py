"""The lineage of all columns of this checkout, told from SQL that dbt compiles for it once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from contracts.contract import Contract
from contracts.lineage import Lineage, lineage
from contracts.odcs import load_source, source_names
from contracts.tables import Table
from dlt_pipelines import config
from dlt_pipelines.control.files import write_atomically
from dlt_pipelines.loading.tables import contracted_tables
from scripts.console import Output
from scripts.dbt import Manifest, execute

Stored = dict[str, dict[str, list[str]]]
_ENCODER = msgspec.json.Encoder(order="deterministic")


def column_lineage(output: Output, manifest: Manifest, before: Iterable[Contract]) -> Lineage:
    """What each table of the project reads; `before` are contracts whose columns may be gone.

    SQL is compiled in an empty warehouse of its own: production is not opened. The result stays in
    `<LOCAL_DATA_DIR>/lineage` until SQL, macros or columns change. Raises BUILD001.
    """
    stored = _stored(before)
    path = config.data_dir() / "lineage" / f"{_digest(manifest, stored)}.json"
    if path.exists():
        return msgspec.json.decode(path.read_bytes(), type=Lineage)
    with output.step("lineage"), TemporaryDirectory() as folder:
        data = Path(folder)
        artifacts = execute(
            *("compile", "--full-refresh"),
            target="prod",
            folder=data / "target",
            watch=output.progress,
            data=data,
        )
        found = lineage(json.loads(artifacts.manifest.read_bytes()), stored)
    for old in path.parent.glob("*.json"):
        old.unlink()
    write_atomically(path, _ENCODER.encode(found))
    return found


def _stored(before: Iterable[Contract]) -> Stored:
    """Raw's columns, those of the loader included, and those that tables had before a change."""
    stored: Stored = {}
    for name in source_names():
        for table, columns in contracted_tables(load_source(name)):
            stored.setdefault(f"raw_{name}", {})[table] = [*columns, "_dlt_load_id"]
    for contract in before:
        schema, _, table = stored_as(contract).partition(".")
        promise = contract.promise
        names = promise.columns if isinstance(promise, Table) else promise.fields
        known = stored.setdefault(schema, {}).setdefault(table, [])
        known += [each.name for each in names if each.name not in known]
    return stored


def stored_as(contract: Contract) -> str:
    """The table in which a contract's fields are columns."""
    if isinstance(contract.promise, Table):
        return contract.promise.relation
    return f"raw_{contract.namespace}.{contract.name}"


def _digest(manifest: Manifest, stored: Stored) -> str:
    """Of all that the compiled SQL is made of."""
    nodes = [
        (name, node["relation_name"], node.get("raw_code"), sorted(node["columns"]))
        for name, node in sorted(manifest["nodes"].items())
        if node["resource_type"] in ("model", "seed")
    ]
    macros = [(name, each["macro_sql"]) for name, each in sorted(manifest["macros"].items())]
    project = (config.PROJECT_ROOT / "dbt_project.yml").read_bytes()
    made = _ENCODER.encode([nodes, macros, stored, project])
    return hashlib.sha256(made).hexdigest()[:32]
