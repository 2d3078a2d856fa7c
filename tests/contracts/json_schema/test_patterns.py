"""The languages of patterns, against the validator that matches them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.json_schema.atoms import matches
from contracts.json_schema.pattern_text import UnknownPatternError, language_of
from contracts.json_schema.patterns import accepts_nothing_more, after, both, examples, neither

_PATTERNS = (
    *("a", "^a$", "^(a|b)*c?$", "[a-z]*", "^[^a]+$", r"^\d{2,4}-x$", "a|^b$", r"^\w+$", "^S_"),
    *("^.*$", "^a.c$", "^[a-c-]+$", "(ab|c){2}", "^$", "$", r"^\s", r"\u0041", "^(?:a|bc)+?$"),
    *("^a{0,3}$", r"^[\w.-]+@[a-z]+$", r"^[\d\-_]{3}$", "a{2,}", r"\.", r"[\]a]"),
)


def _accepts(pattern: str, text: str) -> bool:
    language = language_of(pattern)
    for character in text:
        language = after(language, ord(character))
    return accepts_nothing_more(language)


@given(st.sampled_from(_PATTERNS), st.text("abcxAS_019-@. \n\ré.]", max_size=6))
def test_a_language_has_the_strings_that_its_pattern_matches(pattern: str, text: str) -> None:
    assert _accepts(pattern, text) is matches(pattern, text)


@pytest.mark.parametrize("pattern", _PATTERNS)
def test_examples_match(pattern: str) -> None:
    found = list(examples(language_of(pattern), states=500, most=5, spend=lambda: None))
    assert found
    assert all(matches(pattern, text) for text in found)


@pytest.mark.parametrize(
    ("inner", "outer", "included"),
    [
        ("^a$", "^(a|b)$", True),
        ("^(a|b)$", "^a$", False),
        ("^[0-9]{3}$", r"^\d+$", True),
        ("^ab", "a", True),
        ("uuid", "date", False),
    ],
)
def test_inclusion_is_decided(inner: str, outer: str, included: bool) -> None:
    difference = both(language_of(inner), neither(language_of(outer)))
    found = list(examples(difference, states=500, most=1, spend=lambda: None))
    assert (not found) is included


@pytest.mark.parametrize(
    "pattern",
    ["(?=a)", r"\b", r"(a)\1", "[[a]]", "a++", r"\p{L}", "x{,3}", "(^a)b", "[a&&b]", "a{9999}"],
)
def test_what_is_not_understood_is_not_guessed(pattern: str) -> None:
    with pytest.raises(UnknownPatternError):
        language_of(pattern)
