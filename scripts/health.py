"""Whether the configured server is a bundled one that is not well."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

import requests

from dlt_pipelines.errors import ExtractionError

_SECONDS = 5


def require_healthy(base_url: str) -> None:
    """Asks a server of this machine for `/health`, where the bundled APIs answer `ok`.

    Only they and a server that is being tried out are there; one without `/health`, or with an
    answer of another kind, is not theirs and passes. Raises EXT001.
    """
    if not _is_of_this_machine(base_url):
        return
    cause = _complaint(f"{base_url.rstrip('/')}/health")
    if cause:
        raise ExtractionError(
            "Mock API not healthy: start it again with `hallmark mock serve`, or set"
            " SOURCES__PAYMENTS__BASE_URL to where it listens",
            url=base_url,
            cause=cause,
        )


def _is_of_this_machine(base_url: str) -> bool:
    try:
        host = urlsplit(base_url.strip()).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:  # a name, or no URL at all: what loads from it says so
        return False


def _complaint(url: str) -> str:
    """What is wrong, "" when nothing is."""
    try:
        answer = requests.get(url, timeout=_SECONDS, allow_redirects=False)
    except requests.RequestException as error:
        return f"no answer ({type(error).__name__})"
    if answer.status_code >= 500:
        return f"status {answer.status_code}"
    try:
        found = answer.json()
    except ValueError:
        return ""
    said = found.get("status", "ok") if isinstance(found, dict) else "ok"
    return "" if said == "ok" or not answer.ok else f"it says {str(said)[:40]!r}"
