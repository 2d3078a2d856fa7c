"""Looks for a document that contradicts a verdict; long in `make soundness`."""

from __future__ import annotations

from itertools import islice
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings

from contracts.json_schema import (
    Schema,
    SchemaError,
    Verdict,
    compare,
    schema_of,
    validate,
)
from contracts.json_schema.search import search as words
from tests.contracts.json_schema.strategies import documents, pairs
from tests.contracts.json_schema.tally import TALLY


def _searching(config: pytest.Config, *, part: int = 1) -> settings:
    return settings(
        max_examples=config.getoption("--soundness-examples", default=100) // part,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),  # shrinking a seed makes nothing simpler
    )


def _compared(pair: tuple[Any, Any]) -> tuple[Schema, Schema, Verdict]:
    try:
        base, new = map(schema_of, pair)
    except SchemaError:
        assume(False)
    verdict = compare(base, new)
    TALLY.count(verdict)
    return base, new, verdict


def _contradicts(base: Schema, new: Schema, verdict: Verdict, document: Any) -> str:
    fits_base, fits_new = (not validate(schema, document) for schema in (base, new))
    if verdict.backward.holds == "yes" and fits_base and not fits_new:
        return "backward"
    return "forward" if verdict.forward.holds == "yes" and fits_new and not fits_base else ""


def test_no_document_contradicts_a_verdict(pytestconfig: pytest.Config) -> None:
    @_searching(pytestconfig)
    @given(pairs, documents)
    def search(pair: tuple[Any, Any], found: list[Any]) -> None:
        base, new, verdict = _compared(pair)
        for document in found:
            assert not _contradicts(base, new, verdict, document), document

    search()


def test_no_document_of_their_own_words_contradicts_a_verdict(
    pytestconfig: pytest.Config,
) -> None:
    @_searching(pytestconfig, part=4)
    @given(pairs, documents)
    def search(pair: tuple[Any, Any], found: list[Any]) -> None:
        base, new, verdict = _compared(pair)
        for document in islice(words(pair, found[:5]), 500):
            assert not _contradicts(base, new, verdict, document), document

    search()


def test_an_example_shows_what_it_says(pytestconfig: pytest.Config) -> None:
    @_searching(pytestconfig)
    @given(pairs)
    def search(pair: tuple[Any, Any]) -> None:
        base, new, verdict = _compared(pair)
        for direction, inner, outer in (
            (verdict.backward, base, new),
            (verdict.forward, new, base),
        ):
            if direction.holds == "no":
                assert not validate(inner, direction.example)
                assert validate(outer, direction.example)

    search()


def test_a_verdict_and_its_changes_agree(pytestconfig: pytest.Config) -> None:
    @_searching(pytestconfig)
    @given(pairs)
    def search(pair: tuple[Any, Any]) -> None:
        _, _, verdict = _compared(pair)
        broken = {change.breaks for change in verdict.changes}
        for name, direction in (("backward", verdict.backward), ("forward", verdict.forward)):
            assert (direction.holds == "yes") is not bool(broken & {name, "both"})

    search()


def test_a_schema_follows_itself_and_a_verdict_has_a_mirror(pytestconfig: pytest.Config) -> None:
    @_searching(pytestconfig, part=2)
    @given(pairs)
    def search(pair: tuple[Any, Any]) -> None:
        base, new, verdict = _compared(pair)
        assert compare(base, base).classification == "both"
        mirrored = compare(new, base)
        assert verdict.backward.holds == mirrored.forward.holds

    search()
