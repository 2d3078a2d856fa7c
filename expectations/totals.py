"""Reconciliation over all runs: what the ledger says was stored, and Gold that is one to one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import duckdb

from contracts.odcs import Entity
from expectations.asking import Finding, Question
from expectations.locations import located
from expectations.manifest import Manifest, Node

_HERE = "expectations/totals.py"
_LEDGER = """
select
    (
        select coalesce(sum(ledger.loaded), 0) from control.ledger as ledger
        where ledger.source = '{source}' and ledger.entity = '{entity}'
    ) as loaded,
    (
        select count(*) from raw_{source}."{entity}"
        where _dlt_load_id in (select load_id from raw_{source}._dlt_loads where status = 0)
    ) as stored
"""
_UNBALANCED = """
select run_id, received, deduplicated, unchanged, quarantined, loaded
from control.ledger
where source = '{source}' and entity = '{entity}'
    and received <> deduplicated + unchanged + quarantined + loaded
"""
_DIFFERENCE = """
select key, count(*) filter (where side = 'staged') as staged, count(*) - staged as in_gold
from (
    select {staged_key} as key, 'staged' as side from {staged}{live}
    union all
    select {key} as key, 'gold' as side from {gold}
)
group by key
having staged <> in_gold
"""


def total_questions(manifest: Manifest, entities: Sequence[Entity]) -> Iterator[Question]:
    """Two questions per entity, one per model whose `meta` says `one_to_one: <staging model>`."""
    for entity in entities:
        table = f"raw_{entity.source}.{entity.name}"
        yield Question(
            "reconciliation",
            table,
            "balanced_in_total",
            "critical",
            "in every run received = deduplicated + unchanged + quarantined + loaded",
            partial(_balanced, entity),
            located(_HERE, '"balanced_in_total"'),
        )
        yield Question(
            "reconciliation",
            table,
            "stored_as_loaded",
            "critical",
            "as many rows as all runs together loaded",
            partial(_stored, entity),
            located(_HERE, '"stored_as_loaded"'),
        )
    staging = {node.name: node for node in manifest.nodes.values() if node.resource_type == "model"}
    for node in manifest.nodes.values():
        if staged := node.config.meta.get("one_to_one"):
            yield Question(
                "reconciliation",
                node.table,
                "one_to_one",
                "critical",
                f"the keys of {staged}, each once, without those deleted",
                partial(_same_keys, node, staging.get(str(staged)), str(staged)),
                located(node.yaml_path, f"name: {node.name}", "one_to_one"),
            )


def _balanced(entity: Entity, connection: duckdb.DuckDBPyConnection) -> Finding:
    sql = _UNBALANCED.format(source=entity.source, entity=entity.name).strip()
    wrong = [run_id for run_id, *_ in connection.execute(sql).fetchall()]
    if not wrong:
        return Finding("passed", "every run balances")
    advice = "Replay these runs: the landing still has their pages (`hallmark replay`)."
    return Finding("failed", f"{len(wrong):,} runs do not balance: {wrong[0]}", advice, sql)


def _stored(entity: Entity, connection: duckdb.DuckDBPyConnection) -> Finding:
    sql = _LEDGER.format(source=entity.source, entity=entity.name).strip()
    loaded, stored = connection.execute(sql).fetchall()[0]
    observed = f"{loaded:,} loaded, {stored:,} stored"
    if loaded == stored:
        return Finding("passed", observed)
    advice = "Raw was changed by other than a load; replay from the landing (`hallmark replay`)."
    return Finding("failed", observed, advice, sql)


def _same_keys(
    node: Node, staging: Node | None, name: str, connection: duckdb.DuckDBPyConnection
) -> Finding:
    if staging is None:
        advice = f"[QUAL001] one_to_one of {node.name} names {name}, which is no model"
        return Finding("not_checked", "", advice)
    keeps_deleted = "is_deleted" in node.columns or "is_deleted" not in staging.columns
    sql = _DIFFERENCE.format(
        staged=staging.table,
        staged_key=_key(staging),
        live="" if keeps_deleted else " where not is_deleted",
        gold=node.table,
        key=_key(node),
    ).strip()
    counted = f"select count(*), min(key) from ({sql})"  # noqa: S608
    different, example = connection.execute(counted).fetchall()[0]
    if not different:
        return Finding("passed", "the same keys")
    advice = "Gold lost or doubled rows: look at the joins of the model."
    return Finding("failed", f"{different:,} keys differ, such as {example}", advice, sql)


def _key(node: Node) -> str:
    """The column of its primary key."""
    return next(
        column.name
        for column in node.columns.values()
        if any(constraint.type == "primary_key" for constraint in column.constraints)
    )
