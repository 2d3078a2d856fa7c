"""Finds the suites: each module of `expectations/suites`, which is named after its table."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from dataclasses import dataclass, field
from pathlib import Path

from great_expectations import ExpectationSuite

from expectations.results import Check

SUITES = Path(__file__).with_name("suites")


@dataclass
class Catalog:
    """The suites that could be read, by the module they stand in, and checks of those that not."""

    suites: dict[str, ExpectationSuite] = field(default_factory=dict)
    unreadable: list[Check] = field(default_factory=list)


def read_suites(folder: Path = SUITES) -> Catalog:
    """Every suite of the folder; one that cannot be read is a critical check without an answer."""
    catalog = Catalog()
    for path in sorted(folder.glob("*.py")):
        if path.stem == "__init__":
            continue
        location = f"expectations/suites/{path.name}"
        try:
            catalog.suites[location] = _build(path)
        except Exception as error:  # whatever a module raises, the others are asked all the same
            catalog.unreadable.append(_unreadable(path.stem, location, error))
    return catalog


def _build(path: Path) -> ExpectationSuite:
    spec = importlib.util.spec_from_file_location(f"expectations.suites.{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    suite = module.build_suite()
    if not isinstance(suite, ExpectationSuite):
        raise TypeError(f"build_suite() gives a {type(suite).__name__}")
    return suite


def _unreadable(name: str, location: str, error: Exception) -> Check:
    return Check(
        check_id=f"expectation:{name}:suite",
        kind="expectation",
        table="",
        name=f"suite {name}",
        severity="critical",
        outcome="not_checked",
        expected="the suite can be read",
        detail=f"[QUAL001] the suite cannot be read: {type(error).__name__}: {error}",
        location=f"{location}:1",
    )
