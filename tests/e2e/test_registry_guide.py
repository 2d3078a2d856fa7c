"""The guide to contracts is followed word by word, in a clone and with a registry that runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dlt_pipelines import config
from tests.contracts.registry.registry_server import running
from tests.e2e.checkout import BIN, Checkout
from tests.once import project_manifest

GUIDE = (config.PROJECT_ROOT / "docs" / "registry" / "using.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = BLOCK.findall(GUIDE)
TEXTS = [block for language, block in BLOCKS if language == "text"]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What each block of commands printed."""
    folder = tmp_path_factory.mktemp("registry")
    checkout = Checkout.make(tmp_path_factory.mktemp("guide"))
    checkout.produce(project_manifest(tmp_path_factory))
    checkout.shell("dbt --quiet parse --target prod --target-path data/dbt")  # as a run leaves it
    (checkout.folder / ".venv").symlink_to(BIN.parent)
    with running(f"sqlite:///{folder / 'registry.sqlite'}") as server:
        yield dict(followed(checkout, server.api.root))


def followed(checkout: Checkout, url: str) -> Iterator[tuple[str, str]]:
    for language, block in BLOCKS:
        if language == "diff":
            (checkout.folder / "change.patch").write_text(block, "utf-8")
            checkout.shell("git apply change.patch && rm change.patch")
        elif language == "sh":
            script = f"export REGISTRY__URL={url}\n{expecting(block)}"
            yield block.strip(), checkout.shell(script).stdout


def expecting(block: str) -> str:
    """A command that the guide calls refused has to end with 1, and the block goes on."""
    lines = block.splitlines()
    return "\n".join(
        f"({line}) && exit 9 || test $? = 1" if "# refused" in line else line for line in lines
    ).replace("  # refused)", ")")


def test_the_guide_holds(said: dict[str, str]) -> None:
    published = said["hallmark contracts publish --dry-run\nhallmark contracts publish"]
    assert "versions would be registered" in published
    assert "0 taken back" in published.splitlines()[-1]
    assert said["hallmark contracts lint"] == "every contract says all that it should\n"
    subscribed = next(text for block, text in said.items() if "subscribe fct_payments" in block)
    assert "subscribed: finance to amount, net of gold payments.fct_payments" in subscribed


def test_what_the_guide_shows_is_what_is_said(said: dict[str, str]) -> None:
    good, refused = TEXTS
    assert said["hallmark contracts check"].startswith(good.strip())
    told = said["hallmark contracts check  # refused"]
    assert told.startswith(refused)
    assert "  goes to: gold.fct_payments.net" in told
    assert "  subscriber: finance: " in told
    assert "exposure.payments_ledger" not in told, "it reads another table"


def test_the_guide_knows_every_command() -> None:
    commands = set(re.findall(r"hallmark contracts (\w+)", GUIDE))
    assert commands == {"publish", "subscribe", "check", "lint"}


def test_what_the_guide_links_to_is_there() -> None:
    for link in re.findall(r"\]\(([^)#]+)", GUIDE):
        assert (Path(config.PROJECT_ROOT) / "docs" / "registry" / link).exists()
