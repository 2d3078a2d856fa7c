"""One subject, once, in a process of its own."""

from __future__ import annotations

import importlib
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from dlt_pipelines import config
from dlt_pipelines.errors import ExtractionError
from scripts.benchmarks.subjects import SUBJECTS

_KEY = "bench-key"
_IMPORTED = (
    "pandas",
    "sqlalchemy",  # by dlt, while it runs
    "dlt.sources.rest_api",
    "dlt_pipelines.loading.pipelines",
    "scripts.sources",
)
_PROCESSES = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)


class Trial(msgspec.Struct):
    """Wall seconds without the start of Python and its imports, peak memory in MiB, rows got.

    The memory of a process that the subject starts is added to its own.
    """

    seconds: float
    memory: float
    rows: int

    @property
    def rate(self) -> float:
        """Rows per second."""
        return self.rows / self.seconds


def attempt(
    subject: str, url: str, folder: Path | None = None, *, rows: int | None = None
) -> Trial:
    """Runs a subject, in a new folder when none is given.

    Raises EXT001 when it ends in an error or did not get `rows`: a wrong load has no speed.
    """
    if folder is None:
        with tempfile.TemporaryDirectory() as new:
            return attempt(subject, url, Path(new), rows=rows)
    done = subprocess.run(
        [sys.executable, "-m", "scripts.benchmarks.trial", subject, url],
        env={
            **os.environ,
            "LOCAL_DATA_DIR": str(folder),
            "MOCK__KEY": _KEY,
            "BRONZE_API_RPS": "1000000",
        },
        stdout=subprocess.PIPE,
    )
    if done.returncode:
        raise ExtractionError("the run failed; its error is above", subject=subject)
    trial = msgspec.json.decode(done.stdout, type=Trial)
    if rows is not None and trial.rows != rows:
        raise ExtractionError(
            "the run did not get the rows it should", subject=subject, rows=rows, got=trial.rows
        )
    return trial


def main(arguments: Sequence[str]) -> None:
    subject, url = arguments
    for name in _IMPORTED:
        importlib.import_module(name)
    started = time.monotonic()
    rows = SUBJECTS[subject](url, config.required("MOCK__KEY"), config.data_dir())
    trial = Trial(
        seconds=time.monotonic() - started,
        memory=sum(resource.getrusage(who).ru_maxrss for who in _PROCESSES) / 1024,
        rows=rows,
    )
    sys.stdout.write(msgspec.json.encode(trial).decode())


if __name__ == "__main__":
    main(sys.argv[1:])
