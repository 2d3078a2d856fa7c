"""A command in a process of its own, and what it took."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from dlt_pipelines import config

_MIB = 1024
"""Kibibytes, in which Linux counts a process's memory."""


class Taken(NamedTuple):
    """Seconds by the clock and of processors; MiB that it, or one it started, held at most."""

    exit_code: int
    seconds: float
    processors: float
    memory: float


def measured(data_dir: Path, name: str, *arguments: str) -> Taken:
    """Runs a command of this environment on a data folder; its output goes to standard error."""
    started = time.monotonic()
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name(name)), *arguments],
        cwd=config.PROJECT_ROOT,
        env={**os.environ, "LOCAL_DATA_DIR": str(data_dir)},
        stdout=sys.stderr,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Taken(
        process.returncode,
        time.monotonic() - started,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss / _MIB,
    )
