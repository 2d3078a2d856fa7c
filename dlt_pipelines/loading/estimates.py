"""How many requests and rows a load will take, as far as the first pages tell."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

import msgspec

from contracts.odcs import Entity, Source
from dlt_pipelines.loading.decode import Decoded
from dlt_pipelines.loading.page_size import rows_a_page
from dlt_pipelines.loading.sample import Sample, Samples
from dlt_pipelines.loading.windows import Order, Window

Certainty = Literal["exactly", "about", "at least"]
_ORDER: tuple[Certainty, ...] = ("exactly", "about", "at least")


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """A number of requests and of rows, and how far both are to be trusted."""

    requests: int
    rows: int
    certainty: Certainty

    def times(self, parents: Estimate) -> Estimate:
        """As much under each of the `parents`' rows: a guess unless there is one."""
        count = parents.rows
        certainty = self.certainty if count == 1 else max(self.certainty, "about", key=_ORDER.index)
        return Estimate(
            requests=self.requests * count,
            rows=self.rows * count,
            certainty=max(certainty, parents.certainty, key=_ORDER.index),
        )


def estimates(
    source: Source, samples: Samples, windows: Mapping[str, Window]
) -> dict[str, Estimate]:
    """By entity, parents before their children; entities without a sample have none."""
    found: dict[str, Estimate] = {}
    for name, sample in samples.items():
        if isinstance(sample, str):
            continue
        entity = sample.entity
        if entity.embedded is not None:
            found[name] = _embedded(sample, samples[entity.embedded.entity], found)
            continue
        one = _listed(source, sample, windows.get(name, Window()))
        found[name] = one.times(found[entity.parent.entity]) if entity.parent else one
    return found


def _embedded(sample: Sample, host: Sample | str, found: Mapping[str, Estimate]) -> Estimate:
    """In the proportion of the sample to its host's; they cost no request."""
    assert isinstance(host, Sample)
    whole, sampled = found[host.entity.name], host.page.received
    exact = whole.certainty == "exactly" and whole.rows == sampled
    return Estimate(
        requests=0,
        rows=round(sample.page.received * whole.rows / max(1, sampled)),
        certainty="exactly" if exact else max(whole.certainty, "about", key=_ORDER.index),
    )


def _listed(source: Source, sample: Sample, window: Window) -> Estimate:
    """One list, by what its first page says of the rest."""
    kind = source.paging[sample.entity.paging or ""].type
    if kind == "offset":
        return _by_total(sample.page, rows_a_page(source.limits))
    if kind == "cursor" and sample.page.more:
        return _by_density(sample, window, rows_a_page(source.limits))
    open_end = kind == "cursor" and (_is_told_of(source, sample.entity, window) or sample.note)
    return Estimate(
        requests=1, rows=sample.page.received, certainty="at least" if open_end else "exactly"
    )


def _by_total(page: Decoded, limit: int) -> Estimate:
    """A list ends on an empty page, or on a short one that the envelope says is the last."""
    total = page.total or 0
    rows = max(page.received, total)
    ends_short = bool(total) and rows % limit != 0
    bound = page.received >= limit and not total
    guess: Certainty = "about" if total > page.received else "exactly"
    return Estimate(
        requests=max(1, math.ceil(rows / limit) + (rows > 0 and not ends_short)),
        rows=rows,
        certainty="at least" if bound else guess,
    )


def _by_density(sample: Sample, window: Window, limit: int) -> Estimate:
    """As many rows a second in the whole window as on its newest page; else no more than a bound.

    Where the window is open nobody knows how far back the list goes.
    """
    rows = sample.page.received
    assert sample.entity.cursor is not None
    moments = [getattr(row, sample.entity.cursor.field) for row in sample.page.rows]
    order = Order()
    order.see(moments)
    if window.since is None or not order.newest_first or sample.note:
        return Estimate(requests=2, rows=rows + 1, certainty="at least")
    span = moments[0] - moments[-1]
    expected = max(rows + 1, round(rows * (moments[0] - window.since) / span))
    return Estimate(requests=math.ceil(expected / limit), rows=expected, certainty="about")


def _is_told_of(source: Source, entity: Entity, window: Window) -> bool:
    """Whether events make older objects of the entity be read as well, one request each."""
    told = {reread.entity for each in source.entities.values() for reread in each.rereads}
    return window.since is not None and window.until is None and entity.name in told
