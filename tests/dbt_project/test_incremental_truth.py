"""What is built load by load equals what is built at once, in every incremental model."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from random import Random

import duckdb
import pytest

from contracts.odcs import load_source
from dlt_pipelines import config
from dlt_pipelines.control.runs import new_run_id
from dlt_pipelines.control.warehouse import connect
from dlt_pipelines.loading.pipelines import load
from dlt_pipelines.loading.windows import NEW
from scripts.mock_api.serve import SOURCES, subprocesses
from scripts.sources import maker
from tests.crash.forked import Kill, forked
from tests.dbt_here import dbt, manifest
from tests.dbt_project.built import Built
from tests.dbt_project.raw_loads import RawLoad, load_id
from tests.e2e.conftest import KEY, WORLD, Apis

DEPENDENT = {
    "payments": ("disputes", "refunds", "invoice_payments", "balance_transactions"),
    "zephyr": ("cycle_phases", "test_cases"),
}
"""What Gold joins to something else, which no load of these brings."""
PARTLY = tuple(
    f"{staged}+,config.materialized:incremental"
    for staged in ("stg_payments__charges", "stg_zephyr__executions")
)
"""What is built of a load before its other entities are: Gold must not take those for seen."""
KILLED = 2


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """After the bundled APIs were loaded, three rounds of loads by hand, a part of what each
    brought was built, then all of it.

    The schema `first` has the incremental models as the first build left them, `incremental` as
    the last did, `refreshed` as they are when built at once.
    """
    folder = tmp_path_factory.mktemp("truth") / "data"
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("LOCAL_DATA_DIR", str(folder))
        environment.setenv("BRONZE_API_RPS", "10000")
        load_bundled_apis()
        built = Built(folder)
        built.build()
        built.keep("first")
        random = Random(20260331)
        for bring in (bring_everything, bring_dependents, bring_what_is_late):
            with connect(config.warehouse_path()) as connection:
                bring(connection, random)
            built.build(select=PARTLY)
            built.build()
        built.keep("incremental")
        built.build("--full-refresh")
        built.keep("refreshed")
        yield built


def load_bundled_apis() -> None:
    with subprocesses(WORLD, key=KEY) as urls:
        for source in SOURCES:
            make = maker(source, Apis(urls).connection(source), extent=NEW)
            load(source, make, run_id=new_run_id(), command="test", watch=lambda row: None)


def bring_everything(connection: duckdb.DuckDBPyConnection, random: Random) -> None:
    """All that can happen to every entity, in one load; another that was killed follows."""
    for source in map(load_source, SOURCES):
        whole, killed = (RawLoad(connection, source, number, random) for number in (1, KILLED))
        for entity in source.entities.values():
            whole.change(entity)
            whole.add(entity)
            whole.break_rules(entity)
            whole.delete(entity)
            killed.change(entity)
            killed.delete(entity)
        whole.complete()


def bring_dependents(connection: duckdb.DuckDBPyConnection, random: Random) -> None:
    """Loads of one entity each, which others are joined to; those did not change."""
    for name, entities in DEPENDENT.items():
        for number, entity in enumerate(random.sample(entities, len(entities)), start=3):
            alone = RawLoad(connection, load_source(name), number, random)
            alone.change(alone.source.entities[entity])
            alone.delete(alone.source.entities[entity])
            alone.complete()


def bring_what_is_late(connection: duckdb.DuckDBPyConnection, random: Random) -> None:
    """A replay of earlier pages, and what was deleted is back; a load of deletions alone."""
    for source in map(load_source, SOURCES):
        replay, sweep = (RawLoad(connection, source, number, random) for number in (10, 11))
        for entity in source.entities.values():
            replay.bring_late(entity)
            replay.bring_back(entity)
            replay.break_rules(entity)
            sweep.delete(entity)
        replay.complete()
        sweep.complete()


def test_every_incremental_model_equals_a_full_refresh(built: Built) -> None:
    assert built.differences("incremental", "refreshed") == {}


def test_the_loads_changed_every_incremental_model(built: Built) -> None:
    assert set(built.differences("first", "refreshed")) == set(built.models)


def test_gold_writes_only_the_rows_that_a_load_changed(built: Built) -> None:
    gold = [model for model in built.models if not model.startswith("silver.")]
    before = {model: rows_of(model) for model in gold}
    with connect(config.warehouse_path()) as connection:
        payments = load_source("payments")
        more = RawLoad(connection, payments, 20, Random(2))
        more.change(payments.entities["disputes"])
        more.complete()
    built.build()
    after = {model: rows_of(model) for model in gold}
    moved = {
        model: [row for row in rows if before[model].get(row, rows[row]) != rows[row]]
        for model, rows in after.items()
    }
    assert moved == {model: [] for model in gold}
    assert before["gold.fct_disputes"].keys() != after["gold.fct_disputes"].keys()


def rows_of(model: str) -> dict[tuple[object, ...], int]:
    """Each row and the number that DuckDB gave it when it was written."""
    with connect(config.warehouse_path()) as connection:
        found = connection.execute(f"select rowid, * from {model}").fetchall()
    return {tuple(row): number for number, *row in found}


def test_a_build_that_was_killed_at_any_step_is_made_good_by_the_next(built: Built) -> None:
    chosen = ["+fct_payments", "+dim_customers", "scd_payments__customers"]
    payments = load_source("payments")
    with connect(config.warehouse_path()) as connection:
        more = RawLoad(connection, payments, 30, Random(3))
        for name in ("customers", "charges"):
            more.change(payments.entities[name])
            more.delete(payments.entities[name])
        more.complete()
    for step in BUILD_STEPS:
        assert forked(partial(built.build, select=chosen), built.folder, Kill(step)).was_killed
    built.build(select=chosen)
    tables = ("fct_payments", "dim_customers", "stg_payments__charges", "scd_payments__customers")
    made_good = {table: rows_of_table(table) for table in tables}
    built.build("--full-refresh", select=chosen)
    assert made_good == {table: rows_of_table(table) for table in tables}


BUILD_STEPS = (
    r"sql .*delete\s+from .*stg_payments__charges",
    r"sql commit",
    r"sql .*comment on .*fct_payments",
    r"sql .*alter table .*dim_customers__dbt_tmp.* rename",
    r"sql .*drop .*dim_customers__dbt_backup",
)


def rows_of_table(name: str) -> list[tuple[object, ...]]:
    schema = "gold" if name.startswith(("fct", "dim")) else "silver"
    with connect(config.warehouse_path()) as connection:
        return sorted(connection.execute(f"from {schema}.{name}").fetchall(), key=str)


def test_no_row_of_a_load_that_was_killed_is_in_a_model(built: Built) -> None:
    with connect(config.warehouse_path()) as connection:
        for model in built.models:
            columns = {name for name, *_ in connection.execute(f"describe {model}").fetchall()}
            if "load_id" in columns:
                loads = f"select distinct load_id from {model}"
                assert (load_id(KILLED),) not in connection.execute(loads).fetchall(), model


def test_the_loads_broke_hard_rules_of_every_entity(built: Built) -> None:
    staged = {
        f"stg_{source.name}__{entity}"
        for source in map(load_source, SOURCES)
        for entity in source.entities
    }
    with connect(config.warehouse_path()) as connection:
        rejected = connection.execute("select distinct model from silver.rejects").fetchall()
    assert {model for (model,) in rejected} == staged


def test_a_load_that_the_watermark_passes_by_is_a_difference(built: Built) -> None:
    """Its id is older than what Silver holds: an incremental build never looks at it."""
    charges = load_source("payments").entities["charges"]
    with connect(config.warehouse_path()) as connection:
        missed = RawLoad(connection, load_source("payments"), 0, Random(1))
        missed.add(charges)
        missed.complete()
    built.build(select=["stg_payments__charges"])
    built.keep("passed_by")
    built.build("--full-refresh", select=["stg_payments__charges", "rejects"])
    built.keep("complete")
    found = built.differences("passed_by", "complete")
    assert set(found) == {"silver.stg_payments__charges"}
    only_passed_by, only_complete = found["silver.stg_payments__charges"]
    assert only_passed_by == []
    assert only_complete
    assert all(str(charge_id).endswith("n0") for charge_id, *_ in only_complete)


def test_a_changed_seed_reaches_rows_that_no_load_touches_again(built: Built) -> None:
    silver = ["path:dbt_project/models/silver,config.materialized:incremental"]
    built.keep("seeded")
    with connect(config.warehouse_path()) as connection:
        connection.execute("update silver.statuses set phase = 'cancelled' where phase = 'open'")
        connection.execute("delete from silver.statuses where phase = 'done'")
        connection.execute(
            "update silver.execution_statuses set status = 'blocked', is_executed = not is_executed"
            " where status_code in ('0', '1')"
        )
        connection.execute("delete from silver.execution_statuses where status_code = '2'")
    built.build(select=silver)
    built.keep("followed")
    built.build("--full-refresh", select=silver)
    built.keep("reseeded")
    assert built.differences("followed", "reseeded") == {}
    assert set(built.differences("seeded", "followed")) == set(mapped_by_seeds())


def mapped_by_seeds() -> list[str]:
    """The incremental models that hold words of a seed."""
    seeds = {"seed.hallmark.statuses", "seed.hallmark.execution_statuses"}
    return [
        f"{node.schema}.{node.alias}"
        for node in manifest("prod").nodes.values()
        if node.resource_type == "model" and seeds & set(node.depends_on.nodes)
    ]


def test_a_key_that_is_lost_or_made_up_on_its_way_to_silver_is_a_failure(built: Built) -> None:
    """Also one whose other versions were rejected: it is then where it should not be, too."""
    tests = [
        "assert_every_payments_key_is_staged_or_rejected",
        "assert_every_zephyr_key_is_staged_or_rejected",
    ]
    assert [
        each for each in dbt(built.folder, "test", "--select", *tests) if not each.is_good
    ] == []
    with connect(config.warehouse_path()) as connection:
        for table, key, has_rejects in (
            ("payments__refunds", "refund_id", False),
            ("payments__payouts", "payout_id", True),
        ):
            connection.execute(
                f"delete from silver.stg_{table} where {key} = (select min({key})"
                f" from silver.stg_{table} where {key} {'' if has_rejects else 'not'} in"
                " (select key from silver.rejects))"
            )
        connection.execute(
            "insert into silver.stg_zephyr__cycles by name"
            " select * replace ('-1' as cycle_id) from silver.stg_zephyr__cycles limit 1"
        )
    found = {each.name: each.message for each in dbt(built.folder, "test", "--select", *tests)}
    failures = "Got {}, configured to fail if != 0".format
    assert found == {tests[0]: failures("3 results"), tests[1]: failures("1 result")}
