"""Which commit a change is compared with."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from dlt_pipelines import config
from dlt_pipelines.errors import ConfigurationError
from scripts import baseline as module
from scripts.baseline import baseline

FILES = ("dbt_project.yml", "profiles.yml", "dbt_project/models/_words.md")


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
        (folder / name).write_text("first")
    git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", "first")
    git(folder, "checkout", "--quiet", "-b", "work")
    for name in FILES:
        (folder / name).write_text("second")
    git(folder, "commit", "--quiet", "-a", "-m", "second")
    monkeypatch.setattr(config, "PROJECT_ROOT", folder)
    monkeypatch.setattr(module, "parse", read)
    return folder


def read(project: Path, **_: Any) -> dict[str, str]:
    return {name: (project / name).read_text() for name in FILES}


@pytest.mark.parametrize(
    ("base", "content"), [(None, "first"), ("main", "first"), ("HEAD", "second")], ids=str
)
def test_the_project_is_taken_from_the_merge_base(
    repository: Path, base: str | None, content: str
) -> None:
    (repository / FILES[0]).write_text("not committed")
    with baseline(base) as found:
        assert found.commit == git(repository, "merge-base", "HEAD", base or "main")
        assert found.manifest == dict.fromkeys(FILES, content)


def test_without_a_local_main_its_remote_one_is_asked(repository: Path) -> None:
    git(repository, "update-ref", "refs/remotes/origin/main", "main")
    git(repository, "branch", "-D", "main")
    with baseline(None) as found:
        assert found.manifest[FILES[0]] == "first"


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
