"""What each change of a JSON Schema breaks, as rows.

The names of those about properties are the Confluent Schema Registry's, whose content models they
are: open (a property that is not named may be anything), closed (there is none) and partially open
(it fits a schema). A row says what its change breaks by itself; whether a schema is compatible is
proved of the whole.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from contracts.compatibility import Breaks, Level, Rule
from contracts.diff import Op
from contracts.json_schema.atoms import EVERY, MASKS
from contracts.json_schema.differences import ANNOTATIONS, COMPOSED, LOWER, UPPER

_PAST: dict[Op, str] = {"add": "added", "remove": "removed", "change": "changed"}
_READERS_FIRST = "change the readers first"
_OLD_DATA = "keep what was allowed, or add a field instead"


def _mask(names: str | list[str] | None) -> int:
    if names is None:
        return EVERY
    mask = 0
    for name in [names] if isinstance(names, str) else names:
        mask |= MASKS[name]
    return mask


def _takes_more(old: Any, new: Any) -> bool:
    return _mask(old) & ~_mask(new) == 0


def _takes_less(old: Any, new: Any) -> bool:
    return _mask(new) & ~_mask(old) == 0 and not _takes_more(old, new)


_TYPES = (
    Rule(
        name="type_added",
        on=("type", "add"),
        breaks="backward",
        message="{field} may be {new} only; before it could be anything",
        hint=_OLD_DATA,
    ),
    Rule(
        name="type_removed",
        on=("type", "remove"),
        breaks="forward",
        message="{field} may be anything, before {old} only",
        hint=_READERS_FIRST,
    ),
    Rule(
        name="type_widened",
        on=("type", "change"),
        when=_takes_more,
        breaks="forward",
        message="{field} was {old} and is {new}; old readers refuse what only {new} allows",
        hint=_READERS_FIRST,
    ),
    Rule(
        name="type_narrowed",
        on=("type", "change"),
        when=_takes_less,
        breaks="backward",
        message="{field} was {old} and is {new}; new readers refuse what only {old} allowed",
        hint=_OLD_DATA,
    ),
    Rule(
        name="type_changed",
        on=("type", "change"),
        when=lambda old, new: not _takes_more(old, new) and not _takes_less(old, new),
        breaks="both",
        message="{field} was {old} and is {new}; neither reads as the other",
        hint="add a field of the new type instead",
    ),
)


def _words(keyword: str) -> str:
    """exclusiveMinimum becomes exclusive_minimum."""
    text = keyword.removeprefix("$")
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in text)


def _limit(keyword: str, *, upper: bool) -> tuple[Rule, ...]:
    """A limit that comes or tightens breaks old data; one that goes or loosens, old readers."""
    name = _words(keyword)
    tightens: Callable[[Any, Any], bool] = (
        (lambda old, new: new < old) if upper else (lambda old, new: new > old)
    )
    down, up = f"{name}_decreased", f"{name}_increased"
    return (
        Rule(
            name=f"{name}_added",
            on=(keyword, "add"),
            breaks="backward",
            message=f"{{field}} has the {keyword} {{new}}; before it had none",
            hint=_OLD_DATA,
        ),
        Rule(
            name=f"{name}_removed",
            on=(keyword, "remove"),
            breaks="forward",
            message=f"{{field}} has no {keyword} any more; it was {{old}}",
            hint=_READERS_FIRST,
        ),
        Rule(
            name=down if upper else up,
            on=(keyword, "change"),
            when=tightens,
            breaks="backward",
            message=f"{{field}} had the {keyword} {{old}} and has {{new}}, which takes less",
            hint=_OLD_DATA,
        ),
        Rule(
            name=up if upper else down,
            on=(keyword, "change"),
            when=lambda old, new: not tightens(old, new),
            breaks="forward",
            message=f"{{field}} had the {keyword} {{old}} and has {{new}}, which takes more",
            hint=_READERS_FIRST,
        ),
    )


def _divides(divisor: Any, number: Any) -> bool:
    return Fraction(str(number)) % Fraction(str(divisor)) == 0


_MULTIPLES = (
    Rule(
        name="multiple_of_added",
        on=("multipleOf", "add"),
        breaks="backward",
        message="{field} is a multiple of {new}; before it was any number",
        hint=_OLD_DATA,
    ),
    Rule(
        name="multiple_of_removed",
        on=("multipleOf", "remove"),
        breaks="forward",
        message="{field} need not be a multiple of {old} any more",
        hint=_READERS_FIRST,
    ),
    Rule(
        name="multiple_of_reduced",
        on=("multipleOf", "change"),
        when=lambda old, new: _divides(new, old),
        breaks="forward",
        message="{field} was a multiple of {old} and is one of {new}",
        hint=_READERS_FIRST,
    ),
    Rule(
        name="multiple_of_expanded",
        on=("multipleOf", "change"),
        when=lambda old, new: _divides(old, new) and not _divides(new, old),
        breaks="backward",
        message="{field} was a multiple of {old} and is one of {new}",
        hint=_OLD_DATA,
    ),
    Rule(
        name="multiple_of_changed",
        on=("multipleOf", "change"),
        when=lambda old, new: not _divides(old, new) and not _divides(new, old),
        breaks="both",
        message="{field} was a multiple of {old} and is one of {new}",
        hint=_OLD_DATA,
    ),
)


def _switched(keyword: str, added: str, removed: str, changed: str = "") -> tuple[Rule, ...]:
    """A restriction that is there or not."""
    name = _words(keyword)
    return (
        Rule(
            name=f"{name}_added",
            on=(keyword, "add"),
            breaks="backward",
            message=added,
            hint=_OLD_DATA,
        ),
        Rule(
            name=f"{name}_removed",
            on=(keyword, "remove"),
            breaks="forward",
            message=removed,
            hint=_READERS_FIRST,
        ),
        Rule(
            name=f"{name}_changed",
            on=(keyword, "change"),
            breaks="both",
            message=changed,
            hint=_OLD_DATA,
        ),
    )


_SWITCHED = (
    *_switched(
        "pattern",
        "{field} matches {new}; before it was any text",
        "{field} need not match {old} any more",
        "{field} matched {old} and matches {new}",
    ),
    *_switched(
        "uniqueItems",
        "{field} holds nothing twice; before it could",
        "{field} may hold the same twice",
    )[:2],
    *_switched(
        "enum",
        "{field} is one of {new}; before it was not listed what it may be",
        "{field} may be other than {old}",
        "{field} was one of {old} and is one of {new}",
    ),
    Rule(
        name="enum_value_added",
        on=("value", "add"),
        breaks="forward",
        message="{field} may be {new!r}; old readers refuse it",
        hint=_READERS_FIRST,
    ),
    Rule(
        name="enum_value_removed",
        on=("value", "remove"),
        breaks="backward",
        message="{field} may not be {old!r} any more; old data may hold it",
        hint="keep the value, if only for old data",
    ),
    Rule(
        name="made_required",
        on=("required", "add"),
        breaks="backward",
        message="{field} is required; old data may lack it",
        hint="leave it optional",
    ),
    Rule(
        name="made_optional",
        on=("required", "remove"),
        breaks="forward",
        message="{field} is not required any more; old readers refuse data without it",
        hint=_READERS_FIRST,
    ),
)


def _informative(keyword: str, level: Level, hint: str) -> tuple[Rule, ...]:
    name = _words(keyword)
    return tuple(
        Rule(
            name=f"{name}_{past}",
            on=(keyword, op),
            breaks="nothing",
            level=level,
            message=f"{{field}}: {keyword} was {past}",
            hint=hint,
        )
        for op, past in _PAST.items()
    )


_INFORMATIVE = (
    *_informative("format", "warning", "format is an annotation: no document is refused by it"),
    *(
        rule
        for keyword in ANNOTATIONS
        for rule in _informative(keyword, "info", "it decides about no document")
    ),
)

# What became of the documents that something composed takes.
_EFFECTS: dict[str, tuple[Breaks, Level, str, str]] = {
    "widened": ("forward", "error", "takes more than before", _READERS_FIRST),
    "narrowed": ("backward", "error", "takes less than before", _OLD_DATA),
    "changed": ("both", "error", "takes other documents than before", _OLD_DATA),
    "same": ("nothing", "info", "is written otherwise and takes the same", "nothing to do"),
}
_COMPOSED = tuple(
    Rule(
        name=f"{'reference' if keyword == '$ref' else _words(keyword)}_{effect}",
        on=(f"{keyword}, {effect}", "change"),
        breaks=breaks,
        level=level,
        message=f"{keyword} of {{field}} {message}",
        hint=hint,
    )
    for keyword in (*COMPOSED, "contents")
    for effect, (breaks, level, message, hint) in _EFFECTS.items()
)
_PROPERTIES = (
    Rule(
        name="property_added_to_open_content_model",
        on=("property, open", "add"),
        breaks="backward",
        message="{field} is new; under that name old data may hold anything",
        hint="close the content model first, or leave the property without a schema",
    ),
    Rule(
        name="property_with_empty_schema_added_to_open_content_model",
        on=("property, open to anything", "add"),
        breaks="nothing",
        level="info",
        message="{field} is named, and may still be anything",
        hint="nothing to do",
    ),
    Rule(
        name="property_added_to_closed_content_model",
        on=("property, closed", "add"),
        breaks="forward",
        message="{field} is new; old readers refuse data that has it",
        hint=_READERS_FIRST,
    ),
    Rule(
        name="property_with_false_added_to_closed_content_model",
        on=("property, closed to anything", "add"),
        breaks="nothing",
        level="info",
        message="{field} is named, and still not allowed",
        hint="nothing to do",
    ),
    Rule(
        name="property_removed_from_open_content_model",
        on=("property, open", "remove"),
        breaks="forward",
        message="{field} is gone; under that name new data may hold anything",
        hint=_READERS_FIRST,
    ),
    Rule(
        name="property_with_empty_schema_removed_from_open_content_model",
        on=("property, open to anything", "remove"),
        breaks="nothing",
        level="info",
        message="{field} is not named any more, and may still be anything",
        hint="ask who uses it",
    ),
    Rule(
        name="property_removed_from_closed_content_model",
        on=("property, closed", "remove"),
        breaks="backward",
        message="{field} is gone; new readers refuse old data that has it",
        hint="leave it optional while old data is read",
    ),
    Rule(
        name="property_with_false_removed_from_closed_content_model",
        on=("property, closed to anything", "remove"),
        breaks="nothing",
        level="info",
        message="{field} is not named any more, and still not allowed",
        hint="nothing to do",
    ),
    *(
        Rule(
            name=f"property_{past}_{covered}_by_partially_open_content_model_{effect}",
            on=(f"property, partially open, {effect}", op),
            breaks=breaks,
            level=level,
            message=f"{{field}} was {past}; the other version has a schema for such names: "
            f"that property {message}",
            hint=hint,
        )
        for op, past in list(_PAST.items())[:2]
        for effect, (breaks, level, message, hint) in _EFFECTS.items()
        for covered in ("is_covered" if effect in ("same", "widened") else "not_covered",)
    ),
)

SCHEMA_RULES: tuple[Rule, ...] = (
    *_TYPES,
    *(rule for keyword in LOWER for rule in _limit(keyword, upper=False)),
    *(rule for keyword in UPPER for rule in _limit(keyword, upper=True)),
    *_MULTIPLES,
    *_SWITCHED,
    *_INFORMATIVE,
    *_COMPOSED,
    *_PROPERTIES,
)
