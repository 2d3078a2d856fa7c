"""Work that ends by SIGKILL right before one of its effects on files or the warehouse.

As a process of its own this imports what the commands need, once, and forks for each of them.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import duckdb
import msgspec

_READS = re.compile(r"\s*(select|with|from|set|pragma|describe|explain|show)\b", re.IGNORECASE)
_LIMIT_SECONDS = 120
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_CHANGED = {"os.rename": 1, "os.remove": 0, "os.rmdir": 0, "os.mkdir": 0, "os.symlink": 1}
"""Audit events, and which of their arguments is the path that changes."""
_USED = (
    "dlt.common.libs.pyarrow",
    "dlt.destinations.impl.duckdb.duck",
    "dlt_pipelines.loading.run_context",
    "scripts.backfill",
    "scripts.commands",
    "scripts.replay",
    "scripts.state",
    "sqlalchemy",
)
"""What each command would import anew."""


class Kill(msgspec.Struct, frozen=True):
    """The effect before which work is killed: which one of those that the expression finds.

    An effect reads `os.rename <path in the folder>`, `open <path>` or `sql <statement>`.
    """

    expression: str
    number: int = 1


class Ended(msgspec.Struct, frozen=True):
    """The exit code, below zero that of a signal, and how many effects there were if it ended."""

    code: int
    effects: int = 0

    @property
    def was_killed(self) -> bool:
        return self.code == -signal.SIGKILL


def forked(act: Callable[[], object], folder: Path, kill: Kill | None = None) -> Ended:
    """Does something in a fork of this process, up to the effect that it is killed before."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        _act(act, _Effects(str(folder), kill or Kill("(?!)")), writing)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        effects = pipe.read()
    _, status = os.waitpid(child, 0)
    return Ended(os.waitstatus_to_exitcode(status), int(effects or 0))


def _act(act: Callable[[], object], effects: _Effects, receipt: int) -> NoReturn:
    """The child's part: it never returns to what its parent was doing."""
    code = 1
    signal.alarm(_LIMIT_SECONDS)  # rather than to hang on what another thread held at the fork
    try:
        effects.watch()
        act()
        code = 0
    except SystemExit as stop:
        code = int(stop.code or 0)
    except BaseException:
        traceback.print_exc()
    finally:
        os.write(receipt, str(effects.count).encode())
        os._exit(code)


@dataclass
class _Effects:
    folder: str
    kill: Kill
    count: int = 0
    _found: int = 0
    _counting: threading.Lock = field(default_factory=threading.Lock)

    def watch(self) -> None:
        sys.addaudithook(self._audited)
        for name in ("execute", "begin", "commit"):
            setattr(duckdb.DuckDBPyConnection, name, self._watched(name))

    def _before(self, effect: str) -> None:
        with self._counting:
            self.count += 1
            self._found += bool(re.match(self.kill.expression, effect, re.IGNORECASE))
            if self._found == self.kill.number:
                os.kill(os.getpid(), signal.SIGKILL)

    def _audited(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in _CHANGED:
            path = arguments[_CHANGED[event]]
        elif event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING:
            path = arguments[0]
        else:
            return
        if isinstance(path, str | Path) and os.fspath(path).startswith(self.folder):
            self._before(f"{event} {os.fspath(path).removeprefix(self.folder)}")

    def _watched(self, name: str) -> Callable[..., Any]:
        own = getattr(duckdb.DuckDBPyConnection, name)

        def watched(connection: Any, *arguments: Any, **options: Any) -> Any:
            sql = str(arguments[0]) if arguments else name
            if not _READS.match(sql):
                self._before(f"sql {' '.join(sql.split())}")
            return own(connection, *arguments, **options)

        return watched


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A `hallmark` command; what it says goes to the file `log`."""

    command: tuple[str, ...]
    environment: dict[str, str]
    log: str
    kill: Kill | None = None


class Forks:
    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def run(self, job: Job) -> Ended:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(job) + b"\n")
        self._process.stdin.flush()
        return msgspec.json.decode(self._process.stdout.readline(), type=Ended)


@contextmanager
def forks() -> Iterator[Forks]:
    """The process that forks; it ends with the block."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.crash.forked"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        try:
            yield Forks(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()


def _command(job: Job) -> None:
    from scripts.cli import hallmark

    log = os.open(job.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.update(job.environment)
    sys.argv = list(job.command)
    hallmark.main()


def main() -> None:
    for name in _USED:
        import_module(name)
    decode = msgspec.json.Decoder(Job).decode
    for line in sys.stdin.buffer:
        job = decode(line)
        folder = Path(job.environment["LOCAL_DATA_DIR"])
        ended = forked(partial(_command, job), folder, job.kill)
        sys.stdout.buffer.write(msgspec.json.encode(ended) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
