"""Who may come in, how far, and how often."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from registry_server import BASE, Running, good, problem, rows, running

from contracts.registry import rates, tokens
from contracts.registry.audit import Actor
from contracts.registry.calls import Role
from contracts.registry.errors import RateLimited

ACTOR = Actor("tests", "c-tests")


def make(server: Running, role: Role, **limits: Any) -> tokens.NewToken:
    return server.services.database.write(
        "test",
        lambda connection: tokens.create_token(
            connection, ACTOR, name=role.name, role=role, **limits
        ),
    )


@pytest.fixture(scope="module")
def closed(store: str) -> Iterator[Running]:
    """A registry that has tokens; its `api` is an operator's."""
    with running(store) as started:
        started.api.token = make(started, Role.operator).secret
        yield started


@pytest.fixture(scope="module")
def dataset_id(closed: Running) -> str:
    found = closed.api.dataset()
    good(closed.api.ingest(found, rows(id_="string")))
    return found


def calls(dataset_id: str) -> dict[str, tuple[str, str, Any]]:
    here = f"/datasets/{dataset_id}/layers/gold"
    subscription = {
        "dataset_id": dataset_id,
        "layer": "gold",
        "consumer": "c",
        "required_compatibility": "NONE",
    }
    check = {"dataset_id": dataset_id, "layer": "gold", "schema_json": True}
    new = {"namespace": "n", "name": uuid.uuid4().hex, "owner": "o"}
    return {
        "create": ("POST", "/datasets", new),
        "list": ("GET", "/datasets", None),
        "read": ("GET", f"/datasets/{dataset_id}", None),
        "patch": ("PATCH", f"/datasets/{dataset_id}", {"owner": "team-tests"}),
        "ingest": ("POST", f"{here}/schemas", {"schema_json": rows(id_="string")}),
        "versions": ("GET", f"{here}/versions", None),
        "version": ("GET", f"{here}/versions/1", None),
        "flip": ("POST", f"{here}/versions/1/set-current", None),
        "diff": ("GET", f"{here}/diff?from=1&to=1", None),
        "validate": ("POST", f"{here}/versions/1/validate", {"document": {}}),
        "check": ("POST", "/compatibility/check", check),
        "subscribe": ("POST", "/subscriptions", subscription),
        "subscriptions": ("GET", "/subscriptions", None),
        "deliveries": ("GET", "/deliveries", None),
        "audit": ("GET", "/audit", None),
    }


NEEDED = {"create": Role.producer, "ingest": Role.producer, "patch": Role.operator}
NEEDED |= {"flip": Role.operator, "audit": Role.operator}


@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.name)
def test_a_role_may_do_what_it_is_for_and_nothing_else(
    closed: Running, dataset_id: str, role: Role
) -> None:
    api = closed.api.using(make(closed, role).secret)
    for name, (method, path, body) in calls(dataset_id).items():
        answer = api.send(method, path, json=body)
        if role >= NEEDED.get(name, Role.consumer):
            assert answer.ok, (name, answer.text)
        else:
            refused = problem(answer, 403, "forbidden")
            assert refused["details"]["required_role"] == NEEDED[name].name


def test_without_a_token_that_is_known_and_valid_nobody_comes_in(
    closed: Running, dataset_id: str
) -> None:
    past = datetime.now(UTC) - timedelta(seconds=1)
    revoked = make(closed, Role.operator)
    closed.services.database.write(
        "test", lambda connection: tokens.revoke_token(connection, ACTOR, revoked.token_id)
    )
    expired = make(closed, Role.operator, expires_at=past).secret
    for token in ("", "hmk_unknown", expired, revoked.secret):
        for method, path, body in calls(dataset_id).values():
            answer = closed.api.using(token).send(method, path, json=body)
            assert "code" in problem(answer, 401, "unauthorized")
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_is_refused_from_the_moment_it_is_revoked(closed: Running) -> None:
    token = make(closed, Role.consumer)
    api = closed.api.using(token.secret)
    good(api.get("/datasets"))
    closed.services.database.write(
        "test", lambda connection: tokens.revoke_token(connection, ACTOR, token.token_id)
    )
    problem(api.get("/datasets"), 401, "unauthorized")


def test_a_token_for_one_dataset_sees_no_other(closed: Running, dataset_id: str) -> None:
    other = closed.api.dataset()
    good(closed.api.ingest(other, rows(id_="string")))
    api = closed.api.using(make(closed, Role.operator, datasets=[other]).secret)
    for name, (method, path, body) in calls(dataset_id).items():
        answer = api.send(method, path, json=body)
        if name in ("list", "subscriptions", "deliveries"):
            found = good(answer)["items"]
            assert {each["dataset_id"] for each in found} <= {other}
        else:
            problem(answer, 403, "forbidden")
    for name, (method, path, body) in calls(other).items():
        if name not in ("create", "audit"):
            assert api.send(method, path, json=body).ok, name
    good(api.get(f"/audit?target={other}"))


def test_a_token_for_one_layer_reads_no_other(closed: Running, dataset_id: str) -> None:
    api = closed.api.using(make(closed, Role.producer, layers=["raw"]).secret)
    good(api.ingest(dataset_id, rows(id_="string"), layer="raw"))
    problem(api.ingest(dataset_id, rows(id_="string")), 403, "forbidden")
    problem(api.get(f"/datasets/{dataset_id}/layers/gold/versions/1"), 403, "forbidden")


