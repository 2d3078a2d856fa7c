"""The bundled Zephyr server answers like the real one, and its answers add up to its truth."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest
from starlette.responses import Response
from zephyr_walk import KEY, Client, Json, Walk

from contracts.drift import observe
from contracts.odcs import load_source
from scripts.mock_api.world import World
from scripts.mock_api.zephyr import BASE_PATH, create_app
from scripts.mock_api.zephyr.answers import listing
from scripts.mock_api.zephyr.truth import truth
from tests.shapes import shape_of

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
WORLD = World.at(NOW)


@pytest.fixture(scope="module")
def walk() -> Walk:
    return Walk.of(Client.of(WORLD))


@pytest.mark.parametrize("page_size", [1, 7, 100], ids="pages of {}".format)
@pytest.mark.parametrize("scale", [0.1, 1.0, 3.0], ids="scale {}".format)
def test_a_full_walk_brings_home_the_truth(scale: float, page_size: int) -> None:
    world = World.at(NOW, scale=scale)
    walk = Walk.of(Client.of(world), page_size)
    told = truth(world)
    counts = {name: len({row["id"] for row in rows}) for name, rows in walk.rows.items()}
    assert counts == {name: entity["count"] for name, entity in told.items()}
    assert len(walk.rows["executions"]) == counts["executions"], "a row came twice"
    statuses = Counter(row.get("status", "") for row in walk.rows["executions"])
    assert statuses == told["executions"]["statuses"]


def test_scale_one_is_a_small_test_team(walk: Walk) -> None:
    expected = {
        "projects": 4,
        "releases": 8,
        "cycles": 14,
        "cycle_phases": 30,
        "executions": 600,
        "test_cases": 120,
    }
    counts = {name: len({row["id"] for row in rows}) for name, rows in walk.rows.items()}
    assert counts == pytest.approx(expected, rel=0.25)


def test_children_name_their_parents(walk: Walk) -> None:
    ids = {name: {row["id"] for row in rows} for name, rows in walk.rows.items()}
    assert {row["projectId"] for row in walk.rows["releases"]} <= ids["projects"]
    assert {row["releaseId"] for row in walk.rows["cycles"]} <= ids["releases"]
    assert {row["cycleId"] for row in walk.rows["cycle_phases"]} <= ids["cycles"]
    assert {row["cyclePhaseId"] for row in walk.rows["executions"]} <= ids["cycle_phases"]


@pytest.mark.parametrize(
    "entity", ["projects", "releases", "cycles", "cycle_phases", "executions", "test_cases"]
)
def test_the_answers_are_as_contracted(walk: Walk, entity: str) -> None:
    contract = load_source("zephyr").entities[entity]
    assert observe(contract, shape_of(walk.rows[entity], contract), frozenset()) == []


def test_one_project_refuses_its_releases_and_what_is_below(walk: Walk) -> None:
    (project_id,) = walk.forbidden
    client = Client.of(WORLD)
    shown = {row["id"] for row in walk.rows["releases"]}
    hidden_release = next(number for number in range(101, 120) if number not in shown)
    hidden_phases = set(range(3001, 3100)) - {row["id"] for row in walk.rows["cycle_phases"]}
    answers = [
        client.api(f"/release/project/{project_id}"),
        client.api(f"/cycle/release/{hidden_release}"),
    ]
    assert [answer.status for answer in answers] == [403, 403]
    assert all(set(answer.json()) == {"errorMsg", "errorCode"} for answer in answers)
    statuses = {client.api("/execution", cyclephaseid=one).status for one in hidden_phases}
    assert 403 in statuses


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer wrong", f"Basic {KEY}", f"Bearer {KEY} ", "Bearer ключ"],
    ids=["missing", "empty", "no token", "wrong token", "basic", "trailing space", "non-ascii"],
)
def test_a_request_without_the_token_is_answered_401(header: str | None) -> None:
    answer = Client(create_app(WORLD, KEY), authorization=header).api("/project/details")
    assert answer.status == 401
    assert answer.json()["errorCode"] == 401
    assert KEY.encode() not in answer.content


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/testcase/requirement/6001", 410),
        ("/release/project/999", 404),
        ("/release/project/next", 404),
        ("/cycle/release/9999", 404),
        ("/nothing/here", 404),
        ("/execution?cyclephaseid=first", 400),
        ("/execution?cyclephaseid=3001&offset=-1", 400),
    ],
)
def test_errors_carry_a_message_and_a_code(path: str, status: int) -> None:
    path, _, query = path.partition("?")
    answer = Client.of(WORLD).request("GET", BASE_PATH + path, query=query)
    assert answer.status == status
    assert answer.json()["errorCode"] == status
    assert answer.json()["errorMsg"]


def test_a_path_outside_the_api_answers_a_web_page_with_status_200() -> None:
    answer = Client.of(WORLD).get("/flex/services/rest/v9/project/details")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/html")


def test_health_and_control_need_no_key() -> None:
    client = Client(create_app(WORLD, KEY), authorization=None)
    assert client.get("/health").json() == {"status": "ok"}
    assert client.get("/_control/truth").json()["entities"] == truth(WORLD)


def test_page_size_zero_means_all(walk: Walk) -> None:
    phase_id = walk.rows["executions"][0]["cyclePhaseId"]
    whole = Client.of(WORLD).rows("/execution", cyclephaseid=phase_id, pagesize=0)
    assert whole == [row for row in walk.rows["executions"] if row["cyclePhaseId"] == phase_id]


def test_an_unknown_filter_is_ignored_and_gives_everyone_the_same_first_ten(walk: Walk) -> None:
    client = Client.of(WORLD)
    answers = [client.rows("/execution", phaseid=number) for number in (3001, 3002, 7)]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0] == walk.rows["executions"][:10]


def test_an_unfiltered_list_pages_over_the_borders_of_phases(walk: Walk) -> None:
    rows = Client.of(WORLD).rows("/execution", offset=15, pagesize=60)
    assert rows == walk.rows["executions"][15:75]


def test_pages_are_enveloped_in_two_ways_and_their_size_cannot_be_trusted(walk: Walk) -> None:
    client = Client.of(WORLD)
    phase_ids = {row["cyclePhaseId"] for row in walk.rows["executions"]}
    answers = [client.api("/execution", cyclephaseid=number).json() for number in phase_ids]
    assert {type(answer) for answer in answers} == {list, dict}
    envelopes = [answer[0] if isinstance(answer, list) else answer for answer in answers]
    keys = {"firstResult", "resultSize", "pageNumber", "results", "type"}
    assert all(set(envelope) == keys and envelope["results"] for envelope in envelopes)
    assert {bool(envelope["resultSize"]) for envelope in envelopes} == {True, False}


def test_a_result_size_that_is_given_is_the_number_of_rows(walk: Walk) -> None:
    client = Client.of(WORLD)
    for phase in walk.rows["cycle_phases"]:
        answer = client.api("/execution", cyclephaseid=phase["id"], pagesize=0)
        content = answer.json() if answer.content else {}
        envelope = content[0] if isinstance(content, list) else content
        if envelope.get("resultSize"):
            assert envelope["resultSize"] == len(envelope["results"])


def test_nothing_that_happened_lies_ahead_of_the_clock(walk: Walk) -> None:
    happened = {"createdOn", "createdDate", "assignmentDate", "lastModifiedOn"}
    rows = [row for rows in walk.rows.values() for row in rows]
    rows += [row["lastTestResult"] for row in rows if "lastTestResult" in row]
    times = [row[name] for row in rows for name in happened | {"executionDate"} if name in row]
    assert WORLD.starts_at.timestamp() * 1_000 <= min(times)
    assert max(times) <= NOW.timestamp() * 1_000


def test_an_empty_list_is_an_array_or_a_204_or_an_empty_body() -> None:
    answers: list[Response] = [listing(WORLD, [], "cycles", number) for number in range(50)]
    forms = {(answer.status_code, bytes(answer.body)) for answer in answers}
    assert forms == {(200, b"[]"), (204, b""), (200, b"")}


def test_types_and_gaps_are_those_of_the_real_api(walk: Walk) -> None:
    executions = walk.rows["executions"]
    assert {row.get("status") for row in executions} >= {None, "", "0", "1", "2", "4", "10"}
    assert {row["testerId"] == -10 for row in executions} == {True, False}
    for optional in ("actualTime", "cycleId", "lastModifiedOn", "lastTestResult"):
        assert {optional in row for row in executions} == {True, False}, optional
    times = [row["actualTime"] for row in executions if "actualTime" in row]
    assert min(times) < 10_000 < 60_000 < max(times), "seconds and milliseconds"
    assert all(row["id"] != row["testcaseId"] for row in walk.rows["test_cases"])
    assert {"startDate" in row for row in walk.rows["releases"]} == {True, False}


def test_a_version_of_a_test_case_is_the_same_wherever_it_is_seen(walk: Walk) -> None:
    seen: dict[int, Json] = {}
    for row in walk.rows["test_cases"]:
        assert seen.setdefault(row["id"], row) == row
    stable = Counter(row["testcaseId"] for row in seen.values())
    assert max(stable.values()) > 1, "some test case has several versions"


def test_two_servers_of_one_world_answer_the_same_bytes(walk: Walk) -> None:
    paths = ["/project/details", "/execution"]
    paths += [f"/cycle/release/{row['id']}" for row in walk.rows["releases"]]
    for path in paths:
        assert Client.of(WORLD).api(path) == Client.of(WORLD).api(path)


def test_another_seed_is_another_world(walk: Walk) -> None:
    other = Walk.of(Client.of(World.at(NOW, seed=2)))
    assert other.rows["executions"] != walk.rows["executions"]


@pytest.mark.parametrize("scale", [1.0, 400.0], ids="scale {}".format)
def test_a_page_costs_the_same_at_any_scale(scale: float, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = 0
    draw = World.number

    def counted(world: World, *key: object) -> int:
        nonlocal drawn
        drawn += 1
        return draw(world, *key)

    client = Client.of(World.at(NOW, scale=scale))
    monkeypatch.setattr(World, "number", counted)
    rows = client.rows("/execution", cyclephaseid=3001, offset=2, pagesize=8)
    assert len(rows) == 8
    assert drawn < 8 * 60
