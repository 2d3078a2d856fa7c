"""`hallmark contracts diff`: what a change of a contract breaks."""

from __future__ import annotations

from pathlib import Path

from contracts.compatibility import classification
from contracts.contract import Contract, breaks, changes, judged, of_entity
from contracts.odcs import load_entity
from dlt_pipelines.errors import ConfigurationError
from scripts.console import Output
from scripts.contracts.current_contracts import today
from scripts.contracts.published_files import is_published, read_published


def compare_contracts(output: Output, old: Path, new: Path) -> bool:
    """Prints what differs between two contract files; True when no reader that counts breaks.

    Each is an API's contract or a published version. Raises CFG001.
    """
    before, after = _read(old), _read(new)
    if (before.layer == "extraction") != (after.layer == "extraction"):
        raise ConfigurationError(
            "an API's contract and a table's cannot be compared", old=before.key, new=after.key
        )
    findings = judged(before.layer, changes(before, after))
    for finding in findings:
        facts = {"breaks": finding.breaks, "why": finding.message, "do": finding.hint}
        output.block(
            f"{finding.level.upper()}: {finding.field} {finding.rule}", list(facts.items())
        )
    verdict = classification(findings)
    output.say(f"{len(findings)} changes; compatibility: {_MEANING[verdict]}")
    output.result({"classification": verdict, "findings": findings})
    return not breaks(before.layer, findings)


def _read(path: Path) -> Contract:
    if is_published(path):
        return read_published(path, today()).contract
    return of_entity(load_entity(path, path.parent.name), "")


_MEANING = {
    "both": "both (new readers read old rows, old readers read new rows)",
    "backward": "backward (new readers read old rows; old readers may fail on new ones)",
    "forward": "forward (old readers read new rows; new readers may fail on old ones)",
    "none": "none (neither reads the other's rows)",
}
