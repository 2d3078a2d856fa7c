"""Whatever comes, the answer has a status and a code, comes soon, and nothing is stored."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from registry_server import Api, good, problem, rows

GOOD = json.dumps({"schema_json": rows(id_="string")})
DEEP = 10_000


def wrapped(schema: str) -> str:
    return '{"schema_json": ' + schema + "}"


def nested(levels: int) -> str:
    return '{"properties": {"a": ' * levels + "{}" + "}}" * levels


BODIES: dict[str, tuple[str | bytes, int, str | None]] = {
    "nothing": ("", 400, "not_json"),
    "not-json": ("{", 400, "not_json"),
    "not-utf-8": (b'{"schema_json": "\xff"}', 400, "not_json"),
    "nan": (wrapped('{"minimum": NaN}'), 400, "not_json"),
    "key-twice": (wrapped('{"type": "object", "type": "string"}'), 422, "duplicate_key"),
    "half-a-character": (wrapped(r'{"title": "\ud800"}'), 422, "lone_surrogate"),
    "no-schema": (wrapped('{"type": "strange"}'), 422, "not_a_schema"),
    "a-list": (wrapped("[]"), 422, None),
    "a-number": (wrapped("7"), 422, None),
    "null": (wrapped("null"), 422, None),
    "left-out": ("{}", 422, None),
    "unknown-field": ('{"schema_json": {}, "colour": 1}', 422, None),
    "unknown-draft": (
        wrapped('{"$schema": "https://example.com/draft-99"}'),
        422,
        "unknown_draft",
    ),
    "remote-ref": (wrapped('{"$ref": "https://example.com/s.json"}'), 422, "remote_ref"),
    "file-ref": (wrapped('{"$ref": "file:///etc/passwd"}'), 422, "remote_ref"),
    "dangling-ref": (wrapped('{"$ref": "#/definitions/none"}'), 422, "unresolvable_ref"),
    "bad-pattern": (wrapped('{"pattern": "("}'), 422, "bad_pattern"),
    "deep": (wrapped(nested(DEEP)), 422, "too_deep"),
    "deep-list": (wrapped("[" * DEEP + "]" * DEEP), 422, "too_deep"),
    "two-mebibytes": (wrapped('{"title": "' + "x" * 2**21 + '"}'), 422, "too_large"),
    "just-too-large": (wrapped('{"title": "' + "x" * 2**20 + '"}'), 422, "too_large"),
    "huge-number": (wrapped('{"minimum": 1' + "0" * 5000 + "}"), 422, "number_out_of_range"),
}


def send(api: Api, dataset_id: str, body: str | bytes, kind: str = "application/json") -> Any:
    return api.send(
        "POST",
        f"/datasets/{dataset_id}/layers/gold/schemas",
        data=body,
        headers={"Content-Type": kind},
    )


@pytest.mark.parametrize(("body", "status", "reason"), BODIES.values(), ids=list(BODIES))
def test_a_bad_schema_is_refused_with_its_reason(
    api: Api, body: str | bytes, status: int, reason: str | None
) -> None:
    dataset_id = api.dataset()
    refused = problem(send(api, dataset_id, body), status, "invalid_request")
    if reason is not None:
        assert refused["details"]["reason"] == reason
    else:
        assert refused["details"]["fields"]
    assert api.versions(dataset_id) == []
    assert good(api.get(f"/audit?target={dataset_id}"))["total"] == 1


def test_a_recursive_schema_is_taken(api: Api) -> None:
    dataset_id = api.dataset()
    tree = {"type": "object", "properties": {"next": {"$ref": "#"}}}
    assert good(api.ingest(dataset_id, tree))["version"] == 1
    assert good(api.ingest(dataset_id, {**tree, "title": "tree"}))["version"] == 2


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", ""])
def test_other_media_types_are_refused(api: Api, kind: str) -> None:
    problem(send(api, api.dataset(), GOOD, kind), 415, "invalid_request")


def test_a_body_without_a_length_is_bounded_as_well(api: Api) -> None:
    dataset_id = api.dataset()
    chunks = (b" " * 65_536 for _ in range(40))
    problem(send(api, dataset_id, chunks), 422, "invalid_request")  # type: ignore[arg-type]


PATHS = {
    "layer": ("/datasets/{id}/layers/bronze/versions", 422),
    "page-zero": ("/datasets?page=0", 422),
    "page-word": ("/datasets?page=two", 422),
    "page-huge": ("/datasets?page=" + "9" * 30, 422),
    "page-size": ("/datasets?page_size=201", 422),
    "nul": ("/datasets?name=%00", 422),
    "status": ("/datasets?status=gone", 422),
    "version-zero": ("/datasets/{id}/layers/gold/versions/0", 422),
    "version-word": ("/datasets/{id}/layers/gold/versions/newest", 422),
    "version-huge": ("/datasets/{id}/layers/gold/versions/" + "9" * 20, 422),
    "version-none": ("/datasets/{id}/layers/gold/versions/7", 404),
    "diff-without": ("/datasets/{id}/layers/gold/diff?from=1", 422),
    "diff-none": ("/datasets/{id}/layers/gold/diff?from=1&to=9", 404),
    "depth": ("/datasets/{id}/layers/gold/diff?from=1&to=1&depth=-1", 422),
    "dataset": ("/datasets/%F0%9F%98%80", 404),
    "route": ("/nothing", 404),
}


@pytest.mark.parametrize(("path", "status"), PATHS.values(), ids=list(PATHS))
def test_a_bad_path_or_query_is_refused(api: Api, path: str, status: int) -> None:
    dataset_id = api.dataset()
    good(api.ingest(dataset_id, rows(id_="string")))
    answer = api.get(path.format(id=dataset_id))
    problem(answer, status, "not_found" if status == 404 else "invalid_request")


def test_another_method_is_refused_in_the_same_shape(api: Api) -> None:
    answer = api.send("PUT", "/datasets")
    problem(answer, 405, "invalid_request")
    assert answer.headers["Allow"]


def test_a_refusal_does_not_repeat_what_came(api: Api) -> None:
    body = {"namespace": "n", "name": "x", "owner": {"password": "hunter2"}}
    assert "hunter2" not in api.post("/datasets", body).text


@pytest.mark.parametrize("given", ["a b", "x" * 129, "é".encode().decode("latin-1"), ""])
def test_a_correlation_id_that_is_no_plain_word_is_replaced(api: Api, given: str) -> None:
    answer = api.get("/datasets", headers={"X-Correlation-Id": given})
    assert answer.headers["X-Correlation-Id"] != given and answer.ok


def test_a_client_that_goes_away_does_no_harm(api: Api) -> None:
    dataset_id = api.dataset()

    def half() -> Any:
        yield b'{"schema_json":'
        raise ConnectionAbortedError

    with pytest.raises((ConnectionAbortedError, requests.ConnectionError)):
        send(api, dataset_id, half())
    assert good(api.ingest(dataset_id, rows(id_="string")))["version"] == 1


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "10.0.0.1", "[::2]:80", ""])
def test_without_tokens_no_other_name_leads_here(api: Api, host: str) -> None:
    problem(api.get("/datasets", headers={"Host": host}), 403, "forbidden")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:99", "[::1]:80"])
def test_without_tokens_this_machine_comes_in(api: Api, host: str) -> None:
    assert api.get("/datasets", headers={"Host": host}).ok
