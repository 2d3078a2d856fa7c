"""What the browser is asked about pages, it does find on a page that has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.browser import Browser

PAGE = """<!doctype html><html lang="en"><title>Bad</title>
<body style="color: #ddd; background: #fff">
<p style="width: 3000px">hardly to be read</p>
<img src="http://127.0.0.1:9/pixel.png">
<script>console.error("broken")</script>"""


@pytest.fixture
def bad(browser: Browser, tmp_path: Path) -> Browser:
    page = tmp_path / "bad.html"
    page.write_text(PAGE, "utf-8")
    browser.open(page)
    return browser


def test_a_page_that_asks_the_network_is_found(bad: Browser) -> None:
    assert bad.requests() == ["http://127.0.0.1:9/pixel.png"]


def test_a_page_that_complains_is_found(bad: Browser) -> None:
    assert any("broken" in message for message in bad.complaints())


def test_a_page_that_shuts_people_out_is_found(bad: Browser) -> None:
    assert {found.partition(":")[0] for found in bad.barriers()} == {"color-contrast", "image-alt"}


def test_a_page_that_is_too_wide_is_found(bad: Browser) -> None:
    assert bad.overflow() > 1000
