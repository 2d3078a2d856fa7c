"""Measures Hallmark's load of charges and prints the figures beside their targets."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from dlt_pipelines.errors import HallmarkError
from scripts.benchmarks.measurements import Figure, Sizes, histories, throughput
from scripts.benchmarks.options import parse, say
from scripts.benchmarks.table import publish

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
    sizes = Sizes(**{name: getattr(options, name) for name in _TEXTS})
    figures = _measured(sizes, options.only)
    about = _ABOUT.format(rounds=sizes.rounds)
    publish("bench", figures, about, as_json=options.json, sizes=sizes)


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
