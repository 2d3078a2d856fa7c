"""A server that has lost rows: the bundled API's answers without them."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Collection
from typing import Any

from tests.e2e.conftest import KEY
from tests.e2e.proxy import Answer, Fault


def hiding(target: str, keys: Collection[object]) -> Fault:
    """Hides objects by their id, in lists, inside of other objects and when asked for alone."""
    hidden = set(keys)

    def fault(path: str) -> Answer | None:
        if path.partition("?")[0].rpartition("/")[2] in hidden:
            return 404, "application/json", b'{"error": {"message": "No such object"}}'
        request = urllib.request.Request(target + path, headers={"Authorization": f"Bearer {KEY}"})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                body = answer.read()
        except urllib.error.HTTPError:
            return None
        if not body.strip():
            return None
        shown = _without(json.loads(body), hidden)
        return 200, "application/json", json.dumps(shown).encode()

    return fault


def _without(value: Any, hidden: set[object]) -> Any:
    if isinstance(value, list):
        return [_without(each, hidden) for each in value if not _is_hidden(each, hidden)]
    if isinstance(value, dict):
        return {name: _without(inner, hidden) for name, inner in value.items()}
    return value


def _is_hidden(value: Any, hidden: set[object]) -> bool:
    return isinstance(value, dict) and value.get("id") in hidden
