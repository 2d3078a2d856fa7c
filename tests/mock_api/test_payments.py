from __future__ import annotations

import asyncio
import base64
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from contracts.drift import observe
from contracts.odcs import load_source
from scripts.mock_api.payments import create_app
from scripts.mock_api.payments.books import PREFIXES
from scripts.mock_api.payments.truth import SUMS
from scripts.mock_api.world import World
from tests.shapes import shape_of

KEY = "sk_test_invented"
NOW = datetime(2026, 11, 20, 12, 34, 56, tzinfo=UTC)
DAY = 86400
Params = list[tuple[str, Any]]


class Client:
    """Asks an application in this process, without a socket."""

    def __init__(self, app: Starlette, authorization: str = f"Bearer {KEY}") -> None:
        self.app, self.authorization = app, authorization

    def ask(
        self, path: str, params: Params | None = None, *, method: str = "GET", body: bytes = b""
    ) -> tuple[int, dict[str, str], bytes]:
        sent: list[dict[str, Any]] = []
        headers = [(b"host", b"localhost"), (b"stripe-version", b"2026-03-25.dahlia")]
        if self.authorization:
            headers.append((b"authorization", self.authorization.encode()))
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "server": ("localhost", 80),
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": urlencode(params or []).encode(),
            "headers": headers,
        }

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        asyncio.run(self.app(scope, receive, send))  # type: ignore[arg-type]
        answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], answered, b"".join(part.get("body", b"") for part in sent[1:])

    def get(self, path: str, *params: tuple[str, Any]) -> Any:
        status, _, body = self.ask(path, list(params))
        assert status == 200, body
        return msgspec.json.decode(body)

    def error(self, path: str, *params: tuple[str, Any]) -> tuple[int, dict[str, Any]]:
        status, _, body = self.ask(path, list(params))
        return status, msgspec.json.decode(body)["error"]

    def walk(self, entity: str, *params: tuple[str, Any], limit: int = 100) -> Iterator[Any]:
        after: Params = []
        while True:
            page = self.get(f"/v1/{entity}", ("limit", limit), *params, *after)
            yield from page["data"]
            if not page["has_more"]:
                return
            after = [("starting_after", page["data"][-1]["id"])]

    def advance(self, days: float) -> None:
        body = msgspec.json.encode({"days": days})
        status, _, _ = self.ask("/_control/advance", method="POST", body=body)
        assert status == 200

    def truth(self) -> Any:
        return self.get("/_control/truth")["entities"]


def client(*, seed: int = 1, scale: float = 1.0, now: datetime = NOW) -> Client:
    return Client(create_app(World.at(now, seed=seed, scale=scale), KEY))


def everything(api: Client) -> dict[str, dict[str, Any]]:
    return {entity: {each["id"]: each for each in api.walk(entity)} for entity in PREFIXES}


@pytest.fixture(scope="module")
def shop() -> Client:
    return client()


@pytest.fixture(scope="module")
def seen(shop: Client) -> dict[str, dict[str, Any]]:
    return everything(shop)


@pytest.mark.parametrize("entity", PREFIXES)
@pytest.mark.parametrize("limit", [7, 100])
def test_paging_yields_every_object_once_newest_first(
    shop: Client, entity: str, limit: int
) -> None:
    rows = list(shop.walk(entity, limit=limit))
    assert len(rows) == len({row["id"] for row in rows}) == shop.truth()[entity]["count"]
    assert [row["created"] for row in rows] == sorted((r["created"] for r in rows), reverse=True)


@pytest.mark.parametrize("entity", PREFIXES)
def test_the_answers_are_as_contracted(seen: dict[str, dict[str, Any]], entity: str) -> None:
    contract = load_source("payments").entities[entity]
    rows = list(seen[entity].values())
    assert observe(contract, shape_of(rows, contract), frozenset()) == []


@pytest.mark.parametrize("entity", SUMS)
def test_the_sums_of_what_is_paged_equal_the_truth(
    shop: Client, seen: dict[str, dict[str, Any]], entity: str
) -> None:
    for field, told in shop.truth()[entity]["sums"].items():
        sums: Counter[str] = Counter()
        for row in seen[entity].values():
            sums[row["currency"]] += row[field] or 0
        assert dict(sums) == told


@pytest.mark.parametrize("entity", PREFIXES)
def test_an_object_is_the_same_alone_and_in_its_list(shop: Client, entity: str) -> None:
    for row in shop.get(f"/v1/{entity}", ("limit", 25))["data"]:
        assert shop.get(f"/v1/{entity}/{row['id']}") == row


