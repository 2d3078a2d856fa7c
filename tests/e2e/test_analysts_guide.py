"""The guide is followed word by word: its patches are applied, its commands run, in a clone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from dlt_pipelines import config
from tests.e2e.checkout import BIN, Checkout, empty_tables
from tests.once import project_manifest

GUIDE = (config.PROJECT_ROOT / "docs" / "analysts.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
QUERIES = [block for language, block in BLOCK.findall(GUIDE) if language == "sql"]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each command of the guide printed."""
    checkout = Checkout.make(tmp_path_factory.mktemp("guide"))
    checkout.produce(project_manifest(tmp_path_factory))
    (checkout.folder / ".venv").symlink_to(BIN.parent)
    return dict(followed(checkout))


def followed(checkout: Checkout) -> Iterator[tuple[str, str]]:
    for language, block in BLOCK.findall(GUIDE):
        if language == "diff":
            (checkout.folder / "change.patch").write_text(block, "utf-8")
            checkout.shell("git apply change.patch && rm change.patch")
        elif language == "sh":
            done = checkout.shell(block, code=2 if "# refused" in block else 0)
            yield block.strip(), done.stdout


def test_the_guide_holds(said: dict[str, str]) -> None:
    assert "ERROR=0" in said["dbt build --select +dim_customers"]
    assert "no reader breaks" in said["make slim"]


def test_what_is_refused_is_told_as_the_guide_shows(said: dict[str, str]) -> None:
    (shown,) = [block for language, block in BLOCK.findall(GUIDE) if language == "text"]
    assert shown in said["make slim  # refused"]


def test_columns_are_looked_up_where_the_guide_says(tmp_path: Path) -> None:
    query, *_ = QUERIES
    with duckdb.connect(str(tmp_path / "dev.duckdb")) as connection:
        connection.execute("create table rpt_daily_revenue (net_amount bigint)")
        connection.execute("comment on column rpt_daily_revenue.net_amount is 'what is left'")
        found = connection.execute(query).fetchall()
    assert found == [("rpt_daily_revenue", "net_amount", "what is left")]


def test_its_queries_ask_gold_for_columns_that_are_there(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with duckdb.connect(str(tmp_path / "served.duckdb")) as connection:
        for statement in empty_tables(project_manifest(tmp_path_factory)):
            connection.execute(statement)
        assert [connection.execute(query).fetchall() for query in QUERIES[1:]] == [[], []]
