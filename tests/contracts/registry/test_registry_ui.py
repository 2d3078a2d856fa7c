"""The pages over HTTP: who may see which, what goes with them, what they say when they cannot."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest
import requests
from registry_server import Api, Running, good, rows, running

from contracts.registry import tokens
from contracts.registry.audit import Actor
from contracts.registry.calls import Role

HERE = "/ui/datasets/{dataset_id}"
CONSUMER = {
    "list": "/ui",
    "dataset": HERE,
    "layer": f"{HERE}/layers/gold",
    "diff": f"{HERE}/layers/gold/diff?from=1&to=2",
    "subscribers": f"{HERE}/layers/gold/subscribers",
    "subscription": "/ui/subscriptions/{subscription_id}",
    "stylesheet": "/ui/page.css",
}
PAGES = {**CONSUMER, "audit": f"{HERE}/audit"}


def get(api: Api, path: str, **headers: str) -> requests.Response:
    if api.token:
        word = base64.b64encode(f"anyone:{api.token}".encode()).decode()
        headers["Authorization"] = f"Basic {word}"
    return api.session.get(f"{api.root}{path}", headers=headers, timeout=60)


def token(server: Running, role: Role, **limits: Any) -> Api:
    made = server.services.database.write(
        "test",
        lambda connection: tokens.create_token(
            connection, Actor("tests", "c-tests"), name=role.name, role=role, **limits
        ),
    )
    return server.api.using(made.secret)


def filled(api: Api, **more: Any) -> dict[str, str]:
    """A dataset with two versions in gold, one in raw, and a subscription."""
    dataset_id = api.dataset(**more)
    for kind in ("integer", "string"):
        good(api.ingest(dataset_id, rows(amount=kind)))
    good(api.ingest(dataset_id, rows(secret_of_raw="string"), layer="raw"))
    body = {
        "dataset_id": dataset_id,
        "layer": "gold",
        "consumer": "dashboard",
        "required_compatibility": "BACKWARD",
        "callback_url": "http://127.0.0.1:9/secret-path",
    }
    subscription = good(api.post("/subscriptions", body))
    return {"dataset_id": dataset_id, "subscription_id": subscription["subscription_id"]}


@pytest.fixture(scope="module")
def closed(store: str) -> Iterator[Running]:
    """A registry that has tokens; its `api` is an operator's."""
    with running(store, callback_networks=(ip_network("127.0.0.0/8"),)) as started:
        started.api.token = token(started, Role.operator).token
        yield started


@pytest.fixture(scope="module")
def ids(closed: Running) -> dict[str, str]:
    return filled(closed.api)


def test_pages_need_the_role_of_the_routes_that_tell_the_same(
    closed: Running, ids: dict[str, str]
) -> None:
    consumer, operator = token(closed, Role.consumer), closed.api
    for name, path in PAGES.items():
        assert get(operator, path.format(**ids)).status_code == 200, name
        status = 200 if name in CONSUMER else 403
        assert get(consumer, path.format(**ids)).status_code == status, name
    assert "/audit" in get(operator, HERE.format(**ids)).text
    assert "/audit" not in get(consumer, HERE.format(**ids)).text


def test_without_a_token_a_browser_asks_for_one(closed: Running, ids: dict[str, str]) -> None:
    for each in (closed.api.using(""), closed.api.using("hmk_unknown")):
        for path in PAGES.values():
            answer = get(each, path.format(**ids))
            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
            assert "A token is needed" in answer.text


def test_a_token_for_one_dataset_or_layer_shows_no_other(
    closed: Running, ids: dict[str, str]
) -> None:
    other = filled(closed.api, name="other-one")
    api = token(closed, Role.operator, datasets=[other["dataset_id"]])
    for name, path in PAGES.items():
        assert get(api, path.format(**other)).status_code == 200, name
        if name not in ("list", "stylesheet"):
            assert get(api, path.format(**ids)).status_code == 403, name
    assert ids["dataset_id"] not in get(api, "/ui").text
    api = token(closed, Role.operator, layers=["raw"])
    assert get(api, CONSUMER["layer"].format(**ids)).status_code == 403
    assert get(api, CONSUMER["subscription"].format(**ids)).status_code == 403
    shown = get(api, HERE.format(**ids)).text
    assert "/layers/raw" in shown and "/layers/gold" not in shown and "dashboard" not in shown


def test_every_page_keeps_to_itself(closed: Running, ids: dict[str, str]) -> None:
    for path in [*PAGES.values(), "/ui/nothing"]:
        answer = get(closed.api, path.format(**ids))
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; ")
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Correlation-Id"]
        assert "secret-path" not in answer.text and "whsec_" not in answer.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/ui/nothing", 404),
        ("/ui/datasets/nothing", 404),
        (f"{HERE}/layers/silver", 404),
        (f"{HERE}/layers/tin", 422),
        (f"{HERE}/layers/gold/diff?from=1&to=9", 404),
        (f"{HERE}/layers/gold/diff?from=one&to=2", 422),
        (f"{HERE}/layers/gold?page=0", 422),
        ("/ui?page=many", 422),
        ("/ui?status=lost", 422),
        ("/ui?q=%00", 422),
        ("/ui/subscriptions/sub_nothing", 404),
    ],
)
def test_what_cannot_be_shown_is_a_page_that_says_so(
    closed: Running, ids: dict[str, str], path: str, status: int
) -> None:
    answer = get(closed.api, path.format(**ids))
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["X-Correlation-Id"] in answer.text


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_pages_change_nothing(closed: Running, ids: dict[str, str], path: str) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = closed.api.session.request(
            method,
            closed.api.root + path.format(**ids),
            headers={"Authorization": f"Bearer {closed.api.token}"},
            timeout=60,
        )
        assert answer.status_code == 405


@pytest.mark.parametrize("page", [2, 1_000_000])
def test_a_page_beyond_the_last_is_empty(closed: Running, ids: dict[str, str], page: int) -> None:
    for name in ("list", "layer", "diff", "subscribers", "subscription"):
        path = PAGES[name].format(**ids)
        mark = "&" if "?" in path else "?"
        answer = get(closed.api, f"{path}{mark}page={page}")
        assert answer.status_code == 200, name
        assert 'rel="next"' not in answer.text and 'rel="prev"' in answer.text


def test_words_are_looked_for_as_they_are_written(closed: Running) -> None:
    for name in ("100%_sure", "100 sure"):
        closed.api.dataset(namespace="Words", name=name)
    found = get(closed.api, "/ui?q=words/100%25_").text
    assert "100%_sure" in found and "100 sure" not in found
    assert "No dataset is like that" in get(closed.api, "/ui?q=words+nowhere").text
