"""Whether a layer holds what looks like personal data: one question for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import duckdb

from expectations.asking import Finding, Question
from expectations.locations import located
from expectations.pii import find_pii, pattern_of

_ACTION = (
    "Delete the values: they must not be in the warehouse. Then mark their field as pii in its"
    " contract and load it again."
)
_SQL = """
select * from {table}
where regexp_matches(cast("{column}" as varchar), '{pattern}')
"""


def pii_questions(layers: Sequence[str]) -> Iterator[Question]:
    for layer in layers:
        yield Question(
            "pii",
            layer,
            "no_pii",
            "critical",
            "no value looks like an e-mail address or a card number",
            partial(_find, layer),
            located("expectations/personal.py", '"no_pii"'),
        )


def _find(layer: str, connection: duckdb.DuckDBPyConnection) -> Finding:
    found = find_pii(connection, [layer])
    if not found:
        return Finding("passed", "none")
    told = "; ".join(f"{each.where}: {each.count:,} like {each.kind}" for each in found)
    table, _, column = found[0].where.rpartition(".")
    sql = _SQL.format(table=table, column=column, pattern=pattern_of(found[0].kind))
    return Finding("failed", told, _ACTION, sql.strip())
