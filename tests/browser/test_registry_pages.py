"""The registry's pages from a started server in Chromium; their pictures are in tests/output."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.wait import WebDriverWait

import expectations.templating
from contracts.registry.audit import Actor
from contracts.registry.calls import Role
from contracts.registry.tokens import create_token
from contracts.registry.ui import rendering
from tests.browser.browser import Browser
from tests.contracts.registry.registry_server import Api, Json, good, rows, running, until

HOSTILE = "<script>alert(1)</script>\"'\u202egnp.exe\u05d0\u05d1 "
HOSTILE += "x" * (200 - len(HOSTILE))
SHOWN = HOSTILE.replace("\u202e", "\\u202e")
SCREENS: dict[str, dict[str, Any]] = {
    "desktop-light": {},
    "desktop-dark": {"scheme": "dark"},
    "phone": {"width": 390, "height": 844, "scheme": "dark"},
}
SHEETS = [expectations.templating.FOLDER / "page.css", rendering.FOLDER / "page.css"]
PAGES = {
    "datasets": "/ui",
    "search": "/ui?q=payments+charge&status=active",
    "dataset": "/ui/datasets/{charges}",
    "layer": "/ui/datasets/{charges}/layers/gold",
    "diff": "/ui/datasets/{charges}/layers/gold/diff?from=2&to=3",
    "subscribers": "/ui/datasets/{charges}/layers/gold/subscribers?field=amount",
    "subscription": "/ui/subscriptions/{finance}",
    "audit": "/ui/datasets/{charges}/audit",
    "hostile-dataset": "/ui/datasets/{hostile}",
    "hostile-diff": "/ui/datasets/{hostile}/layers/gold/diff?from=1&to=2",
    "hostile-subscription": "/ui/subscriptions/{hostile_reader}",
}
SHOWN_ON = [
    *((name, screen) for name in PAGES for screen in ("desktop-light", "phone")),
    *((name, "desktop-dark") for name in ("dataset", "diff")),
]
CHARGE = {"id_": "string", "amount": "integer", "note": "string"}


def subscribe(api: Api, dataset_id: str, consumer: str, fields: list[str], **more: Any) -> str:
    body = {
        "dataset_id": dataset_id,
        "layer": "gold",
        "consumer": consumer,
        "required_compatibility": "BACKWARD",
        "fields": fields,
        **more,
    }
    return str(good(api.post("/subscriptions", body))["subscription_id"])


def charges(api: Api, callback: str) -> Json:
    """Three subscribers, of whom the third version breaks one, who does not listen."""
    made = api.dataset(namespace="payments", name="charges", owner="team-payments")
    for layer in ("raw", "gold"):
        good(api.ingest(made, rows(**CHARGE), layer=layer))
    finance = subscribe(api, made, "finance-dashboard", ["amount"], callback_url=callback)
    subscribe(api, made, "support-search", ["note", "id"])
    subscribe(api, made, "archive", [], required_compatibility="NONE")
    good(api.ingest(made, rows(**CHARGE, currency="string")))
    good(api.ingest(made, rows(**{**CHARGE, "amount": "string"}, currency="string")))
    return {"charges": made, "finance": finance}


def hostile(api: Api) -> Json:
    """Names and schema texts by somebody who wishes ill."""
    made = api.dataset(namespace=HOSTILE, name=HOSTILE, owner=HOSTILE, steward=HOSTILE)
    reader = subscribe(api, made, HOSTILE, [HOSTILE, "</td><img src=x onerror=alert(1)>"])
    for kind in ("integer", "string"):
        field = {"type": kind, "description": HOSTILE, "title": "</pre></html><iframe src=/>"}
        good(api.ingest(made, {"type": "object", "properties": {HOSTILE: field}}))
    return {"hostile": made, "hostile_reader": reader}


def large(api: Api) -> Json:
    made = api.dataset(namespace="tests", name="large")
    for kind in ("integer", "number"):
        good(api.ingest(made, rows(**{f"field_{number}": kind for number in range(400)})))
    return {"large": made}


@pytest.fixture(scope="module")
def ids(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Json]:
    """A registry with data, by its address and the ids of what the tests look at."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        callback = f"http://127.0.0.1:{free.getsockname()[1]}/secret-path"
    store = f"sqlite:///{tmp_path_factory.mktemp('pages') / 'registry.sqlite'}"
    loopback = (ip_network("127.0.0.0/8"),)
    with running(store, callback_networks=loopback, delivery_attempts=2, backoff=0.01) as server:
        found = {**charges(server.api, callback), **hostile(server.api), **large(server.api)}
        for number in range(30):
            server.api.dataset(namespace="tests", name=f"table_{number:02}")
        deliveries = f"/deliveries?subscription_id={found['finance']}"
        until(lambda: good(server.api.get(deliveries))["items"][0]["status"] == "failed")
        yield {"root": server.api.root, **found}


def address(ids: Json, name: str) -> str:
    return str(ids["root"]) + PAGES[name].format(**ids)


def text(browser: Browser, of: str = "body") -> str:
    found: str = browser.script(f"document.querySelector({of!r}).innerText")
    return found


def follow(browser: Browser, how: str, what: str) -> None:
    """Clicks, and waits for the page that comes."""
    left = browser.chrome.find_element("tag name", "html")
    browser.chrome.find_element(how, what).click()
    WebDriverWait(browser.chrome, 30, poll_frequency=0.05).until(staleness_of(left))


