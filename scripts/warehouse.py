"""The warehouse, for commands that do nothing without one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from dlt_pipelines import config
from dlt_pipelines.control.warehouse import connect
from dlt_pipelines.errors import ConfigurationError


@contextmanager
def existing_warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that reads. Raises CFG001 when there is no warehouse, else as `connect` does."""
    path = config.warehouse_path()
    if not path.exists():
        raise ConfigurationError(
            "there is no warehouse yet: load first (`hallmark load`, `hallmark run --demo`, or"
            " `payments-pipeline run-all`)",
            warehouse=path,
        )
    with connect(path, read_only=True) as connection:
        yield connection


def need_warehouse() -> None:
    """Tells at once what `existing_warehouse` raises: dbt would try for half a minute."""
    with existing_warehouse():
        pass
