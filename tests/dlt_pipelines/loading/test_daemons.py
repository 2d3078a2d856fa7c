from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import wait

import pytest

from dlt_pipelines.loading.daemons import DaemonExecutor


def test_calls_are_done_side_by_side_and_their_results_kept() -> None:
    both = threading.Barrier(2, timeout=10)
    executor = DaemonExecutor(2)
    futures = [executor.submit(both.wait) for _ in range(2)]
    assert sorted(each.result(10) for each in futures) == [0, 1]
    executor.shutdown()


def test_what_a_call_raises_is_its_future_s() -> None:
    executor = DaemonExecutor(1)
    failed = executor.submit(int, "five")
    assert executor.submit(int, "5").result(10) == 5
    with pytest.raises(ValueError, match="five"):
        failed.result(10)
    executor.shutdown()


def test_what_waits_for_its_turn_can_be_taken_back() -> None:
    begun, let_go = threading.Event(), threading.Event()
    executor = DaemonExecutor(1)
    executor.submit(begun.set)
    executor.submit(let_go.wait, 10)
    late = executor.submit(int)
    assert begun.wait(10)
    assert late.cancel()
    let_go.set()
    executor.shutdown()
    assert late.cancelled()


def test_after_its_end_it_does_what_was_submitted_and_takes_no_more() -> None:
    executor = DaemonExecutor(2)
    futures = [executor.submit(int, str(number)) for number in range(20)]
    executor.shutdown(wait=False)
    wait(futures, 10)
    assert [each.result() for each in futures] == list(range(20))
    with pytest.raises(RuntimeError, match="shut down"):
        executor.submit(int)


HANGING = """
import threading
from dlt_pipelines.loading.daemons import DaemonExecutor
begun = threading.Event()
DaemonExecutor(1).submit(lambda: (begun.set(), threading.Event().wait()))
begun.wait()
"""


def test_a_call_that_hangs_does_not_hold_the_process() -> None:
    subprocess.run([sys.executable, "-c", HANGING], check=True, timeout=60)
