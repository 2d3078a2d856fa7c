"""How the loader reads contracts: into values, or an error that names the file."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.odcs import Entity, Field, Limits, Source, load_source
from dlt_pipelines.errors import ConfigurationError

SOURCE: dict[str, Any] = {
    "source": "shop",
    "version": "1.1.0",
    "lastUpdatedAt": "2026-11-20",
    "auth": {"type": "bearer"},
    "basePath": "/api",
    "limits": {"requestsPerMinute": 300, "burst": 60, "maxRecords": 100},
    "paging": {"offset": {"type": "offset", "offsetParam": "offset", "limitParam": "size"}},
    "entities": ["orders"],
}
ORDERS: dict[str, Any] = {
    "version": "1.2.0",
    "schema": [
        {
            "name": "orders",
            "description": "One row per order.",
            "customProperties": [
                {"property": "endpoint", "value": {"list": "/orders"}},
                {"property": "paging", "value": "offset"},
                {"property": "cursor", "value": {"field": "created", "overlapSeconds": 60}},
                {"property": "onForbidden", "value": "skip"},
                {"property": "owner", "value": "not the loader's"},
            ],
            "properties": [
                {
                    "name": "id",
                    "logicalType": "string",
                    "required": True,
                    "primaryKey": True,
                },
                {"name": "created", "logicalType": "integer"},
                {
                    "name": "amount",
                    "logicalType": "integer",
                    "customProperties": [{"property": "money", "value": "currency"}],
                },
                {
                    "name": "buyer",
                    "logicalType": "object",
                    "properties": [
                        {"name": "email", "logicalType": "string", "classification": "pii"}
                    ],
                },
                {
                    "name": "receipt_url",
                    "logicalType": "string",
                    "classification": "restricted",
                    "customProperties": [{"property": "volatile", "value": True}],
                },
            ],
        }
    ],
}


def load(
    folder: Path, source: dict[str, Any] = SOURCE, orders: dict[str, Any] | None = ORDERS
) -> Source:
    (folder / "shop").mkdir()
    (folder / "shop" / "contract.yaml").write_text(yaml.safe_dump(source), "utf-8")
    if orders is not None:
        (folder / "shop" / "orders.yaml").write_text(yaml.safe_dump(orders), "utf-8")
    return load_source("shop", folder)


def changed(document: dict[str, Any], *path: str | int, to: object = None) -> dict[str, Any]:
    """A copy with one value changed, or taken out."""
    whole = copy.deepcopy(document)
    node: Any = whole
    for name in path[:-1]:
        node = node[name]
    if to is None:
        del node[path[-1]]
    else:
        node[path[-1]] = to
    return whole


def test_a_contract_is_read_into_values(tmp_path: Path) -> None:
    source = load(tmp_path)
    orders = source.entities["orders"]
    assert (source.name, source.version, source.base_path) == ("shop", "1.1.0", "/api")
    assert (orders.source, orders.version, orders.key) == ("shop", "1.2.0", "id")
    assert orders.endpoint is not None and orders.endpoint.list == "/orders"
    assert orders.cursor is not None and orders.cursor.overlap_seconds == 60
    assert orders.on_forbidden == "skip"
    assert orders.fields == (
        Field(name="id", type="string", required=True),
        Field(name="created", type="integer"),
        Field(name="amount", type="integer", money="currency"),
        Field(name="buyer", type="object", fields=(Field(name="email", type="string", pii=True),)),
        Field(name="receipt_url", type="string", volatile=True),
    )


@pytest.mark.parametrize("classification", ["pii", "PII", " Pii "])
def test_an_object_that_is_pii_is_so_as_a_whole(classification: str, tmp_path: Path) -> None:
    path = ("schema", 0, "properties", 3, "classification")
    source = load(tmp_path, orders=changed(ORDERS, *path, to=classification))
    assert source.entities["orders"].fields[3] == Field(name="buyer", type="object", pii=True)


def test_a_rate_is_per_second_whichever_way_it_is_written() -> None:
    def rate(**limits: float) -> float:
        return Limits(max_records=1, burst=1, **limits).rate

    assert (rate(requests_per_second=80), rate(requests_per_minute=300)) == (80, 5)


@pytest.mark.parametrize(
    ("path", "to", "reason"),
    [
        (("version",), None, "version"),
        (("schema",), [], "schema"),
        (("schema", 0, "description"), None, "description"),
        (("schema", 0, "properties", 0, "logicalType"), "text", "text"),
        (("schema", 0, "properties", 0, "primaryKey"), False, "one primary key"),
        (("schema", 0, "properties", 1, "primaryKey"), True, "one primary key"),
        (("schema", 0, "customProperties", 0, "value"), {"lst": "/orders"}, "list"),
        (("schema", 0, "customProperties", 2, "value"), {"field": "created"}, "overlapSeconds"),
        (("schema", 0, "customProperties", 3, "value"), "ignore", "ignore"),
    ],
)
def test_a_wrong_entity_names_its_file(
    tmp_path: Path, path: tuple[str | int, ...], to: object, reason: str
) -> None:
    with pytest.raises(ConfigurationError, match=rf"CFG001.*{reason}.*shop/orders\.yaml"):
        load(tmp_path, orders=changed(ORDERS, *path, to=to))


@pytest.mark.parametrize(
    ("path", "to"),
    [
        (("limits", "burst"), "many"),
        (("limits", "maxRecords"), None),
        (("auth", "type"), "basic"),
        (("paging", "offset", "type"), "pages"),
        (("entities",), "orders"),
    ],
    ids=lambda value: str(value),
)
def test_a_wrong_source_names_its_file(tmp_path: Path, path: tuple[str, ...], to: object) -> None:
    with pytest.raises(ConfigurationError, match=r"CFG001.*shop/contract\.yaml"):
        load(tmp_path, source=changed(SOURCE, *path, to=to))


def test_an_entity_without_a_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"CFG001.*shop/orders\.yaml"):
        load(tmp_path, orders=None)


@pytest.mark.parametrize("text", [b"version: [", b"\xff\xfe\xfa", b"", b"just text"])
def test_a_file_that_is_no_yaml_mapping_is_named(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "contract.yaml").write_bytes(text)
    with pytest.raises(ConfigurationError, match=r"(?s)CFG001.*shop/contract\.yaml"):
        load_source("shop", tmp_path)


def names(source: str, *wanted: str) -> list[str]:
    return [entity.name for entity in load_source(source).closure(wanted)]


@pytest.mark.parametrize(
    ("source", "wanted", "loaded"),
    [
        ("payments", ["charges"], ["events", "charges"]),
        ("payments", ["balance_transactions"], ["balance_transactions"]),
        ("payments", ["refunds", "charges"], ["events", "charges", "refunds"]),
        ("zephyr", ["projects"], ["projects"]),
        ("zephyr", ["releases"], ["projects", "releases"]),
        ("zephyr", ["cycles"], ["projects", "releases", "cycles", "cycle_phases"]),
        ("zephyr", ["cycle_phases"], ["projects", "releases", "cycles", "cycle_phases"]),
        ("zephyr", ["test_cases"], list(load_source("zephyr").entities)),
    ],
    ids=lambda value: value if isinstance(value, str) else "+".join(value),
)
def test_an_entity_is_loaded_with_what_it_is_reached_through(
    source: str, wanted: list[str], loaded: list[str]
) -> None:
    assert names(source, *wanted) == loaded


@pytest.mark.parametrize("source", ["payments", "zephyr"])
def test_without_names_all_are_loaded_in_load_order(source: str) -> None:
    assert names(source) == list(load_source(source).entities)


def test_an_unknown_entity_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match=r"CFG001.*no entity 'ghosts'.*projects, releases"):
        names("zephyr", "ghosts")


SHIPPED = [
    (source, entity)
    for source in map(load_source, ("payments", "zephyr"))
    for entity in source.entities.values()
]
each_entity = pytest.mark.parametrize(
    ("source", "entity"), SHIPPED, ids=[f"{s.name}.{e.name}" for s, e in SHIPPED]
)


@each_entity
def test_a_contract_refers_only_to_what_exists(source: Source, entity: Entity) -> None:
    fields = {field.name for field in entity.fields}
    assert entity.key in fields
    assert entity.cursor is None or entity.cursor.field in fields
    assert entity.paging is None or entity.paging in source.paging
    assert {field.money for field in entity.fields if field.money} <= fields
    assert {reread.entity for reread in entity.rereads} <= source.entities.keys()
    if entity.parent:
        assert entity.parent.field in fields
        assert entity.parent.entity in source.entities
    if entity.embedded:
        host = source.entities[entity.embedded.entity]
        *through, _ = entity.embedded.at.split(".")  # the host's decoder vouches for these
        assert set(through) <= {field.name for field in host.fields if field.fields}


@each_entity
def test_an_entity_is_either_listed_or_embedded(source: Source, entity: Entity) -> None:
    assert (entity.endpoint is None) is (entity.embedded is not None)
    assert (entity.paging is None) is (entity.endpoint is None)


@each_entity
def test_what_an_entity_is_reached_through_loads_before_it(source: Source, entity: Entity) -> None:
    order = list(source.entities)
    before = [each.entity for each in (entity.parent, entity.embedded) if each]
    assert all(order.index(name) < order.index(entity.name) for name in before)
    after = [reread.entity for reread in entity.rereads]
    assert all(order.index(name) > order.index(entity.name) for name in after)


@each_entity
def test_pii_is_a_string_or_an_object_masked_as_a_whole(source: Source, entity: Entity) -> None:
    def walk(fields: tuple[Field, ...]) -> list[Field]:
        return [each for field in fields for each in (field, *walk(field.fields))]

    marked = [field for field in walk(entity.fields) if field.pii]
    assert all(field.type in ("string", "object", "array") for field in marked)
    assert not any(field.fields for field in marked)
    assert not {field.name for field in marked} & {entity.key}
