"""ODCS 3.1 documents as JSON Schemas, and back without loss.

https://bitol-io.github.io/open-data-contract-standard/v3.1.0/ says what a document is. A field that
is not required may be null or absent. Keywords that ODCS has no word for stand in the custom
property `jsonSchema` of a field, and are merged into what the rest of the field says; what JSON
Schema has no word for stands in the annotation `x-odcs`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Json = dict[str, Any]
ANNOTATION = "x-odcs"
_EXTRA = "jsonSchema"
_WITHOUT = "jsonSchemaWithout"
_TYPES: dict[str, Json] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "object": {"type": "object"},
    "array": {"type": "array"},
    "date": {"type": "string", "format": "date"},
    "timestamp": {"type": "string", "format": "date-time"},
    "time": {"type": "string", "format": "time"},
}
_FORMATS = {made["format"]: name for name, made in _TYPES.items() if "format" in made}
_OPTIONS: dict[str, tuple[str, ...]] = {
    "string": ("minLength", "maxLength", "pattern"),
    "integer": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "array": ("minItems", "maxItems", "uniqueItems"),
    "object": ("minProperties", "maxProperties"),
}
_READ = frozenset(
    ("name", "logicalType", "logicalTypeOptions", "required", "description", "properties", "items")
)


class OdcsError(ValueError):
    """It is no ODCS document that is read here. `path` (a JSON pointer) says where."""

    def __init__(self, message: str, path: str) -> None:
        super().__init__(message)
        self.message = message
        self.path = path


def schema_of(document: object) -> Json | bool:
    """The JSON Schema of a document's one table. Raises OdcsError."""
    root = _mapping(document, "")
    if root.get("kind") != "DataContract" or not str(root.get("apiVersion", "")).startswith("v3."):
        raise OdcsError("it is no ODCS 3 document: kind DataContract, apiVersion v3.…", "/kind")
    tables = _list(root.get("schema"), "/schema")
    if len(tables) != 1:
        raise OdcsError(f"one schema is expected, not {len(tables)}", "/schema")
    table = _mapping(tables[0], "/schema/0")
    whole = {"logicalType": "object", **table, "required": True}
    return _merged(_element(whole, "/schema/0"), table)


def _element(element: Mapping[str, Any], path: str) -> Json:
    """What ODCS itself says of a field."""
    kind = element.get("logicalType")
    if kind is not None and kind not in _TYPES:
        raise OdcsError(f"logicalType {kind!r} is not known", f"{path}/logicalType")
    made = dict(_TYPES.get(str(kind), {}))
    if "type" in made and element.get("required") is not True:
        made["type"] = [made["type"], "null"]
    if "description" in element:
        made["description"] = element["description"]
    options = _mapping(element.get("logicalTypeOptions", {}), f"{path}/logicalTypeOptions")
    known = _OPTIONS.get(str(kind), ())
    made |= {name: value for name, value in options.items() if name in known}
    made |= _inside(element, path)
    rest = {name: value for name, value in element.items() if name not in _READ}
    unknown = {name: value for name, value in options.items() if name not in known}
    rest |= {"logicalTypeOptions": unknown} if unknown else {}
    others = [each for each in _customs(element) if each["property"] not in (_EXTRA, _WITHOUT)]
    rest.pop("customProperties", None)
    rest |= {"customProperties": others} if others else {}
    return made | ({ANNOTATION: rest} if rest else {})


def _inside(element: Mapping[str, Any], path: str) -> Json:
    made: Json = {}
    if "properties" in element:
        fields = [
            _mapping(each, f"{path}/properties/{at}")
            for at, each in enumerate(_list(element["properties"], f"{path}/properties"))
        ]
        made["properties"] = {}
        for at, field in enumerate(fields):
            name, place = field.get("name"), f"{path}/properties/{at}"
            if not isinstance(name, str) or name in made["properties"]:
                raise OdcsError("a field has a name of its own", f"{place}/name")
            made["properties"][name] = _merged(_element(field, place), field)
        required = [each["name"] for each in fields if each.get("required") is True]
        made |= {"required": required} if required else {}
    if "items" in element:
        items = _mapping(element["items"], f"{path}/items")
        made["items"] = _merged(_element({"required": True, **items}, f"{path}/items"), items)
    return made


