"""When a load is killed: after a time, after some requests, or when files appear."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

TIME, REQUESTS = "time", "requests"
_PARTITION = "bronze/source=*/entity=*/dt=*/run_id=*"
_PIPELINE = "dlt/pipelines/*"
FILES = {
    "a page has landed": f"{_PARTITION}/part-*",
    "a partition is finished": f"{_PARTITION}/_checksums.json",
    "a package is extracted": f"{_PIPELINE}/normalize/extracted/*",
    "a package waits": f"{_PIPELINE}/load/normalized/*/new_jobs/*",
    "a table is loaded": f"{_PIPELINE}/load/normalized/*/completed_jobs/*",
}
_MOST = {"a page has landed": 20, "a partition is finished": 6}
KINDS = (TIME, REQUESTS, *FILES)

_PHASES = {
    "load": f"{_PIPELINE}/load/normalized/*.*",
    "normalize": f"{_PIPELINE}/normalize/extracted/*.*",
    "extract": f"{_PIPELINE}/normalize/*/*.*",
}


@dataclass(frozen=True)
class Kill:
    """The moment of a kill.

    `share` is the part of an undisturbed load's time or requests after which it comes, `files` the
    number of new files of its kind.
    """

    kind: str
    share: float
    files: int


def planned(seed: int) -> Iterator[Kill]:
    """Kills without end: every kind once, shuffled, then every kind again."""
    random = Random(seed)
    while True:
        for kind in random.sample(KINDS, len(KINDS)):
            yield Kill(kind, random.uniform(0.1, 0.95), random.randint(1, _MOST.get(kind, 1)))


def files(folder: Path, pattern: str) -> set[str]:
    return set(glob.glob(pattern, root_dir=folder))  # noqa: PTH207 - folders may go meanwhile


def packages(folder: Path) -> dict[str, set[str]]:
    """What dlt's working folder holds, by the phase of a load that makes it; the last one first."""
    return {name: files(folder, pattern) for name, pattern in _PHASES.items()}


def phase(folder: Path, before: dict[str, set[str]]) -> str:
    """Where a killed load was, from the packages that were not there `before` it."""
    found = packages(folder)
    return next((name for name in found if found[name] - before[name]), "between")
