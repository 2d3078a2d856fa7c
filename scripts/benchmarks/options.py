"""What the benchmarks take on their command lines, and how they tell of progress."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import Any


def parse(
    arguments: Sequence[str],
    *,
    name: str,
    about: str | None,
    sizes: Any,
    texts: Mapping[str, str],
    parts: Sequence[str],
) -> argparse.Namespace:
    """An option for each field of `sizes`, a whole number above zero; `--only` and `--json`."""

    def some(text: str) -> tuple[str, ...]:
        chosen = tuple(text.split(","))
        if not set(chosen) <= set(parts):
            raise argparse.ArgumentTypeError(f"must be some of {','.join(parts)}")
        return chosen

    parser = argparse.ArgumentParser(prog=f"python -m scripts.benchmarks.{name}", description=about)
    for size, text in texts.items():
        parser.add_argument(f"--{size}", type=_positive, default=getattr(sizes, size), help=text)
    parser.add_argument(
        "--only", type=some, default=tuple(parts), help=f"some of {','.join(parts)}"
    )
    parser.add_argument("--json", action="store_true", help="print JSON for machines")
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    if int(text) < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return int(text)


def say(text: str) -> None:
    """Progress goes to standard error, the figures to standard output."""
    sys.stderr.write(text + "\n")
