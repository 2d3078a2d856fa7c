"""What `hallmark report` does with the report of a run that has ended."""

from __future__ import annotations

from pathlib import Path

from dlt_pipelines import config
from dlt_pipelines.errors import ConfigurationError
from expectations.annotations import annotation_lines
from expectations.report import JSON_NAME, read_report, write_report
from scripts.commands import show_run
from scripts.console import Output
from scripts.steps import reports_dir
from scripts.warehouse import need_warehouse


def rewrite_report(output: Output, *, run_id: str | None) -> None:
    """Renders a run's report from its `report.json`. Raises CFG001 when there is no such run."""
    folder = _folder(run_id)
    report = read_report(folder)
    show_run(output, report, write_report(report, folder))


def print_annotations(output: Output, *, run_id: str | None) -> None:
    """What did not pass, as lines that GitHub makes annotations of. Raises CFG001 likewise."""
    lines = annotation_lines(read_report(_folder(run_id)))
    for line in lines:
        output.say(line)
    output.result(lines)


def write_gx_docs(output: Output) -> None:
    """Great Expectations' own site over the warehouse as it stands, beside the reports.

    Raises CFG001 without a warehouse, LOCK001 when another process has it.
    """
    from expectations.catalog import read_suites
    from expectations.data_docs import write_data_docs

    page = reports_dir() / "data-docs" / "index.html"
    with output.step("data docs"):
        need_warehouse()
        suites = read_suites().suites.values()
        missing = write_data_docs(config.warehouse_path(), suites, page.parent)
    if missing:
        output.done(f"not in the warehouse: {', '.join(missing)}")
    output.say(f"data docs: {page}; unlike the report they load remote assets")
    output.result({"page": str(page), "missing": missing})


def _folder(run_id: str | None) -> Path:
    reports = sorted(reports_dir().glob(f"*/{JSON_NAME}"))  # run ids sort by time
    found = [each.parent for each in reports if run_id in (None, each.parent.name)]
    if not found:
        what = "no run has left a report yet" if run_id is None else "no such run has left a report"
        raise ConfigurationError(f"{what}: `hallmark run` does", run_id=run_id)
    return found[-1]
