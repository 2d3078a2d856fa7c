"""The payments API as data: everything about its endpoints stands in `contracts/payments/`."""

from __future__ import annotations

from contracts.odcs import load_source

CONTRACT = load_source("payments")
PAGING = CONTRACT.paging["cursor"]
EVENTS = CONTRACT.entities["events"]
VERSION_HEADER = "Stripe-Version"
