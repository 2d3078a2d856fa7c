"""Holds the finished partitions of a landing against their checksums."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec

_FINISHED = "bronze/source=*/entity=*/dt=*/run_id=*/_checksums.json"


def assert_landing_verifies(folder: Path) -> None:
    """There is a finished partition in the data folder, and each has the files that it lists."""
    partitions = [each.parent for each in folder.glob(_FINISHED)]
    assert partitions
    for partition in partitions:
        assert (partition, _sums(partition)) == (partition, _recorded_sums(partition))


def _sums(partition: Path) -> dict[str, Any]:
    """A file that a kill left half-written has a name of its own, with a dot in front."""
    files = [each for each in partition.iterdir() if not each.name.startswith(".")]
    contents = {each.name: each.read_bytes() for each in files if each.name != "_checksums.json"}
    return {name: (len(data), hashlib.sha256(data).hexdigest()) for name, data in contents.items()}


def _recorded_sums(partition: Path) -> dict[str, Any]:
    listed = msgspec.json.decode((partition / "_checksums.json").read_bytes())["files"]
    return {each["path"]: (each["size_bytes"], each["sha256"]) for each in listed}
