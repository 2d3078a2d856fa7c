"""Measures Hallmark's load of charges and prints the figures beside their targets."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict

import msgspec

from dlt_pipelines import config
from dlt_pipelines.control.files import write_atomically
from dlt_pipelines.errors import HallmarkError
from scripts.benchmarks.measurements import Figure, Sizes, histories, throughput
from scripts.benchmarks.options import parse, say
from scripts.benchmarks.table import machine, markdown

_ABOUT = """\
Charges over HTTP, 100 a page; medians of {rounds} alternating runs, each in a process of its own.
"""
PARTS = ("a", "b", "c", "d", "e")
_TEXTS = {
    "charges": "rows of (a) and (b)",
    "medium": "shorter history of (c) and (e)",
    "large": "longer history of (c), (d) and (e)",
    "increment": "rows that a day brings in (e)",
    "rounds": "rounds per median",
}


def main(arguments: Sequence[str]) -> None:
    options = parse(arguments, name="load", about=__doc__, sizes=Sizes(), texts=_TEXTS, parts=PARTS)
    sizes = Sizes(
        charges=options.charges,
        medium=options.medium,
        large=options.large,
        increment=options.increment,
        rounds=options.rounds,
    )
    figures = _measured(sizes, options.only)
    table = markdown(figures, _ABOUT.format(rounds=sizes.rounds))
    write_atomically(config.data_dir() / "reports" / "bench.md", table.encode())
    facts = {"machine": machine(), "sizes": asdict(sizes), "figures": figures}
    as_json = msgspec.json.format(msgspec.json.encode(facts)).decode() + "\n"
    sys.stdout.write(as_json if options.json else table)


def _measured(sizes: Sizes, parts: Sequence[str]) -> list[Figure]:
    figures: list[Figure] = []
    if {"a", "b"} & set(parts):
        figures += throughput(sizes, parts, say)
    if {"c", "d", "e"} & set(parts):
        figures += histories(sizes, parts, say)
    return figures


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except HallmarkError as error:
        sys.exit(str(error))
