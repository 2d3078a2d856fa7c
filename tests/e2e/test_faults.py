"""What a bad server or a bad moment does: a coded error, nothing half-written, nothing lost."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import duckdb
import pytest

from dlt_pipelines.control import runs
from dlt_pipelines.control.warehouse import exclusive
from dlt_pipelines.errors import (
    AuthenticationError,
    ConfigurationError,
    ExtractionError,
    HallmarkError,
    LockError,
    PaginationError,
    RetryError,
)
from dlt_pipelines.loading.decode import Decoder
from dlt_pipelines.loading.pii import tokenizer
from scripts.sources import Connection
from tests.e2e.conftest import KEY, Apis, Hallmark, Load, query
from tests.e2e.kill import kill_once_there
from tests.e2e.proxy import Fault, proxy_to
from tests.other_process import other_process

SNAPSHOT = """
select 'charges', count(*), max(_dlt_load_id) from raw_payments.charges
union all
select 'customers', count(*), max(_dlt_load_id) from raw_payments.customers
union all
select 'state', count(*), max(_dlt_load_id) from raw_payments._dlt_pipeline_state
"""


def answering(part: str, status: int, body: bytes, kind: str = "application/json") -> Fault:
    return lambda path: (status, kind, body) if part in path else None


FAULTS = {
    "html": (answering("/v1/refunds", 200, b"<html>Sign in</html>", "text/html"), ExtractionError),
    "not a list": (answering("/v1/refunds", 200, b'{"object":"account"}'), ExtractionError),
    "forbidden": (answering("/v1/refunds", 403, b"{}"), AuthenticationError),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_server_that_breaks_half_way_leaves_rows_and_cursors_as_they_were(
    name: str, apis: Apis, data_dir: Path, load_source: Load
) -> None:
    fault, error = FAULTS[name]
    load_source("payments", apis.connection("payments"))
    before = query(data_dir, SNAPSHOT)
    apis.advance(2)
    with proxy_to(apis.urls["payments"]) as proxy:
        proxy.fault = fault
        with pytest.raises(error) as raised:
            load_source("payments", Connection(proxy.url, KEY))

    assert KEY not in str(raised.value)
    assert query(data_dir, SNAPSHOT) == before
    failed = query(data_dir, "select error from control.runs where status = 'failed'")
    assert failed == [(str(raised.value),)]
    load_source("payments", apis.connection("payments"))
    _assert_complete(apis, data_dir)


def test_a_wrong_key_is_auth001(apis: Apis, load_source: Load) -> None:
    with pytest.raises(AuthenticationError, match="AUTH001") as raised:
        load_source("payments", Connection(apis.urls["payments"], "wrong key"))
    assert "wrong key" not in str(raised.value)


def test_no_server_is_retry001_with_host_and_attempts(load_source: Load) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        host = f"127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(RetryError, match=rf"host={host}, attempts=3"):
        load_source("payments", Connection(f"http://{host}", KEY))


def test_a_base_url_that_already_ends_in_v1_is_cfg001(apis: Apis, load_source: Load) -> None:
    with pytest.raises(ConfigurationError, match="without /v1"):
        load_source("payments", Connection(apis.urls["payments"] + "/v1/", KEY))


def test_a_server_without_any_of_the_entities_is_ext001(apis: Apis, load_source: Load) -> None:
    with pytest.raises(ExtractionError, match="none of the source's entities"):
        load_source("payments", Connection(apis.urls["payments"] + "/api", KEY))


def test_a_row_dated_ahead_does_not_hide_those_to_come(
    apis: Apis, data_dir: Path, load_source: Load
) -> None:
    with proxy_to(apis.urls["payments"]) as proxy:

        def misdate(path: str) -> tuple[int, str, bytes] | None:
            if "/v1/charges" not in path or "starting_after" in path:
                return None
            page = json.loads(_get(apis.urls["payments"], path))
            page["data"][0]["created"] = 4_000_000_000
            return 200, "application/json", json.dumps(page).encode()

        proxy.fault = misdate
        ledger = load_source("payments", Connection(proxy.url, KEY))
    assert (ledger["charges"].cursor_after or 0) <= time.time()


def test_objects_in_the_place_of_their_ids_are_taken_for_their_ids(
    apis: Apis, data_dir: Path, load_source: Load
) -> None:
    with proxy_to(apis.urls["payments"]) as proxy:

        def expand(path: str) -> tuple[int, str, bytes] | None:
            if "/v1/charges" not in path:
                return None
            page = json.loads(_get(apis.urls["payments"], path))
            for row in page["data"]:
                if row["customer"]:
                    row["customer"] = {"id": row["customer"], "object": "customer"}
            return 200, "application/json", json.dumps(page).encode()

        proxy.fault = expand
        first = load_source("payments", Connection(proxy.url, KEY))
    second = load_source("payments", apis.connection("payments"), days=10_000)

    assert first["charges"].quarantined == 0
    assert second["charges"].loaded == 0
    kinds = query(data_dir, "select distinct left(customer, 4) from raw_payments.charges")
    assert set(kinds) == {("cus_",), (None,)}


def test_a_list_that_comes_oldest_first_is_read_to_its_end(apis: Apis, load_source: Load) -> None:
    """Without the filter, old rows come first: stopping at them would hide the new ones."""
    load_source("payments", apis.connection("payments"))
    apis.advance(1)
    with proxy_to(apis.urls["payments"]) as proxy:

        def old_first(path: str) -> tuple[int, str, bytes] | None:
            if "/v1/charges?" not in path:
                return None
            if "created" in path:
                return 500, "application/json", b'{"error": {"message": "Not implemented"}}'
            rows = _everything(apis.urls["payments"], "/v1/charges")[::-1]
            after = parse_qs(urlsplit(path).query).get("starting_after", [""])[0]
            start = next((n + 1 for n, row in enumerate(rows) if row["id"] == after), 0)
            page = rows[start : start + 100]
            more = start + 100 < len(rows)
            answer = {"object": "list", "data": page, "has_more": more}
            return 200, "application/json", json.dumps(answer).encode()

        proxy.fault = old_first
        ledger = load_source("payments", Connection(proxy.url, KEY))
    assert ledger["charges"].received >= apis.truth("payments")["charges"]["count"]
    assert sum("created" in path and "/v1/charges?" in path for path in proxy.asked) == 1


def test_a_killed_run_is_not_running_for_ever(
    apis: Apis, data_dir: Path, load_source: Load
) -> None:
    runs.start(
        data_dir / "warehouse.duckdb",
        run_id="killed",
        source="payments",
        command="load",
        pii_key=tokenizer().fingerprint,
    )
    load_source("payments", apis.connection("payments"))
    states = dict(query(data_dir, "select run_id, status from control.runs"))
    assert states.pop("killed") == "failed"
    assert set(states.values()) == {"succeeded"}


def test_an_ignored_filter_never_reaches_raw(apis: Apis, data_dir: Path, load_source: Load) -> None:
    """The server answers each phase with the rows of the first, as a real one was seen to do."""
    with proxy_to(apis.urls["zephyr"]) as proxy:
        proxy.fault = lambda path: (
            None if "cyclephaseid" not in path else _forward_unfiltered(apis, path)
        )
        with pytest.raises(PaginationError, match="not asked for"):
            load_source("zephyr", Connection(proxy.url, KEY))
    assert query(data_dir, "select count(*) from raw_zephyr.executions") == [(0,)]


def test_a_page_that_comes_again_is_page001(apis: Apis, load_source: Load) -> None:
    with proxy_to(apis.urls["payments"]) as proxy:
        first: dict[str, Any] = {}

        def repeat(path: str) -> tuple[int, str, bytes] | None:
            if "/v1/charges" not in path:
                return None
            first.setdefault("page", _get(apis.urls["payments"], "/v1/charges?limit=100"))
            return 200, "application/json", first["page"]

        proxy.fault = repeat
        with pytest.raises(PaginationError, match="again"):
            load_source("payments", Connection(proxy.url, KEY))


def test_a_row_that_breaks_its_contract_is_quarantined_and_the_rest_is_stored(
    apis: Apis, data_dir: Path, load_source: Load
) -> None:
    with proxy_to(apis.urls["payments"]) as proxy:

        def spoil(path: str) -> tuple[int, str, bytes] | None:
            if "/v1/refunds" not in path:
                return None
            page = _get(apis.urls["payments"], path)
            return 200, "application/json", page.replace(b'"amount":', b'"amount":null,"was":', 1)

        proxy.fault = spoil
        ledger = load_source("payments", Connection(proxy.url, KEY))

    refunds = ledger["refunds"]
    assert refunds.quarantined == 1
    assert refunds.loaded == refunds.received - 1
    ((entity, path, file),) = query(
        data_dir, "select entity, json_path, landing_file from quarantine.payments"
    )
    assert (entity, path) == ("refunds", "$.amount")
    assert Path(file).exists()


PHASES = {
    "pages have landed": "bronze/source=payments/entity=charges/*/*/part-*",
    "a package waits": "dlt/pipelines/payments/load/normalized/*/new_jobs/charges.*",
    "a table is loaded": "dlt/pipelines/payments/load/normalized/*/completed_jobs/*",
}


@pytest.mark.parametrize("phase", PHASES)
def test_a_load_killed_at_any_phase_leaves_nothing_that_the_next_does_not_mend(
    phase: str, apis: Apis, data_dir: Path, load_source: Load
) -> None:
    load_source("zephyr", apis.connection("zephyr"), entities=["projects"])  # makes the tables
    server = {
        "SOURCES__PAYMENTS__BASE_URL": apis.urls["payments"],
        "SOURCES__PAYMENTS__API_KEY": KEY,
    }
    kill_once_there(data_dir, PHASES[phase], "load", "payments", **server)

    load_source("payments", apis.connection("payments"))
    _assert_complete(apis, data_dir)


def test_a_run_does_not_go_on_with_the_pages_of_another_server(
    apis: Apis, hallmark: Hallmark, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("load", "payments", "--entity", "customers", "--entity", "refunds")
    monkeypatch.setenv("SOURCES__PAYMENTS__API_KEY", KEY)
    with proxy_to(apis.urls["payments"]) as staging:
        staging.fault = answering("/v1/refunds", 401, b"{}")
        monkeypatch.setenv("SOURCES__PAYMENTS__BASE_URL", staging.url)
        assert hallmark(*command) == "AUTH001"
    apis.forget("payments")
    monkeypatch.setenv("SOURCES__PAYMENTS__BASE_URL", apis.urls["payments"])
    ledger = {row["entity"]: row for row in hallmark(*command)["ledger"]}
    asked = sum("/v1/customers?" in path for path in apis.answered("payments"))
    assert asked >= ledger["customers"]["pages"] > 0
    assert not any("continued" in row["note"] for row in ledger.values())


def test_an_open_warehouse_is_lock001_naming_the_process(
    apis: Apis, data_dir: Path, load_source: Load
) -> None:
    data_dir.mkdir()
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import duckdb, sys\n"
            "connection = duckdb.connect(sys.argv[1])\n"
            "print('open', flush=True)\n"
            "input()",
            str(data_dir / "warehouse.duckdb"),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    try:
        with pytest.raises(LockError, match=f"process={holder.pid}"):
            load_source("payments", apis.connection("payments"))
    finally:
        holder.kill()
        holder.wait()
    load_source("payments", apis.connection("payments"))


READERS = """
import duckdb, sys, time
print(flush=True)
while True:
    try:
        with duckdb.connect(sys.argv[1], read_only=True):
            time.sleep(0.1)
    except duckdb.Error:
        pass
    time.sleep(0.1)
