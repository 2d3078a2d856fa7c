"""Runs dbt against production, as the user would, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dlt_pipelines import config
from dlt_pipelines.errors import BuildError

Watch = Callable[[str], None]
_PASSED, _NODES_FAILED = 0, 1


@dataclass(frozen=True)
class Artifacts:
    """What dbt left: `run_results.json` and `manifest.json`."""

    run_results: Path
    manifest: Path


def run_dbt(command: str, *, watch: Watch, select: Sequence[str] = ()) -> Artifacts:
    """`dbt <command> --target prod`; nodes that failed are in the results, not an error.

    Raises BUILD001 when dbt itself could not run (a syntax error, a locked warehouse).
    """
    target = config.data_dir() / "dbt"
    artifacts = Artifacts(target / "run_results.json", target / "manifest.json")
    artifacts.run_results.unlink(missing_ok=True)
    arguments = [
        str(Path(sys.executable).with_name("dbt")),
        *("--log-format", "json", "--log-level-file", "none"),
        *(command, "--target", "prod", "--target-path", str(target)),
        *(("--select", *select) if select else ()),
    ]
    environment = {**os.environ, "LOCAL_DATA_DIR": str(config.data_dir())}
    with subprocess.Popen(
        arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=config.PROJECT_ROOT,
        env=environment,
        text=True,
    ) as process:
        assert process.stdout is not None
        errors = [message for line in process.stdout if (message := _message(line, watch))]
    if process.returncode not in (_PASSED, _NODES_FAILED) or not artifacts.run_results.exists():
        reason = " ".join(errors[-1].split())[:600] if errors else f"exit {process.returncode}"
        raise BuildError(f"dbt could not {command}: {reason}")
    if select and not json.loads(artifacts.run_results.read_bytes())["results"]:
        raise BuildError(f"nothing matches the selection {' '.join(select)!r}")
    return artifacts


def _message(line: str, watch: Watch) -> str:
    """Tells `watch` which node finished; returns the text of an error."""
    try:
        event = json.loads(line)
    except ValueError:
        return line.strip()
    node = event.get("data", {}).get("node_info", {}).get("node_name")
    if node and event["info"]["name"] in ("LogModelResult", "LogTestResult", "LogSeedResult"):
        watch(f"{event['data'].get('index', '')}/{event['data'].get('total', '')} {node}")
    return str(event["info"]["msg"]) if event["info"]["level"] == "error" else ""
