"""`hallmark slim`: what a change of the dbt project breaks, and whether what it touches builds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal

import msgspec

from dlt_pipelines import config
from dlt_pipelines.errors import BuildError
from expectations.dbt_results import dbt_checks
from expectations.results import Check, ModelResult
from scripts.console import Output
from scripts.contracts.current_contracts import today
from scripts.contracts.models_in_force import models_in_force
from scripts.dbt import execute, parse
from scripts.models.baseline import Baseline, baseline, reading_variables, variables_of
from scripts.models.review import Review, review
from scripts.outcomes import show_built, show_checks
from scripts.warehouse import existing_warehouse

Outcome = Literal["no effect", "good", "refused", "failed"]


class Slim(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a change; a refused one is not built."""

    base: str
    outcome: Outcome
    contracts: list[Review]
    models: list[ModelResult]
    checks: list[Check]


def judge_change(output: Output, *, base: str | None) -> bool:
    """Compares with the merge base, then builds and tests what differs; True when it may merge.

    With a registry the contracts in force there count, and it is asked whether a change breaks.
    Raises CFG001 without a warehouse or a commit to compare with, BUILD001 when dbt cannot run or
    has never built production, EXT001 when the registry does not answer.
    """
    _need_production()
    folder = config.data_dir() / "dbt-slim"
    with output.step("slim"), ThreadPoolExecutor() as beside:
        parsing = beside.submit(parse, config.PROJECT_ROOT, target="slim", folder=folder)
        with baseline(base) as before:
            after, day = parsing.result(), today()
            registry = models_in_force(before.manifest, after, day)
            reviews = review(before.manifest, after, day, registry)
            refused = any(each.refused for each in reviews)
            models, checks = ([], []) if refused else _build(output, before, after, folder)
    found = Slim(
        base=before.commit,
        outcome="refused" if refused else _outcome(reviews, models, checks),
        contracts=reviews,
        models=models,
        checks=checks,
    )
    _show(output, found)
    return found.outcome in ("no effect", "good")


def _need_production() -> None:
    with existing_warehouse() as connection:
        silver = "select 1 from duckdb_tables() where schema_name = 'silver' limit 1"
        if connection.execute(silver).fetchone() is None:
            raise BuildError("production, which the rest is read from, is empty: `hallmark build`")


def _build(
    output: Output, before: Baseline, after: Mapping[str, Any], folder: Path
) -> tuple[list[ModelResult], list[Check]]:
    """What differs and all below it, in a file of its own; the rest is read from production."""
    for name in ("slim.duckdb", "slim.duckdb.wal"):
        (config.data_dir() / name).unlink(missing_ok=True)
    selected = ["state:modified+"]
    if variables_of(config.PROJECT_ROOT) != before.variables:  # which dbt does not compare
        selected += [f"{name}+" for name in reading_variables(after)]
    options = [
        *("--select", *selected, "--state", str(before.state)),
        *("--defer", "--indirect-selection", "eager"),  # a test may read both sides
    ]
    artifacts = execute("build", *options, target="slim", folder=folder, watch=output.progress)
    models, checks = dbt_checks(artifacts.run_results, artifacts.manifest)
    return models, [_in_own_copy(each) for each in checks]


def _in_own_copy(check: Check) -> Check:
    """What failed is asked again where its author works: production does not have the change."""
    if check.outcome != "failed":
        return check
    again = f"`dbt build --select +{check.name}` asks again in your own copy."
    return msgspec.structs.replace(check, detail=again)


def _outcome(
    reviews: Sequence[Review], models: Sequence[ModelResult], checks: Sequence[Check]
) -> Outcome:
    if any(model.status == "error" for model in models) or any(check.decides for check in checks):
        return "failed"
    return "good" if models or checks or reviews else "no effect"


def _show(output: Output, found: Slim) -> None:
    for each in found.contracts:
        _show_review(output, each)
    show_built(output, found.models)
    for model in found.models:
        if model.status == "error":
            output.say(f"{model.name}: {model.message}")
    show_checks(output, found.checks)
    output.say(f"compared with {found.base[:10]}: {_SAID[found.outcome]}")
    output.result(found)


def _show_review(output: Output, one: Review) -> None:
    title = f"{'BREAKING' if one.refused else 'changed'}: {one.model} ({one.access})"
    facts = [(finding.rule, f"{finding.message}; {finding.hint}") for finding in one.findings]
    met = any(finding.breaks != "nothing" for finding in one.findings)
    readers = [("reader", " → ".join(way)) for way in one.readers if met]
    subscribers = [("subscriber", each) for each in one.subscribers]
    output.block(title, [*facts, *readers, *subscribers, ("way out", one.way_out)])


_SAID: dict[Outcome, str] = {
    "no effect": "no model, seed, test or contract differs",
    "good": "what changed builds, its tests pass, and no reader breaks",
    "refused": "it breaks readers; nothing was built",
    "failed": "what changed does not build, or its tests fail",
}