"""


def test_readers_that_come_and_go_end_no_load(
    apis: Apis, data_dir: Path, load_source: Load
) -> None:
    data_dir.mkdir()
    with other_process(READERS, data_dir / "warehouse.duckdb") as readers:
        try:
            load_source("payments", apis.connection("payments"))
        finally:
            readers.kill()
    _assert_complete(apis, data_dir)


def test_a_second_command_is_lock001_naming_the_first(data_dir: Path) -> None:
    state = data_dir / "_state"
    with (
        exclusive(state),
        pytest.raises(LockError, match=f"process {os.getpid()}"),
        exclusive(state),
    ):
        pass
    with exclusive(state):
        pass


def test_a_damaged_warehouse_is_a_coded_error(
    apis: Apis, data_dir: Path, load_source: Load
) -> None:
    data_dir.mkdir()
    (data_dir / "warehouse.duckdb").write_bytes(b"this is no database" * 1000)
    with pytest.raises(HallmarkError, match="STG001"):
        load_source("payments", apis.connection("payments"))


def _assert_complete(apis: Apis, data_dir: Path) -> None:
    """Every object once or more, no version of it twice; events also hold what the API let go."""
    for entity, truth in apis.truth("payments").items():
        if entity == "events":
            continue
        rows = query(
            data_dir,
            f"select count(distinct id), count(*) - count(distinct (id, _payload_sha256))"
            f" from raw_payments.{entity}",
        )
        assert (entity, rows) == (entity, [(truth["count"], 0)])


def _forward_unfiltered(apis: Apis, path: str) -> tuple[int, str, bytes]:
    answer = _get(apis.urls["zephyr"], path.replace("cyclephaseid", "phase"))
    return 200, "application/json", answer


def _everything(url: str, path: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    more = True
    while more:
        after = f"&starting_after={rows[-1]['id']}" if rows else ""
        page = json.loads(_get(url, f"{path}?limit=100{after}"))
        rows += page["data"]
        more = page["has_more"]
    return rows


def _get(url: str, path: str) -> bytes:
    headers = {"Authorization": f"Bearer {KEY}"}
    request = urllib.request.Request(url + path, headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return bytes(answer.read())


def test_the_warehouse_can_be_opened_by_others_after_a_load(
    apis: Apis, data_dir: Path, load_source: Load
) -> None:
    load_source("zephyr", apis.connection("zephyr"))
    duckdb.connect(str(data_dir / "warehouse.duckdb")).close()


def test_an_error_of_ours_keeps_its_traceback_and_its_values_out_of_the_warehouse(
    apis: Apis, data_dir: Path, load_source: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("kim@example.com")

    monkeypatch.setattr(Decoder, "page", broken)
    with pytest.raises(Exception, match="kim@example"):
        load_source("payments", apis.connection("payments"))
    ((error,),) = query(data_dir, "select error from control.runs")
    assert "kim" not in error
