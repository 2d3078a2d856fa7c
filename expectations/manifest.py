"""What the gate reads of dbt's manifest: nodes, their columns, and the sources' freshness."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec


class Config(msgspec.Struct):
    severity: str | None = None
    materialized: str | None = None
    meta: dict[str, object] = {}


class Dependencies(msgspec.Struct):
    nodes: list[str] = []


class TestMetadata(msgspec.Struct):
    name: str
    kwargs: dict[str, object] = {}


class Constraint(msgspec.Struct):
    type: str
    columns: list[str] = []


class Contract(msgspec.Struct):
    enforced: bool = False


class Column(msgspec.Struct):
    name: str
    data_type: str | None = None
    constraints: list[Constraint] = []


class Node(msgspec.Struct):
    """A model, seed, test or exposure; a version of a model is known by its `alias`."""

    name: str
    resource_type: str
    schema: str = ""
    alias: str = ""
    description: str = ""
    package_name: str = ""
    original_file_path: str = ""
    raw_code: str = ""
    patch_path: str | None = None
    column_name: str | None = None
    attached_node: str | None = None
    test_metadata: TestMetadata | None = None
    config: Config = msgspec.field(default_factory=Config)
    contract: Contract = msgspec.field(default_factory=Contract)
    constraints: list[Constraint] = []
    columns: dict[str, Column] = {}
    depends_on: Dependencies = msgspec.field(default_factory=Dependencies)

    @property
    def table(self) -> str:
        return f"{self.schema}.{self.alias}"

    @property
    def is_ephemeral(self) -> bool:
        return self.config.materialized == "ephemeral"

    @property
    def yaml_path(self) -> str:
        """The YAML that describes it, relative to the project."""
        return (self.patch_path or self.original_file_path).rpartition("://")[2]


class Threshold(msgspec.Struct):
    """How old, in dbt's words; neither of them where there is no limit."""

    count: int | None = None
    period: Literal["minute", "hour", "day"] | None = None

    @property
    def hours(self) -> float | None:
        if self.count is None or self.period is None:
            return None
        return self.count * {"minute": 1 / 60, "hour": 1.0, "day": 24.0}[self.period]


class Freshness(msgspec.Struct):
    warn_after: Threshold = msgspec.field(default_factory=Threshold)
    error_after: Threshold = msgspec.field(default_factory=Threshold)


class SourceTable(msgspec.Struct):
    source_name: str
    name: str
    original_file_path: str = ""
    loaded_at_query: str | None = None
    freshness: Freshness | None = None


class Manifest(msgspec.Struct):
    nodes: dict[str, Node]
    unit_tests: dict[str, Node] = {}
    exposures: dict[str, Node] = {}  # dbt reports them with the rest, and does nothing for them
    sources: dict[str, SourceTable] = {}

    @property
    def known(self) -> dict[str, Node]:
        """All that dbt reports results of."""
        return self.nodes | self.unit_tests | self.exposures


def read_manifest(path: Path) -> Manifest:
    """Raises OSError or MsgspecError when there is none that can be read."""
    return msgspec.json.decode(path.read_bytes(), type=Manifest)