@pytest.mark.parametrize("entity", PREFIXES)
def test_ending_before_walks_back_to_the_newest(shop: Client, entity: str) -> None:
    newest = shop.get(f"/v1/{entity}", ("limit", 9))["data"]
    page = shop.get(f"/v1/{entity}", ("limit", 3), ("ending_before", newest[7]["id"]))
    assert page["data"] == newest[4:7]
    assert page["has_more"]
    page = shop.get(f"/v1/{entity}", ("limit", 7), ("ending_before", newest[7]["id"]))
    assert page["data"] == newest[:7]
    assert not page["has_more"]


def test_objects_that_share_a_second_are_paged_in_one_order() -> None:
    api = client(scale=40)
    ten_at_once = [each["id"] for each in api.get("/v1/events", ("limit", 100))["data"]]
    one_by_one = [each["id"] for each in islice(api.walk("events", limit=1), 100)]
    moments = Counter(each["created"] for each in api.get("/v1/events", ("limit", 100))["data"])
    assert max(moments.values()) > 1
    assert one_by_one == ten_at_once


@pytest.mark.parametrize(
    ("operator", "keeps"),
    [
        ("created[gte]", lambda created, bound: created >= bound),
        ("created[gt]", lambda created, bound: created > bound),
        ("created[lte]", lambda created, bound: created <= bound),
        ("created[lt]", lambda created, bound: created < bound),
        ("created", lambda created, bound: created == bound),
    ],
)
@pytest.mark.parametrize("entity", PREFIXES)
def test_created_filters_cut_where_they_say(
    shop: Client, seen: dict[str, dict[str, Any]], entity: str, operator: str, keeps: Any
) -> None:
    rows = list(seen[entity].values())
    bound = rows[len(rows) // 3]["created"]
    found = list(shop.walk(entity, (operator, bound)))
    assert found == [row for row in rows if keeps(row["created"], bound)]
    assert found


@pytest.mark.parametrize(
    "authorization",
    [f"Bearer {KEY}", "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()],
    ids=["bearer", "basic"],
)
def test_both_ways_to_show_the_key_are_let_in(shop: Client, authorization: str) -> None:
    status, headers, _ = Client(shop.app, authorization).ask("/v1/charges")
    assert status == 200
    assert headers["request-id"].startswith("req_")
    assert headers["stripe-version"] == "2026-03-25.dahlia"


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer sk_wrong", "Basic sk_wrong", "Basic !!", "Digest x", "Bearer sk_ä"],
)
def test_any_other_key_is_refused_and_never_repeated(shop: Client, authorization: str) -> None:
    status, headers, body = Client(shop.app, authorization).ask("/v1/charges")
    assert status == 401
    assert msgspec.json.decode(body)["error"]["type"] == "invalid_request_error"
    assert b"sk_" not in body
    assert headers["request-id"]


def test_health_needs_no_key(shop: Client) -> None:
    assert Client(shop.app, "").get("/health") == {"status": "ok"}


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ([("limit", "0")], "parameter_invalid_integer", "limit"),
        ([("limit", "101")], "parameter_invalid_integer", "limit"),
        ([("limit", "ten")], "parameter_invalid_integer", "limit"),
        ([("limit", "")], "parameter_invalid_integer", "limit"),
        ([("created[gte]", "now")], "parameter_invalid_integer", "created[gte]"),
        ([("starting_after", "ch_nobody")], "resource_missing", "starting_after"),
        ([("ending_before", "ch_3AAAAAAAAAAAAAAAAAAAAAAA")], "resource_missing", "ending_before"),
        ([("page", "2")], "parameter_unknown", "page"),
        ([("type", "charge.failed")], "parameter_unknown", "type"),
    ],
)
def test_a_bad_parameter_is_a_400_that_names_it(
    shop: Client, params: Params, code: str, param: str
) -> None:
    status, error = shop.error("/v1/charges", *params)
    assert (status, error["code"], error["param"]) == (400, code, param)


def test_a_list_cannot_start_at_an_object_of_another_entity(
    shop: Client, seen: dict[str, dict[str, Any]]
) -> None:
    status, error = shop.error("/v1/charges", ("starting_after", next(iter(seen["refunds"]))))
    assert (status, error["code"]) == (400, "resource_missing")


@pytest.mark.parametrize("identity", ["ch_1", "cus_12345678901234", "ch_3" + "z" * 23, "ch_ä"])
def test_an_unknown_object_is_a_404(shop: Client, identity: str) -> None:
    status, error = shop.error(f"/v1/charges/{identity}")
    assert (status, error["code"]) == (404, "resource_missing")


@pytest.mark.parametrize("path", ["/v1/subscriptions", "/v1/charges/a/refunds", "/v1/"])
def test_an_unknown_url_is_a_404_without_a_code(shop: Client, path: str) -> None:
    status, error = shop.error(path)
    assert (status, error.get("code")) == (404, None)
    assert "Unrecognized request URL" in error["message"]


