"""Reads the hand-written contracts: ODCS 3.1 documents in, values out.

The documents are written to the Open Data Contract Standard
(https://bitol-io.github.io/open-data-contract-standard/v3.1.0/); what the loader needs beyond it
stands in their `customProperties`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec
import yaml

from dlt_pipelines.errors import ConfigurationError

FOLDER = Path(__file__).parent
T = TypeVar("T")
LogicalType = Literal["string", "integer", "number", "boolean", "object", "array"]


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A contracted field; `fields` lists what is kept of a nested object.

    `reference` names the kind of object whose id it holds, `epoch` the unit of a moment in time.
    `values` are the known values of an enumeration, as text: any other still fits, but is drift.
    """

    name: str
    type: LogicalType
    required: bool = False
    pii: bool = False
    volatile: bool = False
    money: str | None = None
    reference: str | None = None
    epoch: Literal["seconds", "milliseconds"] | None = None
    values: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    description: str = ""


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Paths below the source's base path; `{parent}` and `{id}` are filled in."""

    list: str
    retrieve: str | None = None
    params: dict[str, str] = {}


class Cursor(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The field that grows, in epoch seconds, and how far behind it to look again."""

    field: str
    overlap_seconds: int


class Parent(msgspec.Struct, frozen=True, kw_only=True):
    """The walk to this entity: for each key of `entity`, rows whose `field` equals it."""

    entity: str
    field: str


class Embedded(msgspec.Struct, frozen=True, kw_only=True, rename={"entity": "in"}):
    """An entity that comes inside the rows of another, `at` a dotted path."""

    entity: str
    at: str


class Reread(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An event about `object`: `entity` is read again by the id in `data.object.<id>`.

    With `list_param` the id is another object's, and the entity's list is read, filtered by it.
    """

    object: str
    entity: str
    id: str
    list_param: str = ""


class Entity(msgspec.Struct, frozen=True, kw_only=True, rename={"on_forbidden": "onForbidden"}):
    """One entity's contract, as the loader uses it.

    `ignored` are dotted names of fields that are known and, on purpose, not stored: no drift. The
    last part `*` stands for all fields there that the contract does not list.
    """

    source: str
    name: str
    version: str
    description: str
    fields: tuple[Field, ...]
    endpoint: Endpoint | None = None
    paging: str | None = None
    cursor: Cursor | None = None
    parent: Parent | None = None
    embedded: Embedded | None = None
    rereads: tuple[Reread, ...] = ()
    ignored: tuple[str, ...] = ()
    on_forbidden: Literal["fail", "skip"] = "fail"
    key: str

    def ignores(self, field: str) -> bool:
        """Whether an uncontracted field, by its dotted name, is left out on purpose."""
        return field in self.ignored or f"{field.rpartition('.')[0]}.*" in self.ignored


class Paging(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Which query parameters carry the paging of a list endpoint."""

    type: Literal["cursor", "offset", "whole"]
    limit_param: str = ""
    after_param: str = ""
    after_field: str = ""
    since_param: str = ""
    until_param: str = ""
    offset_param: str = ""


class Limits(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Requests per second (or minute) on average, `burst` at once; `max_records` rows a page."""

    max_records: int
    burst: int
    requests_per_second: float | None = None
    requests_per_minute: float | None = None

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests_per_second or (self.requests_per_minute or 60.0) / 60.0


class Auth(msgspec.Struct, frozen=True):
    type: Literal["bearer"]


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A source's contract with its entities in load order; `owner` is the team that answers for it.

    A load is refused when more than `max_bad_percent` of an entity's rows do not fit.
    """

    name: str
    version: str
    base_path: str
    auth: Auth
    limits: Limits
    paging: dict[str, Paging]
    entities: dict[str, Entity]
    max_bad_percent: float = 10.0
    owner: str = ""

    @property
    def root(self) -> str:
        """The first segment of all paths, `/v1`: what a base URL is easily given with."""
        lists = (each.endpoint.list for each in self.entities.values() if each.endpoint)
        return "/" + (self.base_path or next(lists, "")).strip("/").partition("/")[0]

    def closure(self, names: tuple[str, ...]) -> list[Entity]:
        """The named entities (all, when none is named) and what they are reached through.

        In load order. Raises CFG001 for a name that the contract does not know.
        """
        for name in names:
            if name not in self.entities:
                known = ", ".join(self.entities)
                raise ConfigurationError(
                    f"{self.name} has no entity {name!r}; it has {known}", entity=name
                )
        wanted = set(names or self.entities)
        for entity in reversed(self.entities.values()):
            if entity.name in wanted:
                wanted |= self._reached_through(entity)
        for name in tuple(wanted):
            wanted |= {entity.name for entity in self.embedded_in(name)}
        return [entity for entity in self.entities.values() if entity.name in wanted]

    def embedded_in(self, name: str) -> list[Entity]:
        """The entities that come inside the rows of `name`."""
        found = self.entities.values()
        return [each for each in found if each.embedded and each.embedded.entity == name]

    def _reached_through(self, entity: Entity) -> set[str]:
        feeds = {e.name for e in self.entities.values() if _announces(e, entity.name)}
        if entity.parent:
            feeds.add(entity.parent.entity)
        if entity.embedded:
            feeds.add(entity.embedded.entity)
        return feeds


def _announces(entity: Entity, name: str) -> bool:
    return any(reread.entity == name for reread in entity.rereads)


class _SourceDocument(msgspec.Struct, kw_only=True, rename="camel"):
    source: str
    version: str
    auth: Auth
    limits: Limits
    paging: dict[str, Paging]
    entities: list[str]
    base_path: str = ""
    owner: str = ""
    max_bad_percent: Annotated[float, msgspec.Meta(ge=0, le=100)] = 10.0


def source_names(folder: Path = FOLDER) -> list[str]:
    """The sources that have a contract."""
    return sorted(path.parent.name for path in folder.glob("*/contract.yaml"))


@cache
def load_source(name: str, folder: Path = FOLDER) -> Source:
    """The contract of a source and of its entities. Raises CFG001 naming the file that is wrong."""
    path = folder / name / "contract.yaml"
    document = _read(path, _SourceDocument)
    entities = {
        entity: load_entity(folder / name / f"{entity}.yaml", name) for entity in document.entities
    }
    return Source(
        name=name,
        version=document.version,
        base_path=document.base_path,
        auth=document.auth,
        limits=document.limits,
        paging=document.paging,
        entities=entities,
        max_bad_percent=document.max_bad_percent,
        owner=document.owner,
    )


class _CustomProperty(msgspec.Struct):
    property: str
    value: Any


class _Items(msgspec.Struct, frozen=True):
    properties: list[_Property] = []


class _Property(msgspec.Struct, kw_only=True, rename="camel"):
    name: str
    logical_type: LogicalType
    description: str = ""
    required: bool = False
    primary_key: bool = False
    classification: str = ""
    properties: list[_Property] = []
    items: _Items = _Items()
    custom_properties: list[_CustomProperty] = []


class _Table(msgspec.Struct, kw_only=True, rename="camel"):
    name: str
    description: str
    properties: list[_Property]
    custom_properties: list[_CustomProperty] = []


class _Document(msgspec.Struct, kw_only=True, rename="camel"):
    version: str
    schema: Annotated[list[_Table], msgspec.Meta(min_length=1)]


def _read(path: Path, type_: type[T]) -> T:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"the contract cannot be read: {error}", file=path) from error
    return _parsed(text, type_, path)


def _parsed(text: str, type_: type[T], path: Path) -> T:
    try:
        return msgspec.convert(yaml.load(text, yaml.CSafeLoader), type_)
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise ConfigurationError(f"the contract cannot be read: {error}", file=path) from error


def load_entity(path: Path, source: str) -> Entity:
    """The contract of one entity of `source`. Raises CFG001 naming the file that is wrong."""
    return _entity(_read(path, _Document), source, path)


def read_entity(text: str, source: str, path: Path) -> Entity:
    """As `load_entity`, of a document that was read already; `path` is named in errors."""
    return _entity(_parsed(text, _Document, path), source, path)


def _entity(document: _Document, source: str, path: Path) -> Entity:
    table = document.schema[0]
    custom = {item.property: item.value for item in table.custom_properties}
    keys = [field.name for field in table.properties if field.primary_key]
    if len(keys) != 1:
        raise ConfigurationError("an entity has exactly one primary key", file=path, keys=keys)
    try:
        values: dict[str, Any] = {
            "source": source,
            "name": table.name,
            "version": document.version,
            "description": table.description,
            "fields": tuple(_field(item) for item in table.properties),
            "key": keys[0],
            **custom,
        }
        return msgspec.convert(values, Entity)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"the contract cannot be read: {error}", file=path) from error


def _field(item: _Property) -> Field:
    """An object that is PII is masked as a whole, whatever it lists of its fields."""
    custom = {each.property: each.value for each in item.custom_properties}
    pii = item.classification.strip().lower() == "pii"
    nested = () if pii else item.properties or item.items.properties
    return Field(
        name=item.name,
        type=item.logical_type,
        required=item.required,
        pii=pii,
        volatile=bool(custom.get("volatile", False)),
        money=custom.get("money"),
        reference=custom.get("reference"),
        epoch=custom.get("epoch"),
        values=msgspec.convert(custom.get("values", ()), tuple[str, ...]),
        fields=tuple(map(_field, nested)),
        description=item.description,
    )
