"""Each fault strikes a real connection as it says, as often as it was asked, and then is gone."""

from __future__ import annotations

import errno
import json
from http.client import IncompleteRead, RemoteDisconnected

import pytest
from faulty_server import API, CHARGES, LISTS, Server

from scripts.mock_api.faults.scenarios import SCENARIOS

payments = pytest.mark.parametrize("server", ["payments"], indirect=True)


@pytest.mark.parametrize(
    ("scenario", "status", "retry_after"),
    [
        ("rate_limit", 429, None),
        ("rate_limit_retry_after", 429, "1"),
        ("server_error", 500, None),
        ("token_revoked", 401, None),
    ],
)
def test_an_error_is_answered_in_the_apis_own_words(
    server: Server, scenario: str, status: int, retry_after: str | None
) -> None:
    server.fault(scenario)
    answer = server.first_page()
    assert (answer.status, answer.headers["Retry-After"]) == (status, retry_after)
    words = {"payments": {"error"}, "zephyr": {"errorMsg", "errorCode"}}
    assert set(answer.json()) == words[server.source]


def test_retry_after_says_the_seconds_it_was_given(server: Server) -> None:
    server.fault("rate_limit_retry_after", seconds=6.2)
    assert server.first_page().headers["Retry-After"] == "7"


def test_a_burst_strikes_as_often_as_asked_after_what_it_lets_pass(server: Server) -> None:
    server.fault("server_error", after=2, times=3)
    statuses = [server.first_page().status for _ in range(7)]
    assert statuses == [200, 200, 500, 500, 500, 200, 200]
    assert server.struck() == [3]


def test_a_revoked_token_stays_revoked(server: Server) -> None:
    server.fault("token_revoked", after=1)
    statuses = [server.first_page().status for _ in range(5)]
    assert statuses == [200, 401, 401, 401, 401]


def test_chance_is_the_same_for_the_same_seed(server: Server) -> None:
    def statuses(seed: int) -> list[int]:
        server.clear()
        server.fault("server_error", times=0, rate=0.4, seed=seed)
        return [server.first_page().status for _ in range(30)]

    first = statuses(1)
    assert {200, 500} == set(first)
    assert statuses(1) == first != statuses(2)


def test_a_fault_strikes_its_entity_alone(server: Server) -> None:
    entity, other = {
        "payments": ("refunds", CHARGES),
        "zephyr": ("release", f"{API}/cycle/release/101"),
    }[server.source]
    server.fault("token_revoked", entity=entity)
    assert server.ask(other).status == 200
    assert [status for status, _ in server.probes()].count(401) == 1


def test_control_and_health_are_never_struck(server: Server) -> None:
    server.fault("reset", times=0)
    assert server.ask("/health").status == 200
    assert server.ask("/_control/truth").status == 200
    assert server.struck() == [0]


def test_faults_work_side_by_side_in_the_order_they_were_added(server: Server) -> None:
    server.fault("server_error", times=1)
    server.fault("rate_limit", times=2)
    statuses = [server.first_page().status for _ in range(4)]
    assert statuses == [500, 429, 429, 200]
    assert server.struck() == [1, 2]


def test_a_reset_reaches_the_client_as_one(server: Server) -> None:
    server.fault("reset")
    with pytest.raises(ConnectionResetError) as raised:
        server.first_page()
    assert not isinstance(raised.value, RemoteDisconnected)
    assert raised.value.errno == errno.ECONNRESET
    assert server.first_page().status == 200


def test_a_slow_answer_comes_whole_after_its_seconds(server: Server) -> None:
    path = LISTS[server.source]
    usual = server.ask(path).body
    server.fault("slow", seconds=0.4, times=2)
    assert server.timed(path) >= 0.4
    assert server.ask(path).body == usual
    assert server.timed(path) < 0.4


def test_a_hanging_answer_outlasts_the_client(server: Server) -> None:
    server.fault("hang")
    with pytest.raises(TimeoutError):
        server.ask(LISTS[server.source], timeout=0.3)
    assert server.struck() == [1]


def test_a_truncated_body_has_a_true_length_and_ends_inside_a_string(server: Server) -> None:
    whole = server.first_page().body
    server.fault("truncated")
    answer = server.first_page()
    assert answer.status == 200
    assert int(answer.headers["Content-Length"]) == len(answer.body) < len(whole)
    assert whole.startswith(answer.body)
    with pytest.raises(json.JSONDecodeError, match="Unterminated string"):
        answer.json()


def test_a_cut_off_body_is_shorter_than_promised(server: Server) -> None:
    whole = server.first_page().body
    server.fault("cut_off")
    with pytest.raises(IncompleteRead) as raised:
        server.first_page()
    assert whole.startswith(raised.value.partial)
    assert len(raised.value.partial) + (raised.value.expected or 0) == len(whole)


def test_html_is_a_sign_in_page_with_status_200(server: Server) -> None:
    server.fault("html")
    answer = server.first_page()
    assert (answer.status, answer.headers.get_content_type()) == (200, "text/html")
    assert b"Sign in" in answer.body


@payments
def test_an_answer_that_stays_as_it_is_does_not_count(server: Server) -> None:
    server.fault("drift_new_enum", entity="charges", field="no_such_field")
    server.fault("truncated", entity="charges")
    assert server.ask("/v1/charges/ch_none").status == 404
    assert server.ask("/v1/charges?limit=0").status == 400
    assert server.struck() == [0, 0]


@payments
@pytest.mark.parametrize("inner", ["html", "truncated"])
def test_an_outer_fault_leaves_alone_what_an_inner_one_made_unreadable(
    server: Server, inner: str
) -> None:
    server.fault("drift_new_field")
    server.fault(inner)
    assert server.ask(CHARGES).status == 200
    assert server.struck() == [0, 1]


@payments
def test_an_inner_fault_may_cut_the_connection_under_an_outer_one(server: Server) -> None:
    server.fault("drift_new_field")
    server.fault("reset")
    with pytest.raises(ConnectionResetError):
        server.ask(CHARGES)
    assert server.struck() == [0, 1]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"scenario": "earthquake"}, "earthquake"),
        ({}, "scenario"),
        ([], "object"),
        ({"scenario": "slow", "entity": "chargse"}, "chargse"),
        ({"scenario": "slow", "tims": 2}, "tims"),
        ({"scenario": "slow", "times": -1}, "times"),
        ({"scenario": "slow", "times": "2"}, "times"),
        ({"scenario": "slow", "seconds": -1}, "seconds"),
        ({"scenario": "slow", "rate": 0}, "rate"),
        ({"scenario": "slow", "field": "amount"}, "field"),
        ({"scenario": "reset", "seconds": 0}, "seconds"),
        ({"scenario": "drift_null_required", "value": 1}, "value"),
    ],
    ids=lambda case: json.dumps(case) if not isinstance(case, str) else None,
)
def test_what_is_unknown_is_400_with_what_is_known(
    server: Server, body: object, named: str
) -> None:
    answer = server.ask("/_control/faults", "POST", body)
    assert answer.status == 400
    told = answer.json()
    assert named in told["error"]
    assert set(told["known"]["scenarios"]) == set(SCENARIOS)
    assert {"charges", "execution"} & set(told["known"]["entities"])
    assert server.struck() == []


def test_the_list_repeats_what_was_asked(server: Server) -> None:
    server.fault("slow", after=1, seconds=0)
    expected = {"scenario": "slow", "after": 1, "seconds": 0.0}
    counted = {"times": 1, "struck": 0, "spent": False}
    assert server.ask("/_control/faults").json() == {"faults": [{**expected, **counted}]}
