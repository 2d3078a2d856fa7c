"""`hallmark contracts diff`: what a change of a contract breaks."""

from __future__ import annotations

from pathlib import Path

from contracts.compatibility import classification, compatible, judge
from contracts.diff import diff
from contracts.odcs import load_entity
from scripts.console import Output


def compare_contracts(output: Output, old: Path, new: Path) -> bool:
    """Prints what differs between two contract files; True when new readers read old rows."""
    versions = [load_entity(path, path.parent.name) for path in (old, new)]
    findings = judge(diff(*versions))
    for finding in findings:
        facts = {"breaks": finding.breaks, "why": finding.message, "do": finding.hint}
        output.block(
            f"{finding.level.upper()}: {finding.field} {finding.rule}", list(facts.items())
        )
    verdict = classification(findings)
    output.say(f"{len(findings)} changes; compatibility: {_MEANING[verdict]}")
    output.result({"classification": verdict, "findings": findings})
    return compatible(findings)


_MEANING = {
    "both": "both (new readers read old rows, old readers read new rows)",
    "backward": "backward (new readers read old rows; old readers may fail on new ones)",
    "forward": "forward (old readers read new rows; new readers may fail on old ones)",
    "none": "none (neither reads the other's rows)",
}
