"""Questions, answers, and questions that break."""

from __future__ import annotations

from pathlib import Path

import duckdb

from expectations.asking import Finding, Question, ask
from expectations.locations import located


def question(name: str, finding: Finding | None) -> Question:
    def find(connection: duckdb.DuckDBPyConnection) -> Finding:
        if finding is None:
            connection.execute("select 1 from gold.gone")
        assert finding is not None
        return finding

    return Question("volume", "gold.fct_orders", name, "critical", "as it should be", find)


def test_a_question_that_breaks_is_not_checked_and_the_next_is_asked() -> None:
    broken, held = ask(
        duckdb.connect(), [question("broken", None), question("held", Finding("passed", "fine"))]
    )
    assert (broken.outcome, broken.severity) == ("not_checked", "critical")
    assert broken.detail.startswith("[QUAL001] the check itself broke: Catalog Error")
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
