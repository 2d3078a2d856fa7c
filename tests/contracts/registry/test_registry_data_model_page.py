"""docs/registry/data-model.md says what the migrations make."""

from __future__ import annotations

from pathlib import Path

from data_model_page import MARK, PAGE, generated, new_store


def test_the_page_is_what_the_migrations_make(tmp_path: Path) -> None:
    _, mark, below = PAGE.read_text("utf-8").partition(MARK)
    assert mark
    database = new_store(tmp_path)
    found = generated(database)
    database.close()
    assert below == found, "run tests/contracts/registry/data_model_page.py"
