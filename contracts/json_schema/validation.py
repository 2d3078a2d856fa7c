"""Says where a document does not fit a schema."""

from __future__ import annotations

from itertools import islice

import msgspec

from contracts.json_schema import json_text
from contracts.json_schema.json_text import NotJsonError, pointer
from contracts.json_schema.schemas import Schema

MOST = 100


class Violation(msgspec.Struct, frozen=True):
    """`path` is a JSON pointer into the document, "" for the whole of it."""

    path: str
    message: str


def validate(schema: Schema, document: object | bytes) -> list[Violation]:
    """What does not fit, the first 100; empty when the document is valid.

    `bytes` are JSON text. `format` is an annotation here and decides nothing.
    """
    try:
        if isinstance(document, bytes):
            value = json_text.read(document, as_written=True)
        else:
            value = json_text.checked(document, as_written=True)
        found = islice(schema.validator.iter_errors(value), MOST)
        return [Violation(pointer(each.instance_path), each.message) for each in found]
    except NotJsonError as error:
        return [Violation(error.path, error.message)]
