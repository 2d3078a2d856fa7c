"""The shell blocks of a page, run word by word, and the answers that it shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FAILS = re.compile(r"# exit (\d+)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A shell block under its heading, and the answers shown after it, in their order."""

    heading: str
    script: str
    shown: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        fails = FAILS.search(self.script)
        return int(fails[1]) if fails else 0

    def misses(self, output: str) -> list[str]:
        """What is shown and does not come; an ellipsis stands for anything."""
        return [line for line in self.shown if not re.search(_pattern(line), output, re.DOTALL)]


def _pattern(line: str) -> str:
    return ".*".join(re.escape(part) for part in line.split("…"))


def blocks(page: Path) -> Iterator[Block]:
    for part in re.split(r"^#{2,3} ", page.read_text("utf-8"), flags=re.MULTILINE):
        heading, _, text = part.partition("\n")
        fences = [*FENCE.findall(text), ("sh", "")]
        for (language, script), (following, shown) in pairwise(fences):
            if language == "sh":
                lines = () if following == "sh" else tuple(shown.splitlines())
                yield Block(heading, script, lines)


def environment(**variables: str) -> dict[str, str]:
    """What a page's commands find: the installed ones on the path, and what is exported."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {"PATH": path, "NO_PROXY": "*", **variables}


def follow(block: Block, folder: Path, variables: dict[str, str]) -> str:
    """Runs a block as it stands, after what earlier ones exported; checks what is promised."""
    exports = folder / "exports.sh"
    exports.touch()
    script = f". {exports}\n{block.script}\nexport -p >{exports}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
        text=True,
    )
    assert done.returncode == block.exit_code, f"{block.script}\n{done.stdout}"
    assert block.misses(done.stdout) == [], f"{block.script}\n{done.stdout}"
    return done.stdout
