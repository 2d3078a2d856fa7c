"""PII tokens: joinable, irreversible, the same for the same value and key."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from pathlib import Path

from dlt_pipelines import config
from dlt_pipelines.control.files import write_atomically
from dlt_pipelines.errors import ConfigurationError

PREFIX = "tok_"
_CACHE_LIMIT = 100_000


class Tokenizer:
    """Turns a value into `tok_` and 32 hex digits of HMAC-SHA256 (RFC 2104) under the PII key."""

    def __init__(self, key: bytes) -> None:
        self.key = key
        self._cache: dict[str, str] = {}

    @property
    def fingerprint(self) -> str:
        """16 hex digits that tell keys apart and say nothing about the key."""
        return hashlib.sha256(b"hallmark pii key\0" + self.key).hexdigest()[:16]

    def token(self, value: str) -> str:
        known = self._cache.get(value)
        if known is None:
            digest = hmac.digest(self.key, value.encode(), "sha256")
            known = PREFIX + digest.hex()[:32]
            if len(self._cache) >= _CACHE_LIMIT:
                self._cache.clear()
            self._cache[value] = known
        return known


def tokenizer() -> Tokenizer:
    """The tokenizer of the configured key, or of the key kept beside the state.

    Without a configured key one is made once, `<state>/pii.key`, mode 0600.
    """
    configured = config.text("PII__KEY")
    if configured:
        if len(configured) < 32:
            raise ConfigurationError("PII__KEY must have at least 32 characters")
        return Tokenizer(configured.encode())
    return Tokenizer(_kept_key(config.state_dir() / "pii.key").encode())


def _kept_key(path: Path) -> str:
    if not path.exists():
        write_atomically(path, secrets.token_hex(32).encode(), mode=0o600)
    try:
        key = path.read_text("ascii").strip()
    except UnicodeDecodeError:
        key = ""
    if len(key) < 32:
        raise ConfigurationError("the PII key is damaged; restore it from a backup", file=path)
    return key
