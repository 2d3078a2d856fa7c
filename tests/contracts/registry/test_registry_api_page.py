"""docs/registry/api.md says what the OpenAPI document says, and its examples run."""

from __future__ import annotations

from pathlib import Path

import pytest
from api_page import MARK, PAGE, generated, openapi
from registry_server import BASE, running
from registry_stores import new_store
from shell_blocks import blocks, environment, follow

from contracts.registry.audit import Actor
from contracts.registry.calls import Role
from contracts.registry.tokens import create_token


def test_the_page_is_what_the_document_says() -> None:
    _, mark, below = PAGE.read_text("utf-8").partition(MARK)
    assert mark
    assert below == generated(openapi()), "run tests/contracts/registry/api_page.py"


def test_the_examples_run(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    found = list(blocks(PAGE))
    assert len(found) == PAGE.read_text("utf-8").count("```sh") > 0
    with running(new_store("sqlite", request, tmp_path)) as server:
        made = server.services.database.write(
            "test",
            lambda connection: create_token(
                connection, Actor("command", "test"), name="page", role=Role.producer
            ),
        )
        variables = environment(REGISTRY_URL=server.api.root + BASE, REGISTRY_TOKEN=made.secret)
        for block in found:
            follow(block, tmp_path, variables)