def _merged(made: Json, element: Mapping[str, Any]) -> Json | bool:
    custom = _custom(element)
    extra = custom.get(_EXTRA, {})
    if isinstance(extra, bool):
        return extra
    without = custom.get(_WITHOUT, ())
    kept = {name: value for name, value in made.items() if name not in without}
    return kept | (extra if isinstance(extra, dict) else {})


def _customs(element: Mapping[str, Any]) -> list[Json]:
    found = element.get("customProperties") or []
    return [each for each in found if isinstance(each, dict) and "property" in each]


def _custom(element: Mapping[str, Any]) -> Json:
    return {str(each["property"]): each.get("value") for each in _customs(element)}


def _mapping(value: object, path: str) -> Mapping[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise OdcsError("an object is expected", path)
    return value


def _list(value: object, path: str) -> list[Any]:
    if not isinstance(value, list):
        raise OdcsError("a list is expected", path)
    return value


def document_of(schema: Json | bool, head: Mapping[str, Any], *, name: str) -> Json:
    """The document, `head` its first lines, of which `schema_of` makes the schema again."""
    table = _written(schema, required=True, kind="object")
    table.pop("required", None)
    return {**head, "schema": [{"name": name, "logicalType": "object", **table}]}


def _written(schema: Json | bool, *, required: bool, kind: str | None = None) -> Json:
    """A field without its name; a table's kind is always `object`."""
    if isinstance(schema, bool):
        return {"customProperties": [{"property": _EXTRA, "value": schema}]}
    kind = kind or _kind(schema)
    options = {name: schema[name] for name in _OPTIONS.get(kind or "", ()) if name in schema}
    rest = schema.get(ANNOTATION)
    element: Json = dict(rest) if isinstance(rest, dict) and not _READ & rest.keys() else {}
    element |= {"logicalType": kind} if kind else {}
    element |= {"required": True} if required else {}
    if isinstance(schema.get("description"), str):
        element["description"] = schema["description"]
    element |= {"logicalTypeOptions": options} if options else {}
    properties = schema.get("properties")
    if kind == "object" and isinstance(properties, dict) and properties:
        element["properties"] = list(_fields(properties, schema.get("required", ())))
    if kind == "array" and isinstance(schema.get("items"), dict | bool):
        items = _written(schema["items"], required=True)
        items.pop("required", None)
        element["items"] = items
    return _with_rest(element, schema)


def _kind(schema: Json) -> str | None:
    types = schema.get("type")
    plain = [each for each in (types if isinstance(types, list) else [types]) if each != "null"]
    if len(plain) != 1 or plain[0] not in _TYPES:
        return None
    kind = str(plain[0])
    return _FORMATS.get(str(schema.get("format")), kind) if kind == "string" else kind


def _fields(properties: Json, required: Iterable[str]) -> Iterable[Json]:
    for name, schema in properties.items():
        nullable = not isinstance(schema, dict) or isinstance(schema.get("type"), list)
        yield {"name": name, **_written(schema, required=name in required and not nullable)}


def _with_rest(element: Json, schema: Json) -> Json:
    """Adds what the field does not say yet."""
    said = _element(element, "")
    extra = {name: each for name, each in schema.items() if said.get(name, said) != each}
    without = [name for name in said if name not in schema]
    custom = [*_customs(element)]
    custom += [{"property": _EXTRA, "value": extra}] if extra else []
    custom += [{"property": _WITHOUT, "value": without}] if without else []
    return element | ({"customProperties": custom} if custom else {})
