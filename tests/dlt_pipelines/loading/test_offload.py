"""Real decoding processes: batches in their order, and nothing lost when one of them dies."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from charges import CHARGES, NOW, TOKENS, page

from dlt_pipelines.loading.answers import Answer
from dlt_pipelines.loading.batches import Glance, Setup
from dlt_pipelines.loading.landing import Landing, Partition
from dlt_pipelines.loading.offload import Conveyor, Offload
from dlt_pipelines.loading.parts import Page

PAGES = 50


@pytest.fixture
def offload(monkeypatch: pytest.MonkeyPatch) -> Iterator[Offload]:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    offload = Offload()
    offload.start()
    try:
        yield offload
    finally:
        offload.stop()


@pytest.fixture
def answers(tmp_path: Path) -> list[Answer]:
    """Landed pages of one charge each, that were only glanced at."""
    with closing(Landing(str(tmp_path))) as landing:
        partition = Partition(landing, "any")
        return [_glanced(partition, number) for number in range(PAGES)]


def _glanced(partition: Partition, number: int) -> Answer:
    body = page({"id": f"ch_{number:03}", "amount": number})
    landed = Page(request="/charges", received_at=NOW, body=msgspec.Raw(body))
    decoded = Glance(CHARGES).page(body)
    assert decoded is not None
    return Answer(partition.path(partition.write(landed)), landed, decoded, landed=False)


def _keys(offload: Offload, answers: list[Answer]) -> list[str]:
    conveyor = Conveyor(offload, Setup(CHARGES, TOKENS.key, "run_1", NOW.date()))
    keys: list[str] = []
    for answer in answers:
        conveyor.add(answer)
        for _, (_, table) in conveyor.take():
            keys += table.column("id").to_pylist()
    for _, (_, table) in conveyor.take(everything=True):
        keys += table.column("id").to_pylist()
    return keys


def test_an_interrupt_at_the_terminal_does_not_reach_them(offload: Offload) -> None:
    groups = {os.getpgid(worker._process.pid) for worker in offload.workers}
    assert groups
    assert os.getpgrp() not in groups


def test_batches_come_back_whole_and_in_their_order(
    offload: Offload, answers: list[Answer]
) -> None:
    assert _keys(offload, answers) == [f"ch_{number:03}" for number in range(PAGES)]


def test_a_decoding_process_that_dies_costs_no_row(offload: Offload, answers: list[Answer]) -> None:
    (worker,) = offload.workers
    worker._process.kill()
    assert _keys(offload, answers) == [f"ch_{number:03}" for number in range(PAGES)]


def test_what_was_started_early_is_not_started_again(offload: Offload) -> None:
    started = list(offload.workers)
    offload.start()
    assert offload.workers == started


def test_there_is_none_on_one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    assert not Offload().ready()
