from __future__ import annotations

import msgspec
import pytest
from charges import CHARGES, TOKENS, encoded, page
from hypothesis import given
from hypothesis import strategies as st

from dlt_pipelines.loading.decode import Decoder
from dlt_pipelines.loading.pages import embedded_rows


@pytest.mark.parametrize(
    ("raw", "path", "reason"),
    [
        (b'{"id":"ch_1","amount":"12"}', "$.amount", "Expected `int`"),
        (b'{"id":"ch_1","amount":1.5}', "$.amount", "Expected `int`"),
        (b'{"id":"ch_1","amount":9223372036854775808}', "$.amount", "Expected `int`"),
        (b'{"id":"ch_1","amount":1,"rate":9007199254740993}', "$.rate", "<= 9007199254740992"),
        (b'{"id":"ch_1","amount":1,"rate":-9007199254740993}', "$.rate", ">= -9007199254740992"),
        (b'{"id":"ch_1","amount":null}', "$.amount", "Expected `int`"),
        (b'{"id":"ch_1"}', "$", "missing required field `amount`"),
        (b'{"amount":1}', "$", "missing required field `id`"),
        (b'{"id":"ch_1","amount":1,"paid":"yes"}', "$.paid", "Expected `bool | null`"),
        (b'{"id":"ch_1","amount":1,"card":[]}', "$.card", "Expected `object | null`"),
        (b'{"id":"ch_1","amount":1,"card":{"brand":1}}', "$.card.brand", "Expected `str | null`"),
        (
            b'{"id":"ch_1","amount":1,"payers":[{},{"name":1}]}',
            "$.payers[1].name",
            "Expected `str`, got `int`",
        ),
        (b"null", "$", "Expected `object`"),
        (b"[]", "$", "Expected `object`"),
        (b'{"id":"\xff","amount":1}', "$", "utf-8"),
        (b'{"id":"ch_1","amount":1,"metadata":{"note":"\xff"}}', "$", "utf-8"),
        (b'{"id":"ch_1","amount":1,"not_contracted":"\xff"}', "$", "utf-8"),
    ],
)
def test_a_row_that_does_not_fit_is_rejected_with_its_path(
    raw: bytes, path: str, reason: str
) -> None:
    good = encoded({"id": "ch_2", "amount": 2})
    decoded = Decoder(CHARGES, TOKENS).page(page(good, msgspec.Raw(raw), good), "/charges")
    (reject,) = decoded.rejects
    assert [row.id for row in decoded.rows] == ["ch_2", "ch_2"]
    assert decoded.received == 3
    assert (reject.index, reject.path) == (1, path)
    assert reason in reject.reason


@given(
    st.text("abcdefghijklmnop", min_size=12), st.sampled_from(["amount", "rate", "paid", "card"])
)
def test_a_reject_never_tells_a_value(secret: str, name: str) -> None:
    row = {"id": "ch_1", "amount": 1, name: secret}
    decoded = Decoder(CHARGES, TOKENS).page(page(row), "/charges")
    (reject,) = decoded.rejects
    assert decoded.rows == []
    assert secret not in f"{reject.path} {reject.reason}"


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ({"lines": [{"id": 1}, {"id": 2}]}, [{"id": 1}, {"id": 2}]),
        ({"lines": {"id": 1}}, [{"id": 1}]),
        ({"lines": []}, []),
        ({"lines": None}, []),
        ({"lines": "none"}, ["none"]),
        ({}, []),
        ("not an object", []),
    ],
)
def test_embedded_rows_are_found_in_a_list_and_in_an_object(row: object, found: object) -> None:
    assert [msgspec.json.decode(raw) for raw in embedded_rows("lines")(encoded(row))] == found


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ({"tree": {"case": {"id": 7}}}, [{"id": 7}]),
        ({"tree": {"case": None}}, []),
        ({"tree": {}}, []),
        ({"tree": None}, []),
        ({"tree": "broken"}, []),
    ],
)
def test_embedded_rows_are_found_at_a_dotted_path(row: object, found: object) -> None:
    assert [msgspec.json.decode(raw) for raw in embedded_rows("tree.case")(encoded(row))] == found
