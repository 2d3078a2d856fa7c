"""Numbers and moments as people read them, the same on every page."""

from __future__ import annotations

from datetime import UTC, datetime


def count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def duration(seconds: float) -> str:
    """Two decimals below ten seconds, where a query's time is told from another's."""
    if round(seconds, 2) < 10:
        return f"{seconds:.2f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes:,} min {rest} s" if minutes else f"{rest} s"


def instant(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def minute(moment: datetime) -> str:
    """UTC, for columns whose head says so."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"


def cursor(value: int | None) -> str:
    """To the minute, UTC; a cursor is epoch seconds."""
    if value is None:
        return "start"
    try:
        return minute(datetime.fromtimestamp(value, UTC))
    except (OverflowError, ValueError, OSError):
        return f"{value:,}"


def share(part: float, whole: float) -> float:
    """Percent of `whole`, for the width of a bar."""
    return round(100 * part / whole, 3) if whole else 0.0


def listed(names: list[str], *, most: int = 6) -> str:
    """The first few names and how many more there are."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown
