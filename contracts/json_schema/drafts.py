"""The drafts of JSON Schema."""

from __future__ import annotations

from enum import IntEnum


class Draft(IntEnum):
    """In the order in which they appeared."""

    DRAFT_4 = 4
    DRAFT_6 = 6
    DRAFT_7 = 7
    DRAFT_2019_09 = 8
    DRAFT_2020_12 = 9

    @property
    def uri(self) -> str:
        """What `$schema` says."""
        (name,) = (name for name, draft in DRAFTS.items() if draft is self)
        return f"https://{name}" if self >= Draft.DRAFT_2019_09 else f"http://{name}#"


DRAFTS = {
    "json-schema.org/draft-04/schema": Draft.DRAFT_4,
    "json-schema.org/draft-06/schema": Draft.DRAFT_6,
    "json-schema.org/draft-07/schema": Draft.DRAFT_7,
    "json-schema.org/draft/2019-09/schema": Draft.DRAFT_2019_09,
    "json-schema.org/draft/2020-12/schema": Draft.DRAFT_2020_12,
}
