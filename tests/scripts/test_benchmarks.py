from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.benchmarks import load, measurements
from scripts.benchmarks.history import BEGIN, DAY, END, TODAY, History, Query
from scripts.benchmarks.measurements import Figure, Runs, at_most
from scripts.benchmarks.pages import answer
from scripts.benchmarks.subjects import SUBJECTS
from scripts.benchmarks.table import markdown
from scripts.benchmarks.trial import Trial

ROWS = 240
MOMENTS = st.integers(BEGIN - DAY, END + DAY)


@cache
def history() -> History:
    return History(200, 40)


@cache
def rows() -> list[dict[str, Any]]:
    return json.loads(b"[" + bytes(history().text[:-1]) + b"]")


def asked(target: str, of: History) -> dict[str, Any]:
    return json.loads(answer(of, target).partition(b"\r\n\r\n")[2])


@settings(deadline=None)  # the first example renders the history
@given(
    since=MOMENTS,
    until=MOMENTS,
    after=st.none() | st.integers(0, ROWS - 1),
    limit=st.integers(1, 100),
    hidden=st.sampled_from([0, 40]),
)
def test_a_window_is_a_plain_filter_over_the_rows(
    since: int, until: int, after: int | None, limit: int, hidden: int
) -> None:
    history().first = hidden
    expected = [
        row
        for place, row in enumerate(rows())
        if since <= row["created"] < until and place >= hidden and (after is None or place > after)
    ]
    cursor = "" if after is None else rows()[after]["id"]
    page, more = history().page(Query(since, until, cursor, limit))
    assert json.loads(b"[" + bytes(page) + b"]") == expected[:limit]
    assert more == (len(expected) > limit)


def test_rows_are_newest_first_and_each_is_another() -> None:
    created = [row["created"] for row in rows()]
    assert created == sorted(created, reverse=True)
    assert len({row["id"] for row in rows()}) == ROWS


def test_the_same_seed_gives_the_same_bytes_and_another_does_not() -> None:
    assert History(20).text == History(20).text
    assert History(20).text != History(20, seed=2).text


def test_walking_pages_gives_every_visible_row_once() -> None:
    walked: list[str] = []
    history().first = 40
    more, after = True, ""
    while more:
        page = asked(f"/v1/charges?limit=7{after}", history())
        walked += [row["id"] for row in page["data"]]
        more, after = page["has_more"], f"&starting_after={walked[-1]}"
    assert walked == [row["id"] for row in rows()[40:]]


def test_the_day_s_increment_is_seen_after_the_advance() -> None:
    grown = History(10, 5)
    window = f"/v1/charges?created[gte]={TODAY}"
    assert asked(window, grown)["data"] == []
    asked("/advance", grown)
    assert len(asked(window, grown)["data"]) == 5


def test_an_unknown_list_is_empty_and_an_unknown_cursor_is_refused() -> None:
    assert asked("/v1/events?limit=100", history())["data"] == []
    assert answer(history(), "/v1/charges?starting_after=ch_no").startswith(b"HTTP/1.1 400 ")


def test_figures_are_medians_and_noise_meets_no_target() -> None:
    runs = Runs(lambda text: None)
    for seconds in (1.0, 9.0, 2.0):
        runs.add("hallmark", Trial(seconds, 10.0, 100))
    assert (runs.seconds("hallmark"), runs.rate("hallmark")) == (2.0, 50.0)
    assert runs.spread("hallmark") == 8.0
    assert [at_most("d", "", value, 0.02).met for value in (0.01, 0.03, -0.5)] == [
        True,
        False,
        None,
    ]


@pytest.mark.parametrize("met, word", [(True, "yes"), (False, "no"), (None, "not measurable")])
def test_the_table_says_whether_a_target_is_met(met: bool | None, word: str) -> None:
    line = markdown([Figure("a", "speed", 3.0, target=">= 15", met=met)], "").splitlines()[-1]
    assert line == f"| speed | 3 | >= 15 | {word} |"


def trial_here(subject: str, url: str, folder: Path | None = None, *, rows: int | None) -> Trial:
    """A trial without a process of its own, whose imports take longer than a small load."""
    with TemporaryDirectory() as new, pytest.MonkeyPatch.context() as patch:
        folder = folder or Path(new)
        patch.setenv("LOCAL_DATA_DIR", str(folder))
        patch.setenv("BRONZE_API_RPS", "1000000")
        started = time.monotonic()
        got = SUBJECTS[subject](url, "bench-key", folder)
        seconds = time.monotonic() - started
    assert rows in (None, got)
    return Trial(seconds, getrusage(RUSAGE_SELF).ru_maxrss / 1024, got)


def arguments(**sizes: int) -> list[str]:
    return ["--json", *(word for name, size in sizes.items() for word in (f"--{name}", str(size)))]


def test_the_whole_benchmark_runs(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(measurements, "attempt", trial_here)
    load.main(arguments(charges=300, medium=300, large=600, increment=50, rounds=1))
    figures = json.loads(capsys.readouterr().out)["figures"]
    targets = {each["part"] for each in figures if each["target"]}
    assert targets == {"a", "b", "c", "d", "e"}
    table = (data_dir / "reports" / "bench.md").read_text()
    assert all(f"| {each['what']} |" in table for each in figures)


def test_the_command_tries_each_subject_in_a_process_of_its_own(tmp_path: Path) -> None:
    small = arguments(charges=300, rounds=1)
    done = subprocess.run(
        [sys.executable, "-m", "scripts.benchmarks.load", "--only", "a", *small],
        env={**os.environ, "LOCAL_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)["figures"]
    assert [each["part"] for each in figures if each["target"]] == ["a"]
    assert "hallmark: 300 rows" in done.stderr and "stock: 300 rows" in done.stderr
