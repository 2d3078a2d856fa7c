"""Writes the patch that makes the contracts accept what loads observed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import unified_diff
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from contracts.amend import Amendment, amend, amend_source
from contracts.odcs import FOLDER, load_entity, load_source
from dlt_pipelines import config
from dlt_pipelines.control.drift import Recorded, standing
from dlt_pipelines.control.files import write_atomically
from dlt_pipelines.control.warehouse import connect
from scripts.console import Output
from scripts.contracts.current_contracts import today


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """What a patch does; `undecided` is left to a person."""

    patch: str | None
    changes: list[str]
    undecided: list[str]


def write_patch(
    output: Output, sources: Sequence[str], *, entity: str | None, path: Path | None
) -> Accepted:
    """Writes a patch for review, none when there is nothing to accept, and says how to apply it."""
    patches, changes, undecided = [], [], []
    for source in sources:
        amendments = _amended(source, _standing(source, entity))
        for name, one in amendments.items():
            changes += [f"{source} {name}.{change}" for change in one.changes]
            undecided += [f"{source} {name}.{reason}" for reason in one.undecided]
        patches += list(_patches(source, {n: a for n, a in amendments.items() if a.changes}))
    path = (path or config.data_dir() / "accept-drift.patch").resolve()
    if patches:
        head = [*changes, *(f"needs a person: {line}" for line in undecided)]
        comments = [f"# {' '.join(line.split())}\n" for line in head]  # names come from servers
        write_atomically(path, "".join([*comments, *patches]).encode())
    patch = str(path) if patches else None
    accepted = Accepted(patch=patch, changes=changes, undecided=undecided)
    _show(output, accepted)
    return accepted


def _standing(source: str, entity: str | None) -> list[Recorded]:
    if not config.warehouse_path().exists():
        return []
    with connect(config.warehouse_path(), read_only=True) as connection:
        return standing(connection, source, entity)


def _amended(source: str, drift: Sequence[Recorded]) -> dict[str, Amendment]:
    """The amended contract of each entity that drifted and is still contracted."""
    amendments = {}
    for name, entity in load_source(source).entities.items():
        own = [one for one in drift if one.entity == name]
        if own:
            text = (FOLDER / source / f"{name}.yaml").read_text("utf-8")
            amendments[name] = amend(text, entity, own, today())
    return amendments


def _patches(source: str, amendments: dict[str, Amendment]) -> Iterator[str]:
    """The patch of each contract that changes, the source's own last."""
    if not amendments:
        return
    for name, one in amendments.items():
        _check(source, name, one.text)
        yield _patch(FOLDER / source / f"{name}.yaml", one.text)
    breaking = any(one.breaking for one in amendments.values())
    path = FOLDER / source / "contract.yaml"
    text = path.read_text("utf-8")
    yield _patch(path, amend_source(text, breaking=breaking, today=today()))


def _check(source: str, name: str, text: str) -> None:
    """Raises CFG001 when the amended contract could not be read: no patch is better than that."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.yaml"
        path.write_text(text, "utf-8")
        load_entity(path, source)


def _patch(path: Path, text: str) -> str:
    name = path.relative_to(config.PROJECT_ROOT).as_posix()
    before, after = (_lines(each) for each in (path.read_text("utf-8"), text))
    return "".join(unified_diff(before, after, f"a/{name}", f"b/{name}"))


def _lines(text: str) -> list[str]:
    """The lines as `patch` sees them: `str.splitlines` splits at more than line feeds."""
    return [f"{line}\n" for line in text.removesuffix("\n").split("\n")]


def _show(output: Output, accepted: Accepted) -> None:
    for title, lines in (("accepted", accepted.changes), ("needs a person", accepted.undecided)):
        for line in lines:
            output.say(f"{title}: {line}")
    if accepted.patch is None:
        output.say("There is no drift that a contract could accept without a person.")
    else:
        output.say(f"read it, then apply it in {config.PROJECT_ROOT}: git apply {accepted.patch}")
    output.result(accepted)
