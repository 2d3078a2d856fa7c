"""Reads a runbook, and runs its commands as an operator would: line by line, as written."""

from __future__ import annotations

import io
import os
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from scripts.cli import hallmark, payments_pipeline

_FENCE = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FAILS = re.compile(r"#.*\bexit (\d)")
MAINS: dict[str, Callable[[], None]] = {
    "hallmark": hallmark.main,
    "payments-pipeline": payments_pipeline.main,
}


@dataclass(frozen=True)
class Line:
    """A command as it stands there, and the exit code that its comment promises."""

    text: str
    exit_code: int


@dataclass
class Block:
    """Commands and the words that their output is to have."""

    lines: list[Line]
    promised: list[str] = field(default_factory=list)


def sections(path: Path) -> dict[str, list[Block]]:
    """The blocks of commands under each heading that has some."""
    found: dict[str, list[Block]] = {}
    for part in path.read_text("utf-8").split("\n## ")[1:]:
        blocks = list(_blocks(part))
        if blocks:
            found[part.partition("\n")[0]] = blocks
    return found


def _blocks(part: str) -> Iterator[Block]:
    block = None
    for language, content in _FENCE.findall(part):
        if language == "sh":
            if block is not None:
                yield block
            block = Block([_line(text) for text in content.splitlines()])
        else:
            assert block is not None, f"words of no command: {content}"
            block.promised = content.splitlines()
    if block is not None:
        yield block


def _line(text: str) -> Line:
    fails = _FAILS.search(text)
    return Line(text, int(fails[1]) if fails else 0)


def run(line: str) -> tuple[int, str]:
    """The exit code and all output of one command, settings before it in force for it alone."""
    words = shlex.split(line, comments=True)
    settings = dict(word.split("=", 1) for word in words if re.match("[A-Z_0-9]+=", word))
    name, *arguments = words[len(settings) :]
    output = io.StringIO()
    with (
        patch.dict(os.environ, settings),
        patch.object(sys, "argv", [name, *arguments]),
        redirect_stdout(output),
        redirect_stderr(output),
    ):
        try:
            MAINS[name]()
        except SystemExit as stop:
            return int(stop.code or 0), output.getvalue()
    return 0, output.getvalue()
