from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt_pipelines import config
from dlt_pipelines.errors import ConfigurationError
from dlt_pipelines.loading import pii
from dlt_pipelines.loading.pii import Tokenizer, tokenizer

KEYS = st.binary(min_size=32, max_size=64)


@given(KEYS, st.text())
def test_a_token_is_tok_and_32_hex_digits_and_always_the_same(key: bytes, value: str) -> None:
    token = Tokenizer(key).token(value)
    assert re.fullmatch(r"tok_[0-9a-f]{32}", token)
    again = Tokenizer(key)
    assert again.token(value) == again.token(value) == token


@given(KEYS, st.lists(st.text(), unique=True, max_size=20))
def test_different_values_have_different_tokens(key: bytes, values: list[str]) -> None:
    tokens = Tokenizer(key)
    assert len({tokens.token(value) for value in values}) == len(values)


@given(KEYS, KEYS, st.text())
def test_another_key_makes_another_token(key: bytes, other: bytes, value: str) -> None:
    same = key.ljust(64, b"\0") == other.ljust(64, b"\0")  # HMAC pads a short key with zeros
    assert (Tokenizer(key).token(value) == Tokenizer(other).token(value)) is same


def test_a_token_is_the_hmac_of_the_value() -> None:
    # RFC 4231, test case 2
    assert Tokenizer(b"Jefe").token("what do ya want for nothing?") == (
        "tok_5bdcc146bf60754e6a042426089575c7"
    )


def test_tokens_stay_the_same_when_the_cache_overflows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pii, "_CACHE_LIMIT", 2)
    tokens = Tokenizer(b"k" * 32)
    first = [tokens.token(value) for value in "abcde"]
    assert [tokens.token(value) for value in "abcde"] == first


def test_a_fingerprint_tells_keys_apart_and_is_not_the_key() -> None:
    one, other = Tokenizer(b"k" * 32), Tokenizer(b"l" * 32)
    assert one.fingerprint != other.fingerprint
    assert re.fullmatch(r"[0-9a-f]{16}", one.fingerprint)
    assert b"k".hex() * 4 not in one.fingerprint


def test_a_key_is_made_once_and_only_its_owner_reads_it(data_dir: Path) -> None:
    first = tokenizer()
    kept = data_dir / "_state" / "pii.key"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert len(kept.read_text()) == 64
    assert tokenizer().fingerprint == first.fingerprint


def test_a_configured_key_is_used_and_none_is_made(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PII__KEY", "k" * 32)
    assert tokenizer().fingerprint == Tokenizer(b"k" * 32).fingerprint
    assert not data_dir.exists()


def test_a_configured_key_that_is_no_text_is_the_bytes_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PII__KEY", os.fsdecode(b"\xff" * 32))
    assert tokenizer().key == b"\xff" * 32


@pytest.mark.parametrize("short", ["too-short", "k" * 31])
def test_a_short_key_is_refused_and_not_shown(monkeypatch: pytest.MonkeyPatch, short: str) -> None:
    monkeypatch.setenv("PII__KEY", short)
    with pytest.raises(ConfigurationError, match=r"CFG001.*32 characters") as caught:
        tokenizer()
    assert short not in str(caught.value)


@pytest.mark.parametrize("damaged", [b"", b"0123", b"\xff" * 64])
def test_a_damaged_key_is_never_replaced(damaged: bytes) -> None:
    kept = config.state_dir() / "pii.key"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(damaged)
    with pytest.raises(ConfigurationError, match=r"CFG001.*restore it"):
        tokenizer()
    assert kept.read_bytes() == damaged


def test_a_key_that_cannot_be_read_is_a_configuration_error() -> None:
    (config.state_dir() / "pii.key").mkdir(parents=True)
    with pytest.raises(ConfigurationError, match=r"CFG001.*may not be read"):
        tokenizer()
