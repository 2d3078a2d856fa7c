"""What another process makes of pages is what this one would have made of them."""

from __future__ import annotations

import tempfile
from contextlib import closing
from datetime import timedelta

import msgspec
import pyarrow as pa
from charges import CHARGES, NOW, TOKENS, page
from contract_rows import misfits, valid_rows
from hypothesis import given, settings
from hypothesis import strategies as st

from dlt_pipelines.loading.batches import Batch, BatchDecoder, Setup
from dlt_pipelines.loading.columns import Columns
from dlt_pipelines.loading.decode import Decoder
from dlt_pipelines.loading.landing import Landing, Partition
from dlt_pipelines.loading.parts import Page

ROWS = st.lists(valid_rows(CHARGES) | misfits(CHARGES), max_size=4)


@settings(max_examples=40)
@given(st.lists(ROWS, min_size=1, max_size=4))
def test_a_batch_gives_the_rows_rejects_and_times_of_its_pages(pages: list[list[object]]) -> None:
    bodies = [page(*rows) for rows in pages]
    times = [NOW + timedelta(seconds=number) for number in range(len(pages))]
    setup = Setup(CHARGES, TOKENS.key, "run_1", NOW.date())
    sent = msgspec.msgpack.decode(msgspec.msgpack.encode(setup), type=Setup)
    with tempfile.TemporaryDirectory() as folder, closing(Landing(folder)) as landing:
        partition = Partition(landing, "any")
        parts = [
            partition.path(
                partition.write(Page(request="/charges", received_at=time, body=msgspec.Raw(body)))
            )
            for body, time in zip(bodies, times, strict=True)
        ]
        done, table = BatchDecoder(sent).decode(Batch(0, parts))
    decoder, rejects = Decoder(CHARGES, TOKENS), []
    columns = Columns(CHARGES, run_id="run_1", day=NOW.date())
    expected = [columns.schema.empty_table()]
    for number, (body, time) in enumerate(zip(bodies, times, strict=True)):
        decoded = decoder.page(body, "/charges")
        if decoded.rows:
            expected.append(columns.table(decoded.rows, time))
        rejects += [(number, each) for each in decoded.rejects]
    assert done.rejects == rejects
    assert table.equals(pa.concat_tables(expected))
