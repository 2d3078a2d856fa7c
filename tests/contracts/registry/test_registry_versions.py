from __future__ import annotations

import pytest
import requests
import yaml
from registry_server import BASE, Api, Running, good, problem, rows

from contracts.json_schema import Budget, schema_of

FIRST = rows(id_="string", amount="integer")
WIDER = rows(id_="string", amount="integer", note="string")
BROKEN = rows(id_="string", amount="string", note="string")


@pytest.fixture
def dataset_id(api: Api) -> str:
    return api.dataset()


def here(dataset_id: str, layer: str = "gold") -> str:
    return f"/datasets/{dataset_id}/layers/{layer}"


def test_the_first_version_is_current_even_when_nobody_asks(api: Api, dataset_id: str) -> None:
    answer = api.ingest(dataset_id, FIRST, current=False)
    body = good(answer)
    assert answer.status_code == 201
    assert (body["version"], body["is_current"], body["compatibility"]) == (1, True, "both")
    assert body["schema_hash"] == schema_of(FIRST).sha256
    assert body["checked_against"] == [] and body["promotion"] == "current"


def test_a_compatible_version_becomes_current_only_when_asked(api: Api, dataset_id: str) -> None:
    good(api.ingest(dataset_id, FIRST))
    second = good(api.ingest(dataset_id, WIDER, current=False))
    assert (second["version"], second["is_current"]) == (2, False)
    assert (second["compatible"], second["promotion"]) == (True, "not_asked")
    third = good(api.ingest(dataset_id, {**WIDER, "title": "rows"}))
    assert (third["version"], third["is_current"], third["promotion"]) == (3, True, "current")
    assert third["checked_against"] == [1]
    assert [each["is_current"] for each in api.versions(dataset_id)] == [True, False, False]


def test_a_breaking_version_is_stored_but_not_current(api: Api, dataset_id: str) -> None:
    good(api.ingest(dataset_id, FIRST))
    answer = api.ingest(dataset_id, BROKEN)
    body = good(answer)
    assert answer.status_code == 201
    assert (body["version"], body["is_current"], body["compatible"]) == (2, False, False)
    assert body["compatibility"] == "none" and body["promotion"] == "incompatible"
    assert "new readers read old data" in body["message"]  # what BACKWARD asks, in words
    assert good(api.get(f"{here(dataset_id)}/versions/current"))["version"] == 1
    assert good(api.get(f"{here(dataset_id)}/versions/latest"))["version"] == 2


def test_the_newest_schema_again_is_that_version(api: Api, dataset_id: str) -> None:
    good(api.ingest(dataset_id, FIRST))
    first = good(api.ingest(dataset_id, BROKEN))
    turned = {key: BROKEN[key] for key in reversed(BROKEN)}
    answer = api.ingest(dataset_id, turned)
    assert answer.status_code == 200
    again = good(answer)
    assert {name: again[name] for name in ("version", "created_at", "schema_hash")} == {
        name: first[name] for name in ("version", "created_at", "schema_hash")
    }
    assert len(api.versions(dataset_id)) == 2


def test_the_newest_schema_again_becomes_current_when_it_may(api: Api, dataset_id: str) -> None:
    good(api.ingest(dataset_id, FIRST))
    good(api.ingest(dataset_id, WIDER, current=False))
    again = good(api.ingest(dataset_id, WIDER))
    assert (again["version"], again["is_current"]) == (2, True)
    assert good(api.get(f"{here(dataset_id)}/versions/current"))["version"] == 2


def test_an_older_schema_again_is_a_new_version(api: Api, dataset_id: str) -> None:
    for schema in (FIRST, WIDER, FIRST):
        good(api.ingest(dataset_id, schema))
    assert [each["version"] for each in api.versions(dataset_id)] == [3, 2, 1]


def test_layers_are_counted_each_for_itself(api: Api, dataset_id: str) -> None:
    for layer in ("extraction", "raw", "silver", "gold", "activation"):
        assert good(api.ingest(dataset_id, FIRST, layer=layer))["version"] == 1


def test_a_transitive_policy_compares_with_every_version(api: Api) -> None:
    dataset_id = api.dataset(compatibility="BACKWARD_TRANSITIVE")
    good(api.ingest(dataset_id, rows(id_="string", amount="integer")))
    good(api.ingest(dataset_id, rows(id_="string", note="string")))
    body = good(api.ingest(dataset_id, rows(id_="string", amount="string", note="string")))
    assert body["checked_against"] == [1, 2]
    assert (body["compatible"], body["is_current"]) == (False, False)


def test_frozen_promotions_stop_every_flip(api: Api, dataset_id: str) -> None:
    good(api.ingest(dataset_id, FIRST))
    good(api.patch(f"/datasets/{dataset_id}", {"promotions": "frozen"}))
    body = good(api.ingest(dataset_id, WIDER))
    assert (body["version"], body["is_current"], body["promotion"]) == (2, False, "frozen")
    assert "frozen" in body["message"]
    problem(api.post(f"{here(dataset_id)}/versions/2/set-current"), 409, "conflict")
    fresh = api.dataset()
    good(api.patch(f"/datasets/{fresh}", {"promotions": "frozen"}))
    assert good(api.ingest(fresh, FIRST))["is_current"] is False
    good(api.patch(f"/datasets/{dataset_id}", {"promotions": "open"}))
    assert good(api.post(f"{here(dataset_id)}/versions/2/set-current"))["is_current"] is True


