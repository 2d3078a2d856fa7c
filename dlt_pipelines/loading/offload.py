"""Other processes that decode, so that long lists use all cores: Python threads share one."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import BinaryIO, cast

import msgspec
import pyarrow as pa

from dlt_pipelines.loading.answers import Answer
from dlt_pipelines.loading.batches import Batch, BatchDecoder, Done, Setup
from dlt_pipelines.loading.worker import receive, send
from dlt_pipelines.signals.logs import LOGGER

_MOST_WORKERS = 4
_PENDING_A_WORKER = 2
_PAGES = 40
_PIPE_BYTES = 1 << 20
_log = logging.getLogger(LOGGER)
Decoded = tuple[Done, pa.Table]


class Offload:
    """Worker processes, started when first asked for or before, and used once they are ready.

    There is none on a machine with one core.
    """

    def __init__(self) -> None:
        self.workers: list[_Worker] = []

    def start(self) -> None:
        """Begins to start the workers, unless that has been done."""
        if not self.workers:
            cores = os.cpu_count() or 1
            self.workers = [_Worker() for _ in range(min(cores - 1, _MOST_WORKERS))]

    def ready(self) -> bool:
        """Whether batches can be handed over; if not, the workers are on their way."""
        self.start()
        return bool(self.workers) and all(worker.ready.done() for worker in self.workers)

    def stop(self) -> None:
        for worker in self.workers:
            worker.stop()


class _Worker:
    """A decoding process and the threads that talk to it: it is asked again before it answers."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "dlt_pipelines.loading.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pipesize=_PIPE_BYTES,
            process_group=0,  # Ctrl-C is the loader's to heed; its end is theirs
        )
        self._sink = cast(BinaryIO, self._process.stdin)
        self._source = cast(BinaryIO, self._process.stdout)
        self._asking = ThreadPoolExecutor(1, thread_name_prefix="decode")
        self._answering = ThreadPoolExecutor(1, thread_name_prefix="decoded")
        self._known: list[Setup] = []
        self.ready = self._answering.submit(receive, self._source)

    def submit(self, setup: Setup, batch: Batch) -> Future[Decoded]:
        self._asking.submit(self._ask, setup, batch)
        return self._answering.submit(self._answer)

    def _ask(self, setup: Setup, batch: Batch) -> None:
        if setup not in self._known:
            self._known.append(setup)
            send(self._sink, msgspec.msgpack.encode(setup))
        number = self._known.index(setup)
        send(self._sink, msgspec.msgpack.encode(msgspec.structs.replace(batch, setup=number)))

    def _answer(self) -> Decoded:
        done = msgspec.msgpack.decode(receive(self._source), type=Done)
        return done, pa.ipc.open_stream(pa.py_buffer(receive(self._source))).read_all()

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        self._asking.shutdown(cancel_futures=True)
        self._answering.shutdown(cancel_futures=True)


class Conveyor:
    """One entity's pages on their way through the workers; batches come back in their order."""

    def __init__(self, offload: Offload, setup: Setup) -> None:
        self._offload = offload
        self._setup = setup
        self._answers: list[Answer] = []
        self._under_way: deque[tuple[list[Answer], Batch, Future[Decoded]]] = deque()
        self._submitted = 0

    def add(self, answer: Answer) -> None:
        """Takes a page that was only glanced at."""
        self._answers.append(answer)
        if len(self._answers) >= _PAGES:
            self._submit()

    def take(self, *, everything: bool = False) -> Iterator[tuple[list[Answer], Decoded]]:
        """The batches that are decoded, with their pages; waits for those too far behind."""
        if everything and self._answers:
            self._submit()
        most = 0 if everything else _PENDING_A_WORKER * len(self._offload.workers)
        while self._under_way and (len(self._under_way) > most or self._under_way[0][2].done()):
            answers, batch, future = self._under_way.popleft()
            yield answers, self._result(batch, future)

    def _submit(self) -> None:
        answers, self._answers = self._answers, []
        batch = Batch(0, [each.part for each in answers])
        worker = self._offload.workers[self._submitted % len(self._offload.workers)]
        self._submitted += 1
        self._under_way.append((answers, batch, worker.submit(self._setup, batch)))

    def _result(self, batch: Batch, future: Future[Decoded]) -> Decoded:
        try:
            return future.result()
        except (EOFError, OSError) as error:
            _log.warning("a decoding process has died (%s): this one does its work", error)
            return BatchDecoder(self._setup).decode(batch)
