"""When the status page is written, and from what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from msgspec.structs import replace

from dlt_pipelines import config
from dlt_pipelines.control import runs
from dlt_pipelines.control.files import write_atomically
from dlt_pipelines.errors import BuildError, StorageError
from expectations.report import write_report
from expectations.status_page import RUNS_SHOWN
from scripts import status_page
from scripts.console import Output
from scripts.status_page import writing
from tests.sample_report import RUN, sample_report

Reported = Callable[..., None]


@pytest.fixture
def page(data_dir: Path) -> Path:
    return data_dir / "reports" / "index.html"


@pytest.fixture
def reported(data_dir: Path) -> Reported:
    """Leaves a run's report where runs leave theirs."""

    def leave(run_id: str, **fields: Any) -> None:
        report = replace(sample_report(checks=2), run_id=run_id, **fields)
        write_report(report, data_dir / "reports" / run_id)

    return leave


def text_of(page: Path) -> str:
    return page.read_text("utf-8")


def test_before_the_first_run_it_says_how_to_start(hallmark: Any, page: Path) -> None:
    code, out, _ = hallmark("status", "--html")
    assert (code, out) == (0, f"status page: {page}\n")
    assert "Nothing has run yet" in text_of(page)


def test_a_failed_load_is_on_the_page_when_its_command_ends(page: Path) -> None:
    with pytest.raises(BuildError), writing(Output(as_json=False)):
        about = {"run_id": RUN, "source": "payments"}
        runs.start(config.warehouse_path(), **about, command="load payments", pii_key="key")
        runs.finish(config.warehouse_path(), **about, error="[AUTH001] no entry")
        raise BuildError("broken")
    assert "The last run failed: [AUTH001] no entry." in text_of(page)


def test_the_last_run_is_the_newest_whether_it_loaded_or_not(
    page: Path, reported: Reported
) -> None:
    about = {"run_id": RUN, "source": "payments"}
    runs.start(config.warehouse_path(), **about, command="load payments", pii_key="key")
    runs.finish(config.warehouse_path(), **about, error="[AUTH001] no entry")
    later = datetime.now(UTC) + timedelta(hours=1)
    reported("20260101T000000Z-quality", command="quality", started_at=later, error="")
    with writing(Output(as_json=False)):
        pass
    assert "The last run failed" not in text_of(page)
    assert "The last load of payments failed: [AUTH001] no entry." in text_of(page)


def test_a_command_stands_though_the_page_cannot_be_written(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StorageError("cannot write", path="index.html", cause="No space left on device")

    monkeypatch.setattr(status_page, "write_atomically", refuse)
    with writing(Output(as_json=False)):
        pass
    assert "the status page is not up to date: [STG001] cannot write" in capsys.readouterr().err


def test_a_command_stands_though_the_warehouse_is_of_another_version(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with writing(Output(as_json=False)), duckdb.connect(str(config.warehouse_path())) as connection:
        connection.execute("create schema control; create table control.runs (run_id varchar)")
    assert "[STATE001] the warehouse cannot be read" in capsys.readouterr().err


def test_a_run_is_told_by_its_report_rather_than_by_its_load(
    reported: Reported, page: Path, hallmark: Any
) -> None:
    about = {"run_id": RUN, "source": "payments"}
    runs.start(config.warehouse_path(), **about, command="run payments", pii_key="key")
    runs.finish(config.warehouse_path(), **about)
    reported(RUN, status="failed", error="[BUILD001] 1 of 36 models failed")
    hallmark("status", "--html")
    assert text_of(page).count(f'<a href="{RUN}/report.html">') == 1
    assert "The last run failed: [BUILD001] 1 of 36 models failed." in text_of(page)


def test_only_the_newest_runs_are_shown(reported: Reported, page: Path, hallmark: Any) -> None:
    for number in range(RUNS_SHOWN + 2):
        run_id = f"20261120T1551{number:02}Z-3f9a1c"
        runs.start(
            config.warehouse_path(), run_id=run_id, source="payments", command="run", pii_key="key"
        )
    reported(f"20261120T1551{RUNS_SHOWN + 1:02}Z-3f9a1c")
    hallmark("status", "--html")
    assert text_of(page).count('<th scope="row" class="nowrap">') == RUNS_SHOWN
    assert f"The newest {RUNS_SHOWN}; 2 older runs" in text_of(page)


def test_a_report_of_another_version_is_left_out(
    reported: Reported, data_dir: Path, page: Path, hallmark: Any
) -> None:
    reported("run_1")
    write_atomically(data_dir / "reports" / "run_2" / "report.json", b'{"format": 99}')
    assert hallmark("status", "--html")[0] == 0
    assert "run_1/report.html" in text_of(page)
    assert "run_2" not in text_of(page)


def test_the_same_state_gives_the_same_bytes(reported: Reported, page: Path, hallmark: Any) -> None:
    reported(RUN)
    hallmark("status", "--html")
    before = page.read_bytes()
    hallmark("status", "--html")
    assert page.read_bytes() == before


def test_a_warehouse_that_cannot_be_opened_leaves_the_page_as_it_was(
    data_dir: Path, page: Path, hallmark: Any
) -> None:
    write_atomically(page, b"before")
    (data_dir / "warehouse.duckdb").write_bytes(b"no database" * 1000)
    code, _, err = hallmark("status", "--html")
    assert (code, page.read_bytes()) == (1, b"before")
    assert err.startswith("[STG001]")
