"""A command that is killed on its way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from dlt_pipelines import config


def kill_once_there(folder: Path, pattern: str, *arguments: str, **environment: str) -> None:
    """Runs `hallmark …` and kills it as soon as a file in `folder` matches the pattern."""
    child = subprocess.Popen(
        [sys.executable, "-m", "scripts.cli.hallmark", *arguments],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=config.PROJECT_ROOT,
    )
    while not any(folder.glob(pattern)):
        assert child.poll() is None, "it ended before it could be killed"
        time.sleep(0.001)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
