"""Says what a change of contract means for readers.

Written under a version, a row holds that version's fields and no other: what a contract does not
list is not stored. A reader ignores fields it does not know, and takes null and absent as the
same. `backward` means that new readers read old data, `forward` that old readers read new data,
as in the Confluent Schema Registry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import msgspec

from contracts.diff import READS, Change, Op
from contracts.odcs import LogicalType

Breaks = Literal["backward", "forward", "both", "nothing"]
Level = Literal["info", "warning", "error"]
Classification = Literal["both", "backward", "forward", "none"]
CLASSIFICATIONS: tuple[Classification, ...] = get_args(Classification)


class Finding(Change, frozen=True, kw_only=True):
    """A change judged: here `rule` is the name of the row of `RULES` that it met.

    `example` is a document that shows it, where there is one.
    """

    level: Level
    breaks: Breaks
    message: str
    hint: str
    example: Any = msgspec.UNSET


@dataclass(frozen=True)
class Rule:
    """Which changes it is about (`on`, and `when` old and new are so), and what they break."""

    name: str
    on: tuple[str, Op]
    breaks: Breaks
    message: str
    hint: str
    level: Level = "error"
    when: Callable[[Any, Any], bool] = lambda old, new: True

    def matches(self, change: Change) -> bool:
        return self.on == (change.rule, change.op) and self.when(change.old, change.new)


def _widens(old: LogicalType, new: LogicalType) -> bool:
    return READS[old] < READS[new]


RULES = (
    Rule(
        name="required_field_added",
        on=("field", "add"),
        when=lambda old, new: new.required,
        breaks="backward",
        message="{field} is new and required; rows written before lack it",
        hint="make it optional",
    ),
    Rule(
        name="optional_field_added",
        on=("field", "add"),
        when=lambda old, new: not new.required,
        breaks="nothing",
        level="info",
        message="{field} is new and optional",
        hint="rows written before read as null there",
    ),
    Rule(
        name="required_field_removed",
        on=("field", "remove"),
        when=lambda old, new: old.required,
        breaks="forward",
        message="{field} was required and is gone; old readers miss it in new rows",
        hint="make it optional in one version, and remove it in a later one",
    ),
    Rule(
        name="optional_field_removed",
        on=("field", "remove"),
        when=lambda old, new: not old.required,
        breaks="nothing",
        level="warning",
        message="{field} was optional and is gone; old readers find null in new rows",
        hint="ask who uses it before it goes",
    ),
    Rule(
        name="type_widened",
        on=("type", "change"),
        when=_widens,
        breaks="forward",
        message="{field} was {old} and is {new}; old readers refuse what only {new} allows",
        hint="above 2^53 a number does not keep every digit of an integer",
    ),
    Rule(
        name="type_narrowed",
        on=("type", "change"),
        when=lambda old, new: _widens(new, old),
        breaks="backward",
        message="{field} was {old} and is {new}; new readers refuse what only {old} allowed",
        hint="add a field of the new type instead",
    ),
    Rule(
        name="type_changed",
        on=("type", "change"),
        when=lambda old, new: not _widens(old, new) and not _widens(new, old),
        breaks="both",
        message="{field} was {old} and is {new}; neither reads as the other",
        hint="add a field of the new type instead",
    ),
    Rule(
        name="made_required",
        on=("required", "change"),
        when=lambda old, new: new,
        breaks="backward",
        message="{field} is required now; rows written before may lack it",
        hint="leave it optional, and expect it not null where it is used",
    ),
    Rule(
        name="made_optional",
        on=("required", "change"),
        when=lambda old, new: not new,
        breaks="forward",
        message="{field} is optional now; old readers refuse new rows without it",
        hint="change the readers first",
    ),
    Rule(
        name="contents_listed",
        on=("contents", "change"),
        when=lambda old, new: new == "listed",
        breaks="backward",
        message="{field} was free inside; what was written there may not fit the fields listed now",
        hint="list the fields under a new name",
    ),
    Rule(
        name="contents_freed",
        on=("contents", "change"),
        when=lambda old, new: new == "verbatim",
        breaks="forward",
        message="{field} is free inside now; old readers refuse what does not fit their fields",
        hint="keep the fields listed, and add to them",
    ),
    Rule(
        name="became_pii",
        on=("pii", "change"),
        when=lambda old, new: new,
        breaks="both",
        message="{field} is personal now: new rows hold a token, old ones the value itself",
        hint="rebuild what was stored from the landing, so that no value stays readable",
    ),
    Rule(
        name="no_longer_pii",
        on=("pii", "change"),
        when=lambda old, new: not new,
        breaks="both",
        message="{field} is no longer personal: new rows hold the value itself, old ones a token",
        hint="make sure that it identifies nobody",
    ),
    Rule(
        name="became_volatile",
        on=("volatile", "change"),
        when=lambda old, new: new,
        breaks="nothing",
        level="warning",
        message="{field} is volatile now: a row that differs only there is not stored again",
        hint="the stored value may be an old one",
    ),
    Rule(
        name="no_longer_volatile",
        on=("volatile", "change"),
        when=lambda old, new: not new,
        breaks="nothing",
        level="info",
        message="{field} is no longer volatile: each change of it is stored",
        hint="expect more rows",
    ),
    Rule(
        name="money_added",
        on=("money", "add"),
        breaks="backward",
        message="{field} is in minor units of {new}; of rows written before that was not promised",
        hint="add a field for the amount in minor units",
    ),
    Rule(
        name="money_removed",
        on=("money", "remove"),
        breaks="forward",
        message="{field} need not be in minor units of {old}; old readers still take it so",
        hint="remove the field and add another",
    ),
    Rule(
        name="currency_changed",
        on=("money", "change"),
        breaks="both",
        message="{field} was in minor units of {old} and is in those of {new}",
        hint="add a field for the amount in the other currency",
    ),
    Rule(
        name="epoch_added",
        on=("epoch", "add"),
        breaks="backward",
        message="{field} is a moment in {new}; of rows written before that was not promised",
        hint="add a field for the moment",
    ),
    Rule(
        name="epoch_removed",
        on=("epoch", "remove"),
        breaks="forward",
        message="{field} need not be a moment in {old}; old readers still take it so",
        hint="remove the field and add another",
    ),
    Rule(
        name="epoch_changed",
        on=("epoch", "change"),
        breaks="both",
        message="{field} was a moment in {old} and is one in {new}",
        hint="add a field for the moment in the other unit",
    ),
    Rule(
        name="reference_added",
        on=("reference", "add"),
        breaks="forward",
        message="{field} refers to {new} and may come expanded; old readers refuse the object",
        hint="replay rows they refused once they know the reference",
    ),
    Rule(
        name="reference_removed",
        on=("reference", "remove"),
        breaks="backward",
        message="{field} no longer refers to {old}; new readers refuse it expanded",
        hint="keep the reference while pages that hold it expanded may be replayed",
    ),
    Rule(
        name="reference_changed",
        on=("reference", "change"),
        breaks="both",
        message="{field} referred to {old} and refers to {new}: its ids name other objects",
        hint="add a field for the other object",
    ),
    Rule(
        name="value_listed",
        on=("value", "add"),
        breaks="nothing",
        level="warning",
        message="{field} may be {new!r}; readers take any value, also one they do not know",
        hint="look for readers that tell values apart",
    ),
    Rule(
        name="value_unlisted",
        on=("value", "remove"),
        breaks="nothing",
        level="info",
        message="{field} is no longer known to be {old!r}; where it comes, it is drift",
        hint="rows written before may hold it",
    ),
    Rule(
        name="key_changed",
        on=("key", "change"),
        breaks="both",
        message="rows are identified by {new}, before by {old}: their versions do not meet",
        hint="make it another entity",
    ),
    Rule(
        name="cursor_changed",
        on=("cursor", "change"),
        breaks="nothing",
        level="warning",
        message="rows are fetched by another cursor: {new}, before {old}",
        hint="a cursor stored for another field does not apply: read everything once",
    ),
)


def judge(changes: Iterable[Change], rules: Sequence[Rule] = RULES) -> list[Finding]:
    """What each change breaks, and why. Exactly one rule matches each: none is let through."""
    table: dict[tuple[str, Op], list[Rule]] = {}
    for rule in rules:
        table.setdefault(rule.on, []).append(rule)
    return [_finding(change, table.get((change.rule, change.op), [])) for change in changes]


def _finding(change: Change, rules: Sequence[Rule]) -> Finding:
    (rule,) = [rule for rule in rules if rule.matches(change)]
    place = change.field or "the document"
    return Finding(
        op=change.op,
        path=change.path,
        field=change.field,
        rule=rule.name,
        old=change.old,
        new=change.new,
        schema_path=change.schema_path,
        level=rule.level,
        breaks=rule.breaks,
        message=rule.message.format(field=place, old=change.old, new=change.new),
        hint=rule.hint,
    )


def classification(findings: Iterable[Finding]) -> Classification:
    """Which readers the new version serves: `both`, `backward` or `forward` alone, or `none`."""
    broken = {finding.breaks for finding in findings}
    return _CLASSIFICATION[not broken & {"backward", "both"}, not broken & {"forward", "both"}]


_CLASSIFICATION: dict[tuple[bool, bool], Classification] = {
    (True, True): "both",
    (True, False): "backward",
    (False, True): "forward",
    (False, False): "none",
}


def compatible(findings: Iterable[Finding]) -> bool:
    """Whether new readers read what is stored: the registry's default policy, BACKWARD."""
    return classification(findings) in ("both", "backward")
