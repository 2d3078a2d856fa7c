"""The real commands in processes of their own, and their end with SIGKILL."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from dlt_pipelines import config
from scripts.sources import SECRETS
from tests.e2e.conftest import KEY, Apis

_POLL_SECONDS = 0.003
_LIMIT_SECONDS = 120


@dataclass(frozen=True)
class Workspace:
    """A `LOCAL_DATA_DIR` and the commands that work in it."""

    folder: Path
    apis: Apis

    @property
    def log(self) -> Path:
        return self.folder.with_suffix(".log")

    def start(self, command: str, *arguments: str, **settings: str) -> subprocess.Popen[bytes]:
        """Starts a command in a process group of its own; what it says goes to `log`."""
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [Path(sys.executable).with_name(command), *arguments],
                cwd=config.PROJECT_ROOT,
                env={**os.environ, **self._environment(), **settings},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def finish(self, process: subprocess.Popen[bytes]) -> None:
        """Waits for a command that must succeed."""
        assert not self.kill(process, lambda: False)

    def kill(self, process: subprocess.Popen[bytes], due: Callable[[], bool]) -> bool:
        """Kills the command's whole group once `due`; False when it succeeded before that."""
        last = time.monotonic() + _LIMIT_SECONDS
        killed = False
        while process.poll() is None and not killed:
            time.sleep(_POLL_SECONDS)
            killed = time.monotonic() > last or due()
        if killed:
            os.killpg(process.pid, signal.SIGKILL)
        code = process.wait()
        assert time.monotonic() < last, "the command did not end"
        good = (0, -signal.SIGKILL) if killed else (0,)
        assert code in good, f"exit {code}: {self.log.read_text('utf-8')[-2000:]}"
        return code == -signal.SIGKILL

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.folder / "warehouse.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def succeeded(self) -> Counter[str]:
        """How many loads of each source have succeeded, as the warehouse tells."""
        try:
            sources = self.query("select source from control.runs where status = 'succeeded'")
        except (duckdb.IOException, duckdb.CatalogException):  # killed before there was one
            return Counter()
        return Counter(source for (source,) in sources)

    def _environment(self) -> dict[str, str]:
        connections = {
            f"SOURCES__{source.upper()}__{name}": value
            for source, url in self.apis.urls.items()
            for name, value in (("BASE_URL", url), (SECRETS[source], KEY))
        }
        return {
            **connections,
            "LOCAL_DATA_DIR": str(self.folder),
            "BRONZE_API_RPS": "10000",
            "PII__KEY": KEY,  # the same in each workspace, so that tokens can be compared
        }
