"""Gold of payments against the API's own objects, after ten days of late changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dlt_pipelines.control.runs import new_run_id
from dlt_pipelines.loading.pipelines import load
from dlt_pipelines.loading.windows import Extent
from scripts.mock_api.serve import subprocesses
from scripts.sources import Connection, maker
from tests.dbt_here import dbt, statuses
from tests.e2e.conftest import KEY, WORLD, Apis, query
from tests.e2e.hiding import hiding
from tests.e2e.payments_books import Books, read_books
from tests.e2e.payments_gold import FACTS, Row
from tests.e2e.payments_reports import AGEING, REPORTS, rpt_invoice_ageing
from tests.e2e.proxy import proxy_to

TABLES = FACTS | REPORTS
BUILT_AFTER = (0, 5, 10)
STEP_DAYS = 1.3
GOLD = "path:dbt_project/models/gold/payments"
IDENTITIES = "path:dbt_project/tests/payments"
DELETED = ("charges", "refunds", "disputes", "payouts", "balance_transactions", "invoice_payments")


@dataclass(frozen=True)
class Shop:
    """A warehouse that was loaded and built bit by bit, and its API."""

    folder: Path
    url: str
    books: Books

    def load(self, url: str, *, whole: bool = False) -> None:
        make = maker("payments", Connection(url, KEY), extent=Extent(whole=whole))
        load("payments", make, run_id=new_run_id(), command="test", watch=lambda row: None)

    def build(self, *arguments: str, target: str = "prod") -> None:
        kinds = ("--resource-type", "model", "--resource-type", "seed")
        select = ("--select", f"+{GOLD}", "rejects", "scd_payments__*")
        results = dbt(self.folder, "build", *select, *kinds, *arguments, target=target)
        assert statuses(results) == {"success"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("truth") / "data"
    with subprocesses(WORLD, key=KEY) as urls, pytest.MonkeyPatch.context() as environment:
        environment.setenv("LOCAL_DATA_DIR", str(folder))
        environment.setenv("BRONZE_API_RPS", "10000")
        apis = Apis(urls)
        built = Shop(folder, urls["payments"], Books({}))
        for step in range(max(BUILT_AFTER) + 1):
            if step:
                apis.advance(STEP_DAYS)
            built.load(built.url)
            if step in BUILT_AFTER:
                built.build()
        yield Shop(folder, built.url, read_books(built.url))


def observed(shop: Shop, table: str, columns: str) -> Counter[Row]:
    return Counter(query(shop.folder, f"select {columns} from gold.{table}"))


def test_the_days_brought_late_changes(shop: Shop) -> None:
    begun = WORLD.now.timestamp()
    older = {
        entity: {row["status"] for row in shop.books.all(entity) if row["created"] < begun}
        for entity in ("refunds", "disputes", "payouts", "invoices")
    }
    assert {"won", "lost"} <= older["disputes"]
    assert "failed" in older["payouts"]


@pytest.mark.parametrize("expected", TABLES, ids=lambda each: each.__name__)
def test_gold_is_what_the_api_holds(shop: Shop, expected: Callable[[Books], Iterator[Row]]) -> None:
    truth = Counter(expected(shop.books))
    assert truth
    assert observed(shop, expected.__name__, TABLES[expected]) == truth


def test_open_invoices_are_as_old_as_the_newest_load_says(shop: Shop) -> None:
    ((newest,),) = query(
        shop.folder,
        "select max(_extracted_at at time zone 'UTC')::date from ("
        "select _extracted_at from raw_payments.invoices union all "
        "select _extracted_at from raw_payments.events)",
    )
    truth = Counter(rpt_invoice_ageing(shop.books, newest))
    assert truth
    assert observed(shop, "rpt_invoice_ageing", AGEING) == truth


def test_the_identities_hold_without_a_warning(shop: Shop) -> None:
    assert statuses(dbt(shop.folder, "test", "--warn-error", "--select", IDENTITIES)) == {"pass"}


def test_what_was_built_bit_by_bit_is_what_a_rebuild_gives(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last test: it also takes a few objects of each kind away."""
    lost = [key for entity in DELETED for key in sorted(shop.books.objects[entity])[::40]]
    monkeypatch.setenv("LOCAL_DATA_DIR", str(shop.folder))
    with proxy_to(shop.url) as proxy:
        proxy.fault = hiding(shop.url, lost)
        shop.load(proxy.url, whole=True)
    shop.build()
    shop.build("--full-refresh", target="dev")

    differences = rebuilt_differences(shop.folder)
    assert differences.keys() >= {"fct_payments", "fct_balance_transactions"}
    assert {name: rows for name, rows in differences.items() if rows} == {}
    left = {key for (key,) in query(shop.folder, "select charge_id from gold.fct_payments")}
    assert left.isdisjoint(lost)


def rebuilt_differences(folder: Path) -> dict[str, list[Any]]:
    """The rows of each table of Gold that only one of the two builds has."""
    with duckdb.connect(str(folder / "dev.duckdb"), read_only=True) as connection:
        connection.execute(f"attach '{folder}/warehouse.duckdb' as built (read_only)")
        tables = connection.execute(
            "select table_name from duckdb_tables() "
            "where database_name = 'dev' and schema_name = 'gold'"
        ).fetchall()
        return {
            name: connection.execute(
                f"(from dev.gold.{name} except all from built.gold.{name}) union all "
                f"(from built.gold.{name} except all from dev.gold.{name}) limit 5"
            ).fetchall()
            for (name,) in tables
        }
