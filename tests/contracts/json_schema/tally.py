"""Counts the verdicts of a search for contradictions."""

from __future__ import annotations

from dataclasses import dataclass, field

from contracts.json_schema import Answer, Verdict


@dataclass
class Tally:
    """An answer `unknown` is only careful: it has neither a proof nor an example."""

    directions: int = 0
    answers: dict[Answer, int] = field(default_factory=lambda: {"yes": 0, "no": 0, "unknown": 0})

    def count(self, verdict: Verdict) -> None:
        for direction in (verdict.backward, verdict.forward):
            self.directions += 1
            self.answers[direction.holds] += 1

    def __str__(self) -> str:
        counts = ", ".join(f"{count:,} {answer}" for answer, count in self.answers.items())
        share = self.answers["unknown"] / self.directions
        return f"soundness: {self.directions:,} directions: {counts} ({share:.2%} only careful)"


TALLY = Tally()