def test_an_object_of_the_future_does_not_exist_yet() -> None:
    early, late = client(now=NOW), client(now=NOW)
    late.advance(3)
    newest = late.get("/v1/charges", ("limit", 1))["data"][0]["id"]
    assert early.error(f"/v1/charges/{newest}")[0] == 404
    assert early.error("/v1/charges", ("starting_after", newest))[0] == 400


def test_events_are_kept_for_30_days_and_filtered_by_type(shop: Client) -> None:
    events = list(shop.walk("events"))
    assert min(each["created"] for each in events) >= NOW.timestamp() - 30 * DAY
    wanted = [each for each in events if each["type"] == "charge.failed"]
    assert list(shop.walk("events", ("type", "charge.failed"))) == wanted != []
    both = {"charge.failed", "payout.paid"}
    found = list(shop.walk("events", *(("types[]", name) for name in both)))
    assert found == [each for each in events if each["type"] in both]


def announced(event: dict[str, Any], seen: dict[str, dict[str, Any]]) -> set[str]:
    """The objects an event tells of: its own, the charge it disputes or refunds, an invoice's
    payment.

    A payment is opened and canceled with its invoice; the real API has no event for either.
    """
    found = event["data"]["object"]
    payments = seen["invoice_payments"].values() if found["object"] == "invoice" else ()
    of_invoice = {row["id"] for row in payments if row["invoice"] == found["id"]}
    of_charge = {found["charge"]} if found["object"] in ("dispute", "refund") else set()
    return {found["id"]} | of_charge | of_invoice


def settled(row: dict[str, Any]) -> dict[str, Any]:
    """Without a dispute's embedded transactions: they become available without an event."""
    return {name: value for name, value in row.items() if name != "balance_transactions"}


def test_advancing_shows_new_objects_and_an_event_for_each_one_new_or_changed() -> None:
    api = client(scale=5)
    before = everything(api)
    api.advance(2.5)
    after = everything(api)
    told: set[str] = set()
    for identity in after["events"].keys() - before["events"].keys():
        told |= announced(after["events"][identity], after)
    for entity in PREFIXES.keys() - {"balance_transactions", "events"}:
        old, new = before[entity], after[entity]
        assert old.keys() < new.keys()
        touched = {
            identity
            for identity, row in new.items()
            if identity not in old or settled(old[identity]) != settled(row)
        }
        assert touched <= told, entity
        assert touched & old.keys(), entity


def test_an_event_carries_its_object_as_it_was_then(seen: dict[str, dict[str, Any]]) -> None:
    by_object = defaultdict(list)
    for event in reversed(seen["events"].values()):
        by_object[event["data"]["object"]["id"]].append(event)
    last = 0
    for identity, charge in seen["charges"].items():
        refunded = [
            each["data"]["object"]["amount_refunded"]
            for each in by_object[identity]
            if each["type"] == "charge.refunded"
        ]
        assert refunded == sorted(refunded)
        if refunded:
            last += 1
            assert refunded[-1] == charge["amount_refunded"]
    assert last


@pytest.mark.parametrize("scale", [0.4, 1, 3])
def test_a_payout_is_the_balance_that_became_available_since_the_one_before(scale: float) -> None:
    api = client(scale=scale, seed=5)
    payouts = list(api.walk("payouts"))
    transactions = list(api.walk("balance_transactions"))
    assert payouts
    for currency in {payout["currency"] for payout in payouts}:
        due = sorted(
            (each["available_on"], each["net"])
            for each in transactions
            if each["currency"] == currency and each["type"] != "payout"
        )
        paid = 0
        for payout in sorted(payouts, key=lambda each: each["created"]):
            if payout["currency"] == currency:
                available = sum(net for on, net in due if on <= payout["created"])
                assert payout["amount"] == available - paid > 0
                paid += payout["amount"]


def test_transactions_add_up_to_what_is_not_paid_out(seen: dict[str, dict[str, Any]]) -> None:
    rows = list(seen["balance_transactions"].values())
    by_source: dict[str, int] = Counter()
    for row in rows:
        assert row["net"] == row["amount"] - row["fee"]
        assert row["fee"] == sum(detail["amount"] for detail in row["fee_details"])
        assert row["status"] == (
            "available" if row["available_on"] <= NOW.timestamp() else "pending"
        )
        by_source[row["source"]] += row["amount"]
    for charge in seen["charges"].values():
        assert by_source[charge["id"]] == charge["amount_captured"]
    for payout in seen["payouts"].values():
        assert by_source[payout["id"]] == -payout["amount"] * (payout["status"] != "failed")
    for refund in seen["refunds"].values():
        assert by_source[refund["id"]] == -refund["amount"] * (refund["status"] == "succeeded")
    for dispute in seen["disputes"].values():
        assert by_source[dispute["id"]] == -dispute["amount"] * (dispute["status"] != "won")


