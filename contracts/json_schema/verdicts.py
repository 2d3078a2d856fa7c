"""What a new schema means for readers of the old one and for old readers.

`backward`: every document that fits `base` fits `new` (new readers read old data); `forward`: every
one that fits `new` fits `base`. Both are questions of inclusion, answered by proof or by example.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from contracts.compatibility import Classification, Finding
from contracts.json_schema.schemas import Schema

Answer = Literal["yes", "no", "unknown"]


@dataclass(frozen=True)
class Budget:
    """`steps` bounds the work of one direction; some ten thousand steps take a second."""

    steps: int = 20_000


class Direction(msgspec.Struct, frozen=True, kw_only=True):
    """Whether it holds: `yes` is proved, `no` has an example, `unknown` counts as no.

    `example` is a document that the one schema takes and the other refuses.
    """

    holds: Answer
    why: str
    example: Any = msgspec.UNSET


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    classification: Classification
    backward: Direction
    forward: Direction
    changes: list[Finding]


def compare(
    base: Schema, new: Schema, *, budget: Budget | None = None, depth: int | None = None
) -> Verdict:
    """How `new` follows `base`. `depth` folds changes of fields nested deeper into one each."""
    raise NotImplementedError
