from __future__ import annotations

import json
from typing import Any

import pytest

from dlt_pipelines.errors import ExtractionError
from scripts.console import Output

Captured = pytest.CaptureFixture[str]
TRICKY = ["[CFG001] wrong (key=[1])", "[bold]kept[/bold]", ":warning: a:100:b", "C:\\dir\\", "é…"]


@pytest.mark.parametrize("text", TRICKY)
def test_text_is_printed_as_it_is(text: str, capsys: Captured) -> None:
    output = Output(as_json=False)
    output.say(text)
    output.done(text)
    assert capsys.readouterr() == (f"{text}\n", f"{text}\n")


def test_what_would_steer_a_terminal_is_replaced(capsys: Captured) -> None:
    name, shown = (
        "ch_1\x1b]0;title\x07\x9b2J\r\ud83d",
        "ch_1\ufffd]0;title\ufffd\ufffd2J\ufffd\ufffd",
    )
    output = Output(as_json=False)
    output.say(name)
    output.block("row", [("key", name)])
    output.table("Rows", ("key",), [(name,)])
    output.error(ExtractionError("refused", key=name))
    out, err = capsys.readouterr()
    assert [line.split()[-1] for line in out.splitlines()] == [
        shown,
        "row",
        shown,
        "Rows",
        "key",
        shown,
    ]
    assert err == f"[EXT001] refused (key={shown})\n"


def test_a_long_line_is_not_broken(capsys: Captured) -> None:
    Output(as_json=False).say("word " * 100)
    assert capsys.readouterr().out.count("\n") == 1


def test_with_json_only_json_is_on_standard_output(capsys: Captured) -> None:
    output = Output(as_json=True)
    output.say("for people")
    output.table("Built", ("model",), [("charges",)])
    output.done("build: 1 model")
    output.result({"models": 1})
    out, err = capsys.readouterr()
    assert json.loads(out) == {"models": 1}
    assert err == "build: 1 model\n"


def test_without_json_the_result_is_not_printed(capsys: Captured) -> None:
    Output(as_json=False).result({"models": 1})
    assert capsys.readouterr().out == ""


def test_a_table_in_a_pipe_is_plain_and_aligned(capsys: Captured) -> None:
    rows: list[tuple[object, ...]] = [("charges", 1234567, None, True), ("[x]", 0, "note", False)]
    Output(as_json=False).table("Loaded", ("entity", "rows", "note", "good"), rows)
    assert capsys.readouterr().out == (
        "Loaded\n"
        "  entity        rows  note  good\n"
        "  charges  1,234,567  -     True\n"
        "  [x]              0  note  False\n"
    )


def test_a_table_without_rows_has_its_columns(capsys: Captured) -> None:
    Output(as_json=False).table("Loaded", ("entity", "rows"), [])
    assert capsys.readouterr().out == "Loaded\n  entity  rows\n"


def test_a_table_on_a_terminal_shows_every_cell(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")
    rows = [(text, 1234) for text in TRICKY]
    Output(as_json=False).table("Loaded", ("text", "rows"), rows)
    shown = capsys.readouterr().out
    for text in [*TRICKY, "Loaded", "1,234"]:
        assert text in shown


@pytest.mark.parametrize("as_json", [False, True])
def test_an_error_is_a_line_for_people_and_json_for_machines(
    as_json: bool, capsys: Captured
) -> None:
    error = ExtractionError("the server refused", status=404, url="https://api.example", body=None)
    Output(as_json=as_json).error(error)
    out, err = capsys.readouterr()
    assert err == "[EXT001] the server refused (status=404, url=https://api.example)\n"
    expected: Any = {
        "error": {
            "code": "EXT001",
            "message": "the server refused",
            "context": {"status": "404", "url": "https://api.example"},
        }
    }
    assert (json.loads(out) if as_json else out) == (expected if as_json else "")


@pytest.mark.parametrize("terminal", [False, True])
def test_a_step_lets_its_error_through(
    terminal: bool, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    if terminal:
        monkeypatch.setenv("FORCE_COLOR", "1")
    output = Output(as_json=False)
    with pytest.raises(ValueError, match="broken"), output.step("load [shop]"):
        output.progress("orders, 5 rows")
        raise ValueError("broken")
    output.progress("after the step")
    assert ("orders, 5 rows" in capsys.readouterr().err) is terminal
