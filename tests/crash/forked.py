"""Commands that end by SIGKILL right before one of their effects on files or the warehouse.

As a process of its own this imports what the commands need, once, and forks for each of them.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import duckdb
import msgspec

_READS = re.compile(r"\s*(select|with|from|set|pragma|describe|explain|show)\b", re.IGNORECASE)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_CHANGED = {"os.rename": 1, "os.remove": 0, "os.rmdir": 0, "os.mkdir": 0, "os.symlink": 1}
"""Audit events, and which of their arguments is the path that changes."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A command, and the effect before which it is killed: which one of those that `kill` finds.

    An effect reads `os.rename <path>`, `open <path>` or `sql <statement>`. Without `kill` the
    command runs to its end.
    """

    command: tuple[str, ...]
    environment: dict[str, str]
    log: str
    kill: str = ""
    number: int = 1


class Ended(msgspec.Struct, frozen=True):
    """The exit code, below zero that of a signal, and how many effects there were."""

    code: int
    effects: int


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


class _Effects:
    def __init__(self, job: Job) -> None:
        self._job = job
        self._folder = job.environment["LOCAL_DATA_DIR"]
        self._kill = re.compile(job.kill or "(?!)", re.IGNORECASE)
        self._found = 0
        self._counting = threading.Lock()
        self.count = 0

    def watch(self) -> None:
        sys.addaudithook(self._audited)
        for name in ("execute", "begin", "commit"):
            setattr(duckdb.DuckDBPyConnection, name, self._watched(name))

    def _before(self, effect: str) -> None:
        with self._counting:
            self.count += 1
            self._found += bool(self._kill.match(effect))
            if self._found == self._job.number:
                os.kill(os.getpid(), signal.SIGKILL)

    def _audited(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in _CHANGED:
            path = arguments[_CHANGED[event]]
        elif event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING:
            path = arguments[0]
        else:
            return
        if isinstance(path, str | Path) and os.fspath(path).startswith(self._folder):
            self._before(f"{event} {os.fspath(path).removeprefix(self._folder)}")

    def _watched(self, name: str) -> Callable[..., Any]:
        own = getattr(duckdb.DuckDBPyConnection, name)

        def watched(connection: Any, *arguments: Any, **options: Any) -> Any:
            sql = str(arguments[0]) if arguments else name
            if not _READS.match(sql):
                self._before(f"sql {' '.join(sql.split())}")
            return own(connection, *arguments, **options)

        return watched


def _fork(job: Job, receipt: Path) -> Ended:
    receipt.write_text("0")
    child = os.fork()
    if not child:
        _become(job, receipt)
    _, status = os.waitpid(child, 0)
    return Ended(os.waitstatus_to_exitcode(status), int(receipt.read_text()))


def _become(job: Job, receipt: Path) -> NoReturn:
    """The child's part: never returns to what its parent was doing."""
    log = os.open(job.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.update(job.environment)
    effects = _Effects(job)
    effects.watch()
    code = 1
    try:
        code = _command(job.command)
    except SystemExit as stop:
        code = int(stop.code or 0)
    finally:
        receipt.write_text(str(effects.count))
        sys.stdout.flush()
        os._exit(code)


def _command(words: tuple[str, ...]) -> int:
    if words[0] == "dbt":
        from tests.dbt_here import dbt

        results = dbt(Path(os.environ["LOCAL_DATA_DIR"]), *words[1:])
        return 0 if all(each.is_good for each in results) else 1
    from scripts import cli

    sys.argv = list(words)
    cli.main()
    return 0


def main() -> None:
    import scripts.backfill
    import scripts.commands
    import scripts.quarantine
    import scripts.replay
    import scripts.snapshot
    import scripts.state  # noqa: F401 - each command would import them anew
    from tests.dbt_here import manifest

    decode = msgspec.json.Decoder(Job).decode
    for line in sys.stdin.buffer:
        job = decode(line)
        if job.command[0] == "dbt":
            manifest("prod")
        ended = _fork(job, Path(job.log).with_suffix(".effects"))
        sys.stdout.buffer.write(msgspec.json.encode(ended) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
