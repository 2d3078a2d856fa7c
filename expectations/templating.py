"""The templates of pages: one environment, one stylesheet."""

from __future__ import annotations

import re
from pathlib import Path

import jinja2
from markupsafe import Markup, escape

from expectations import wording

FOLDER = Path(__file__).parent / "templates"
_CODE = re.compile(r"`([^`\n]+)`")
MARKDOWN_SPECIALS = str.maketrans({special: f"\\{special}" for special in "\\`*_[]|~"})


def render(template: str, **values: object) -> bytes:
    """Everything is escaped, because names, messages and values come from servers."""
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters |= {"cell": cell, "coded": coded}
    for word in ("count", "cursor", "duration", "instant", "listed", "minute", "share"):
        templates.filters[word] = getattr(wording, word)
    templates.globals["stylesheet"] = Markup((FOLDER / "page.css").read_text("utf-8"))  # noqa: S704
    return templates.get_template(template).render(**values).encode()


def coded(text: str) -> Markup:
    """What stands between backticks as code: commands in it are there to be copied."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped first


def cell(value: object) -> str:
    """Text that stays text and one cell of a Markdown table; HTML is escaped as everywhere."""
    return " ".join(str(value).split()).translate(MARKDOWN_SPECIALS)
