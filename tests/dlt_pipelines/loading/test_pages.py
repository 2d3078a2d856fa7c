from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dlt_pipelines.errors import ExtractionError
from dlt_pipelines.loading.pages import excerpt, parse_page

URL = "https://api.example/v1/orders"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
ROWS = st.lists(
    st.dictionaries(
        st.text().filter(lambda name: name not in ("data", "results")), JSON, max_size=4
    )
)


def body(value: object) -> bytes:
    return msgspec.json.encode(value)


def values(raws: list[msgspec.Raw]) -> list[Any]:
    return [msgspec.json.decode(raw) for raw in raws]


SHAPES: dict[str, Any] = {
    "array": lambda rows: rows,
    "cursor": lambda rows: {"object": "list", "data": rows, "has_more": True, "url": "/v1/orders"},
    "offset": lambda rows: {"firstResult": 0, "resultSize": 3, "results": rows, "type": "order"},
    "wrapped": lambda rows: [{"firstResult": 0, "resultSize": 3, "results": rows}],
}


@given(ROWS)
def test_every_shape_gives_the_same_rows(rows: list[Any]) -> None:
    for make in SHAPES.values():
        assert values(parse_page(body(make(rows)), URL)) == rows


@pytest.mark.parametrize("make", SHAPES.values(), ids=SHAPES)
@given(rows=ROWS, indent=st.sampled_from([None, 0, 1, 4, "\t"]), around=st.text(" \t\r\n"))
def test_a_pretty_printed_page_gives_the_same_rows(
    make: Any, rows: list[Any], indent: Any, around: str
) -> None:
    pretty = json.dumps(make(rows), indent=indent, separators=(" , ", " : "), ensure_ascii=False)
    assert values(parse_page((around + pretty + around).encode(), URL)) == rows


@given(st.text(st.characters(exclude_categories=()) | st.sampled_from("\ud83d\ude00\\u")))
def test_half_characters_are_replaced_and_nothing_else_is(text: str) -> None:
    row = {"id": "or_1", "note": text, text: 1}
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    found = values(parse_page(json.dumps([row]).encode(), URL))
    assert found == [{"id": "or_1", "note": whole, whole: 1}]


def test_the_envelope_says_whether_there_is_more() -> None:
    assert parse_page(b'{"data":[],"has_more":true}', URL).more is True
    assert parse_page(b'{"data":[],"has_more":false}', URL).more is False
    assert parse_page(b'{"results":[],"resultSize":7}', URL).total == 7
    assert (parse_page(b"[]", URL).more, parse_page(b"[]", URL).total) == (None, None)


@pytest.mark.parametrize("nothing", [b"", b" ", b"\r\n"])
def test_an_empty_body_is_a_page_without_rows(nothing: bytes) -> None:
    assert parse_page(nothing, URL) == []
    assert parse_page(nothing, URL, single=True) == []


def test_a_byte_order_mark_is_no_part_of_the_page() -> None:
    assert values(parse_page(b'\xef\xbb\xbf[{"id":1}]', URL)) == [{"id": 1}]


def test_a_page_that_is_nested_without_end_is_an_extraction_error() -> None:
    with pytest.raises(ExtractionError, match="not JSON"):
        parse_page(b"[" * 100_000, URL)


def test_a_single_object_is_one_row_whatever_its_fields_are_called() -> None:
    event = {"id": "evt_1", "data": {"object": {"id": "ch_1"}}}
    assert values(parse_page(body(event), URL, single=True)) == [event]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"<html><title>Sign in</title></html>", "not JSON"),
        (b'{"data":[{"id":"or_1"},', "not JSON"),
        (b'{"data":[{"id":"or_1"}]} trailing', "not JSON"),
        (b'{"id":"or_1","object":"order"}', "not a list"),
        (b'{"data":null}', "not a list"),
    ],
)
def test_anything_else_is_an_extraction_error_with_url_and_excerpt(
    answer: bytes, message: str
) -> None:
    with pytest.raises(ExtractionError, match=message) as caught:
        parse_page(answer, URL)
    assert caught.value.context == {"url": URL, "body": excerpt(answer)}


def strings(value: Any) -> list[str]:
    """All string values, keys left out."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [found for each in inner for found in strings(each)]


# a private alphabet, so that a value cannot be found in a key or a mask by chance
VALUES = st.text('ÄÖÜßéè"\\:,{}\n ', min_size=1).map(lambda text: f"Ж{text}Ж")
RECORDS = st.recursive(
    VALUES,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "name", "note"]), inner, min_size=1)
    ),
    max_leaves=8,
)


@given(RECORDS, st.integers(0, 60), st.sampled_from(["", " ", "\ufeff", "callback("]))
@example({"name": "ЖKim LeeЖ"}, 0, "")
def test_an_excerpt_never_leaks_a_json_string_value(record: Any, cut: int, prefix: str) -> None:
    for separators in ((",", ":"), (", ", ": ")):
        for ascii_only in (True, False):
            text = json.dumps(record, ensure_ascii=ascii_only, separators=separators)
            shown = excerpt((prefix + text[: len(text) - cut]).encode())
            assert "Ж" not in shown
            assert "\\u0416" not in shown
            for value in strings(record):
                assert value not in shown


@given(
    st.text("abc<> \n'\"{", max_size=60),
    st.from_regex(r"[a-z][a-z.]{0,20}@[a-z]{1,10}\.example", fullmatch=True),
    st.text("abc<> \n'\"}", max_size=60),
)
def test_an_excerpt_never_leaks_an_email_address(before: str, email: str, after: str) -> None:
    assert email not in excerpt(f"{before}{email}{after}".encode())


@given(st.binary(max_size=2000))
def test_an_excerpt_is_short_and_one_line(answer: bytes) -> None:
    shown = excerpt(answer)
    assert len(shown) <= 200
    assert "\n" not in shown


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ("<html><title>502 Bad Gateway</title>", "<html><title>502 Bad Gateway</title>"),
        ('<h1 class="x">Hello Kim</h1>\n<p>1 <b>2', "<h1>…</h1>…<p>…<b>…"),
        ("<!-- Kim Lee --><p>a < Kim > b</p>", "…<p>…</p>"),
        ('<![CDATA[Kim Lee]]><a title="Kim', "…<a>"),
        ('{"error": {"code": "nope", "status": 400}}', '{"error": {"code": "…", "status": #}}'),
        ('"Kim Lee"', '"…"'),
        ("null", "null"),
        ("Kim Lee is not allowed", "… (22 bytes of text)"),
        ("", ""),
    ],
)
def test_an_excerpt_shows_what_helps(answer: str, shown: str) -> None:
    assert excerpt(answer.encode()) == shown


def test_an_excerpt_hides_long_numbers_and_secrets() -> None:
    secret = "sk_test_" + "a1b2" * 6
    shown = excerpt(f'{{"{secret}": 1, "account": 1234567890}}'.encode())
    assert shown == '{"…": #, "account": #}'


def test_an_excerpt_hides_a_string_that_breaks_off_in_an_escape() -> None:
    start = '{"note":"'
    answer = start + "Ж" * ((800 - len(start) - 1) // 2) + "\\"
    assert "Ж" not in excerpt(answer.encode())
