"""PII tokens: joinable, irreversible, the same for the same value and key."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from pathlib import Path

from dlt_pipelines import config
from dlt_pipelines.control.files import write_atomically
from dlt_pipelines.errors import ConfigurationError

PREFIX = "tok_"
_CACHE_LIMIT = 100_000
_BLOCK = 64  # bytes of SHA-256


class _Tokens(dict[str, str]):
    """The tokens of the values met so far; a value that is looked up first gets its own.

    The two hashes of the key are kept and copied, as RFC 2104 advises (section 4): half the time.
    """

    def __init__(self, key: bytes) -> None:
        block = (key if len(key) <= _BLOCK else hashlib.sha256(key).digest()).ljust(_BLOCK, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))

    def __missing__(self, value: str) -> str:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(value.encode())
        outer.update(inner.digest())
        if len(self) >= _CACHE_LIMIT:
            self.clear()
        token = self[value] = PREFIX + outer.hexdigest()[:32]
        return token


class Tokenizer:
    """Turns a value into `tok_` and 32 hex digits of HMAC-SHA256 under the PII key."""

    token: Callable[[str], str]

    def __init__(self, key: bytes) -> None:
        self.key = key
        self.token = _Tokens(key).__getitem__

    @property
    def fingerprint(self) -> str:
        """16 hex digits that tell keys apart and say nothing about the key."""
        return hashlib.sha256(b"hallmark pii key\0" + self.key).hexdigest()[:16]


def tokenizer() -> Tokenizer:
    """The tokenizer of the configured key, or of the key kept beside the state.

    Without a configured key one is made once, `<state>/pii.key`, mode 0600.
    """
    configured = config.text("PII__KEY")
    if configured:
        if len(configured) < 32:
            raise ConfigurationError("PII__KEY must have at least 32 characters")
        return Tokenizer(configured.encode(errors="surrogateescape"))  # the bytes as given
    return Tokenizer(_kept_key(config.state_dir() / "pii.key").encode())


def _kept_key(path: Path) -> str:
    if not path.exists():
        write_atomically(path, secrets.token_hex(32).encode(), mode=0o600)
    try:
        key = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        key = ""
    if len(key) < 32:
        raise ConfigurationError(
            "the PII key is damaged or may not be read; restore it from a backup", file=path
        )
    return key
