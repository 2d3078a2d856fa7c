"""Runs dbt as the user would, in a process of its own; against production unless told otherwise."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dlt_pipelines import config
from dlt_pipelines.errors import BuildError

Watch = Callable[[str], None]
Manifest = Mapping[str, Any]
"""dbt's `manifest.json`."""
_PASSED, _NODES_FAILED = 0, 1
_FINISHED = ("LogModelResult", "LogTestResult", "LogSeedResult")


@dataclass(frozen=True)
class Artifacts:
    """What dbt left: `run_results.json` and `manifest.json`."""

    run_results: Path
    manifest: Path


def manifest_path() -> Path:
    """What dbt knew of the project when it last ran on production."""
    return config.data_dir() / "dbt" / "manifest.json"


def run_dbt(
    command: str, *, watch: Watch, select: Sequence[str] = (), full_refresh: bool = False
) -> Artifacts:
    """`dbt <command> --target prod`; nodes that failed are in the results, not an error.

    Raises BUILD001 when dbt itself could not run (a syntax error, a locked warehouse), or when
    nothing is selected.
    """
    options = [
        *(("--full-refresh",) if full_refresh else ()),
        *(("--select", *select) if select else ()),
    ]
    artifacts = execute(command, *options, target="prod", folder=_target(), watch=watch)
    if select and not json.loads(artifacts.run_results.read_bytes())["results"]:
        raise BuildError(f"nothing matches the selection {' '.join(select)!r}")
    return artifacts


def execute(
    command: str,
    *options: str,
    target: str,
    folder: Path,
    watch: Watch,
    data: Path | None = None,
) -> Artifacts:
    """`dbt <command> --target <target> <options>`; what it leaves goes to `folder`.

    The warehouse is that in `data`, else the configured one. Raises BUILD001 when dbt itself could
    not run.
    """
    artifacts = Artifacts(folder / "run_results.json", folder / "manifest.json")
    artifacts.run_results.unlink(missing_ok=True)
    arguments = [
        _executable(),
        *("--log-format", "json", "--log-level-file", "none"),
        *(*command.split(), "--target", target, "--target-path", str(folder), *options),
    ]
    with subprocess.Popen(
        arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=config.PROJECT_ROOT,
        env=_environment(data),
        text=True,
    ) as process:
        assert process.stdout is not None
        progress = _Progress(command, watch)
        errors = [message for line in process.stdout if (message := progress.message(line))]
    if process.returncode not in (_PASSED, _NODES_FAILED) or not artifacts.run_results.exists():
        reason = reason_of(errors[-1]) if errors else f"exit {process.returncode}"
        raise BuildError(f"dbt could not {command}: {reason}")
    return artifacts


def last_finished_at() -> datetime | None:
    """When dbt last came to its end on production; None when it was cut off, or never ran."""
    try:
        return datetime.fromtimestamp((_target() / "run_results.json").stat().st_mtime, UTC)
    except FileNotFoundError:
        return None


def parsed_manifest() -> dict[str, Any]:
    """The manifest of the project as it stands; nothing is written into the project or its data.

    What the last build parsed and has not changed since is not parsed again. Raises BUILD001 when
    dbt cannot parse it.
    """
    known = _target() / "partial_parse.msgpack"
    with TemporaryDirectory() as folder:
        if known.exists():
            shutil.copy2(known, folder)
        return parse(config.PROJECT_ROOT, target="prod", folder=Path(folder))


def parse(project: Path, *, target: str, folder: Path) -> dict[str, Any]:
    """The manifest of the dbt project in `project`, which stays in `folder` as well.

    Raises BUILD001 when dbt cannot parse it.
    """
    arguments = [
        *(_executable(), "--quiet", "--no-use-colors", "--log-level-file", "none"),
        *("parse", "--target", target, "--target-path", str(folder), "--log-path", str(folder)),
    ]
    done = subprocess.run(
        arguments, capture_output=True, cwd=project, env=_environment(), text=True
    )
    manifest = folder / "manifest.json"
    if done.returncode != _PASSED or not manifest.exists():
        reason = reason_of(done.stdout or done.stderr)
        raise BuildError(f"dbt could not parse the project: {reason}", project=project)
    found: dict[str, Any] = json.loads(manifest.read_bytes())
    return found


def reason_of(message: str) -> str:
    """What dbt says in one line; of a traceback the last one, where the error stands."""
    lines = [line for line in message.splitlines() if line.strip()]
    if any(line.startswith("Traceback") for line in lines):
        lines = lines[-1:]
    return " ".join(" ".join(lines).split())[:600]


def _target() -> Path:
    return config.data_dir() / "dbt"


def _executable() -> str:
    return str(Path(sys.executable).with_name("dbt"))


def _environment(data: Path | None = None) -> dict[str, str]:
    return {**os.environ, "LOCAL_DATA_DIR": str(data or config.data_dir())}


class _Progress:
    """Tells how many nodes have finished, from dbt's log in JSON."""

    def __init__(self, command: str, watch: Watch) -> None:
        self._command, self._watch = command, watch
        self._finished = 0
        watch(f"{command}: dbt reads the project")

    def message(self, line: str) -> str:
        """The text of an error, "" for any other line."""
        try:
            event = json.loads(line)
        except ValueError:
            return line.strip()
        data = event.get("data", {})
        if event["info"]["name"] in _FINISHED:
            self._finished += 1
            total = data.get("total") or data.get("num_models") or "?"
            name = data.get("node_info", {}).get("node_name", "")
            self._watch(f"{self._command}: {self._finished} of {total}, {name}")
        return str(event["info"]["msg"]) if event["info"]["level"] == "error" else ""
