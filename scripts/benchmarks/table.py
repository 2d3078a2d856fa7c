"""The figures as one Markdown table, or as JSON, with what they were measured on."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import version

import msgspec

from dlt_pipelines import config
from dlt_pipelines.control.files import write_atomically
from scripts.benchmarks.measurements import Figure


def machine() -> dict[str, str]:
    """Versions and cores."""
    packages = {name: version(name) for name in ("dlt", "dbt-core", "duckdb", "pyarrow")}
    return {"python": platform.python_version(), **packages, "cores": str(os.cpu_count())}


def publish(
    name: str, figures: Sequence[Figure], about: str, *, as_json: bool = False, **facts: object
) -> None:
    """Writes the table to `reports/<name>.md` and prints it, or everything as JSON."""
    table = markdown(figures, about)
    write_atomically(config.data_dir() / "reports" / f"{name}.md", table.encode())
    told = {"machine": machine(), **facts, "figures": figures}
    printed = msgspec.json.format(msgspec.json.encode(told)).decode() + "\n"
    sys.stdout.write(printed if as_json else table)


def markdown(figures: Sequence[Figure], about: str) -> str:
    """`about` says in a sentence how the figures came about."""
    facts = ", ".join(f"{name} {value}" for name, value in machine().items())
    lines = [
        f"{about} {facts}.",
        "",
        "| what | figure | target | met |",
        "|---|---:|---:|---|",
        *(
            f"| {each.what} | {_number(each.value)} {each.unit}".rstrip()
            + f" | {each.target} | {_met(each)} |"
            for each in figures
        ),
    ]
    return "\n".join(lines) + "\n"


def _met(figure: Figure) -> str:
    if figure.met is None:
        return "not measurable" if figure.target else ""
    return "yes" if figure.met else "no"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
