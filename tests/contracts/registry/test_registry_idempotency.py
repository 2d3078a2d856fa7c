"""A key's first answer is its only one: on both stores, side by side, and after a crash."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from registry_server import Api, Running, good, problem, rows
from sqlalchemy import update

from contracts.registry.idempotency import purge
from contracts.registry.models import IdempotencyKey

SCHEMA = rows(id_="string")


def keyed(key: str | None = None) -> dict[str, dict[str, str]]:
    return {"headers": {"Idempotency-Key": key or uuid.uuid4().hex}}


def test_a_post_sent_again_is_answered_again(api: Api) -> None:
    body = {"namespace": "tests", "name": uuid.uuid4().hex, "owner": "o"}
    key = keyed()
    first, again = (api.post("/datasets", body, **key) for _ in range(2))
    assert (first.status_code, first.content) == (again.status_code, again.content)
    turned = dict(reversed(body.items()))
    assert api.post("/datasets", turned, **key).content == first.content


def test_a_key_with_another_payload_is_a_conflict(api: Api) -> None:
    dataset_id = api.dataset()
    key = keyed()
    good(api.ingest(dataset_id, SCHEMA, **key))
    other = api.ingest(dataset_id, rows(id_="integer"), **key)
    assert problem(other, 409, "conflict")["details"] == {
        "idempotency_key": key["headers"]["Idempotency-Key"]
    }
    assert len(api.versions(dataset_id)) == 1


def test_a_key_belongs_to_its_route(api: Api) -> None:
    key = keyed()
    first, second = api.dataset(), api.dataset()
    assert good(api.ingest(first, SCHEMA, **key))["dataset_id"] == first
    assert good(api.ingest(second, SCHEMA, **key))["dataset_id"] == second


def test_a_refusal_is_kept_as_well(api: Api) -> None:
    dataset_id = api.dataset()
    good(api.ingest(dataset_id, SCHEMA))
    path = f"/datasets/{dataset_id}/layers/gold/versions/2/set-current"
    key = keyed()
    first = api.post(path, **key)
    problem(first, 404, "not_found")
    good(api.ingest(dataset_id, rows(id_="string", more="string")))
    again = api.post(path, **key)
    assert (again.status_code, again.content) == (404, first.content)
    good(api.post(path))


def test_questions_take_a_key_too(api: Api) -> None:
    dataset_id = api.dataset()
    good(api.ingest(dataset_id, SCHEMA))
    question = {"dataset_id": dataset_id, "layer": "gold", "schema_json": SCHEMA}
    validation = f"/datasets/{dataset_id}/layers/gold/versions/1/validate"
    for path, body in (("/compatibility/check", question), (validation, {"document": {}})):
        key = keyed()
        first, again = (api.post(path, body, **key) for _ in range(2))
        assert first.ok and first.content == again.content


def test_the_same_key_sent_by_many_at_once_is_done_once(api: Api) -> None:
    dataset_id = api.dataset()
    key = keyed()
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: api.ingest(dataset_id, SCHEMA, **key), range(32)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len(api.versions(dataset_id)) == 1
    stored = good(api.get(f"/audit?target={dataset_id}/gold"))["items"]
    assert [each["action"] for each in stored] == ["current.set", "version.stored"]


def test_after_a_day_a_key_is_free_again(server: Running) -> None:
    key = keyed()
    body = {"namespace": "tests", "name": uuid.uuid4().hex, "owner": "o"}
    good(server.api.post("/datasets", body, **key))
    used = IdempotencyKey.key == key["headers"]["Idempotency-Key"]
    past = datetime.now(UTC) - timedelta(seconds=1)
    database = server.services.database
    database.write(
        "test",
        lambda connection: connection.execute(
            update(IdempotencyKey).where(used).values(expires_at=past)
        ),
    )
    problem(server.api.post("/datasets", body, **key), 409, "conflict")  # done anew, and refused
    database.write(
        "test",
        lambda connection: connection.execute(
            update(IdempotencyKey).where(used).values(expires_at=past)
        ),
    )
    assert database.write("test", purge) == 1


def test_what_is_no_key_is_refused(api: Api) -> None:
    body = {"namespace": "tests", "name": uuid.uuid4().hex, "owner": "o"}
    for key in ("two words", "x" * 256, "ü".encode().decode("latin-1")):
        problem(api.post("/datasets", body, **keyed(key)), 422, "invalid_request")
