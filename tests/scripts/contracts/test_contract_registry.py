"""`hallmark contracts`, `slim` and the drift gate against a registry that runs."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from contracts.contract import of_entity
from contracts.diff import Seen, Shape
from contracts.odcs import FOLDER, load_source, source_names
from contracts.published import Published
from dlt_pipelines import config
from dlt_pipelines.control.warehouse import connect
from dlt_pipelines.errors import ExtractionError, StateError
from dlt_pipelines.loading.drift import record
from dlt_pipelines.loading.tables import ensure_tables
from scripts import steps
from scripts.console import Output
from scripts.contracts import check, publish, published_files
from scripts.contracts.in_force import source_in_force
from scripts.contracts.models_in_force import models_in_force
from scripts.contracts.registry import make_token
from scripts.models.review import review
from tests.contracts.registry.registry_server import Api, good, running

Manifest = dict[str, Any]
FCT = "model.hallmark.fct_payments"
TODAY = datetime.now(UTC).date()


@pytest.fixture(scope="module")
def started(project_manifest: Manifest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A registry that holds what this project has published."""
    folder = tmp_path_factory.mktemp("registry")
    with running(f"sqlite:///{folder / 'registry.sqlite'}") as server:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("LOCAL_DATA_DIR", str(folder / "data"))
            patch.setenv("REGISTRY__URL", server.api.root)
            patch.setattr(publish, "parsed_manifest", lambda: project_manifest)
            with connect(config.warehouse_path()) as connection:
                for name in source_names():
                    ensure_tables(connection, load_source(name))
            assert publish.publish(Output(as_json=True), dry_run=False, url=None)
        yield server.api


