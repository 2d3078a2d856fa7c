"""`hallmark docs`: every model, column and their lineage as one page that needs no network."""

from __future__ import annotations

from dlt_pipelines import config
from dlt_pipelines.control.files import write_atomically
from dlt_pipelines.control.warehouse import exclusive
from scripts.console import Output
from scripts.dbt import execute
from scripts.steps import reports_dir
from scripts.warehouse import need_warehouse


def write_docs(output: Output) -> None:
    """Writes `dbt docs` of production beside the reports and says where.

    Raises CFG001 without a warehouse, BUILD001 when dbt cannot run.
    """
    folder = config.data_dir() / "dbt-docs"
    with exclusive(config.state_dir()), output.step("docs"):
        need_warehouse()
        execute("docs generate", "--static", target="prod", folder=folder, watch=output.progress)
    page = reports_dir() / "dbt-docs" / "index.html"
    write_atomically(page, (folder / "static_index.html").read_bytes())
    output.say(f"documentation: {page}")
    output.result({"page": str(page)})
