"""The dbt project as it was where the present branch began, for comparison."""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from dlt_pipelines import config
from dlt_pipelines.errors import ConfigurationError
from scripts.dbt import parse

MAIN = ("main", "origin/main")
_PARTS = ("dbt_project.yml", "profiles.yml", "dbt_project")
_VARIABLE = re.compile(r"\bvar\(")
_DBTS_OWN = ("macro.dbt.", "macro.dbt_duckdb.")


@dataclass(frozen=True)
class Baseline:
    """The project at `commit`; `state` is the folder of its manifest.

    Its relations are those of production: what is not built anew is read from there.
    """

    commit: str
    manifest: Mapping[str, Any]
    state: Path
    variables: Mapping[str, Any]


@contextmanager
def baseline(base: str | None) -> Iterator[Baseline]:
    """The project at the merge base of HEAD and `base`, or else the main branch.

    Raises CFG001 when git knows no such commit, BUILD001 when dbt cannot parse what was there.
    """
    commit = _merge_base(base)
    with TemporaryDirectory() as folder:
        project, state = Path(folder) / "project", Path(folder) / "state"
        archive = io.BytesIO(git("archive", commit, "--", *_PARTS))
        with tarfile.open(fileobj=archive) as tar:
            tar.extractall(project, filter="data")
        manifest = parse(project, target="prod", folder=state)
        yield Baseline(commit, manifest, state, variables_of(project))


def variables_of(project: Path) -> Mapping[str, Any]:
    """The `vars` of its dbt_project.yml, which no manifest holds."""
    settings = yaml.safe_load((project / "dbt_project.yml").read_text("utf-8"))
    return dict(settings.get("vars", {}))


def reading_variables(manifest: Mapping[str, Any]) -> list[str]:
    """The models whose SQL asks for a var, itself or by a macro."""
    macros = manifest["macros"]

    def asks(sql: str, used: Iterable[str]) -> bool:
        return bool(_VARIABLE.search(sql)) or any(
            asks(macros[name]["macro_sql"], macros[name]["depends_on"]["macros"])
            for name in used
            if not name.startswith(_DBTS_OWN)
        )

    return sorted(
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and asks(node["raw_code"], node["depends_on"]["macros"])
    )


def _merge_base(base: str | None) -> str:
    refs = [base] if base else MAIN
    known = [ref for ref in refs if git("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")]
    found = git("merge-base", "HEAD", known[0]).decode().strip() if known else ""
    if not found:
        raise ConfigurationError(
            "git knows no commit to compare with: name a branch or commit that this one began"
            " from (`hallmark slim --base REF`), and in CI fetch the whole history",
            base=base or " or ".join(MAIN),
        )
    return found


def git(*arguments: str) -> bytes:
    """What git prints, b"" when it refuses. Raises CFG001 without git."""
    try:
        done = subprocess.run(
            ["git", *arguments],  # noqa: S607 - whichever git the user has
            cwd=config.PROJECT_ROOT,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise ConfigurationError("git is needed to find what changed, and is not here") from error
    return done.stdout if done.returncode == 0 else b""
