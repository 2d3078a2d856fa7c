"""The bundled APIs as sources: started for a run, their clock kept between runs."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import msgspec
import requests

from dlt_pipelines import config
from dlt_pipelines.control.files import write_atomically
from dlt_pipelines.errors import ConfigurationError, ExtractionError, StateError
from scripts.completeness import Truth
from scripts.mock_api.serve import subprocesses
from scripts.mock_api.world import World
from scripts.sources import Connection

_SEED = 1
_HEAD_START = timedelta(days=30)
"""How far behind the present the clock begins, so that it can be advanced and stay in the past."""


@dataclass(frozen=True)
class Demo:
    """The bundled APIs of one run."""

    world: World
    connections: dict[str, Connection]

    def truths(self, sources: tuple[str, ...]) -> dict[str, Truth]:
        """What each API says it holds at the world's clock."""
        return {name: _truth(self.connections[name].base_url) for name in sources}


@contextmanager
def bundled_apis(*, advance_days: float = 0.0) -> Iterator[Demo]:
    """Starts both APIs on free loopback ports, `advance_days` later than at the last run.

    The clock is kept in `_state/demo.json`. Raises CFG001 when the warehouse holds other data.
    """
    path = _clock_file()
    if config.warehouse_path().exists() and not path.exists():
        raise ConfigurationError(
            "the warehouse holds data of real servers and the demo would mix its own in; set"
            " LOCAL_DATA_DIR to another folder for the demo",
            warehouse=config.warehouse_path(),
        )
    world = _kept_world(path).advanced(timedelta(days=advance_days))
    key = secrets.token_hex(20)
    with subprocesses(world, key=key) as urls:
        write_atomically(path, msgspec.json.encode(world))
        yield Demo(world, {source: Connection(url, key) for source, url in urls.items()})


def refuse_demo_warehouse() -> None:
    """Raises CFG001 when the warehouse is the demo's: real rows must not be mixed into it."""
    if _clock_file().exists():
        raise ConfigurationError(
            "the warehouse holds the demo's data; set LOCAL_DATA_DIR to another folder for real"
            " servers, or delete this one",
            warehouse=config.warehouse_path(),
        )


def _clock_file() -> Path:
    return config.state_dir() / "demo.json"


def _kept_world(path: Path) -> World:
    if not path.exists():
        return World.at(datetime.now(UTC) - _HEAD_START, seed=_SEED)
    try:
        return msgspec.json.decode(path.read_bytes(), type=World)
    except msgspec.DecodeError as error:
        raise StateError(
            "the demo's clock cannot be read; delete LOCAL_DATA_DIR", path=path
        ) from error


def _truth(url: str) -> Truth:
    """What the bundled API at `url` says it holds."""
    try:
        answer = requests.get(f"{url}/_control/truth", timeout=60)
    except requests.RequestException as error:
        raise ExtractionError("the bundled API does not answer", url=url) from error
    return cast(Truth, answer.json()["entities"])
