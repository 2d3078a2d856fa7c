from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from contracts.diff import Shape
from contracts.odcs import Entity, load_source
from dlt_pipelines.loading.decode import Decoded
from dlt_pipelines.loading.estimates import Estimate, estimates
from dlt_pipelines.loading.sample import Sample
from dlt_pipelines.loading.windows import Window

PAYMENTS, ZEPHYR = load_source("payments"), load_source("zephyr")
PAYOUTS = PAYMENTS.entities["payouts"]
SILENT = PAYMENTS.entities["balance_transactions"]
PROJECTS, RELEASES = ZEPHYR.entities["projects"], ZEPHYR.entities["releases"]
NOW = 1_790_000_000


def sample(entity: Entity, *moments: int, more: bool = False, total: int | None = None) -> Sample:
    rows: list[Any] = [SimpleNamespace(created=moment) for moment in moments]
    page = Decoded(rows=rows, rejects=[], more=more, total=total, key="id")
    return Sample(entity, page, Shape(rows=len(rows), fields={}))


def expected(one: Sample, window: Window) -> Estimate:
    return estimates(PAYMENTS, {one.entity.name: one}, {one.entity.name: window})[one.entity.name]


def test_a_list_of_one_page_is_known() -> None:
    assert expected(sample(SILENT, NOW, NOW - 1), Window(NOW - 9)) == Estimate(
        requests=1, rows=2, certainty="exactly"
    )


def test_events_may_ask_for_older_objects_as_well() -> None:
    assert expected(sample(PAYOUTS, NOW), Window(NOW - 9)).certainty == "at least"
    assert expected(sample(PAYOUTS, NOW), Window(NOW - 9, NOW)).certainty == "exactly"
    assert expected(sample(PAYOUTS, NOW), Window()).certainty == "exactly"


def test_a_long_window_has_the_density_of_its_newest_page() -> None:
    page = sample(SILENT, *(NOW - 10 * number for number in range(101)), more=True)
    assert expected(page, Window(NOW - 5_000)) == Estimate(requests=6, rows=505, certainty="about")


@pytest.mark.parametrize(
    ("moments", "window"),
    [((NOW, NOW - 1), Window()), ((NOW, NOW), Window(NOW - 9)), ((NOW - 1, NOW), Window(NOW - 9))],
    ids=["open", "one second", "oldest first"],
)
def test_where_the_page_tells_nothing_there_is_only_a_bound(
    moments: tuple[int, ...], window: Window
) -> None:
    assert expected(sample(SILENT, *moments, more=True), window) == Estimate(
        requests=2, rows=3, certainty="at least"
    )


def test_children_are_as_many_under_each_parent_as_under_the_one() -> None:
    samples = {
        "projects": sample(PROJECTS, 1, 2, 3),
        "releases": sample(RELEASES, 1, 2, total=2),
    }
    found = estimates(ZEPHYR, samples, {})
    assert found["projects"] == Estimate(requests=1, rows=3, certainty="exactly")
    assert found["releases"].rows == 6
    assert found["releases"].certainty == "about"


def test_the_envelope_tells_how_long_an_offset_list_is() -> None:
    executions = ZEPHYR.entities["executions"]
    samples = {
        "projects": sample(PROJECTS, 1),
        "releases": sample(RELEASES, 1, total=1),
        "cycles": sample(ZEPHYR.entities["cycles"], 1, total=1),
        "cycle_phases": sample(ZEPHYR.entities["cycle_phases"], 1),
        "executions": sample(executions, *range(100), total=250),
    }
    assert estimates(ZEPHYR, samples, {})["executions"] == Estimate(
        requests=3, rows=250, certainty="about"
    )


def test_what_was_not_sampled_has_no_estimate() -> None:
    assert estimates(PAYMENTS, {"payouts": "the server does not have it"}, {}) == {}
