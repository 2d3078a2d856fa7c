"""What the payments API holds, decoded outside of any load."""

from __future__ import annotations

import msgspec

from contracts.odcs import load_source
from dlt_pipelines.loading.columns import Columns
from dlt_pipelines.loading.decode import Decoder
from dlt_pipelines.loading.pages import PageRows
from dlt_pipelines.loading.pii import Tokenizer
from scripts.mock_api.payments.books import books_of
from scripts.mock_api.payments.listing import Listing
from scripts.mock_api.world import World

ANY_KEY = Tokenizer(b"any key")


def payload_hashes(world: World, tokenizer: Tokenizer = ANY_KEY) -> dict[str, dict[str, str]]:
    """The payload hash of every object, by entity and key."""
    hashes = {}
    for entity in load_source("payments").entities.values():
        listing = Listing(books_of(world), entity.name, int(world.now.timestamp()))
        raws = [
            msgspec.Raw(msgspec.json.encode(listing.render(each))) for each in listing.members()
        ]
        decoder = Decoder(entity, tokenizer)
        decoded = decoder.rows(PageRows(raws))
        assert not decoded.rejects
        columns = Columns(entity, run_id="any", day=world.now.date())
        table = columns.table(decoded.rows, world.now)
        keys = table.column("id").to_pylist()
        hashes[entity.name] = dict(
            zip(keys, table.column("_payload_sha256").to_pylist(), strict=True)
        )
    return hashes
