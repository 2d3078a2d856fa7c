"""A load that has failed ends, though other requests of it hang."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.faulty import Faulty
from tests.e2e.workspace import Workspace

HANGS = {"seconds": 600, "times": 0}


@pytest.mark.parametrize(
    ("source", "hanging", "failing"),
    [
        ("payments", "customers", "refunds"),
        ("payments", "refunds", "customers"),
    ],
)
def test_the_first_error_ends_the_command_while_another_list_hangs(
    source: str, hanging: str, failing: str, faulty: Faulty, tmp_path: Path
) -> None:
    faulty.add(source, "hang", entity=hanging, **HANGS)
    faulty.add(source, "token_revoked", entity=failing)
    workspace = Workspace(tmp_path / "work", faulty)
    load = workspace.start(
        "hallmark",
        "load",
        source,
        "--entity",
        hanging,
        "--entity",
        failing,
        RUNTIME__REQUEST_TIMEOUT="600",
    )
    try:
        assert load.wait(timeout=60) == 1
    finally:
        load.kill()
    assert "[AUTH001]" in workspace.log.read_text("utf-8")
