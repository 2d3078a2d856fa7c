"""Says what a change of a table means for those who read it.

A table is built anew from what it is derived from: no reader meets old rows. What matters is
whether a reader of the old promise goes on reading (`forward`). A reader may name columns, compare
types, join by the key and take a not null column as such; it ignores columns it does not know.
"""

from __future__ import annotations

from contracts.compatibility import Rule

TABLE_RULES = (
    Rule(
        name="table_added",
        on=("table", "add"),
        breaks="nothing",
        level="info",
        message="{new} is new",
        hint="publish it with an exposure when somebody outside reads it",
    ),
    Rule(
        name="table_removed",
        on=("table", "remove"),
        breaks="forward",
        message="{old} is gone, or promises nothing any more",
        hint="give it a deprecation_date and remove it when that has passed",
    ),
    Rule(
        name="retired_table_removed",
        on=("retired", "remove"),
        breaks="nothing",
        level="warning",
        message="{old} is gone; its deprecation date has passed",
        hint="make sure that its readers have left",
    ),
    Rule(
        name="relation_renamed",
        on=("relation", "change"),
        breaks="forward",
        message="{old} is {new} now; who reads it in SQL does not find it",
        hint="keep schema and name",
    ),
    Rule(
        name="no_longer_latest",
        on=("latest", "change"),
        breaks="nothing",
        level="warning",
        message="{old} names a later version now; this one is {new}",
        hint="who still needs this version in SQL reads it by its new name",
    ),
    Rule(
        name="no_longer_public",
        on=("access", "change"),
        when=lambda old, new: old == "public",
        breaks="forward",
        message="it was {old} and is {new}; other projects that refer to it are refused",
        hint="leave it public",
    ),
    Rule(
        name="access_changed",
        on=("access", "change"),
        when=lambda old, new: old != "public",
        breaks="nothing",
        level="info",
        message="it was {old} and is {new}",
        hint="dbt refuses references inside the project that it does not allow",
    ),
    Rule(
        name="constraint_added",
        on=("constraint", "add"),
        breaks="nothing",
        level="info",
        message="{new} is promised",
        hint="rows that do not keep it stop the build",
    ),
    Rule(
        name="constraint_removed",
        on=("constraint", "remove"),
        breaks="forward",
        message="{old} is no longer promised; joins on it may meet more rows, or other ones",
        hint="keep the constraint",
    ),
    Rule(
        name="column_added",
        on=("column", "add"),
        breaks="nothing",
        level="info",
        message="{field} is new ({new})",
        hint="readers that name their columns do not see it",
    ),
    Rule(
        name="column_removed",
        on=("column", "remove"),
        breaks="forward",
        message="{field} ({old}) is gone; who names it fails",
        hint="keep the column",
    ),
    Rule(
        name="column_renamed",
        on=("column", "change"),
        breaks="forward",
        message="{old} is gone and seems to be {new} now; who names {old} fails",
        hint="keep the old name",
    ),
    Rule(
        name="column_type_changed",
        on=("type", "change"),
        breaks="forward",
        message="{field} was {old} and is {new}; who compares or stores it may fail",
        hint="add a column of the new type",
    ),
    Rule(
        name="column_made_required",
        on=("required", "change"),
        when=lambda old, new: new,
        breaks="nothing",
        level="info",
        message="{field} is never null now",
        hint="a row without it stops the build",
    ),
    Rule(
        name="column_made_optional",
        on=("required", "change"),
        when=lambda old, new: not new,
        breaks="forward",
        message="{field} may be null now; who counts or joins on it loses rows without a word",
        hint="keep it not null, with a value that says that there is none",
    ),
    Rule(
        name="column_became_pii",
        on=("pii", "change"),
        when=lambda old, new: new,
        breaks="nothing",
        level="warning",
        message="{field} is marked as personal now",
        hint="ask readers who pass it on whether they may",
    ),
    Rule(
        name="column_no_longer_pii",
        on=("pii", "change"),
        when=lambda old, new: not new,
        breaks="nothing",
        level="warning",
        message="{field} is no longer marked as personal",
        hint="make sure that it identifies nobody",
    ),
)
