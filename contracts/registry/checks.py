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


def diff(
    services: Services, dataset_id: str, layer: str, base: str, to: str, depth: int = WHOLE
) -> bytes:
    """What is different between two versions, as JSON; kept, for versions never change."""
    began = time.perf_counter()
    engine = services.engine
    with services.database.read("diff") as connection:
        old = versions.find(connection, dataset_id, layer, base)
        row = versions.find(connection, dataset_id, layer, to)
        hashes = (old["schema_hash"], row["schema_hash"])
        text, new = engine.known(connection, *hashes, depth), False
        if text is None:
            schema = engine.schema(connection, hashes[1])
            text, _ = engine.verdict(connection, hashes[0], schema, depth)
            new = True
    if new:
        _keep(services, hashes, text, depth)
    message = _ENCODER.encode(in_words(_CLASSIFICATION.decode(text).classification))
    head = b'{"from":%d,"to":%d,"message":%b,' % (old["version"], row["version"], message)
    answer = head + text[1:]  # what is kept is not read and written again
    services.metrics.diff_latency.labels(layer).observe((time.perf_counter() - began) * 1000)
    return answer


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
