from __future__ import annotations

import uuid

import pytest
from registry_server import Api, Running, good, problem, rows

NEW = {"namespace": "payments", "owner": "team-payments"}


def test_a_dataset_is_registered_read_and_listed(api: Api) -> None:
    name = uuid.uuid4().hex
    answer = api.post("/datasets", {**NEW, "name": name, "steward": "data-office"})
    made = good(answer)
    assert answer.status_code == 201
    assert (made["compatibility"], made["status"], made["promotions"]) == (
        "BACKWARD",
        "active",
        "open",
    )
    assert good(api.get(f"/datasets/{made['dataset_id']}")) == made
    listed = good(api.get(f"/datasets?namespace=payments&name={name}&status=active"))
    assert listed == {"items": [made], "page": 1, "page_size": 50, "total": 1}


def test_a_name_is_taken_once(api: Api) -> None:
    body = {**NEW, "name": uuid.uuid4().hex}
    first = good(api.post("/datasets", body))
    refused = problem(api.post("/datasets", body), 409, "conflict")
    assert refused["details"] == {"dataset_id": first["dataset_id"]}


def test_pages_follow_each_other(api: Api) -> None:
    namespace = uuid.uuid4().hex
    names = sorted(uuid.uuid4().hex for _ in range(5))
    for name in names:
        api.dataset(namespace=namespace, name=name)
    pages = [
        good(api.get(f"/datasets?namespace={namespace}&page={page}&page_size=2"))
        for page in (1, 2, 3, 4)
    ]
    assert [[each["name"] for each in page["items"]] for page in pages] == [
        names[:2],
        names[2:4],
        names[4:],
        [],
    ]
    assert {page["total"] for page in pages} == {5}


def test_a_change_is_on_record_with_old_and_new(api: Api) -> None:
    dataset_id = api.dataset()
    changed = good(
        api.patch(f"/datasets/{dataset_id}", {"owner": "team-b", "compatibility": "FULL"})
    )
    assert (changed["owner"], changed["compatibility"]) == ("team-b", "FULL")
    entry, made = good(api.get(f"/audit?target={dataset_id}"))["items"]
    assert (entry["action"], made["action"]) == ("dataset.changed", "dataset.created")
    assert entry["old"] == {"owner": "team-tests", "compatibility": "BACKWARD"}
    assert entry["new"] == {"owner": "team-b", "compatibility": "FULL"}
    assert entry["actor"] == "anonymous"


def test_the_same_again_is_no_change(api: Api) -> None:
    dataset_id = api.dataset()
    before = good(api.get(f"/datasets/{dataset_id}"))
    assert good(api.patch(f"/datasets/{dataset_id}", {"owner": "team-tests"})) == before
    assert good(api.get(f"/audit?target={dataset_id}"))["total"] == 1


def test_readers_are_told_that_a_dataset_goes(api: Api) -> None:
    dataset_id = api.dataset()
    good(api.ingest(dataset_id, rows(id_="string")))
    change = {"status": "deprecated", "sunset_at": "2027-06-30T12:00:00+02:00"}
    changed = good(api.patch(f"/datasets/{dataset_id}", change))
    assert changed["sunset_at"] == "2027-06-30T10:00:00Z"
    for path in ("", "/layers/gold/versions/latest"):
        head = api.get(f"/datasets/{dataset_id}{path}").headers
        assert head["Sunset"] == "Wed, 30 Jun 2027 10:00:00 GMT"
        assert head["Deprecation"].startswith("@")
    good(api.patch(f"/datasets/{dataset_id}", {"status": "active", "sunset_at": None}))
    head = api.get(f"/datasets/{dataset_id}").headers
    assert "Sunset" not in head and "Deprecation" not in head


def test_what_is_retired_has_been_going_since_it_was_deprecated(api: Api) -> None:
    path = f"/datasets/{api.dataset()}"
    deprecated, retired = (
        good(api.patch(path, {"status": status}))["deprecated_at"]
        for status in ("deprecated", "retired")
    )
    assert deprecated is not None
    assert retired == deprecated


def test_a_retired_dataset_takes_nothing_more(api: Api) -> None:
    dataset_id = api.dataset()
    good(api.ingest(dataset_id, rows(id_="string")))
    good(api.patch(f"/datasets/{dataset_id}", {"status": "retired"}))
    problem(api.ingest(dataset_id, rows(id_="string", more="string")), 409, "conflict")
    here = f"/datasets/{dataset_id}/layers/gold/versions"
    problem(api.post(f"{here}/1/set-current"), 409, "conflict")
    subscription = {
        "dataset_id": dataset_id,
        "layer": "gold",
        "consumer": "c",
        "required_compatibility": "FULL",
    }
    problem(api.post("/subscriptions", subscription), 409, "conflict")
    assert good(api.get(f"{here}/latest"))["version"] == 1


@pytest.mark.parametrize(
    "body",
    [
        {**NEW},
        {**NEW, "name": ""},
        {**NEW, "name": " x"},
        {**NEW, "name": "a\u0000b"},
        {**NEW, "name": "x" * 201},
        {**NEW, "name": "x", "compatibility": "SIDEWAYS"},
        {**NEW, "name": "x", "colour": "blue"},
        {**NEW, "name": 7},
        [],
        "x",
        None,
    ],
    ids=lambda body: repr(body)[-24:],
)
def test_what_is_no_dataset_is_refused(api: Api, body: object) -> None:
    before = good(api.get("/datasets"))["total"]
    problem(api.post("/datasets", body), 422, "invalid_request")
    assert good(api.get("/datasets"))["total"] == before


def test_nothing_to_change_is_refused(api: Api) -> None:
    dataset_id = api.dataset()
    for body in ({}, {"status": "gone"}, {"namespace": "other"}, {"sunset_at": "2027-06-30"}):
        problem(api.patch(f"/datasets/{dataset_id}", body), 422, "invalid_request")
    for body in ({"owner": None}, {"status": None}):
        problem(api.patch(f"/datasets/{dataset_id}", body), 422, "invalid_request")


def test_an_unknown_dataset_is_not_found(api: Api) -> None:
    for path in ("/datasets/none", "/datasets/none/layers/gold/versions/latest"):
        problem(api.get(path), 404, "not_found")
    problem(api.patch("/datasets/none", {"owner": "x"}), 404, "not_found")
    problem(api.ingest("none", rows(id_="string")), 404, "not_found")


def test_a_new_dataset_is_logged_and_counted(server: Running) -> None:
    answer = server.api.post(
        "/datasets", {**NEW, "name": uuid.uuid4().hex}, headers={"X-Correlation-Id": "abc.1"}
    )
    assert answer.headers["X-Correlation-Id"] == "abc.1"
    (line,) = server.lines("abc.1")
    assert line["event"] == "dcr.dataset.created"
    assert line["facts"]["dataset_id"] == answer.json()["dataset_id"]
    (entry,) = good(server.api.get(f"/audit?target={answer.json()['dataset_id']}"))["items"]
    assert entry["correlation_id"] == "abc.1"
