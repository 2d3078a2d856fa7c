"""The dlt plugin that gives each checkout its own dlt.

dlt keeps its working folders in one place per machine. Two clones would then share cursors: the
second finds the first one's and loads nothing. This run context moves them below this checkout's
`LOCAL_DATA_DIR`, for our commands and for `dlt pipeline … info` alike.
"""

from __future__ import annotations

from typing import Any

from dlt.common.configuration import plugins
from dlt.common.configuration.providers import CustomLoaderDocProvider
from dlt.common.configuration.providers.provider import ConfigProvider
from dlt.common.runtime.run_context import RunContext

from dlt_pipelines import config

_MEMORY = "256MB"


class HallmarkRunContext(RunContext):
    """dlt's run context, rooted in this checkout."""

    @property
    def run_dir(self) -> str:
        return str(config.PROJECT_ROOT)

    @property
    def global_dir(self) -> str:
        return str(config.data_dir() / "dlt")

    @property
    def data_dir(self) -> str:
        return self.global_dir

    def initial_providers(self) -> list[ConfigProvider]:
        return [*super().initial_providers(), CustomLoaderDocProvider("hallmark", _defaults)]


def _defaults() -> dict[str, Any]:
    """What dlt does here unless configured otherwise, with the reason."""
    return {
        "runtime": {
            "dlthub_telemetry": False,
            # our own coded errors and ledger speak; dlt logs tracebacks of what we code, and
            # warnings that repeat the Arrow hints we chose
            "log_level": "CRITICAL",
        },
        # raw columns keep the API's own names
        "schema": {"naming": "duck_case"},
        # one entity after the other: children need their parents' keys
        "extract": {"next_item_mode": "fifo"},
        # Arrow rows do not carry their load id unless told to
        "normalize": {"parquet_normalizer": {"add_dlt_load_id": True}},
        # its files are read once, a moment later
        "data_writer": {"compression": "none"},
        "destination": {"duckdb": {"credentials": _warehouse()}},
    }


def _warehouse() -> dict[str, Any]:
    """The warehouse's file, and how dlt opens it.

    dlt's own checkpoint threshold of 1 GB has all rows written twice, first to the log. Two threads
    that fill a row group each do not fit into the memory, and take twice as long for evicting them.
    """
    pragmas = ["checkpoint_threshold='16MB'", f"memory_limit='{_MEMORY}'", "threads=1"]
    return {"database": str(config.warehouse_path()), "pragmas": pragmas}


@plugins.hookimpl(specname="plug_run_context")
def plug_run_context(
    run_dir: str | None, runtime_kwargs: dict[str, Any] | None
) -> HallmarkRunContext:
    return HallmarkRunContext(run_dir)
