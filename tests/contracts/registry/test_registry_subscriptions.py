"""Whom a change breaks is told: exactly them, signed, again until it is taken, all on record."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import stripe
from registry_server import Api, Json, Process, Running, good, problem, rows, running, until
from registry_stores import STORES, new_store

FIRST = rows(id_="string", amount="integer", note="string")
BROKEN = rows(id_="string", amount="string", note="string")
LOOPBACK = (ip_network("127.0.0.0/8"),)


@dataclass
class Endpoint:
    """A subscriber: what came, and the statuses that it answers with, the last one for ever."""

    url: str
    statuses: list[int] = field(default_factory=lambda: [200])
    headers: dict[str, str] = field(default_factory=dict)
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def listening() -> Iterator[Endpoint]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            endpoint.came.append((dict(self.headers), body))
            left = endpoint.statuses
            self.send_response(left.pop(0) if len(left) > 1 else left[0])
            for name, value in {**endpoint.headers, "Content-Length": "0"}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        endpoint = Endpoint(f"http://127.0.0.1:{server.server_port}/hook?x=1")
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield endpoint
        server.shutdown()


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with listening() as started:
        yield started


@pytest.fixture(scope="module")
def server(store: str) -> Iterator[Running]:
    with running(store, callback_networks=LOOPBACK, backoff=0.05, delivery_attempts=4) as started:
        yield started


@pytest.fixture
def dataset_id(api: Api) -> str:
    found = api.dataset()
    good(api.ingest(found, FIRST))
    return found


def subscribe(api: Api, dataset_id: str, consumer: str, **more: Any) -> Json:
    body = {
        "dataset_id": dataset_id,
        "layer": "gold",
        "consumer": consumer,
        "required_compatibility": "FULL",
        **more,
    }
    return good(api.post("/subscriptions", body))


def deliveries(api: Api, subscription: Json) -> list[Json]:
    path = f"/deliveries?subscription_id={subscription['subscription_id']}"
    found: list[Json] = good(api.get(path))["items"]
    return found


def test_exactly_who_uses_the_changed_field_is_named_and_told(
    api: Api, dataset_id: str, endpoint: Endpoint
) -> None:
    used = {"amounts": ["amount"], "notes": ["/note"], "ids": ["id"]}
    made = {
        consumer: subscribe(api, dataset_id, consumer, fields=fields, callback_url=endpoint.url)
        for consumer, fields in used.items()
    }
    question = {"dataset_id": dataset_id, "layer": "gold", "schema_json": BROKEN}
    (named,) = good(api.post("/compatibility/check", question))["broken_subscriptions"]
    assert (named["consumer"], named["fields"]) == ("amounts", ["amount"])
    assert named["subscription_id"] == made["amounts"]["subscription_id"] and named["reasons"]

    marked = {"X-Correlation-Id": f"c-{dataset_id}"}
    good(api.ingest(dataset_id, BROKEN, headers=marked))
    until(lambda: endpoint.came)
    (delivery,) = until(
        lambda: [each for each in deliveries(api, made["amounts"]) if each["status"] != "pending"]
    )
    assert delivery["status"] == "delivered" and delivery["version"] == 2
    assert [each["status_code"] for each in delivery["attempts"]] == [200]
    assert deliveries(api, made["notes"]) == deliveries(api, made["ids"]) == []

    ((headers, body),) = endpoint.came
    assert headers["Content-Type"] == "application/cloudevents+json"
    assert headers["X-Correlation-Id"] == f"c-{dataset_id}"
    event = json.loads(body)
    assert event == delivery["event"]
    assert (event["specversion"], event["type"]) == ("1.0", "dcr.breaking.detected")
    assert event["id"] == delivery["delivery_id"] and event["time"].endswith("Z")
    data = event["data"]
    assert (data["consumer"], data["version"], data["is_current"]) == ("amounts", 2, False)
    assert [change["field"] for change in data["changes"]] == ["amount"]

    signature = headers["Stripe-Signature"]
    stripe.WebhookSignature.verify_header(
        body.decode(), signature, made["amounts"]["secret"], tolerance=300
    )
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header(body.decode(), signature, made["ids"]["secret"])
    assert stripe.Webhook.construct_event(body, signature, made["amounts"]["secret"])


@pytest.mark.parametrize(
    ("required", "schema", "told"),
    [
        ("BACKWARD", BROKEN, True),
        ("backward", rows(id_="string", amount="integer"), True),
        ("forward", rows(id_="string", amount="integer"), False),
        ("NONE", BROKEN, False),
        ("both", rows(amount="integer", note="string"), True),
        ("BACKWARD", rows(id_="string", amount="integer", note="string", more="string"), False),
    ],
    ids=[
        "break",
        "removed",
        "removed-for-old-readers",
        "asks-nothing",
        "required-removed",
        "optional-added",
    ],
)
def test_a_consumer_is_broken_by_what_it_requires(
    api: Api, dataset_id: str, required: str, schema: Json, told: bool
) -> None:
    subscribe(api, dataset_id, "reader", required_compatibility=required)
    question = {"dataset_id": dataset_id, "layer": "gold", "schema_json": schema}
    broken = good(api.post("/compatibility/check", question))["broken_subscriptions"]
    assert [each["consumer"] for each in broken] == (["reader"] if told else [])


def test_a_transitive_consumer_is_broken_by_any_version_that_it_may_still_read(
    api: Api, dataset_id: str
) -> None:
    good(api.ingest(dataset_id, BROKEN))
    good(api.post(f"/datasets/{dataset_id}/layers/gold/versions/2/set-current"))
    subscribe(api, dataset_id, "newest", required_compatibility="BACKWARD")
    subscribe(api, dataset_id, "every", required_compatibility="BACKWARD_TRANSITIVE")
    subscribe(
        api, dataset_id, "recent", required_compatibility="BACKWARD_TRANSITIVE", min_version=2
    )
    schema = rows(id_="string", amount="string", note="string", more="string")
    question = {"dataset_id": dataset_id, "layer": "gold", "schema_json": schema}
    broken = good(api.post("/compatibility/check", question))["broken_subscriptions"]
    assert [each["consumer"] for each in broken] == ["every"]


def test_a_rollback_below_what_a_consumer_reads_is_told(
    api: Api, dataset_id: str, endpoint: Endpoint
) -> None:
    good(api.ingest(dataset_id, rows(id_="string", amount="integer", note="string", new="string")))
    subscription = subscribe(
        api, dataset_id, "reader", min_version=2, callback_url=endpoint.url, fields=["new"]
    )
    good(api.post(f"/datasets/{dataset_id}/layers/gold/versions/1/set-current"))
    (delivery,) = until(lambda: deliveries(api, subscription))
    assert "older than version 2" in delivery["event"]["data"]["reasons"][0]
    assert delivery["event"]["data"]["is_current"] is True


def test_a_failing_endpoint_is_tried_again_and_on_record(
    api: Api, dataset_id: str, endpoint: Endpoint
) -> None:
    endpoint.statuses = [500, 302, 204]
    endpoint.headers = {"Location": endpoint.url}
    subscription = subscribe(api, dataset_id, "reader", callback_url=endpoint.url)
    good(api.ingest(dataset_id, BROKEN))
    (delivery,) = until(
        lambda: [x for x in deliveries(api, subscription) if x["status"] == "delivered"]
    )
    attempts = delivery["attempts"]
    assert [each["number"] for each in attempts] == [1, 2, 3]
    assert [each["status_code"] for each in attempts] == [500, 302, 204]  # none is followed
    assert [each["error"] for each in attempts] == ["it answered 500", "it answered 302", None]
    assert len({body for _, body in endpoint.came}) == 1 and len(endpoint.came) == 3


def test_an_endpoint_that_never_answers_is_given_up(api: Api, dataset_id: str) -> None:
    subscription = subscribe(api, dataset_id, "reader", callback_url="http://127.0.0.1:9/")
    good(api.ingest(dataset_id, BROKEN))
    (delivery,) = until(
        lambda: [x for x in deliveries(api, subscription) if x["status"] == "failed"]
    )
    assert [each["number"] for each in delivery["attempts"]] == [1, 2, 3, 4]
    assert all(each["error"] for each in delivery["attempts"])


def test_who_has_unsubscribed_is_told_nothing(
    api: Api, dataset_id: str, endpoint: Endpoint
) -> None:
    subscription = subscribe(api, dataset_id, "reader", callback_url=endpoint.url)
    path = f"/subscriptions/{subscription['subscription_id']}"
    assert api.send("DELETE", path).status_code == 204
    assert good(api.get(f"/subscriptions?dataset_id={dataset_id}"))["total"] == 0
    good(api.ingest(dataset_id, BROKEN))
    assert deliveries(api, subscription) == []
    actions = [
        each["action"] for each in good(api.get(f"/audit?target={dataset_id}/gold"))["items"]
    ]
    assert {"subscription.created", "subscription.deleted"} <= set(actions)


def test_what_is_still_to_be_sent_to_who_unsubscribes_is_given_up(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    store = f"sqlite:///{tmp_path / 'registry.sqlite'}"
    endpoint.statuses = [500]
    with running(store, callback_networks=LOOPBACK, backoff=1.0, delivery_attempts=4) as patient:
        api, dataset_id = patient.api, patient.api.dataset()
        good(api.ingest(dataset_id, FIRST))
        subscription = subscribe(api, dataset_id, "reader", callback_url=endpoint.url)
        good(api.ingest(dataset_id, BROKEN))
        until(lambda: endpoint.came)
        api.send("DELETE", f"/subscriptions/{subscription['subscription_id']}")
        (delivery,) = until(
            lambda: [x for x in deliveries(api, subscription) if x["status"] == "failed"]
        )
    assert [each["error"] for each in delivery["attempts"]] == [
        "it answered 500",
        "the subscription has ended",
    ]
    assert len(endpoint.came) == 1


def test_a_secret_is_shown_once(api: Api, dataset_id: str, endpoint: Endpoint) -> None:
    made = subscribe(api, dataset_id, "reader", callback_url=endpoint.url)
    assert made["secret"].startswith("whsec_")
    assert subscribe(api, dataset_id, "silent")["secret"] is None
    listed = good(api.get(f"/subscriptions?dataset_id={dataset_id}&layer=gold&consumer=reader"))
    assert listed["items"] == [{k: v for k, v in made.items() if k != "secret"}]
    assert made["secret"] not in api.get(f"/audit?target={dataset_id}").text


@pytest.mark.parametrize(
    "change",
    [
        {"required_compatibility": "SIDEWAYS"},
        {"layer": "bronze"},
        {"min_version": 0},
        {"fields": [""]},
        {"fields": "amount"},
        {"consumer": ""},
        {"webhook": "x"},
        {"callback_url": "ftp://example.com/x"},
        {"callback_url": "https://user:secret@example.com/"},
        {"callback_url": "https:///x"},
        {"callback_url": "http://[::1"},
        {"callback_url": "http://example.com:99999/"},
        {"callback_url": "http://10.0.0.1/"},
        {"callback_url": "http://169.254.169.254/latest/meta-data"},
        {"callback_url": "http://[fd00::1]/"},
        {"callback_url": "http://[::ffff:10.0.0.1]/"},
        {"callback_url": "http://[64:ff9b::a00:1]/"},
        {"callback_url": "http://0/"},
        {"callback_url": "http://0xa.1/"},
        {"callback_url": "http://167772161/"},
        {"callback_url": "http://224.0.0.1/"},
    ],
    ids=lambda change: "=".join(str(each) for pair in change.items() for each in pair),
)
def test_a_bad_subscription_is_refused(api: Api, dataset_id: str, change: Json) -> None:
    body = {"dataset_id": dataset_id, "layer": "gold", "consumer": "c"}
    body |= {"required_compatibility": "FULL", **change}
    problem(api.post("/subscriptions", body), 422, "invalid_request")
    assert good(api.get(f"/subscriptions?dataset_id={dataset_id}"))["total"] == 0


def test_an_unknown_dataset_has_no_subscribers(api: Api) -> None:
    body = {"dataset_id": "none", "layer": "gold", "consumer": "c"}
    problem(api.post("/subscriptions", body | {"required_compatibility": "FULL"}), 404, "not_found")
    problem(api.send("DELETE", "/subscriptions/sub_none"), 404, "not_found")


def test_loopback_is_refused_unless_it_is_configured(tmp_path: Path) -> None:
    with running(f"sqlite:///{tmp_path / 'registry.sqlite'}") as strict:
        dataset_id = strict.api.dataset()
        body = {"dataset_id": dataset_id, "layer": "gold", "consumer": "c"}
        body |= {"required_compatibility": "FULL"}
        for host in ("127.0.0.1:1", "localhost", "a.localhost.", "[::1]", "2130706433"):
            url = {"callback_url": f"http://{host}/"}
            problem(strict.api.post("/subscriptions", body | url), 422, "invalid_request")


@pytest.mark.parametrize("kind", STORES)
def test_what_was_not_sent_is_sent_after_a_kill(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, endpoint: Endpoint
) -> None:
    settings = {
        "LOCAL_DATA_DIR": str(tmp_path),
        "REGISTRY__CALLBACK_NETWORKS": "127.0.0.1",
        "REGISTRY__DELIVERY_BACKOFF": "2",
    }
    with Process(new_store(kind, request, tmp_path), **settings) as process:
        endpoint.statuses = [503, 200]
        dataset_id = process.api.dataset()
        good(process.api.ingest(dataset_id, FIRST))
        subscription = subscribe(process.api, dataset_id, "reader", callback_url=endpoint.url)
        good(process.api.ingest(dataset_id, BROKEN))
        until(lambda: [x for x in deliveries(process.api, subscription) if x["attempts"]])
        process.kill()
        process.start()
        (delivery,) = until(
            lambda: [x for x in deliveries(process.api, subscription) if x["status"] == "delivered"]
        )
        assert [each["status_code"] for each in delivery["attempts"]] == [503, 200]
