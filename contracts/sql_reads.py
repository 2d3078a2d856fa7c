"""Which columns a query reads, and what for: told from its text, DuckDB's dialect.

A column that cannot be resolved counts as all that could be meant. Too many are named, never too
few.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

ALL = "*"
_DIALECT = "duckdb"


class Origin(NamedTuple):
    """A column of a table, `gold.fct_payments`; below a JSON column a dotted path.

    The column `*` stands for any of them.
    """

    relation: str
    column: str


Origins = frozenset[Origin]
_NONE: Origins = frozenset()


class Reads(msgspec.Struct, frozen=True, kw_only=True):
    """What each column of a result is made of, and what decides which rows there are.

    `rows` are columns that are joined on, filtered, grouped or sorted by.
    """

    columns: dict[str, Origins]
    rows: Origins

    @property
    def everything(self) -> Origins:
        return self.rows.union(*self.columns.values())


def reads(sql: str, tables: Mapping[str, Mapping[str, Iterable[str]]]) -> Reads | None:
    """What a query reads of `tables` (schema → table → columns), None when it cannot be parsed."""
    schema: dict[str, object] = {
        name: {table: dict.fromkeys(columns, "varchar") for table, columns in held.items()}
        for name, held in tables.items()
    }
    try:
        tree = sqlglot.parse_one(sql, dialect=_DIALECT)
        for table in tree.find_all(exp.Table):
            table.set("catalog", None)
        options: dict[str, Any] = {"quote_identifiers": False, "validate_qualify_columns": False}
        root = build_scope(qualify(tree, schema=schema, dialect=_DIALECT, **options))
    except SqlglotError:
        return None
    return _Resolver().reads(root) if root else None


class _Resolver:
    """Follows columns through CTEs, subqueries and unions; each scope is looked at once."""

    def __init__(self) -> None:
        self._known: dict[int, Reads] = {}
        self._plain: dict[int, set[str]] = {}

    def reads(self, scope: Scope) -> Reads:
        key = id(scope)
        if key not in self._known:
            self._known[key] = Reads(columns={}, rows=_NONE)  # a recursive CTE meets itself
            self._plain[key] = set()
            self._known[key] = (
                self._union(scope) if scope.set_operation_scopes else self._select(scope)
            )
        return self._known[key]

    def _union(self, scope: Scope) -> Reads:
        """Columns meet by their place, and have the names of the first query."""
        parts = [self.reads(each) for each in scope.set_operation_scopes]
        columns = {
            name: frozenset().union(*(_nth(part, place) for part in parts))
            for place, name in enumerate(parts[0].columns)
        }
        return Reads(columns=columns, rows=frozenset().union(*(part.rows for part in parts)))

    def _select(self, scope: Scope) -> Reads:
        query = scope.expression
        if not isinstance(query, exp.Select):
            return Reads(columns={ALL: self._value(query, scope)}, rows=_NONE)
        columns: dict[str, Origins] = {}
        for projection in query.selects:
            value, name = projection.unalias(), projection.alias_or_name or ALL
            columns[name] = columns.get(name, _NONE) | self._value(value, scope)
            if self._is_plain(value, scope):
                self._plain[id(scope)].add(name)
        clauses = [each for key, each in query.args.items() if key not in ("expressions", "with_")]
        rows = {origin for clause in clauses for origin in self._clause(clause, scope)}
        for source in _scopes_of(scope):
            rows |= self.reads(source).rows
        return Reads(columns=columns, rows=frozenset(rows))

    def _clause(self, clause: Any, scope: Scope) -> Iterator[Origin]:
        """What a clause but the projection reads; tables in `from` and `join` are no values."""
        for each in clause if isinstance(clause, list) else [clause]:
            if isinstance(each, exp.Join):
                yield from self._clause([each.args.get("on")], scope)
            elif isinstance(each, exp.Expr) and not isinstance(each, exp.From):
                yield from self._value(each, scope)

    def _value(self, node: exp.Expr, scope: Scope) -> Origins:
        """The columns that an expression is made of, those of queries within it included."""
        if isinstance(node, exp.Query):
            inner = next((each for each in _inner(scope) if each.expression is node.unnest()), None)
            return self.reads(inner).everything if inner else _NONE
        if isinstance(node, exp.Column):
            return self._column(node, scope)
        if isinstance(node, exp.Star):
            return _NONE if isinstance(node.parent, exp.Count) else self._all(scope)
        if isinstance(node, exp.JSONExtract | exp.JSONExtractScalar):
            return self._json(node, scope)
        return frozenset().union(*(self._value(each, scope) for each in node.iter_expressions()))

    def _json(self, node: exp.Expr, scope: Scope) -> Origins:
        """What lies at a path in a column that is passed on as it came, and not all of it."""
        held, path = self._value(node.this, scope), node.expression
        if not (isinstance(path, exp.JSONPath) and self._is_plain(node.this, scope)):
            return held | self._value(path, scope)
        keys = [
            part.this
            for part in path.expressions
            if isinstance(part, exp.JSONPathKey) and isinstance(part.this, str)
        ]
        return frozenset(Origin(one.relation, ".".join([one.column, *keys])) for one in held)

    def _is_plain(self, node: exp.Expr, scope: Scope) -> bool:
        """Whether a column, or what lies at a path in it, is passed on as it came."""
        if isinstance(node, exp.JSONExtract | exp.JSONExtractScalar):
            return self._is_plain(node.this, scope)
        if not isinstance(node, exp.Column):
            return False
        source = _sources(scope).get(node.table)
        if isinstance(source, Scope):
            self.reads(source)
            return node.name in self._plain[id(source)]
        return isinstance(source, exp.Table)

    def _column(self, column: exp.Column, scope: Scope) -> Origins:
        if not column.table:
            return self._all(scope, column.name)
        holder: Scope | None = scope
        while holder and column.table not in _sources(holder):
            holder = holder.parent  # a subquery may read what stands around it
        if holder is None:
            return self._all(scope, column.name)
        return self._of(_sources(holder)[column.table], column.name)

    def _all(self, scope: Scope, name: str = ALL) -> Origins:
        """What a column may be that names no table: of one table itself, of several any."""
        sources = list(_sources(scope).values())
        found = (self._of(each, name if len(sources) == 1 else ALL) for each in sources)
        return frozenset().union(*found)

    def _of(self, source: Any, name: str) -> Origins:
        if isinstance(source, Scope):
            known = self.reads(source)
            return known.columns.get(name) or known.columns.get(ALL) or _unless_empty(known, name)
        return frozenset({Origin(f"{source.db}.{source.name}", name)})


def _nth(part: Reads, place: int) -> Origins:
    columns = list(part.columns.values())
    return columns[place] if place < len(columns) else part.everything


def _unless_empty(known: Reads, name: str) -> Origins:
    """A column without an origin is a constant; one that is not there may be anything."""
    return _NONE if name in known.columns else known.everything


def _scopes_of(scope: Scope) -> Iterator[Scope]:
    """The CTEs and derived tables that a query reads."""
    return (each for each in _sources(scope).values() if isinstance(each, Scope))


def _sources(scope: Scope) -> dict[str, Any]:
    """What stands in a query's `from` and joins; a scope knows the CTEs around it as well."""
    return {name: source for name, (_, source) in scope.selected_sources.items()}


def _inner(scope: Scope) -> list[Scope]:
    return [*scope.subquery_scopes, *scope.derived_table_scopes, *scope.udtf_scopes]
