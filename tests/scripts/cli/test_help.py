"""What `--help` prints holds on a terminal of 80 columns, and its examples are commands."""

from __future__ import annotations

import inspect
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from contracts.odcs import load_source
from scripts.cli import hallmark, payments_pipeline
from scripts.cli.options import SourceName

ENTITIES = {entity for source in SourceName for entity in load_source(source).entities}
EXAMPLE = "Example: "


def leaves(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    for inner, below in getattr(command, "commands", {}).items():
        yield from leaves(f"{name} {inner}", below)
    if not hasattr(command, "commands"):
        yield name, command


PROGRAMS: dict[str, Any] = {
    "hallmark": get_command(hallmark.app),
    "payments-pipeline": get_command(payments_pipeline.app),
}
HELPS = {
    name: inspect.cleandoc(command.help)
    for program, root in PROGRAMS.items()
    for name, command in leaves(program, root)
}


@pytest.mark.parametrize("name", HELPS)
def test_the_example_of_a_command_is_understood_as_printed(name: str) -> None:
    examples = [line for line in HELPS[name].splitlines() if line.startswith(EXAMPLE)]
    assert examples
    for example in examples:
        program, *arguments = shlex.split(example.removeprefix(EXAMPLE))
        path, given = understood(PROGRAMS[program], program, arguments)
        assert path == name
        entities = given.get("entity") or []
        assert {entities} if isinstance(entities, str) else set(entities) <= ENTITIES


def understood(command: Any, name: str, arguments: list[str]) -> tuple[str, dict[str, Any]]:
    """The command that the arguments end at, with their values; raises where they are wrong."""
    parent = None
    while True:
        parent = command.make_context(name.split()[-1], list(arguments), parent=parent)
        if not hasattr(command, "commands"):
            return name, parent.params
        word, command, arguments = command.resolve_command(
            parent, [*parent._protected_args, *parent.args]
        )
        name = f"{name} {word}"


@pytest.mark.parametrize("name", HELPS)
def test_the_help_of_a_command_is_not_broken_by_a_narrow_terminal(name: str) -> None:
    """Lists of commands show the first paragraph as it is broken, the help all that follow it."""
    first, *others = HELPS[name].split("\n\n")
    assert "\n" not in first
    assert [line for text in others for line in text.splitlines() if len(line) > 78] == []