def test_objects_refer_to_objects_that_are_listed(seen: dict[str, dict[str, Any]]) -> None:
    links = [
        ("charges", "payment_intent", "payment_intents"),
        ("charges", "balance_transaction", "balance_transactions"),
        ("charges", "customer", "customers"),
        ("payment_intents", "latest_charge", "charges"),
        ("payment_intents", "customer", "customers"),
        ("invoices", "customer", "customers"),
        ("invoice_payments", "invoice", "invoices"),
        ("refunds", "charge", "charges"),
        ("refunds", "balance_transaction", "balance_transactions"),
        ("disputes", "charge", "charges"),
        ("payouts", "balance_transaction", "balance_transactions"),
        ("payouts", "failure_balance_transaction", "balance_transactions"),
    ]
    for entity, field, target in links:
        named = {row[field] for row in seen[entity].values() if row[field] is not None}
        assert named
        assert named <= seen[target].keys(), (entity, field)


def test_a_customer_exists_before_anything_is_sold_to_them(
    seen: dict[str, dict[str, Any]],
) -> None:
    for sale in (*seen["payment_intents"].values(), *seen["invoices"].values()):
        if sale["customer"]:
            assert seen["customers"][sale["customer"]]["created"] < sale["created"]


def test_the_stories_are_as_frequent_as_in_a_real_shop() -> None:
    seen = everything(client(scale=8))
    charges = list(seen["charges"].values())
    assert 0.10 < sum(charge["status"] == "failed" for charge in charges) / len(charges) < 0.15
    attempts = defaultdict(set)
    for charge in charges:
        attempts[charge["payment_intent"]].add(charge["status"])
    assert {"failed", "succeeded"} in attempts.values()
    assert {each["currency"] for each in charges} == {"usd", "eur", "gbp", "jpy", "kwd"}
    assert all(each["amount"] % 10 == 0 for each in charges if each["currency"] == "kwd")
    statuses = {
        entity: {row.get("status") for row in rows.values()} for entity, rows in seen.items()
    }
    assert statuses["invoices"] == {"draft", "open", "paid", "void", "uncollectible"}
    assert statuses["invoice_payments"] == {"open", "paid", "canceled"}
    assert statuses["disputes"] == {"needs_response", "under_review", "won", "lost"}
    assert statuses["refunds"] == {"pending", "succeeded"}
    assert statuses["payouts"] == {"in_transit", "paid", "failed"}


def test_two_servers_of_one_world_answer_the_same_bytes() -> None:
    one, other, third = client(), client(), client(seed=2)
    other.ask("/v1/events", [("limit", 100)])
    for entity in PREFIXES:
        path, params = f"/v1/{entity}", [("limit", 50)]
        assert one.ask(path, params) == other.ask(path, params)
        assert one.ask(path, params)[2] != third.ask(path, params)[2]


def test_a_clock_moved_in_steps_shows_what_one_step_shows() -> None:
    one, other = client(), client(now=NOW)
    for _ in range(4):
        one.advance(0.75)
    other.advance(3)
    assert everything(one) == everything(other)
    assert one.truth() == other.truth()


def test_a_page_of_a_large_world_costs_no_more_than_its_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn = 0
    number = World.number

    def counted(self: World, *key: object) -> int:
        nonlocal drawn
        drawn += 1
        return number(self, *key)

    monkeypatch.setattr(World, "number", counted)
    api = client(scale=2000, seed=3)
    page = api.get("/v1/charges", ("limit", 100), ("created[lte]", int(NOW.timestamp()) - 9 * DAY))
    assert len(page["data"]) == 100
    assert drawn < 2500


@pytest.fixture(scope="module")
def walked() -> tuple[Client, dict[str, list[str]]]:
    api = client(seed=9, scale=0.7)
    return api, {entity: [row["id"] for row in api.walk(entity)] for entity in PREFIXES}


@settings(max_examples=40, deadline=None)
@given(
    entity=st.sampled_from(sorted(PREFIXES)),
    start=st.integers(0, 60),
    limits=st.lists(st.integers(1, 100), min_size=1, max_size=6),
)
def test_any_walk_is_a_stretch_of_the_list(
    walked: tuple[Client, dict[str, list[str]]], entity: str, start: int, limits: list[int]
) -> None:
    api, ids = walked
    rows = ids[entity]
    at = min(start, len(rows) - 1)
    for limit in limits:
        page = api.get(f"/v1/{entity}", ("limit", limit), ("starting_after", rows[at]))
        found = [row["id"] for row in page["data"]]
        assert found == rows[at + 1 : at + 1 + limit]
        assert page["has_more"] == (at + 1 + limit < len(rows))
        at += len(found)
