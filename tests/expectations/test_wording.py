"""Numbers and moments as they are written."""

from __future__ import annotations

import pytest

from expectations.wording import cursor, duration, listed, share


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "start"),
        (1763654400, "2025-11-20 16:00"),
        (10**30, f"{10**30:,}"),
    ],
)
def test_a_cursor_is_shown_as_a_time(value: int | None, shown: str) -> None:
    assert cursor(value) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.0, "0.00 s"),
        (9.994, "9.99 s"),
        (9.999, "10 s"),
        (48.3, "48 s"),
        (59.7, "1 min 0 s"),
        (3605, "60 min 5 s"),
    ],
)
def test_a_duration_is_short(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


def test_a_share_of_nothing_is_nothing() -> None:
    assert (share(1, 3), share(0, 0)) == (33.333, 0.0)


@pytest.mark.parametrize(
    ("names", "shown"),
    [([], ""), (["a", "b"], "a, b"), (["a", "b", "c", "d"], "a, b and 2 more")],
)
def test_a_long_list_is_cut(names: list[str], shown: str) -> None:
    assert listed(names, most=2) == shown