def test_an_operator_flips_and_rolls_back_on_record(api: Api, dataset_id: str) -> None:
    for schema in (FIRST, WIDER):
        good(api.ingest(dataset_id, schema))
    back = good(api.post(f"{here(dataset_id)}/versions/1/set-current"))
    assert (back["version"], back["previous_version"]) == (1, 2)
    again = good(api.post(f"{here(dataset_id)}/versions/1/set-current"))
    assert (again["version"], again["previous_version"]) == (1, 1)
    found = good(api.get(f"/audit?target={dataset_id}/gold"))["items"]
    flips = [each for each in found if each["action"] == "current.set"]
    assert [(each["old"], each["new"]) for each in flips] == [
        ({"version": 2}, {"version": 1}),
        ({"version": 1}, {"version": 2}),
        ({"version": None}, {"version": 1}),
    ]
    assert flips[0]["target"] == f"{dataset_id}/gold/1"


def test_a_version_is_whole_and_known_by_its_etag(api: Api, dataset_id: str) -> None:
    exact = {"type": "number", "multipleOf": 0.1, "maximum": 10**30}
    good(api.ingest(dataset_id, exact))
    path = f"{here(dataset_id)}/versions/1"
    answer = api.get(path)
    body = good(answer)
    assert body["schema_json"] == exact
    assert (body["dataset_id"], body["layer"], body["compared_with"]) == (dataset_id, "gold", None)
    tag = answer.headers["ETag"]
    known = api.get(path, headers={"If-None-Match": tag})
    assert (known.status_code, known.content) == (304, b"")
    good(api.ingest(dataset_id, {**exact, "title": "n"}))
    assert api.get(path, headers={"If-None-Match": tag}).status_code == 200  # no longer current


def test_versions_are_listed_newest_first(api: Api, dataset_id: str) -> None:
    for number in range(5):
        good(api.ingest(dataset_id, rows(id_="string", **{f"f{number}": "string"})))
    page = good(api.get(f"{here(dataset_id)}/versions?page=2&page_size=2"))
    assert [each["version"] for each in page["items"]] == [3, 2]
    assert (page["page"], page["page_size"], page["total"]) == (2, 2, 5)
    assert good(api.get(f"{here(dataset_id)}/versions?page=9"))["items"] == []
    assert good(api.get(f"{here(dataset_id, 'raw')}/versions"))["total"] == 0


def test_a_diff_names_every_change_and_is_kept(server: Running) -> None:
    api = server.api
    dataset_id = api.dataset()
    for schema in (FIRST, WIDER, BROKEN):
        good(api.ingest(dataset_id, schema))
    first = good(api.get(f"{here(dataset_id)}/diff?from=1&to=latest"))
    assert (first["from"], first["to"], first["classification"]) == (1, 3, "none")
    assert first["message"].startswith("none: ")
    assert {change["field"] for change in first["changes"]} == {"amount", "note"}
    for change in first["changes"]:
        assert change["message"] and change["breaks"] in ("backward", "forward", "both", "nothing")
    engine = server.services.engine
    hashes = (schema_of(FIRST).sha256, schema_of(BROKEN).sha256)
    with server.services.database.read("test") as connection:
        assert engine.known(connection, *hashes) is not None
    assert good(api.get(f"{here(dataset_id)}/diff?from=1&to=3")) == first
    assert good(api.get(f"{here(dataset_id)}/diff?from=2&to=2"))["classification"] == "both"


def test_a_check_says_what_storing_would_mean_and_stores_nothing(api: Api, dataset_id: str) -> None:
    for schema in (FIRST, WIDER):
        good(api.ingest(dataset_id, schema))
    question = {"dataset_id": dataset_id, "layer": "gold", "schema_json": BROKEN}
    for base, checked in ((1, [1]), ("latest", [2]), (None, [2])):
        body = question if base is None else {**question, "base_version": base}
        answer = good(api.post("/compatibility/check", body))
        assert (answer["classification"], answer["compatible"]) == ("none", False)
        assert answer["checked_against"] == checked
        assert any(change["field"] == "amount" for change in answer["changes"])
    assert len(api.versions(dataset_id)) == 2
    problem(api.post("/compatibility/check", {**question, "base_version": 9}), 404, "not_found")


def test_a_document_fits_or_not(api: Api, dataset_id: str) -> None:
    good(api.ingest(dataset_id, FIRST))
    path = f"{here(dataset_id)}/versions/current/validate"
    assert good(api.post(path, {"document": {"id": "a"}})) == {"valid": True, "errors": []}
    answer = good(api.post(path, {"document": {"id": 1, "amount": "x"}}))
    assert answer["valid"] is False
    assert {each["path"] for each in answer["errors"]} == {"/id", "/amount"}
    assert good(api.post(path, {"document": None}))["valid"] is False


ODCS = """
apiVersion: v3.1.0
kind: DataContract
id: urn:tests:charges
version: "1"
status: active
schema:
  - name: charges
    properties:
      - {name: id, logicalType: string, required: true, logicalTypeOptions: {maxLength: 30}}
      - {name: paid_at, logicalType: timestamp}
"""


def send_yaml(api: Api, dataset_id: str, text: str, query: str = "") -> requests.Response:
    headers = {"Content-Type": "application/yaml"}
    path = f"{here(dataset_id)}/schemas{query}"
    return api.send("POST", path, data=text.encode(), headers=headers)


def test_odcs_goes_in_and_out(api: Api, dataset_id: str) -> None:
    good(api.ingest(dataset_id, rows(id_="string")))
    stored = good(
        send_yaml(api, dataset_id, ODCS, "?set_current_if_compatible=true&schema_registry_id=c:1")
    )
    assert stored["version"] == 2
    path = f"{here(dataset_id)}/versions/2"
    body = good(api.get(path))
    assert body["schema_registry_id"] == "c:1"
    assert body["schema_json"]["properties"] == {
        "id": {"type": "string", "maxLength": 30},
        "paid_at": {"type": ["string", "null"], "format": "date-time"},
    }
    answer = api.get(path, headers={"Accept": "application/yaml"})
    assert answer.headers["Content-Type"] == "application/yaml"
    document = yaml.safe_load(answer.text)
    assert (document["kind"], document["version"]) == ("DataContract", "2")
    again = send_yaml(api, dataset_id, answer.text)
    assert again.status_code == 200 and good(again)["version"] == 2


@pytest.mark.parametrize(
    ("text", "status", "reason"),
    [
        ("a: [", 400, "not_yaml"),
        ("a: &x [1]\nb: *x", 422, "yaml_alias"),
        ("[" * 5000 + "]" * 5000, 422, "too_deep"),
        ("kind: Other", 422, "not_odcs"),
        ("- 1", 422, "not_odcs"),
        (ODCS.replace("timestamp", "uuid"), 422, "not_odcs"),
    ],
    ids=["not-yaml", "alias", "deep", "other-kind", "list", "unknown-type"],
)
def test_bad_yaml_is_refused(
    api: Api, dataset_id: str, text: str, status: int, reason: str
) -> None:
    body = problem(send_yaml(api, dataset_id, text), status, "invalid_request")
    assert body["details"]["reason"] == reason
    assert api.versions(dataset_id) == []


def test_signals_tell_what_became_of_a_schema(server: Running) -> None:
    api = server.api
    dataset_id = api.dataset()
    marked = {"headers": {"X-Correlation-Id": f"c-{dataset_id}"}}
    good(api.ingest(dataset_id, FIRST, layer="activation"))
    good(api.ingest(dataset_id, BROKEN, layer="activation", **marked))
    events = [line["event"] for line in server.lines(f"c-{dataset_id}")]
    assert events == ["dcr.schema.ingested", "dcr.version.classified", "dcr.breaking.detected"]
    problem(api.ingest(dataset_id, {"type": "nothing"}, layer="activation"), 422, "invalid_request")
    text = api.session.get(f"{api.root}{BASE}/metrics").text
    for line in (
        'dcr_schema_ingests_total{layer="activation",result="stored"}',
        'dcr_schema_ingests_total{layer="activation",result="refused"}',
        'dcr_schema_ingest_latency_ms_count{layer="activation"}',
        'dcr_version_classifications_total{classification="none",layer="activation"}',
        'dcr_current_set_total{layer="activation"}',
        'dcr_breaking_changes_total{layer="activation"}',
        'api_requests_total{method="POST",route="/datasets/{dataset_id}/layers/{layer}/schemas",'
        'status="201"}',
        'registry_store_latency_ms_count{operation="ingest.store"}',
    ):
        assert line in text, line


def test_a_proof_is_kept_and_what_a_small_budget_left_open_is_not(server: Running) -> None:
    """Else a diff, which has more time, would repeat a shrug."""
    engine = server.services.engine
    schemas = [
        {"anyOf": [{"pattern": f"^(a|b)*{letter}"}, {"minLength": number}]}
        for number, letter in enumerate("abcdefgh")
    ]
    base, new = (
        schema_of({"allOf": schemas}),
        schema_of({"allOf": [*schemas[1:], {"maxLength": 40}]}),
    )
    engine.keep_schema(base)
    with server.services.database.read("test") as connection:
        _, final = engine.verdict(connection, base.sha256, new, budget=Budget(steps=1))
        assert not final and engine.known(connection, base.sha256, new.sha256) is None
        text, final = engine.verdict(connection, base.sha256, new)
        assert final and engine.known(connection, base.sha256, new.sha256) == text
