"""Measures Hallmark's load of charges and prints the figures beside their targets."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict

import msgspec

from dlt_pipelines import config
from dlt_pipelines.control.files import write_atomically
from dlt_pipelines.errors import HallmarkError
from scripts.benchmarks.measurements import Figure, Sizes, histories, throughput
from scripts.benchmarks.table import machine, markdown

_ABOUT = """\
Charges over HTTP, 100 a page; medians of {rounds} alternating runs, each in a process of its own.
"""
PARTS = ("a", "b", "c", "d", "e")


def main(arguments: Sequence[str]) -> None:
    options = _parse(arguments)
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
        figures += throughput(sizes, parts, _say)
    if {"c", "d", "e"} & set(parts):
        figures += histories(sizes, parts, _say)
    return figures


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    sizes = Sizes()
    parser = argparse.ArgumentParser(prog="python -m scripts.benchmarks.load", description=__doc__)
    for name, text in (
        ("charges", "rows of (a) and (b)"),
        ("medium", "shorter history of (c) and (e)"),
        ("large", "longer history of (c), (d) and (e)"),
        ("increment", "rows that a day brings in (e)"),
        ("rounds", "rounds per median"),
    ):
        parser.add_argument(f"--{name}", type=_positive, default=getattr(sizes, name), help=text)
    parser.add_argument("--only", type=_parts, default=PARTS, help="some of a,b,c,d,e")
    parser.add_argument("--json", action="store_true", help="print JSON for machines")
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    if int(text) < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return int(text)


def _parts(text: str) -> tuple[str, ...]:
    parts = tuple(text.split(","))
    if not set(parts) <= set(PARTS):
        raise argparse.ArgumentTypeError(f"must be some of {','.join(PARTS)}")
    return parts


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except HallmarkError as error:
        sys.exit(str(error))
