"""Who is hit by a changed promise, and whether it may be changed at all."""

from __future__ import annotations

from datetime import date

import pytest

from scripts.models.review import Review, review
from tests.scripts.models.manifests import Manifest, manifest, model

TODAY = date(2026, 11, 20)


def reviewed(*after: Manifest, access: str = "protected") -> list[Review]:
    before = manifest(model("fct_payments", "id", "amount", access=access))
    return review(before, manifest(*after), TODAY)


def test_a_breaking_change_is_refused_with_its_readers_and_the_way_out() -> None:
    (found,) = reviewed(model("fct_payments", "id"))
    assert found.refused
    assert found.readers == [("rpt_revenue", "exposure board")]
    assert "version 2 beside it" in found.way_out


def test_a_new_version_beside_the_old_one_is_not_refused() -> None:
    (found,) = reviewed(
        model("fct_payments", "id", "amount", version=1), model("fct_payments", "id", version=2)
    )
    assert not found.refused
    assert (found.version, found.findings[0].rule) == (2, "table_added")


def test_a_new_version_does_not_excuse_a_change_of_the_old_one() -> None:
    found = reviewed(model("fct_payments", "id", version=1), model("fct_payments", version=2))
    assert [(each.version, each.refused) for each in found] == [(1, True), (2, False)]


def test_the_way_out_is_the_version_after_the_newest() -> None:
    newer = model("fct_payments", "id", version=2)
    before = manifest(model("fct_payments", "id", "amount", version=1), newer)
    (found,) = review(before, manifest(model("fct_payments", "id", version=1), newer), TODAY)
    assert "version 3 beside it" in found.way_out


def test_of_a_model_that_is_gone_its_former_readers_are_named_and_no_new_version() -> None:
    (found,) = reviewed()
    assert found.refused
    assert found.readers == [("rpt_revenue", "exposure board")]
    assert "put it back with a deprecation_date" in found.way_out
    assert "version 2" not in found.way_out


@pytest.mark.parametrize(("access", "refused"), [("private", False), ("public", True)])
def test_what_only_its_group_reads_may_change(access: str, refused: bool) -> None:
    (found,) = reviewed(model("fct_payments", "id", access=access), access=access)
    assert found.refused == refused
    assert found.findings[0].breaks == "forward"


def test_the_same_project_has_nothing_to_review() -> None:
    assert reviewed(model("fct_payments", "id", "amount")) == []
