"""All of testing's Gold is what the API holds, after ten days of status flips and deletions."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import yaml

from dlt_pipelines import config
from dlt_pipelines.loading.pii import tokenizer
from scripts.sources import Connection
from tests.dbt_here import dbt, statuses
from tests.e2e.conftest import KEY, Apis, Load, Sweep, query
from tests.e2e.hiding import hiding
from tests.e2e.proxy import proxy_to
from tests.e2e.testing_gold import Gold
from tests.e2e.testing_history import History, Remote, utc_now
from tests.e2e.testing_reports import Reports

MODELS = [f"path:dbt_project/models/{folder}" for folder in ("silver/zephyr", "gold/testing")]
SEEDS = ["execution_statuses", "statuses"]
DAYS, SWEPT_ON, BACK_ON = 10, 5, 8
BUILT_ON = {0, SWEPT_ON, DAYS}
DIMENSIONS = ("dim_projects", "dim_releases", "dim_cycles", "dim_test_cases", "dim_testers")
REPORTS = (
    *("fct_execution_status_changes", "rpt_cycle_progress", "rpt_release_readiness"),
    *("rpt_flaky_tests", "rpt_requirement_coverage"),
)

Rows = Counter[tuple[tuple[str, Any], ...]]


def test_gold_is_what_the_api_holds_and_what_a_full_refresh_makes(
    apis: Apis, data_dir: Path, load_source: Load, sweep: Sweep
) -> None:
    history = ten_days(apis, data_dir, load_source, sweep)
    expected, observed = expected_tables(history), gold_tables(data_dir, history)
    assert observed.keys() == expected.keys()
    for table, rows in expected.items():
        assert rows, f"{table} shows nothing"
        assert (table, rows - observed[table], observed[table] - rows) == (table, {}, {})
    for table in ("dim_releases", "dim_cycles"):
        assert any(dict(row)["is_deleted"] for row in expected[table])

    select = [f"{models},test_type:data" for models in MODELS]
    assert statuses(dbt(data_dir, "test", "--select", *select)) <= {"pass", "warn"}
    kinds = ("--resource-type", "seed", "--resource-type", "model")
    build(data_dir, "build", [*SEEDS, *MODELS], "--full-refresh", *kinds, target="dev")
    assert differing_models(data_dir) == []


def ten_days(apis: Apis, data_dir: Path, load_source: Load, sweep: Sweep) -> History:
    """Loads each day, builds on some; on one day objects of every kind are gone, one comes back."""
    target, history = apis.connection("zephyr"), History()
    build(data_dir, "seed", SEEDS, target="prod")
    with proxy_to(target.base_url) as proxy:
        for number in range(DAYS + 1):
            if number:
                apis.advance(1)
            if number == SWEPT_ON:
                lost = some_objects(history)
                proxy.fault = hiding(target.base_url, lost)
            if number == BACK_ON:
                proxy.fault = hiding(target.base_url, lost[1:])
            began_at = utc_now()
            (sweep if number == SWEPT_ON else load_source)("zephyr", Connection(proxy.url, KEY))
            history.note(Remote(proxy.url, KEY), began_at)
            if number in BUILT_ON:
                build(data_dir, "run", MODELS, target="prod")
    return history


def some_objects(history: History) -> list[int]:
    """Executions of the newest phases, then a release, a cycle and a phase of other releases."""
    drawn = random.Random(3)
    there = {entity: sorted(rows) for entity, rows in history.live.items()}
    cycles = history.live["cycles"]
    release = there["releases"][0]
    cycle = next(key for key in there["cycles"] if cycles[key]["releaseId"] != release)
    phase = next(
        key
        for key in there["cycle_phases"]
        if cycles[history.live["cycle_phases"][key]["cycleId"]]["releaseId"] != release
        and history.live["cycle_phases"][key]["cycleId"] != cycle
    )
    return [*drawn.sample(there["executions"][-40:], 4), release, cycle, phase]


def expected_tables(history: History) -> dict[str, Rows]:
    settings = yaml.safe_load((config.PROJECT_ROOT / "dbt_project.yml").read_text())
    gold = Gold(history, tokenizer().token)
    reports = Reports(gold, settings["vars"]["hallmark"], history.loads[-1][1].date())
    makers = {name: getattr(gold, name) for name in (*DIMENSIONS, "fct_test_executions")}
    makers |= {name: getattr(reports, name) for name in REPORTS}
    return {
        name: Counter(tuple(sorted(row.items())) for row in make()) for name, make in makers.items()
    }


def gold_tables(data_dir: Path, history: History) -> dict[str, Rows]:
    """Every table of Gold but those between others; a change was seen by the load of a number."""
    names = query(data_dir, "select table_name from duckdb_tables() where schema_name = 'gold'")
    tables = {}
    with duckdb.connect(str(data_dir / "warehouse.duckdb"), read_only=True) as connection:
        for (name,) in names:
            if not name.startswith("int_"):
                found = connection.execute(f"select * from gold.{name}")
                columns = [column[0] for column in found.description]
                rows = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
                tables[name] = rows
    for row in tables["fct_execution_status_changes"]:
        row["seen_at"] = history.load_of(row["seen_at"])
    return {
        name: Counter(tuple(sorted(row.items())) for row in rows) for name, rows in tables.items()
    }


def build(data_dir: Path, command: str, select: list[str], *options: str, target: str) -> None:
    assert statuses(dbt(data_dir, command, "--select", *select, *options, target=target)) == {
        "success"
    }


def differing_models(data_dir: Path) -> list[str]:
    """The models whose rows in production are not those of the full refresh."""
    with duckdb.connect() as connection:
        for name, file in (("built", "warehouse"), ("fresh", "dev")):
            connection.execute(f"attach '{data_dir}/{file}.duckdb' as {name} (read_only)")
        models = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables()"
            " where database_name = 'fresh' and schema_name in ('silver', 'gold')"
        ).fetchall()
        assert models
        return [model for (model,) in models if _differ(connection, model)]


def _differ(connection: duckdb.DuckDBPyConnection, model: str) -> bool:
    (found,) = connection.execute(
        f"select count(*) from ((from built.{model} except all from fresh.{model})"
        f" union all (from fresh.{model} except all from built.{model}))"
    ).fetchall()
    return found != (0,)
