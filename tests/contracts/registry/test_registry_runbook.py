"""docs/registry/runbook.md followed word by word, each procedure with the trouble it is about."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from registry_server import BASE, Api, Running, good, rows, running, until
from shell_blocks import Block, blocks, environment, follow

from contracts.registry import database
from contracts.registry.audit import Actor
from contracts.registry.calls import Role
from contracts.registry.tokens import create_token
from dlt_pipelines import config

RUNBOOK = config.PROJECT_ROOT / "docs" / "registry" / "runbook.md"
PROCEDURES = [
    "Breaking signal",
    "Bad ingest",
    "Current-flip anomaly",
    "Slow diffs",
    "Read latency",
    "Store degradation",
    "Routine tasks",
]
CHARGES = rows(id_="string", amount="integer", currency="string")


@dataclass(frozen=True)
class Desk:
    """Where the operator sits: a shell whose exports last, and the registry's store."""

    server: Running
    folder: Path
    environment: dict[str, str]

    @property
    def store(self) -> Path:
        return self.folder / "data" / "registry.sqlite"

    @property
    def api(self) -> Api:
        return self.server.api.using(self.environment["REGISTRY_TOKEN"])

    def follow(self, block: Block) -> str:
        return follow(block, self.folder, self.environment)

    @contextmanager
    def without_tables(self) -> Iterator[None]:
        """A store that does not have what the registry asks for."""
        self._run("alter table tokens rename to gone")
        yield
        self._run("alter table gone rename to tokens")

    def _run(self, sql: str) -> None:
        connection = sqlite3.connect(self.store)
        connection.execute(sql)
        connection.close()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Another program holds the write lock."""
        connection = sqlite3.connect(self.store, isolation_level=None)
        connection.execute("begin immediate")
        yield
        connection.close()

    def flip(self) -> None:
        """Somebody makes the breaking version current."""
        here = f"/datasets/{self.charges}/layers/gold/versions/3/set-current"
        good(self.api.post(here))

    @property
    def charges(self) -> str:
        (found,) = good(self.api.get("/datasets?name=charges"))["items"]
        return str(found["dataset_id"])


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("runbook")
    (folder / "data").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "_BUSY_SECONDS", 0.5)
        with running(f"sqlite:///{folder / 'data' / 'registry.sqlite'}") as server:
            made = server.services.database.write(
                "test",
                lambda connection: create_token(
                    connection, Actor("command", "test"), name="desk", role=Role.operator
                ),
            )
            variables = {
                "REGISTRY_URL": server.api.root + BASE,
                "REGISTRY_TOKEN": made.secret,
                "LOCAL_DATA_DIR": str(folder / "data"),
            }
            found = Desk(server, folder, environment(**variables))
            break_charges(found.api)
            yield found


def break_charges(api: Api) -> None:
    """Two good versions, a subscriber whose endpoint is dead, and a version that breaks it."""
    dataset_id = api.dataset(namespace="payments", name="charges", owner="team-payments")
    good(api.ingest(dataset_id, rows(id_="string", amount="integer")))
    good(api.ingest(dataset_id, CHARGES))
    reader = {"consumer": "finance-dashboard", "required_compatibility": "BACKWARD"}
    where = {"dataset_id": dataset_id, "layer": "gold", "fields": ["amount"]}
    hook = {"callback_url": "https://hooks.invalid/contracts"}
    good(api.post("/subscriptions", {**reader, **where, **hook}))
    breaking = rows(id_="string", amount="string", currency="string")
    assert good(api.ingest(dataset_id, breaking))["promotion"] == "incompatible"
    until(lambda: good(api.get("/deliveries"))["items"][0]["attempts"])


def test_there_is_a_procedure_for_each_trouble() -> None:
    text = RUNBOOK.read_text("utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == PROCEDURES
    for part in text.split("\n## ")[1:-1]:
        assert all(f"- {kind}:" in part for kind in ("Metric", "Alert", "Log event")), part


def test_the_runbook_works_word_by_word(desk: Desk) -> None:
    found = list(blocks(RUNBOOK))
    assert len(found) == RUNBOOK.read_text("utf-8").count("```sh")
    before: dict[str, Callable[[], None]] = {"Current-flip anomaly": desk.flip}
    said = ""
    for block in found:
        before.pop(block.heading, lambda: None)()
        if block.exit_code and "readyz" in block.script:
            with desk.without_tables():
                said += desk.follow(block)
        elif block.exit_code and block.heading == "Store degradation":
            with desk.locked():
                said += desk.follow(block)
        else:
            said += desk.follow(block)
    assert desk.environment["REGISTRY_TOKEN"] not in said
    backup = sqlite3.connect(desk.folder / "backup.sqlite")
    assert backup.execute("select count(*) from contract_versions").fetchone() == (4,)
    backup.close()
