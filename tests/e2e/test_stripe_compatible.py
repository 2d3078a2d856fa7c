"""An independent Stripe-compatible server, filled by Stripe's official client.

It knows neither the loader nor the bundled fake: it lacks disputes and invoice payments, refuses
the `created` filter (with 400 or 500), lists oldest first and expands some references.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stripe

from scripts.sources import Connection
from tests.e2e.conftest import Load, query

KEY = "sk_test_of_this_test"
SERVE = """
import sys
from aiohttp import web
from localstripe import resources, server
resources.store.dump_to_disk = lambda: None
web.run_app(server.app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
"""
LISTED = ("customers", "payment_intents", "charges", "invoices", "refunds", "balance_transactions")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(port)])
    monkeypatch.setattr(stripe, "api_base", url)
    monkeypatch.setattr(stripe, "api_key", KEY)
    try:
        _wait_for(port)
        yield Connection(url, KEY)
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError("the server did not start")


def test_what_the_official_client_made_is_loaded_and_so_are_its_changes(
    server: Connection, data_dir: Path, load_source: Load
) -> None:
    charges = _fill()
    first = load_source("payments", server)
    assert {each for each, row in first.items() if row.outcome == "absent"} == {
        "disputes",
        "invoice_payments",
    }
    _assert_same(server, data_dir)

    stripe.Refund.create(charge=charges[0], amount=100)
    _charge(stripe.Customer.create(email="late@example.com").id, 4321)
    second = load_source("payments", server)
    third = load_source("payments", server)

    assert sum(row.quarantined for row in [*first.values(), *second.values()]) == 0
    assert "refuses the created filter" in second["charges"].note
    _assert_same(server, data_dir)
    assert sum(row.loaded for row in third.values()) == 0


def _fill() -> list[str]:
    """More customers than a page holds, and some of everything else; returns the charges' ids."""
    customers = [stripe.Customer.create(email=f"c{n}@example.com").id for n in range(105)]
    charges = [_charge(customer, 1000 + n) for n, customer in enumerate(customers[:5])]
    stripe.Refund.create(charge=charges[1])
    method = stripe.PaymentMethod.create(type="card", card=_card())
    stripe.PaymentMethod.attach(method.id, customer=customers[6])
    stripe.PaymentIntent.create(
        amount=777, currency="jpy", customer=customers[6], payment_method=method.id, confirm=True
    )
    product = stripe.Product.create(name="Plan", type="service")
    plan = stripe.Plan.create(
        amount=1234, currency="eur", interval="month", product=product.id, nickname="plan"
    )
    stripe.Subscription.create(customer=customers[0], items=[{"plan": plan.id}])
    return charges


def _charge(customer: str, amount: int) -> str:
    card = stripe.Customer.create_source(customer, source={"object": "card", **_card()})
    charge = stripe.Charge.create(amount=amount, currency="eur", customer=customer, source=card.id)
    return charge.id


def _card() -> dict[str, Any]:
    return {"number": "4242424242424242", "exp_month": 12, "exp_year": 2040, "cvc": "123"}


def _assert_same(server: Connection, data_dir: Path) -> None:
    """The newest raw version of every object has the server's amounts, status and currency."""
    for entity in LISTED:
        told = {row["id"]: _facts(row) for row in _list(server, entity)}
        columns = "id, to_json(raw) as row"
        rows = query(
            data_dir,
            f"select {columns} from raw_payments.{entity} as raw"
            " qualify row_number() over (partition by id order by _extracted_at desc) = 1",
        )
        assert told
        assert (entity, {key: _facts(json.loads(row)) for key, row in rows}) == (entity, told)


def _facts(row: dict[str, Any]) -> dict[str, Any]:
    names = ("amount", "amount_refunded", "amount_due", "amount_paid", "status", "currency", "net")
    return {name: row[name] for name in names if row.get(name) is not None}


def _list(server: Connection, entity: str) -> list[dict[str, Any]]:
    url = f"{server.base_url}/v1/{entity}?limit=10000"
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {server.secret}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        rows: list[dict[str, Any]] = json.load(answer)["data"]
    return rows
