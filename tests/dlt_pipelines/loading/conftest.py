"""A small source to load: orders with their lines inside."""

from __future__ import annotations

import pytest
from api_server import answers, connect, server

from contracts.odcs import Auth, Cursor, Embedded, Endpoint, Entity, Field, Limits, Paging, Source

__all__ = ["answers", "connect", "server", "shop"]

ORDERS = Entity(
    source="shop",
    name="orders",
    version="1.2.0",
    description="One row per order.",
    key="id",
    endpoint=Endpoint(list="/orders", retrieve="/orders/{id}"),
    paging="cursor",
    cursor=Cursor(field="created", overlap_seconds=60),
    fields=(
        Field(name="id", type="string", required=True),
        Field(name="created", type="integer"),
        Field(name="email", type="string", pii=True),
        Field(name="lines", type="array"),
    ),
)
LINES = Entity(
    source="shop",
    name="lines",
    version="1.0.0",
    description="One row per line of an order.",
    key="id",
    embedded=Embedded(entity="orders", at="lines"),
    fields=(
        Field(name="id", type="integer", required=True),
        Field(name="text", type="string"),
    ),
)


@pytest.fixture(scope="session")
def shop() -> Source:
    return Source(
        name="shop",
        version="1.0.0",
        base_path="/v1",
        auth=Auth(type="bearer"),
        max_bad_percent=100,
        limits=Limits(requests_per_second=1000, burst=1000, max_records=2),
        paging={
            "cursor": Paging(
                type="cursor", limit_param="limit", after_param="after", after_field="id"
            ),
            "offset": Paging(type="offset", limit_param="size", offset_param="offset"),
            "whole": Paging(type="whole"),
        },
        entities={"orders": ORDERS, "lines": LINES},
    )
