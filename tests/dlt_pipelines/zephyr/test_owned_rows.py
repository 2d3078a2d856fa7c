"""What a walk from parent to parent refuses."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from dlt_pipelines.errors import PaginationError
from dlt_pipelines.zephyr.helpers import owned
from dlt_pipelines.zephyr.settings import CONTRACT

CYCLES = CONTRACT.entities["cycles"]


def cycle(key: int, release: int) -> Any:
    return SimpleNamespace(id=key, releaseId=release)


def test_a_row_of_another_parent_than_was_asked_for_is_no_fact() -> None:
    check = owned(CYCLES, 1, {})
    check([cycle(10, 1), cycle(11, 1)])
    with pytest.raises(PaginationError, match=r"PAGE001.*not asked for.*releaseId"):
        check([cycle(12, 2)])


def test_a_row_comes_under_one_parent_alone() -> None:
    owners: dict[Any, Any] = {}
    owned(CYCLES, 1, owners)([cycle(10, 1)])
    owned(CYCLES, 1, owners)([cycle(10, 1)])
    with pytest.raises(PaginationError, match=r"PAGE001.*two parents.*1 and 2"):
        owned(CYCLES, 2, owners)([cycle(10, 2)])
