"""Requests made up from the OpenAPI document, good and bad: each answer is one that it declares."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from registry_server import BASE, ROUTES, Running, good, rows, running
from registry_stores import new_store
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from contracts.registry.audit import Actor
from contracts.registry.calls import Role
from contracts.registry.tokens import create_token

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
HEALTH = {("get", path) for path in ("/healthz", "/readyz", "/metrics")}
FEW = 6
CASES = [
    *((*route, GenerationMode.POSITIVE) for route in sorted(ROUTES | HEALTH)),
    *((*route, GenerationMode.NEGATIVE) for route in sorted(ROUTES)),
]
KINDS = ("string", "integer", "number", "boolean", "array", "object", "null")
LAYERS = ("extraction", "raw", "silver", "gold", "activation")


@dataclass
class Target:
    """A server with a dataset to hit, and what its caller sends along."""

    server: Running
    dataset_id: str
    subscription_id: str
    document: Any
    headers: dict[str, str] = field(default_factory=dict)


def made(server: Running) -> Target:
    """Two versions and a subscription, so that requests have something to hit."""
    api = server.api
    dataset_id = api.dataset()
    for schema in (rows(id_="string"), rows(id_="string", amount="integer")):
        good(api.ingest(dataset_id, schema))
    wanted = {"dataset_id": dataset_id, "layer": "gold", "consumer": "fuzz"}
    answer = good(api.post("/subscriptions", {**wanted, "required_compatibility": "FULL"}))
    document = schemathesis.openapi.from_url(f"{api.root}/openapi.json")
    return Target(server, dataset_id, answer["subscription_id"], document)


@pytest.fixture(scope="module", params=["without-tokens", "scoped-token"])
def target(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    store = new_store("sqlite", request, tmp_path_factory.mktemp("fuzz"))
    with running(store, rate=1e6, burst=10**6) as server:
        found = made(server)
        if request.param == "scoped-token":
            token = server.services.database.write(
                "test",
                lambda connection: create_token(
                    connection,
                    Actor("command", "test"),
                    name="fuzz",
                    role=Role.operator,
                    datasets=[found.dataset_id],
                    layers=["gold", "silver"],
                ),
            )
            found.headers["Authorization"] = f"Bearer {token.secret}"
        yield found


@pytest.fixture(scope="module")
def examples(pytestconfig: pytest.Config) -> int:
    found: int = pytestconfig.getoption("--fuzz-examples", default=FEW)
    return found


subschemas = st.recursive(
    st.booleans() | st.fixed_dictionaries({"type": st.sampled_from(KINDS)}),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(KINDS) | st.lists(st.sampled_from(KINDS), max_size=3),
            "properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
            "required": st.lists(st.sampled_from("abc"), unique=True),
            "additionalProperties": inner,
            "patternProperties": st.dictionaries(st.sampled_from(["^a", "b$", "("]), inner),
            "items": inner,
            "allOf": st.lists(inner, min_size=1, max_size=2),
            "anyOf": st.lists(inner, min_size=1, max_size=3),
            "oneOf": st.lists(inner, min_size=1, max_size=3),
            "not": inner,
            "if": inner,
            "then": inner,
            "else": inner,
            "enum": st.lists(st.integers() | st.text(max_size=3), min_size=1, max_size=3),
            "const": st.none() | st.floats(allow_nan=False, allow_infinity=False),
            "minimum": st.integers() | st.floats(allow_nan=False, allow_infinity=False),
            "multipleOf": st.integers(min_value=1) | st.floats(1e-9, 1e9),
            "maxLength": st.integers(-1, 10**12),
            "pattern": st.sampled_from(["^a+$", "[", "(a|b)*c", "\\d{3}"]),
            "$ref": st.sampled_from(["#", "#/properties/a", "#/none", "https://example.com/x"]),
        },
    ),
    max_leaves=8,
)


def aim(case: Case, target: Target, data: st.DataObject) -> None:
    """Puts names that exist where made-up ones stand, most of the time."""
    aims = {
        "dataset_id": st.just(target.dataset_id),
        "subscription_id": st.just(target.subscription_id),
        "version": st.sampled_from(["current", "latest", "1", "2"]),
        "layer": st.sampled_from(["gold", "gold", "silver"]),
    }
    places = [case.path_parameters, case.query]
    if isinstance(case.body, dict):
        places.append(case.body)
        if "schema_json" in case.body and data.draw(st.booleans()):
            case.body["schema_json"] = data.draw(subschemas)
    for place in places:
        for name, values in aims.items():
            if name in (place or {}) and data.draw(st.integers(0, 3)):
                place[name] = data.draw(values)


@pytest.mark.parametrize(
    ("method", "path", "mode"), CASES, ids=[f"{mode.value} {way} {at}" for way, at, mode in CASES]
)
def test_every_answer_is_one_that_the_document_declares(
    target: Target, examples: int, method: str, path: str, mode: GenerationMode
) -> None:
    place = path if (method, path) in HEALTH else BASE + path
    operation = target.document[place][method.upper()]

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
    def ask(case: Case, data: st.DataObject) -> None:
        aim(case, target, data)
        case.call_and_validate(headers=target.headers, checks=CHECKS, timeout=30)

    ask()
