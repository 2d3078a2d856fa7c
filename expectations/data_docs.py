"""Great Expectations' own site of the suites, for who knows it. It loads remote assets."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import great_expectations as gx
from great_expectations.datasource.fluent.sql_datasource import SQLDatasource

from expectations.batches import datasource

_SITE = "local_site"  # the one a context begins with


def write_data_docs(
    warehouse: Path, suites: Iterable[gx.ExpectationSuite], folder: Path
) -> list[str]:
    """Asks the suites of the warehouse as it stands and writes the site, in place of an older one.

    Returns the tables that are not there to be asked.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        with datasource(warehouse) as source:
            missing = [suite.name for suite in suites if not _asked(source, suite)]
            _build(source, fresh)
        shutil.rmtree(folder, ignore_errors=True)
        fresh.chmod(0o755)
        fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return missing


def _asked(source: SQLDatasource, suite: gx.ExpectationSuite) -> bool:
    """Whether the table is there; the context keeps what came of the suite for its site."""
    schema, table = suite.name.split(".")
    try:
        asset = source.add_table_asset(suite.name, table_name=table, schema_name=schema)
        data = asset.add_batch_definition_whole_table(suite.name)
        data.get_batch()
    except ConnectionError:
        return False
    assert source.data_context is not None
    known = source.data_context.suites.add(suite)
    definition = gx.ValidationDefinition(name=suite.name, data=data, suite=known)
    source.data_context.validation_definitions.add(definition).run()
    return True


def _build(source: SQLDatasource, folder: Path) -> None:
    assert source.data_context is not None
    site: Any = {
        "class_name": "SiteBuilder",
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        "store_backend": {
            "class_name": "TupleFilesystemStoreBackend",
            "base_directory": str(folder),
        },
    }
    source.data_context.update_data_docs_site(_SITE, site)
    source.data_context.build_data_docs(site_names=[_SITE])
