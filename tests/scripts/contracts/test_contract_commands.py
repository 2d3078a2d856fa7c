"""`hallmark contracts` on files: published versions are in step, and written once and whole."""

from __future__ import annotations

import copy
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from contracts.odcs import FOLDER, load_source, source_names
from dlt_pipelines import config
from dlt_pipelines.control import files
from dlt_pipelines.control.warehouse import connect
from dlt_pipelines.loading.tables import ensure_tables
from scripts.contracts import check, lint, publish, published_files

Manifest = dict[str, Any]
FCT = "model.hallmark.fct_payments"


@pytest.fixture
def manifest(project_manifest: Manifest, monkeypatch: pytest.MonkeyPatch) -> Manifest:
    """A copy that a test may change, for what the commands take for the project."""
    nodes = {**project_manifest["nodes"], FCT: copy.deepcopy(project_manifest["nodes"][FCT])}
    own = project_manifest | {"nodes": nodes}
    for module in (check, publish, lint):
        monkeypatch.setattr(module, "parsed_manifest", lambda: own)
    return own


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Published versions that a test may write to."""
    own = tmp_path / "contracts" / "published"
    shutil.copytree(FOLDER / "published", own)
    monkeypatch.setattr(published_files, "PUBLISHED", own)
    return own


@pytest.fixture(autouse=True)
def warehouse(data_dir: Path) -> None:
    """Raw as the contracts have it."""
    with connect(config.warehouse_path()) as connection:
        for name in source_names():
            ensure_tables(connection, load_source(name))


def written(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.yaml")}


def test_what_is_published_is_in_step_with_the_project(manifest: Manifest, hallmark: Any) -> None:
    code, out, _ = hallmark("contracts", "check", "--json")
    found = json.loads(out)
    assert (code, found["contracts"], found["unread"]) == (0, [], [])
    assert found["against"] == "contracts/published"


def test_publishing_again_writes_nothing(manifest: Manifest, folder: Path, hallmark: Any) -> None:
    before = written(folder)
    code, out, _ = hallmark("contracts", "publish")
    assert (code, written(folder) == before) == (0, True)
    assert out == "every contract is published as it is\n"


def test_every_contract_of_this_project_says_all_that_it_should(
    manifest: Manifest, hallmark: Any
) -> None:
    assert hallmark("contracts", "lint") == (0, "every contract says all that it should\n", "")


def test_a_fault_is_told_with_its_file_and_line(manifest: Manifest, hallmark: Any) -> None:
    manifest["nodes"][FCT]["columns"]["status"]["description"] = ""
    code, out, _ = hallmark("contracts", "lint")
    path = "dbt_project/models/gold/payments/fct_payments.yml"
    lines = (config.PROJECT_ROOT / path).read_text("utf-8").splitlines()
    line = lines.index("      - name: status") + 1
    assert code == 1
    assert out.startswith(f"{path}:{line}: description: fct_payments.status has no description")


def test_an_added_column_is_the_next_version_and_its_predecessor_stays(
    manifest: Manifest, folder: Path, hallmark: Any
) -> None:
    columns = manifest["nodes"][FCT]["columns"]
    columns["note"] = copy.deepcopy(columns["status"]) | {"name": "note"}
    before = written(folder)
    code, out, _ = hallmark("contracts", "publish", "--dry-run")
    assert (code, written(folder) == before) == (0, True)
    assert (
        "changed: gold payments.fct_payments, contracts/published/gold/fct_payments/2.yaml" in out
    )
    assert hallmark("contracts", "publish")[0] == 0
    after = written(folder)
    assert after.items() > before.items()
    assert set(after) - set(before) == {"gold/fct_payments/2.yaml"}
    assert hallmark("contracts", "publish")[1] == "every contract is published as it is\n"
    changed = ("gold/fct_payments/1.yaml", "gold/fct_payments/2.yaml")
    code, out, _ = hallmark("contracts", "diff", *(str(folder / name) for name in changed))
    assert (code, "INFO: note column_added" in out) == (0, True)


def test_what_breaks_readers_is_refused_and_nothing_is_written(
    manifest: Manifest, folder: Path, hallmark: Any
) -> None:
    del manifest["nodes"][FCT]["columns"]["net"]
    shutil.rmtree(folder / "gold" / "dim_customers")
    before = written(folder)
    code, out, _ = hallmark("contracts", "publish", "--json")
    found = json.loads(out)
    assert (code, found["refused"], written(folder) == before) == (1, True, True)
    (refused,) = [each for each in found["versions"] if each["remedy"]]
    assert refused["dataset"] == "payments.fct_payments"
    assert "new version of the model beside it" in refused["remedy"]


def test_a_publication_that_is_cut_off_leaves_no_half_file_and_is_gone_on_with(
    manifest: Manifest, folder: Path, hallmark: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = written(folder)
    shutil.rmtree(folder)
    names = iter(range(1000))

    def dies_at_the_fourth(descriptor: int) -> None:
        if next(names) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(files.os, "fsync", dies_at_the_fourth)
    assert hallmark("contracts", "publish")[0] == 130
    monkeypatch.undo()
    monkeypatch.setattr(published_files, "PUBLISHED", folder)
    monkeypatch.setattr(publish, "parsed_manifest", lambda: manifest)
    monkeypatch.setenv("LOCAL_DATA_DIR", str(folder.parents[1] / "data"))
    left = written(folder)
    assert len(left) == 3 and left.items() < whole.items()
    assert hallmark("contracts", "publish")[0] == 0
    assert written(folder) == whole


def test_a_published_version_that_was_edited_is_refused(
    manifest: Manifest, folder: Path, hallmark: Any
) -> None:
    path = folder / "gold" / "fct_payments" / "1.yaml"
    path.write_text(path.read_text("utf-8").replace("version: '1'", "version: '2'"), "utf-8")
    code, _, err = hallmark("contracts", "publish")
    assert (code, "[CFG001]" in err, str(path) in err) == (1, True, True)


def test_raw_is_left_alone_where_there_is_no_warehouse(manifest: Manifest, hallmark: Any) -> None:
    config.warehouse_path().unlink()
    code, out, _ = hallmark("contracts", "check")
    assert code == 0
    assert "raw was not looked at: there is no warehouse yet (`hallmark load`)" in out


def test_a_raw_table_that_is_stored_otherwise_is_told(manifest: Manifest, hallmark: Any) -> None:
    with connect(config.warehouse_path()) as connection:
        connection.execute("alter table raw_payments.refunds add column note varchar")
    code, out, _ = hallmark("contracts", "check", "--json")
    (found,) = json.loads(out)["contracts"]
    assert (code, found["layer"], found["dataset"]) == (0, "raw", "raw_payments.refunds")
    assert [each["rule"] for each in found["findings"]] == ["column_added"]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("check", "--against", "no-such-branch"), 1, "[CFG001] git knows no such branch"),
        (("check", "--against", "registry"), 1, "[CFG001] no contract registry is configured"),
        (("subscribe",), 1, "[CFG001] no contract registry is configured"),
        (("subscribe", "fct_payments"), 2, "name who reads it: --consumer"),
        (("publish", "--registry", "ftp://127.0.0.1"), 1, "[CFG001] REGISTRY__URL is an http"),
        (("publish", "--registry", "http://["), 1, "[CFG001] REGISTRY__URL is an http"),
        (("publish", "--registry", "http://me:secret@127.0.0.1"), 1, "[CFG001] REGISTRY__URL is"),
        (("publish", "--registry", "http://127.0.0.1:9"), 1, "[EXT001] the contract registry does"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_what_cannot_be_done_is_told_by_code_and_next_step(
    manifest: Manifest,
    folder: Path,
    hallmark: Any,
    arguments: tuple[str, ...],
    code: int,
    says: str,
) -> None:
    ended, _, err = hallmark("contracts", *arguments)
    assert (ended, says in err) == (code, True), err
    assert "secret" not in err


def test_versions_are_compared_with_those_of_a_commit(
    manifest: Manifest, hallmark: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "versions_at", lambda ref, day: {})
    code, out, _ = hallmark("contracts", "check", "--against", "main", "--json")
    found = json.loads(out)
    assert (code, found["against"]) == (0, "main")
    assert {each["kind"] for each in found["contracts"]} == {"new"}


@pytest.mark.parametrize("command", ["check", "publish", "lint", "subscribe", "diff"])
def test_help_has_an_example(command: str, hallmark: Any) -> None:
    code, out, _ = hallmark("contracts", command, "--help")
    assert (code, "Example: hallmark contracts" in out) == (0, True)
