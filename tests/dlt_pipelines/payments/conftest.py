from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from contracts.odcs import Entity
from dlt_pipelines.loading import windows
from dlt_pipelines.payments import helpers
from dlt_pipelines.payments.helpers import State
from tests.fake_client import NOW


class Clock(datetime):
    @classmethod
    def now(cls, tz: Any = None) -> Any:
        return NOW


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "datetime", Clock)


@pytest.fixture
def states(monkeypatch: pytest.MonkeyPatch) -> dict[str, State]:
    """Each entity's state, which dlt would keep in the warehouse."""
    kept: dict[str, State] = {}

    def state(entity: Entity) -> State:
        return kept.setdefault(entity.name, {})

    monkeypatch.setattr(helpers, "_state", state)
    return kept
