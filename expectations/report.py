"""Writes what a run leaves for people and for CI: HTML, Markdown, JUnit and JSON."""

from __future__ import annotations

from pathlib import Path

import jinja2
import msgspec
from markupsafe import Markup

from dlt_pipelines.control.files import write_atomically
from dlt_pipelines.errors import StateError
from expectations import view
from expectations.junit import junit_xml
from expectations.results import RunReport

FOLDER = Path(__file__).parent
JSON_NAME = "report.json"
MARKDOWN_SPECIALS = str.maketrans({special: f"\\{special}" for special in "\\`*_[]|~"})


def write_report(report: RunReport, folder: Path) -> dict[str, Path]:
    """Writes every form of the report, each whole or not at all, and returns their paths by name.

    JSON goes last: a folder with it holds a complete report.
    """
    shown = view.build_view(report)
    templates = _templates()
    forms = {
        "report.html": templates.get_template("report.html.j2").render(view=shown).encode(),
        "report.md": templates.get_template("report.md.j2").render(view=shown).encode(),
        "junit.xml": junit_xml(report),
        JSON_NAME: msgspec.json.format(msgspec.json.encode(report)),
    }
    for name, data in forms.items():
        write_atomically(folder / name, data)
    return {name: folder / name for name in forms}


def read_report(folder: Path) -> RunReport:
    """Raises STATE001 when there is no report, or it is not one this version can read."""
    path = folder / JSON_NAME
    try:
        return msgspec.json.decode(path.read_bytes(), type=RunReport)
    except (OSError, msgspec.MsgspecError) as error:
        raise StateError("no readable report", path=path, cause=error) from error


def _templates() -> jinja2.Environment:
    """Everything is escaped, because names, messages and values come from servers."""
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters |= {
        "cell": _cell,
        "count": view.count,
        "cursor": view.cursor,
        "duration": view.duration,
        "instant": view.instant,
        "share": view.share,
    }
    templates.globals |= {
        "fates": view.FATES,
        "stylesheet": Markup((FOLDER / "report.css").read_text("utf-8")),  # noqa: S704
    }
    return templates


def _cell(value: object) -> str:
    """Text that stays text and one cell of a Markdown table; HTML is escaped as everywhere."""
    return " ".join(str(value).split()).translate(MARKDOWN_SPECIALS)