def test_a_token_for_one_layer_lists_no_other(closed: Running, dataset_id: str) -> None:
    _, path, body = calls(dataset_id)["subscribe"]
    made = {
        layer: good(closed.api.post(path, {**body, "layer": layer, "consumer": "by-layer"}))
        for layer in ("raw", "gold")
    }
    api = closed.api.using(make(closed, Role.consumer, layers=["raw"]).secret)
    found = good(api.get(f"{path}?dataset_id={dataset_id}&consumer=by-layer"))["items"]
    assert [each["subscription_id"] for each in found] == [made["raw"]["subscription_id"]]


def test_a_key_of_one_caller_is_not_the_other_ones(closed: Running, dataset_id: str) -> None:
    key = {"headers": {"Idempotency-Key": uuid.uuid4().hex}}
    bodies = [rows(id_="string", **{f"by_{number}": "string"}) for number in range(2)]
    versions = []
    for body in bodies:
        api = closed.api.using(make(closed, Role.producer).secret)
        versions.append(good(api.ingest(dataset_id, body, **key))["version"])
    assert versions[1] == versions[0] + 1


def test_only_who_subscribed_or_an_operator_ends_it(closed: Running, dataset_id: str) -> None:
    mine, other = (closed.api.using(make(closed, Role.producer).secret) for _ in range(2))
    _, path, body = calls(dataset_id)["subscribe"]
    made = good(mine.post(path, body))["subscription_id"]
    problem(other.send("DELETE", f"{path}/{made}"), 403, "forbidden")
    assert mine.send("DELETE", f"{path}/{made}").status_code == 204
    problem(mine.send("DELETE", f"{path}/{made}"), 404, "not_found")
    made = good(mine.post(path, body))["subscription_id"]
    assert closed.api.send("DELETE", f"{path}/{made}").status_code == 204


def test_the_path_of_a_callback_is_its_subscribers_own(closed: Running, dataset_id: str) -> None:
    mine, other = (closed.api.using(make(closed, Role.consumer).secret) for _ in range(2))
    _, path, body = calls(dataset_id)["subscribe"]
    url = "https://hooks.example.com/T0/secret"
    made = good(mine.post(path, body | {"callback_url": url}))["subscription_id"]
    shown = {
        name: next(each for each in good(api.get(path))["items"] if each["subscription_id"] == made)
        for name, api in (("mine", mine), ("operator", closed.api), ("other", other))
    }
    assert {name: each["callback_url"] for name, each in shown.items()} == {
        "mine": url,
        "operator": url,
        "other": "https://hooks.example.com",
    }
    assert good(other.get("/deliveries"))["items"] == []


def test_a_browser_may_send_the_token_as_a_password(closed: Running) -> None:
    word = base64.b64encode(f"anyone:{closed.api.token}".encode()).decode()
    api = closed.api.using("")
    assert api.get("/datasets", headers={"Authorization": f"Basic {word}"}).ok
    for bad in ("Basic ???", "Basic", "Digest x"):
        problem(api.get("/datasets", headers={"Authorization": bad}), 401, "unauthorized")


def test_secrets_are_nowhere_in_the_store(closed: Running) -> None:
    secret = make(closed, Role.consumer).secret
    with closed.services.database.read("test") as connection:
        rows_ = connection.exec_driver_sql("select * from tokens").fetchall()
        trail = connection.exec_driver_sql("select * from audit_log").fetchall()
    assert secret not in repr(rows_) and secret not in repr(trail)
    assert secret not in closed.log.getvalue()


def test_health_and_metrics_need_no_token(closed: Running) -> None:
    for prefix in ("", BASE):
        for path in ("/healthz", "/readyz", "/metrics"):
            assert closed.api.session.get(f"{closed.api.root}{prefix}{path}").ok
    assert closed.api.session.get(f"{closed.api.root}/openapi.json").ok


def test_pages_of_other_sites_change_nothing(closed: Running) -> None:
    new = {"namespace": "n", "name": uuid.uuid4().hex, "owner": "o"}
    for origin in ("https://evil.example", "null"):
        answer = closed.api.post("/datasets", new, headers={"Origin": origin})
        problem(answer, 403, "forbidden")
    assert closed.api.post("/datasets", new, headers={"Origin": closed.api.root}).ok


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A registry without tokens, where a caller may send three requests at once."""
    store = tmp_path_factory.mktemp("open") / "registry.sqlite"
    with running(f"sqlite:///{store}", rate=0.5, burst=3) as started:
        yield started


def test_a_caller_that_sends_too_much_is_told_when_to_come_back(opened: Running) -> None:
    answers = [opened.api.get("/datasets") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    problem(answers[3], 429, "rate_limited")
    assert answers[3].headers["Retry-After"] == "2"
    assert opened.api.get("/healthz").ok


def test_who_was_idle_longest_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a caller would have a full bucket again once enough others have come."""
    monkeypatch.setattr(rates, "_MOST_CALLERS", 2)
    limited = rates.Rates(rate=0.001, burst=2)
    for caller in ("busy", "idle", "busy", "new"):
        limited.take(caller)
    with pytest.raises(RateLimited):
        limited.take("busy")
    limited.take("idle")