@pytest.fixture
def api(started: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    monkeypatch.setenv("REGISTRY__URL", started.root)
    return started


@pytest.fixture
def manifest(project_manifest: Manifest, monkeypatch: pytest.MonkeyPatch) -> Manifest:
    nodes = {**project_manifest["nodes"], FCT: copy.deepcopy(project_manifest["nodes"][FCT])}
    own = project_manifest | {"nodes": nodes}
    for module in (check, publish):
        monkeypatch.setattr(module, "parsed_manifest", lambda: own)
    return own


@pytest.fixture
def lineage(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiling has a test of its own."""
    monkeypatch.setattr(check, "column_lineage", lambda *_: {})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    own = tmp_path / "contracts" / "published"
    shutil.copytree(FOLDER / "published", own)
    monkeypatch.setattr(published_files, "PUBLISHED", own)
    return own


def dataset(api: Api, namespace: str, name: str) -> str:
    (one,) = good(api.get(f"/datasets?namespace={namespace}&name={name}"))["items"]
    return str(one["dataset_id"])


def test_each_published_version_is_the_registry_s_under_its_number(api: Api) -> None:
    total = good(api.get("/datasets"))["total"]
    assert total == len(published_files.last_versions(TODAY))
    for namespace, name, layer in (
        ("payments", "charges", "extraction"),
        ("raw_payments", "charges", "raw"),
        ("payments", "fct_payments", "gold"),
    ):
        (version,) = api.versions(dataset(api, namespace, name), layer)
        assert (version["version"], version["is_current"]) == (1, True)


def test_exposures_are_subscriptions(api: Api, manifest: Manifest) -> None:
    found = good(api.get("/subscriptions?page_size=200"))["items"]
    consumers = {one["consumer"] for one in found if one["consumer"].startswith("exposure.")}
    assert consumers == {f"exposure.{each['name']}" for each in manifest["exposures"].values()}


def test_an_exposure_that_goes_takes_its_subscription_along(
    api: Api, manifest: Manifest, folder: Path, hallmark: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = dict(list(manifest["exposures"].items())[1:])
    monkeypatch.setattr(publish, "parsed_manifest", lambda: manifest | {"exposures": kept})
    said = hallmark("contracts", "publish")[1]
    assert "0 exposures subscribed, 1 taken back" in said
    monkeypatch.setattr(publish, "parsed_manifest", lambda: manifest)
    said = hallmark("contracts", "publish")[1]
    assert "1 exposures subscribed, 0 taken back" in said


def test_publishing_again_registers_nothing(
    api: Api, manifest: Manifest, folder: Path, hallmark: Any
) -> None:
    code, out, _ = hallmark("contracts", "publish")
    assert code == 0
    assert f"{api.root}: 0 versions registered, 0 exposures subscribed, 0 taken back" in out


def test_nothing_differs_from_what_is_in_force(api: Api, manifest: Manifest, hallmark: Any) -> None:
    code, out, _ = hallmark("contracts", "check", "--json")
    found = json.loads(out)
    assert (code, found["contracts"]) == (0, [])
    assert found["against"] == f"the registry at {api.root}"


@pytest.mark.usefixtures("lineage")
def test_a_change_names_the_subscriber_whose_field_it_breaks_and_no_other(
    api: Api, manifest: Manifest, hallmark: Any
) -> None:
    for consumer, field in (("finance", "net"), ("support", "status"), ("audit", "fee")):
        arguments = ("--consumer", consumer, "--field", field)
        code, out, _ = hallmark("contracts", "subscribe", "payments.fct_payments", *arguments)
        assert (code, out) == (
            0,
            f"subscribed: {consumer} to {field} of gold payments.fct_payments\n",
        )
    del manifest["nodes"][FCT]["columns"]["net"]
    code, out, _ = hallmark("contracts", "check", "--json")
    (found,) = json.loads(out)["contracts"]
    assert (code, found["breaking"], found["version"]) == (1, True, 1)
    assert [each["consumer"] for each in found["subscribers"]] == ["finance"]
    code, out, _ = hallmark("contracts", "check", "--against", "HEAD", "--json")
    found = json.loads(out)
    assert (code, found["against"]) == (1, "HEAD")
    assert [each["dataset"] for each in found["contracts"]] == ["payments.fct_payments"]


def test_a_subscription_is_made_once_and_listed(
    api: Api, hallmark: Any, manifest: Manifest
) -> None:
    arguments = ("subscribe", "dim_customers", "--consumer", "crm", "--registry", api.root)
    assert "would be subscribed" in hallmark("contracts", *arguments, "--dry-run")[1]
    assert hallmark("contracts", *arguments)[1].startswith("subscribed: crm to all fields of gold")
    assert hallmark("contracts", *arguments)[1].startswith("already subscribed: crm")
    code, out, _ = hallmark("contracts", "subscribe", "--consumer", "crm", "--json")
    (one,) = json.loads(out)
    assert (code, one["dataset"], one["layer"]) == (0, "payments.dim_customers", "gold")


def test_a_callback_that_is_added_later_is_not_passed_over(
    api: Api, hallmark: Any, manifest: Manifest
) -> None:
    arguments = ("subscribe", "fct_refunds", "--consumer", "ledger", "--registry", api.root)
    assert hallmark("contracts", *arguments)[1].startswith("subscribed: ledger")
    callback = ("--callback-url", "https://hooks.example.com/contracts")
    assert "secret of the callback" in hallmark("contracts", *arguments, *callback)[1]
    assert hallmark("contracts", *arguments, *callback)[1].startswith("already subscribed")
    other = ("--callback-url", "https://hooks.example.com/others")
    assert "secret of the callback" in hallmark("contracts", *arguments, *other)[1]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("no_such",), "contracts/published has no such contract"),
        (("fct_payments", "--field", "nett"), "has no field nett"),
        (("payments.charges", "--layer", "gold"), "contracts/published has no such contract"),
    ],
    ids=["contract", "field", "layer"],
)
def test_who_subscribes_to_what_is_not_there_is_told(
    api: Api, hallmark: Any, arguments: tuple[str, ...], says: str
) -> None:
    code, _, err = hallmark("contracts", "subscribe", *arguments, "--consumer", "x")
    assert (code, says in err, "[CFG001]" in err) == (1, True, True)


def test_slim_has_the_same_verdict_by_files_and_by_registry(
    api: Api, manifest: Manifest, project_manifest: Manifest
) -> None:
    columns = manifest["nodes"][FCT]["columns"]
    columns["note"] = copy.deepcopy(columns["status"]) | {"name": "note"}
    for change in ("added", "removed"):
        if change == "removed":
            del columns["customer_id"]
        by_files = review(project_manifest, manifest, TODAY)
        registry = models_in_force(project_manifest, manifest, TODAY)
        assert registry is not None
        (asked,) = review(project_manifest, manifest, TODAY, registry)
        assert [replace(asked, subscribers=[])] == by_files
        assert asked.refused == (change == "removed")


def test_what_is_in_force_decides_and_not_the_merge_base(
    api: Api, manifest: Manifest, project_manifest: Manifest
) -> None:
    """The merge base has a column that was never registered: to drop it breaks nobody."""
    base = copy.deepcopy(manifest)
    columns = base["nodes"][FCT]["columns"]
    columns["draft"] = copy.deepcopy(columns["status"]) | {"name": "draft"}
    assert review(base, project_manifest, TODAY)[0].refused
    registry = models_in_force(base, project_manifest, TODAY)
    assert review(base, project_manifest, TODAY, registry) == []


def shape(**seen: Seen) -> dict[str, Shape]:
    fields = {f"/{name}": one for name, one in seen.items()}
    return {"payouts": Shape(rows=2, fields=fields)}


def test_the_drift_gate_has_the_same_verdict_by_files_and_by_registry(api: Api) -> None:
    text, number = frozenset({"string"}), frozenset({"integer"})
    seen = shape(
        id=Seen(present=2, kinds=text),  # type: ignore[arg-type]
        amount=Seen(present=2, kinds=text),  # type: ignore[arg-type]
        more=Seen(present=1, kinds=number),  # type: ignore[arg-type]
    )
    promised = source_in_force("payments")
    assert promised is not None
    found = [
        record(config.data_dir() / f"{place}.duckdb", run_id="r1", source=source, shapes=seen)
        for place, source in enumerate((load_source("payments"), promised))
    ]
    told = [{each.field: each for each in one["payouts"]} for one in found]
    assert told[0] == told[1]
    assert {(each.field, each.verdict) for each in found[0]["payouts"]} >= {
        ("amount", "breaking"),
        ("more", "compatible"),
    }


def test_a_registry_that_holds_another_version_is_refused(
    api: Api, manifest: Manifest, folder: Path, hallmark: Any
) -> None:
    path = folder / "gold" / "fct_payments" / "1.yaml"
    path.write_text(path.read_text("utf-8").replace("One row per charge", "One row a charge", 1))
    (folder / "gold" / "dim_customers" / "1.yaml").unlink()
    code, _, err = hallmark("contracts", "publish")
    assert (code, "[STATE001]" in err, "not what contracts/published holds" in err) == (
        1,
        True,
        True,
    )


def test_the_gate_goes_by_the_version_that_an_operator_made_current(
    api: Api, manifest: Manifest
) -> None:
    """The last that publishes: the registry keeps a version that no checkout has."""
    of = f"/datasets/{dataset(api, 'payments', 'payouts')}/layers/extraction"
    schema = good(api.get(f"{of}/versions/current"))["schema_json"]
    schema["properties"]["more"] = {"type": ["integer", "null"]}
    body = {"schema_json": schema, "set_current_if_compatible": True}
    assert good(api.post(f"{of}/schemas", body))["is_current"]
    try:
        promised = source_in_force("payments")
        assert promised is not None
        names = {field.name for field in promised.entities["payouts"].fields}
        assert "more" in names
        with pytest.raises(StateError, match="this checkout has none of that number"):
            publish.publish(Output(as_json=True), dry_run=True, url=None)
    finally:
        good(api.post(f"{of}/versions/1/set-current"))


def test_without_a_registry_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert steps._promised("payments") is None
    assert models_in_force({}, {}, TODAY) is None


def test_a_load_that_cannot_ask_does_not_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGISTRY__URL", "http://127.0.0.1:9")
    with pytest.raises(ExtractionError, match="unset it to go by the files"):
        steps._promised("payments")


@pytest.fixture
def producer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """An empty registry of its own, for a token of the role producer."""
    url = f"sqlite:///{tmp_path / 'own.sqlite'}"
    monkeypatch.setenv("REGISTRY__DATABASE_URL", url)
    with running(url) as server:
        roles = {role: token(url, role) for role in ("producer", "operator")}
        monkeypatch.setenv("REGISTRY__URL", server.api.root)
        monkeypatch.setenv("REGISTRY__TOKEN", roles["producer"])
        yield server.api.using(roles["operator"])


def token(url: str, role: str) -> str:
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        made = Output(as_json=True)
        make_token(made, url, role=role, name="t", datasets=[], layers=[], expires_at=None)
    return str(json.loads(output.getvalue())["secret"])


def test_what_a_producer_may_not_make_current_waits_for_an_operator(
    producer: Api,
    manifest: Manifest,
    folder: Path,
    hallmark: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for layer in ("raw", "silver", "gold", "activation"):
        shutil.rmtree(folder / layer)
    own = manifest | {"nodes": {}, "exposures": {}}
    monkeypatch.setattr(publish, "parsed_manifest", lambda: own)
    assert hallmark("contracts", "publish")[0] == 0
    payouts = load_source("payments").entities["payouts"]
    required = tuple(replace(each, required=True) for each in payouts.fields)
    stricter = of_entity(replace(payouts, fields=required, version="2.0.0"), "Payments analytics")
    published_files.write(Published(number=2, status="active", contract=stricter))
    monkeypatch.setattr(publish, "plan", lambda *_: [])
    code, out, _ = hallmark("contracts", "publish")
    assert code == 1
    assert "WAITS FOR AN OPERATOR: extraction payments.payouts version 2" in out
    of = f"{producer.root}/data-contract-registry/v1"
    (call,) = [line for line in out.splitlines() if "an operator posts to" in line]
    assert call.endswith("/layers/extraction/versions/2/set-current")
    good(producer.post(call.partition(of)[2]))
    assert hallmark("contracts", "publish")[0] == 0
    assert producer.token not in out


def test_a_contract_that_ends_retires_its_dataset_and_may_come_back(
    producer: Api,
    manifest: Manifest,
    folder: Path,
    hallmark: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REGISTRY__TOKEN", producer.token)
    for layer in ("raw", "silver", "gold", "activation"):
        shutil.rmtree(folder / layer)
    own = manifest | {"nodes": {}, "exposures": {}}
    monkeypatch.setattr(publish, "parsed_manifest", lambda: own)
    monkeypatch.setattr(publish, "plan", lambda *_: [])
    last = published_files.last_versions(TODAY)
    (first,) = [each for key, each in last.items() if key.name == "cycle_phases"]
    for number, status in ((1, "active"), (2, "retired"), (3, "active")):
        if number > 1:
            published_files.write(replace(first, number=number, status=status))
        assert hallmark("contracts", "publish")[0] == 0
        of = dataset(producer, "zephyr", "cycle_phases")
        assert good(producer.get(f"/datasets/{of}"))["status"] == status
        newest = producer.versions(of, "extraction")[0]
        assert (newest["version"], newest["is_current"]) == (number, True)


def test_a_token_that_is_not_known_is_refused_without_being_shown(
    producer: Api, manifest: Manifest, hallmark: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGISTRY__TOKEN", "hallmark_wrong")
    code, out, err = hallmark("contracts", "check", "--json")
    assert (code, "[AUTH001]" in err, "hallmark registry token create" in err) == (1, True, True)
    assert "hallmark_wrong" not in out + err
