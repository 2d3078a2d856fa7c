"""Suites that can be read, and one that cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from expectations.catalog import read_suites

GOOD = """
from great_expectations import ExpectationSuite
def build_suite():
    return ExpectationSuite(name="gold.fct_good", expectations=[])
"""


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("raise RuntimeError('at import')", "RuntimeError: at import"),
        ("def build_suite(): raise KeyError('limit')", "KeyError: 'limit'"),
        ("def build_suite(): return None", "TypeError: build_suite() gives a NoneType"),
        ("def other(): pass", "AttributeError"),
        ("def build_suite(:", "SyntaxError"),
        ("import no_such_module", "ModuleNotFoundError"),
    ],
    ids=["import", "build", "no suite", "no builder", "syntax", "missing module"],
)
def test_an_unreadable_suite_is_not_green_and_the_others_are_read(
    tmp_path: Path, source: str, cause: str
) -> None:
    (tmp_path / "fct_bad.py").write_text(source)
    (tmp_path / "fct_good.py").write_text(GOOD)
    catalog = read_suites(tmp_path)
    assert [suite.name for suite in catalog.suites.values()] == ["gold.fct_good"]
    (check,) = catalog.unreadable
    assert (check.outcome, check.severity) == ("not_checked", "critical")
    assert check.detail.startswith(f"[QUAL001] the suite cannot be read: {cause}")
    assert check.location == "expectations/suites/fct_bad.py:1"
