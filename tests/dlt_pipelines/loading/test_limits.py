from __future__ import annotations

import pytest
from fake_time import FakeTime

from contracts.odcs import Source
from dlt_pipelines.errors import ConfigurationError, RetryError
from dlt_pipelines.loading.client import ApiClient
from dlt_pipelines.loading.limits import TokenBucket


def test_a_bucket_lets_a_burst_through_and_then_its_rate() -> None:
    time = FakeTime()
    bucket = TokenBucket(4, 3, time.run())
    for _ in range(5):
        bucket.take()
    assert time.slept == [0.25, 0.25]
    time.now += 3600
    for _ in range(4):
        bucket.take()
    assert time.slept == [0.25, 0.25, 0.25]


def test_a_bucket_does_not_wait_past_the_runs_deadline() -> None:
    time = FakeTime()
    bucket = TokenBucket(0.1, 1, time.run(5))
    bucket.take()
    with pytest.raises(RetryError, match=r"for the rate limit.*RUNTIME__RUN_DEADLINE"):
        bucket.take()
    assert time.slept == []


@pytest.mark.parametrize("rate", ["0", "-1", "-0.0", "many", "inf", "-inf", "nan", "1e999", " "])
def test_a_bad_rate_is_cfg001_and_not_no_limit(
    shop: Source, monkeypatch: pytest.MonkeyPatch, rate: str
) -> None:
    monkeypatch.setenv("BRONZE_API_RPS", rate)
    with pytest.raises(ConfigurationError, match=r"CFG001.*BRONZE_API_RPS"):
        ApiClient(shop, base_url="https://api.example", token="t")
