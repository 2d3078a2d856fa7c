"""Changes a YAML text at single places and leaves every other character as it is."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import yaml

_LINE = 100


class _Edit(NamedTuple):
    """What replaces a piece of text; of blocks that begin at one place the deepest comes first."""

    start: int
    end: int
    text: str
    depth: int = 0


class YamlText:
    """A YAML document as text with its nodes, which know where in the text they stand."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._edits: list[_Edit] = []
        self.root = yaml.compose(text, Loader=yaml.SafeLoader)

    def __str__(self) -> str:
        """The text with all changes made."""
        parts, position = [], 0
        distinct = dict.fromkeys(self._edits)
        for edit in sorted(distinct, key=lambda each: (each.start, -each.depth)):
            parts += [self._text[position : edit.start], edit.text]
            position = edit.end
        return "".join([*parts, self._text[position:]])

    def replace(self, node: yaml.ScalarNode, text: str) -> None:
        self._edits.append(_Edit(node.start_mark.index, node.end_mark.index, text))

    def append_items(self, sequence: yaml.SequenceNode, texts: list[str]) -> None:
        """Adds scalars to a list that has some, as it is written: `[a, b]` or a line for each."""
        if not sequence.flow_style:
            self.append_block(sequence, [f"- {scalar(text)}" for text in texts])
            return
        end = sequence.end_mark.index - 1
        indent = " " * (self._indent(sequence.start_mark.index) + 2)
        column = end - self._text.rfind("\n", 0, end) - 1
        added = ""
        for text in texts:
            text = scalar(text)
            if column + len(text) + 3 > _LINE:
                added += f",\n{indent}{text}"
                column = len(indent) + len(text)
            else:
                added += f", {text}"
                column += len(text) + 2
        self._edits.append(_Edit(end, end, added))

    def append_block(self, sequence: yaml.SequenceNode, lines: list[str]) -> None:
        """Adds lines after the last item of a list that has a line for each of its items."""
        content = self._text[: _last(sequence).end_mark.index].rstrip()
        end = self._text.find("\n", len(content))
        end = len(self._text) if end < 0 else end
        depth = sequence.start_mark.column
        text = "".join(f"\n{' ' * depth}{line}" for line in lines)
        self._edits.append(_Edit(end, end, text, depth))

    def _indent(self, index: int) -> int:
        line = self._text[self._text.rfind("\n", 0, index) + 1 :]
        return len(line) - len(line.lstrip(" "))


def value(mapping: yaml.Node | None, key: str) -> Any:
    """The node of a key of a mapping, None when there is none."""
    if not isinstance(mapping, yaml.MappingNode):
        return None
    return next((node for name, node in mapping.value if name.value == key), None)


def item(sequence: yaml.Node | None, key: str, text: str) -> Any:
    """The first mapping of a list whose `key` is `text`, None when there is none."""
    if not isinstance(sequence, yaml.SequenceNode):
        return None
    found = ((value(node, key), node) for node in sequence.value)
    return next((node for name, node in found if name is not None and name.value == text), None)


def scalar(text: str) -> str:
    """A string as YAML on one line, in double quotes where it would be read as something else."""
    plain, quoted = (
        yaml.safe_dump(
            [text],
            default_style=style,
            default_flow_style=True,
            allow_unicode=True,
            width=math.inf,
        ).strip()[1:-1]
        for style in (None, '"')
    )
    return text if plain == text else quoted


def _last(node: yaml.Node) -> yaml.Node:
    """The node that stands last in a block; the end of a block itself is where the next begins."""
    if isinstance(node, yaml.MappingNode) and not node.flow_style:
        return _last(node.value[-1][1])
    if isinstance(node, yaml.SequenceNode) and not node.flow_style:
        return _last(node.value[-1])
    return node
