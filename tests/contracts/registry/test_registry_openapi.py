"""The OpenAPI document says everything: what may be sent, what may be answered, and why."""

from __future__ import annotations

import re
from typing import Any

import pytest
from registry_server import BASE, ROUTES, running
from registry_stores import new_store


@pytest.fixture(scope="module")
def document(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    store = new_store("sqlite", request, tmp_path_factory.mktemp("openapi"))
    with running(store) as server:
        answer = server.api.session.get(f"{server.api.root}/openapi.json", timeout=30)
    found: dict[str, Any] = answer.json()
    return found


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method, path.removeprefix(BASE)): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def test_the_routes_are_those_of_the_design(document: dict[str, Any]) -> None:
    health = {("get", path) for path in ("/healthz", "/readyz", "/metrics")}
    assert set(operations(document)) == ROUTES | health


def test_every_operation_says_what_it_does_and_every_status(document: dict[str, Any]) -> None:
    for (method, path), operation in operations(document).items():
        assert operation["summary"] and operation["description"], path
        if (method, path) not in ROUTES:
            continue
        declared = operation["responses"]
        always = {"401", "403", "422", "429", "500", "503"}
        always |= {"400"} if "requestBody" in operation else set()
        always |= {"404"} if "{" in path else set()
        assert always <= set(declared), path
        for status, answer in declared.items():
            assert answer["description"], (path, status)
            if status >= "400":
                (shape,) = answer["content"].values()
                assert shape["schema"] == {"$ref": "#/components/schemas/ErrorBody"}, (path, status)


def test_every_parameter_and_field_is_described(document: dict[str, Any]) -> None:
    for (_, path), operation in operations(document).items():
        for parameter in operation.get("parameters", ()):
            assert parameter.get("description"), (path, parameter["name"])
    for name, shape in document["components"]["schemas"].items():
        assert shape.get("description"), name
        for field, kind in shape.get("properties", {}).items():
            assert kind.get("description"), (name, field)


def test_every_post_takes_an_idempotency_key(document: dict[str, Any]) -> None:
    for (method, path), operation in operations(document).items():
        names = [each["name"] for each in operation.get("parameters", ())]
        assert ("Idempotency-Key" in names) == (method == "post"), path


def test_the_document_names_no_machine(document: dict[str, Any]) -> None:
    assert "servers" not in document
    assert not re.search(r"localhost|127\.0\.0\.1", str(document))
