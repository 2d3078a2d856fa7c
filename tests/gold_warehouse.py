"""A small warehouse with Gold in it, whose tables all tell of one version."""

from __future__ import annotations

from pathlib import Path

import duckdb

_GOLD = """
create schema if not exists gold;
create schema if not exists activation;
create schema if not exists silver;
create or replace table silver.stg_orders as select 1 as order_id;
create or replace table gold.fct_orders as
    select range as order_id, {version} as version, hash(range) as noise from range({rows});
create or replace table gold.dim_shops as select {version} as version, 'kept' as "the name";
create or replace table activation.pub_orders as select {version} as version;
create or replace view gold.everything as from gold.fct_orders;
comment on table gold.fct_orders is 'One row per order; it''s "quoted".';
comment on column gold.dim_shops."the name" is 'What it is called.';
comment on column gold.everything.version is 'A view''s.';
"""


def build_gold(warehouse: Path, *, version: int = 1, rows: int = 1_000) -> Path:
    """Builds it, or builds it again as another version."""
    warehouse.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(_GOLD.format(version=version, rows=rows))
    return warehouse
