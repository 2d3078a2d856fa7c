"""Whether Gold and what is published of it are what their models make of the tables below them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import duckdb

from expectations.asking import Finding, Question
from expectations.locations import located
from expectations.manifest import Manifest, Node

LAYERS = ("gold", "activation")
_MISSING = """
select * from (
{made}
) as made
where hash({made_values}) not in (select hash({held_values}) from {table} as held)
"""
_DIFFERENT = """
with

made as materialized (

{made}

)

select 'not in the table' as finding, made.* from made
where hash({made_values}) not in (select hash({held_values}) from {table} as held)

union all

select 'not made by the model' as finding, {held_values} from {table} as held
where hash({held_values}) not in (select hash({made_values}) from made)
"""
_ADVICE = (
    "The table was changed by other than a build, or is older than what it is made of: build it"
    " again, `hallmark build --full-refresh --select {name}+`."
)


def derivation_questions(manifest: Manifest, compiled: Path) -> Iterator[Question]:
    """One question per table of Gold and above; `compiled` has the SQL that dbt built them by."""
    for node in manifest.nodes.values():
        if node.resource_type == "model" and node.schema in LAYERS and not node.is_ephemeral:
            yield Question(
                "reconciliation",
                node.table,
                "as_derived",
                "critical",
                "the rows that its model makes of the tables below it",
                partial(_same_rows, node, compiled / node.package_name / node.original_file_path),
                located(node.original_file_path),
            )


def _same_rows(node: Node, path: Path, connection: duckdb.DuckDBPyConnection) -> Finding:
    try:
        made = path.read_text("utf-8").strip()
    except FileNotFoundError:
        return Finding("not_checked", "", "[QUAL001] dbt has not built it here: build, then ask")
    # What was built incrementally makes only rows that the table does not hold.
    form = _MISSING if node.config.materialized == "incremental" else _DIFFERENT
    sql = form.format(
        made=made,
        table=node.table,
        made_values=_values("made", node),
        held_values=_values("held", node),
    ).strip()
    counted = connection.execute(f"select count(*) from ({sql})").fetchall()  # noqa: S608
    ((different,),) = counted
    if not different:
        return Finding("passed", "the same rows")
    advice = _ADVICE.format(name=node.name)
    return Finding("failed", f"{different:,} rows differ", advice, sql)


def _values(relation: str, node: Node) -> str:
    return ", ".join(f'{relation}."{name}"' for name in node.columns)
