"""What changes of properties break, and of what is composed of other schemas, as rows.

The names of those about properties are the Confluent Schema Registry's, whose content models they
are: open (a property that is not named may be anything), closed (there is none) and partially open
(it fits a schema).
"""

from __future__ import annotations

from contracts.compatibility import Breaks, Level, Rule
from contracts.json_schema.differences import COMPOSED
from contracts.json_schema.rule_words import OLD_DATA, PAST, READERS_FIRST, words

# What became of the documents that something composed takes.
_EFFECTS: dict[str, tuple[Breaks, Level, str, str]] = {
    "widened": ("forward", "error", "takes more than before", READERS_FIRST),
    "narrowed": ("backward", "error", "takes less than before", OLD_DATA),
    "changed": ("both", "error", "takes other documents than before", OLD_DATA),
    "same": ("nothing", "info", "is written otherwise and takes the same", "nothing to do"),
}
COMPOSED_RULES = tuple(
    Rule(
        name=f"{'reference' if keyword == '$ref' else words(keyword)}_{effect}",
        on=(f"{keyword}, {effect}", "change"),
        breaks=breaks,
        level=level,
        message=f"{keyword} of {{field}} {message}",
        hint=hint,
    )
    for keyword in (*COMPOSED, "contents")
    for effect, (breaks, level, message, hint) in _EFFECTS.items()
)
PROPERTY_RULES = (
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
        hint=READERS_FIRST,
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
        hint=READERS_FIRST,
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
        for op, past in list(PAST.items())[:2]
        for effect, (breaks, level, message, hint) in _EFFECTS.items()
        for covered in ("is_covered" if effect in ("same", "widened") else "not_covered",)
    ),
)
