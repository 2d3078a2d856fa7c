from __future__ import annotations

from pathlib import Path

import pytest

from dlt_pipelines import errors
from dlt_pipelines.errors import ConfigurationError, HallmarkError


def kinds() -> list[type[HallmarkError]]:
    return [each for each in vars(errors).values() if isinstance(each, type)]


def test_an_error_prints_its_code_message_and_context() -> None:
    error = ConfigurationError("a folder is missing", path=Path("/data"), attempts=0, text="")
    assert str(error) == "[CFG001] a folder is missing (path=/data, attempts=0, text=)"
    assert error.message == "a folder is missing"
    assert error.context == {"path": Path("/data"), "attempts": 0, "text": ""}


def test_an_error_without_context_prints_no_brackets() -> None:
    assert str(ConfigurationError("a folder is missing")) == "[CFG001] a folder is missing"


def test_what_is_not_known_is_left_out() -> None:
    error = ConfigurationError("a folder is missing", path=None)
    assert str(error) == "[CFG001] a folder is missing"


@pytest.mark.parametrize("name", ["message", "self"])
def test_a_context_may_have_any_key(name: str) -> None:
    assert str(ConfigurationError("wrong", **{name: 1})) == f"[CFG001] wrong ({name}=1)"


def test_every_kind_of_error_has_a_code_of_its_own() -> None:
    codes = [kind.code for kind in kinds() if issubclass(kind, HallmarkError)]
    assert len(codes) > 5
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("kind", [each for each in kinds() if each is not HallmarkError])
def test_a_code_stands_in_the_runbook(kind: type[HallmarkError]) -> None:
    runbook = Path(__file__).parents[2] / "docs" / "runbook.md"
    assert kind.code in runbook.read_text("utf-8")
