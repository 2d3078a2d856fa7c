"""Versions are gap-free and one is current, whoever comes at once and whatever is killed."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from registry_server import Api, Json, Process, good, rows, until
from registry_stores import STORES, new_store

INGESTS = 200
CALLERS = 16


def schema(number: int) -> Json:
    return rows(id_="string", **{f"field_{number}": "string"})


def keyed(number: int) -> dict[str, dict[str, str]]:
    return {"headers": {"Idempotency-Key": f"ingest-{number}"}}


def check_books(api: Api, dataset_id: str, answers: list[Json]) -> None:
    """Each key has its own version, no number is missing, and one at most is current."""
    versions = api.versions(dataset_id)
    numbers = [each["version"] for each in versions]
    assert numbers == list(range(len(versions), 0, -1))
    assert sum(each["is_current"] for each in versions) == 1
    assert len({answer["version"] for answer in answers}) == len(answers) == len(versions)
    hashes = {each["version"]: each["schema_hash"] for each in versions}
    assert all(hashes[answer["version"]] == answer["schema_hash"] for answer in answers)
    assert len(set(hashes.values())) == len(versions)


def test_two_hundred_ingests_at_once(api: Api) -> None:
    dataset_id = api.dataset(compatibility="NONE")

    def ingest(number: int) -> Json:
        return good(api.ingest(dataset_id, schema(number), **keyed(number)))

    with ThreadPoolExecutor(CALLERS) as pool:
        answers = list(pool.map(ingest, range(INGESTS)))
        check_books(api, dataset_id, answers)
        assert list(pool.map(ingest, range(INGESTS))) == answers
    assert len(api.versions(dataset_id)) == INGESTS


def test_flips_and_ingests_at_once_leave_one_current(api: Api) -> None:
    dataset_id = api.dataset(compatibility="NONE")
    here = f"/datasets/{dataset_id}/layers/gold"
    for number in range(4):
        good(api.ingest(dataset_id, schema(number)))

    def act(number: int) -> None:
        if number % 2:
            good(api.post(f"{here}/versions/{number % 4 + 1}/set-current"))
        else:
            good(api.ingest(dataset_id, schema(100 + number)))

    with ThreadPoolExecutor(CALLERS) as pool:
        list(pool.map(act, range(40)))
    versions = api.versions(dataset_id)
    assert [each["version"] for each in versions] == list(range(24, 0, -1))
    assert sum(each["is_current"] for each in versions) == 1


@pytest.fixture(params=STORES)
def process(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Process]:
    store = new_store(request.param, request, tmp_path)
    with Process(store, LOCAL_DATA_DIR=str(tmp_path)) as started:
        yield started


def test_two_hundred_ingests_while_the_server_is_killed(process: Process) -> None:
    """Callers send again, with the key, whatever was not answered."""
    api = process.api
    dataset_id = api.dataset(compatibility="NONE")
    answered: dict[int, Json] = {}

    def ingest(number: int) -> None:
        own = Api(api.root)

        def attempt() -> bool:
            try:
                answer = own.ingest(dataset_id, schema(number), **keyed(number))
            except (requests.ConnectionError, requests.Timeout):
                time.sleep(0.05)
                return False
            answered[number] = good(answer)
            return True

        until(attempt, 240)

    with ThreadPoolExecutor(CALLERS) as pool:
        everything = [pool.submit(ingest, number) for number in range(INGESTS)]
        for share in (0.25, 0.6):
            until(lambda share=share: len(answered) >= INGESTS * share, 240)
            process.kill()
            process.start()
        for each in everything:
            each.result()
    check_books(api, dataset_id, [answered[number] for number in range(INGESTS)])
    for number in random.Random(1).sample(range(INGESTS), 20):
        assert good(api.ingest(dataset_id, schema(number), **keyed(number))) == answered[number]
    assert process.stop() == -signal.SIGTERM
