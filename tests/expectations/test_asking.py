"""Questions, answers, and questions that break."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from expectations.asking import Finding, Question, ask
from expectations.locations import located


def question(name: str, finding: Finding | None = None, sql: str = "") -> Question:
    def find(connection: duckdb.DuckDBPyConnection) -> Finding:
        return finding or Finding("passed", str(connection.execute(sql).fetchall()))

    return Question("volume", "gold.fct_orders", name, "critical", "as it should be", find)


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("select 1 from control.runs", "[QUAL001] what it reads is not there: load, then build: "),
        ("select cast('a' as integer)", "[QUAL001] the check itself broke: Conversion Error"),
    ],
    ids=["nothing was loaded", "broken"],
)
def test_a_question_that_breaks_is_not_checked_and_the_next_is_asked(sql: str, told: str) -> None:
    broken, held = ask(
        duckdb.connect(), [question("broken", sql=sql), question("held", Finding("passed", "fine"))]
    )
    assert (broken.outcome, broken.severity) == ("not_checked", "critical")
    assert broken.detail.startswith(told)
    assert (held.outcome, held.check_id) == ("passed", "volume:gold.fct_orders:held")


def test_only_what_did_not_pass_is_to_be_repeated() -> None:
    passed, failed = ask(
        duckdb.connect(),
        [
            question("passed", Finding("passed", "", sql="select 1")),
            question("failed", Finding("failed", "", sql="select 1", severity="warning")),
        ],
    )
    assert (passed.sql, failed.sql, failed.severity) == ("", "select 1", "warning")


def test_a_mark_is_found_after_the_one_before_it_and_as_a_whole_word(tmp_path: Path) -> None:
    (tmp_path / "model.yml").write_text(
        "- name: amount_due\n  data_tests: [unique]\n- name: amount\n  data_tests: [unique]\n"
    )
    assert located("model.yml", "name: amount", "unique", root=tmp_path) == "model.yml:4"
    assert located("model.yml", "name: gone", "unique", root=tmp_path) == "model.yml:2"
    assert located("gone.yml", "unique", root=tmp_path) == ""
