"""Questions about schemas that store nothing: diffs, checks before publishing, documents."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Connection

from contracts.compatibility import Classification, Finding
from contracts.json_schema import Schema, validate
from contracts.registry import datasets, subscriptions, versions
from contracts.registry.auth import Read
from contracts.registry.database import Row
from contracts.registry.engine import WHOLE, plain
from contracts.registry.errors import Unavailable
from contracts.registry.idempotency import Done
from contracts.registry.judgements import Base, Verdicts, in_words, judge
from contracts.registry.services import Services
from contracts.registry.shapes.versions import Check, ValidBody, ViolationBody

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class _Classified(msgspec.Struct):
    classification: Classification


_CLASSIFICATION = msgspec.json.Decoder(_Classified)


def kept_diff(
    services: Services, read: Read, dataset_id: str, layer: str, base: str, to: str, depth: int
) -> bytes | None:
    """What is different between two versions, as JSON, if it was worked out before."""
    began = time.perf_counter()
    with read("diff") as connection:
        old = versions.find_hash(connection, dataset_id, layer, base)
        new = versions.find_hash(connection, dataset_id, layer, to)
        text = services.engine.known(connection, old["schema_hash"], new["schema_hash"], depth)
    return None if text is None else _told(services, layer, old, new, text, began)


def diff(
    services: Services, dataset_id: str, layer: str, base: str, to: str, depth: int = WHOLE
) -> bytes:
    """The same, worked out and kept: versions never change."""
    began = time.perf_counter()
    engine = services.engine
    with services.database.read("diff") as connection:
        old = versions.find_hash(connection, dataset_id, layer, base)
        new = versions.find_hash(connection, dataset_id, layer, to)
        schema = engine.schema(connection, new["schema_hash"])
        text, _ = engine.verdict(connection, old["schema_hash"], schema, depth)
    _keep(services, (old["schema_hash"], new["schema_hash"]), text, depth)
    return _told(services, layer, old, new, text, began)


def _told(services: Services, layer: str, old: Row, new: Row, text: bytes, began: float) -> bytes:
    message = _ENCODER.encode(in_words(_CLASSIFICATION.decode(text).classification))
    head = b'{"from":%d,"to":%d,"message":%b,' % (old["version"], new["version"], message)
    services.metrics.diff_latency.labels(layer).observe((time.perf_counter() - began) * 1000)
    return head + text[1:]  # what is kept is not read and written again


def _keep(services: Services, hashes: tuple[str, str], text: bytes, depth: int) -> None:
    try:
        services.database.write(
            "diff.keep", lambda connection: services.engine.keep(connection, *hashes, text, depth)
        )
    except Unavailable:
        return  # the answer is right without it


def check(connection: Connection, services: Services, wanted: Check, schema: Schema) -> Done:
    """What storing the schema would mean. Raises `NotFound` for the base version."""
    dataset = datasets.find(connection, wanted.dataset_id)
    found = versions.find(connection, wanted.dataset_id, wanted.layer, wanted.base_version)
    newest = versions.find(connection, wanted.dataset_id, wanted.layer, "latest")
    judgement = judge(
        connection,
        Verdicts(services.engine, schema),
        dataset=dataset,
        layer=wanted.layer,
        base=Base(found["version"], found["schema_hash"]),
        subscriptions=subscriptions.active(connection, wanted.dataset_id, wanted.layer),
        version=newest["version"] + 1,
    )
    body = {
        "classification": judgement.classification,
        "compatible": judgement.compatible,
        "message": judgement.message,
        "checked_against": judgement.checked_against,
        "changes": _changes(judgement.changes),
        "broken_subscriptions": [each.model_dump(mode="json") for each in judgement.broken],
    }
    return Done(body=_ENCODER.encode(body))


def _changes(changes: Iterable[tuple[int, Finding]]) -> list[dict[str, Any]]:
    return [{**plain(each), "against": version} for version, each in changes]


def fits(
    connection: Connection,
    services: Services,
    *,
    dataset_id: str,
    layer: str,
    version: str,
    document: object,
) -> Done:
    """Whether a document fits a version. Raises `NotFound`."""
    row = versions.find(connection, dataset_id, layer, version)
    schema = services.engine.schema(connection, row["schema_hash"])
    found = validate(schema, document)
    errors = [ViolationBody(path=each.path, message=each.message) for each in found]
    return Done(body=ValidBody(valid=not errors, errors=errors))
