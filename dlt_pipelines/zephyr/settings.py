"""The Zephyr API as data: everything about its endpoints stands in `contracts/zephyr/`."""

from __future__ import annotations

from contracts.odcs import load_source

CONTRACT = load_source("zephyr")