@pytest.mark.parametrize(("name", "screen"), SHOWN_ON)
def test_a_page_asks_its_server_alone_is_quiet_and_open_to_everyone(
    browser: Browser, ids: Json, name: str, screen: str
) -> None:
    browser.open(address(ids, name), **SCREENS[screen])
    assert browser.overflow() <= 0
    assert browser.complaints() == []
    asked = [url for url in browser.requests() if not url.startswith("data:")]
    assert set(asked) == {address(ids, name), f"{ids['root']}/ui/page.css"}
    browser.screenshot(f"registry-{name}-{screen}")
    assert browser.barriers() == []
    assert browser.script("document.scripts.length + document.images.length + frames.length") == 0


def test_a_timeline_says_which_version_is_current_and_which_was_breaking(
    browser: Browser, ids: Json
) -> None:
    browser.open(address(ids, "layer"))
    rows_ = browser.script("[...document.querySelectorAll('tbody tr')].map(row => row.innerText)")
    assert [row.split()[0] for row in rows_] == ["3", "2", "1"]
    assert ["current" in row for row in rows_] == [False, True, False]
    assert ["breaking" in row for row in rows_] == [True, False, False]
    assert "first version" in rows_[2] and "anonymous" in rows_[2]


def test_from_the_list_it_is_three_clicks_to_the_reasons_of_a_change(
    browser: Browser, ids: Json
) -> None:
    browser.open(address(ids, "search"))
    for link in ("charges", "All 3 versions in gold", "2 → 3"):
        follow(browser, "link text", link)
    assert browser.script("location.href") == address(ids, "diff")
    assert "Breaking" in text(browser, "h1")
    reason = text(browser, ".reasons li")
    assert "amount" in reason and '"integer"' in reason and '"string"' in reason
    assert "/amount" in reason and "what to do:" in reason


def test_a_diff_names_whom_it_breaks_and_nobody_else(browser: Browser, ids: Json) -> None:
    browser.open(address(ids, "diff"))
    assert "1 of 3 subscribers would break" in text(browser, ".verdict")
    assert "Breaks finance-dashboard" in text(browser, ".reasons li")
    broken = text(browser, "[aria-label='Whom it would break']")
    assert "finance-dashboard" in broken
    assert "support-search" not in broken and "archive" not in broken


@pytest.mark.parametrize("field", ["/note", "note", "note[].text"])
def test_a_field_can_be_asked_for_who_reads_it(browser: Browser, ids: Json, field: str) -> None:
    browser.open(address(ids, "subscribers").partition("?")[0])
    browser.chrome.find_element("name", "field").send_keys(field)
    follow(browser, "css selector", "form button")
    readers = text(browser, "tbody")
    assert "support-search" in readers
    assert "finance-dashboard" not in readers and "archive" not in readers


def test_a_delivery_that_failed_is_on_record_without_its_secret(
    browser: Browser, ids: Json
) -> None:
    browser.open(address(ids, "subscription"))
    assert "✕ failed" in text(browser, "tbody")
    assert "1." in text(browser, "tbody") and "2." in text(browser, "tbody")
    source = browser.chrome.page_source
    assert "whsec_" not in source and "secret-path" not in source


@pytest.mark.parametrize("name", [name for name in PAGES if name.startswith("hostile")])
def test_hostile_text_is_shown_and_does_nothing(browser: Browser, ids: Json, name: str) -> None:
    browser.open(address(ids, name))
    assert SHOWN in text(browser)
    assert "\u202e" not in browser.chrome.page_source
    assert browser.script("document.querySelectorAll('main img, main iframe').length") == 0


def test_a_very_large_diff_is_cut_and_says_so(browser: Browser, ids: Json) -> None:
    browser.open(f"{ids['root']}/ui/datasets/{ids['large']}/layers/gold/diff?from=1&to=2")
    browser.screenshot("registry-diff-large")
    assert browser.overflow() <= 0
    assert "more lines are not laid side by side" in text(browser)
    assert browser.script("document.querySelectorAll('.reasons li').length") == 25
    follow(browser, "link text", "next →")
    assert "page 2 of" in text(browser)


def test_pages_turn_and_keep_what_was_asked(browser: Browser, ids: Json) -> None:
    browser.open(f"{ids['root']}/ui?q=table&status=active")
    assert "30 datasets · page 1 of 2" in text(browser)
    follow(browser, "link text", "next →")
    assert browser.script("document.querySelectorAll('tbody tr').length") == 5
    assert browser.script("document.querySelector('[name=q]').value") == "table"


def test_a_diff_fits_on_paper(browser: Browser, ids: Json) -> None:
    browser.open(address(ids, "diff"), width=718)
    browser.command("Emulation.setEmulatedMedia", media="print")
    assert browser.overflow() <= 0
    browser.screenshot("registry-diff-print")
    browser.command("Emulation.setEmulatedMedia", media="")


def test_a_browser_gives_the_token_when_it_is_asked(browser: Browser, tmp_path: Path) -> None:
    with running(f"sqlite:///{tmp_path / 'registry.sqlite'}") as server:
        token = server.services.database.write(
            "test",
            lambda connection: create_token(
                connection, Actor("tests", "c-tests"), name="me", role=Role.consumer
            ),
        )
        host = server.api.root.removeprefix("http://")
        browser.open(f"http://me:{token.secret}@{host}/ui")
        browser.open(f"http://{host}/ui")
        assert "No dataset yet" in text(browser)
        assert browser.complaints() == []


def test_pages_have_the_colours_of_the_reports() -> None:
    report, registry = (set(re.findall(r"--[\w-]+: #\w+;", sheet.read_text())) for sheet in SHEETS)
    assert registry and registry <= report
