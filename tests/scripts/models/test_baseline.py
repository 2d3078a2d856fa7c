"""Which commit a change is compared with."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from dlt_pipelines import config
from dlt_pipelines.errors import ConfigurationError
from scripts.models import baseline as module
from scripts.models.baseline import baseline, reading_variables

FILES = ("dbt_project.yml", "profiles.yml", "dbt_project/models/_words.md")
FIRST, SECOND = "vars: {days: 1}", "vars: {days: 2}"


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    command = ["git", *who, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A branch `work` that began at the first commit of main; dbt is left out."""
    folder = tmp_path / "project"
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(FIRST)
    git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", "first")
    git(folder, "checkout", "--quiet", "-b", "work")
    for name in FILES:
        (folder / name).write_text(SECOND)
    git(folder, "commit", "--quiet", "-a", "-m", "second")
    monkeypatch.setattr(config, "PROJECT_ROOT", folder)
    monkeypatch.setattr(module, "parse", read)
    return folder


def read(project: Path, **_: Any) -> dict[str, str]:
    return {name: (project / name).read_text() for name in FILES}


@pytest.mark.parametrize(
    ("base", "content"), [(None, FIRST), ("main", FIRST), ("HEAD", SECOND)], ids=str
)
def test_the_project_is_taken_from_the_merge_base(
    repository: Path, base: str | None, content: str
) -> None:
    (repository / FILES[0]).write_text("not committed")
    with baseline(base) as found:
        assert found.commit == git(repository, "merge-base", "HEAD", base or "main")
        assert found.manifest == dict.fromkeys(FILES, content)
        assert found.variables == {"days": 1 if content == FIRST else 2}


def test_without_a_local_main_its_remote_one_is_asked(repository: Path) -> None:
    git(repository, "update-ref", "refs/remotes/origin/main", "main")
    git(repository, "branch", "-D", "main")
    with baseline(None) as found:
        assert found.manifest[FILES[0]] == FIRST


@pytest.mark.parametrize("base", ["nowhere", FILES[0]], ids=["no such branch", "a file"])
def test_a_commit_that_git_does_not_know_is_named_with_the_next_step(
    repository: Path, base: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"--base REF.*{base}"), baseline(base):
        pass


def test_a_folder_that_is_no_repository_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "PROJECT_ROOT", tmp_path)
    with pytest.raises(ConfigurationError, match="git knows no commit"), baseline(None):
        pass


def test_models_that_read_a_var_are_found_also_through_macros() -> None:
    macros = {
        "macro.hallmark.reaches": calls("{{ least() }}", "macro.hallmark.least"),
        "macro.hallmark.least": calls("{{ var('least') }}", "macro.dbt.run_query"),
        "macro.hallmark.folder": calls("{{ env_var('HOME') }}"),
    }
    nodes = {
        "asks": calls("{{ var('days') }}"),
        "asks_by_macros": calls("{{ reaches() }}", "macro.hallmark.reaches"),
        "asks_nothing": calls("select 1", "macro.hallmark.folder", "macro.dbt.ref"),
    }
    models = {name: {**node, "name": name} for name, node in nodes.items()}
    assert reading_variables({"macros": macros, "nodes": models}) == ["asks", "asks_by_macros"]


def calls(sql: str, *macros: str) -> dict[str, Any]:
    """A macro of a manifest, or a model, and the macros that it calls."""
    return {
        "resource_type": "model",
        "raw_code": sql,
        "macro_sql": sql,
        "depends_on": {"macros": macros},
    }
