"""docs/registry/api.md as the OpenAPI document has it; the examples are written by hand.

`.venv/bin/python tests/contracts/registry/api_page.py` writes what is generated anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contracts.registry.app import create_app
from contracts.registry.gate import BASE
from contracts.registry.services import make_services
from contracts.registry.settings import Settings
from dlt_pipelines import config
from dlt_pipelines.signals.logs import Log

PAGE = config.PROJECT_ROOT / "docs" / "registry" / "api.md"
MARK = "<!-- from the OpenAPI document -->\n"
Json = dict[str, Any]


def openapi() -> Json:
    """The document of an application whose store is never asked."""
    import io

    log = Log(io.StringIO(), source=None, hidden=())
    app = create_app(make_services(Settings(database_url="sqlite:////nowhere/r.sqlite"), log))
    log.close()
    return app.openapi()


def generated(document: Json) -> str:
    """All that stands below the mark."""
    lines = ["", "## Routes", ""]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            lines += _operation(method, path.removeprefix(BASE), operation)
    lines += ["## Bodies", ""]
    for name, shape in sorted(document["components"]["schemas"].items()):
        lines += [f"### {name}", "", shape["description"], ""]
        lines += _table(("field", "type", ""), _fields(shape))
    return "\n".join(lines).rstrip() + "\n"


def _operation(method: str, path: str, operation: Json) -> Iterator[str]:
    yield from (f"### {method.upper()} {path}", "", _line(operation["description"]), "")
    rows = [
        (
            f"`{each['name']}`",
            each["in"] + (", required" if each.get("required") else ""),
            _type(each["schema"]),
            _line(each["description"]),
        )
        for each in operation.get("parameters", ())
    ]
    yield from _table(("parameter", "in", "type", ""), rows)
    if "requestBody" in operation:
        yield from (f"Body: {_bodies(operation['requestBody']['content'])}.", "")
    answers = [
        (f"`{status}`", _bodies(answer.get("content", {})), _line(answer["description"]))
        for status, answer in sorted(operation["responses"].items())
    ]
    yield from _table(("status", "body", ""), answers)


def _fields(shape: Json) -> Iterator[tuple[str, ...]]:
    needed = shape.get("required", ())
    for name, kind in shape.get("properties", {}).items():
        marked = f"`{name}`" + (" (required)" if name in needed else "")
        yield marked, _type(kind), _line(kind["description"])


def _bodies(content: Json) -> str:
    kinds = [
        f"{_type(body.get('schema', {}))}{'' if kind == 'application/json' else f' as {kind}'}"
        for kind, body in content.items()
    ]
    return " or ".join(kinds)


def _type(schema: Json) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return " or ".join(dict.fromkeys(_type(each) for each in schema[choice]))
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    if schema.get("title") == "NewSchema":
        return "[NewSchema](#newschema)"
    return str(schema.get("format") or schema.get("type") or "any JSON")


def _line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _table(head: tuple[str, ...], rows: Any) -> Iterator[str]:
    rows = list(rows)
    if rows:
        yield from (f"| {' | '.join(head)} |", "|" + "---|" * len(head))
        yield from (f"| {' | '.join(row)} |" for row in rows)
        yield ""


if __name__ == "__main__":
    written, _, _ = PAGE.read_text("utf-8").partition(MARK)
    PAGE.write_text(written + MARK + generated(openapi()), "utf-8")
