"""Writes what a run leaves for people and for CI: HTML, Markdown, JUnit and JSON."""

from __future__ import annotations

from pathlib import Path

import msgspec

from dlt_pipelines.control.files import write_atomically
from dlt_pipelines.errors import StateError
from expectations.junit import junit_xml
from expectations.ordering import in_order
from expectations.results import RunReport
from expectations.templating import render
from expectations.view import FATES, build_view

JSON_NAME = "report.json"


def write_report(report: RunReport, folder: Path) -> dict[str, Path]:
    """Writes every form of the report, each whole or not at all, and returns their paths by name.

    The same results give the same bytes but for the run's id and times. JSON goes last: a folder
    with it holds a complete report.
    """
    ordered = in_order(report)
    view = build_view(ordered)
    forms = {
        "report.html": render("report.html.j2", view=view, fates=FATES),
        "report.md": render("report.md.j2", view=view, fates=FATES),
        "junit.xml": junit_xml(ordered),
        JSON_NAME: msgspec.json.format(msgspec.json.encode(ordered)),
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
