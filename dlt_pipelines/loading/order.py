"""The order of loads, which Silver's incremental models go by."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import duckdb

from dlt_pipelines.errors import StateError


def check_order(connection: duckdb.DuckDBPyConnection, dataset: str) -> None:
    """Raises STATE001 when a load that begins by this clock would sort before a completed one.

    dlt names a load by the clock, in seconds since 1970, and dbt derives anew what loads newer than
    its last have touched: it would not see the rows.
    """
    ((newest,),) = connection.execute(_NEWEST.format(dataset=dataset)).fetchall()
    ahead = 0.0 if newest is None else newest - time.time()
    if ahead > 0:
        raise StateError(
            "this machine's clock is behind the newest load, and what is loaded by it would not"
            " reach Silver: set the clock right, or load when it has passed that moment",
            behind_seconds=round(ahead),
            newest_load=datetime.fromtimestamp(newest, UTC).isoformat(timespec="seconds"),
        )


_NEWEST = 'select max(try_cast(load_id as double)) from "{dataset}"._dlt_loads where status = 0'
