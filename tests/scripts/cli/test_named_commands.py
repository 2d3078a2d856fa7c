"""What messages and documents tell people to type."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from dlt_pipelines import config
from scripts.cli.hallmark import app

FOLDERS = ("contracts", "dbt_project", "dlt_pipelines", "docs", "expectations", "scripts")
NAMED = re.compile(r"(?:`|^ *)hallmark ([a-z][^`\n]*)(?:`|$)", re.MULTILINE)
WORD = re.compile("[a-z][a-z-]*")
OPTION = re.compile(r"(?<!\S)--[a-z-]+")


def texts() -> Iterator[str]:
    yield from (path.read_text("utf-8") for path in config.PROJECT_ROOT.glob("*.md"))
    for folder in FOLDERS:
        for path in (config.PROJECT_ROOT / folder).rglob("*.*"):
            if path.suffix in (".py", ".md", ".yaml", ".yml", ".sql", ".j2"):
                yield path.read_text("utf-8")


def faults(command: Any, words: str) -> Iterator[str]:
    for word in words.split():
        if not hasattr(command, "commands") or not WORD.fullmatch(word):
            break
        if word not in command.commands:
            yield f"no command {word}"
            return
        command = command.commands[word]
    known = {name for each in command.params for name in each.opts} | {"--help"}
    yield from (f"no option {each}" for each in OPTION.findall(words) if each not in known)


def test_every_command_that_is_named_is_there() -> None:
    command = get_command(app)
    named = {found[1] for text in texts() for found in NAMED.finditer(text)}
    assert len(named) > 100
    wrong = {words: list(faults(command, words)) for words in named}
    assert {words: found for words, found in wrong.items() if found} == {}
