"""All that can be configured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Setting:
    """A name that can be configured; `default` None means that it must be given when needed."""

    name: str
    description: str
    default: str | None = None
    secret: bool = False


SETTINGS = (
    Setting("LOCAL_DATA_DIR", "landing, warehouse, state and reports", "data"),
    Setting("PIPELINE_ENV", "LOCAL, or AWS: pages land in S3_BUCKET", "LOCAL"),
    Setting("S3_BUCKET", "bucket that pages land in when PIPELINE_ENV is AWS", ""),
    Setting("DEFAULT_DAYS", "what --days is when it is not given; none when not set", ""),
    Setting("MAX_PAGE_SIZE", "rows a page is asked for, if fewer than the contract's limit", ""),
    Setting("LOG_LEVEL", "from which level payments-pipeline logs", "INFO"),
    Setting("SOURCES__PAYMENTS__BASE_URL", "payments server, without /v1"),
    Setting("SOURCES__PAYMENTS__API_KEY", "payments API key", secret=True),
    Setting("SOURCES__PAYMENTS__API_VERSION", "Stripe-Version header", ""),
    Setting("SOURCES__ZEPHYR__BASE_URL", "Zephyr server, without /flex"),
    Setting("SOURCES__ZEPHYR__TOKEN", "Zephyr API token", secret=True),
    Setting("PII__KEY", "key of the PII tokens; made once when not given", "", secret=True),
    Setting("LANDING__URL", "where pages land (fsspec URL); <LOCAL_DATA_DIR>/bronze", ""),
    Setting("BRONZE_API_RPS", "requests per second, instead of the contract's limit", ""),
    Setting("BRONZE_API_WORKERS", "requests to a server side by side", "4"),
    Setting("REGISTRY__URL", "contract registry to ask; the files are asked when not given", ""),
    Setting("REGISTRY__TOKEN", "token of that registry", "", secret=True),
    Setting("MOCK__KEY", "key the bundled APIs ask for; made up when not given", "", secret=True),
    Setting("RUNTIME__REQUEST_TIMEOUT", "seconds a request may take, body included", "60"),
    Setting("RUNTIME__REQUEST_MAX_ATTEMPTS", "attempts per request", "5"),
    Setting(
        "RUNTIME__REQUEST_BACKOFF_FACTOR",
        "most seconds before the second attempt, doubled for each after it",
        "1",
    ),
    Setting(
        "RUNTIME__RUN_DEADLINE", "seconds a source's load may take; no limit when not given", ""
    ),
    Setting(
        "REGISTRY__DATABASE_URL",
        "registry's store, postgresql:// or sqlite:///; <LOCAL_DATA_DIR>/registry.sqlite",
        "",
        secret=True,
    ),
    Setting("REGISTRY__REQUESTS_PER_SECOND", "that one caller of the registry may send", "2000"),
    Setting("REGISTRY__REQUESTS_BURST", "requests a caller may send at once", "4000"),
    Setting(
        "REGISTRY__CALLBACK_NETWORKS",
        "private networks that the registry's events may be sent to, 10.1.0.0/16,127.0.0.1",
        "",
    ),
    Setting("REGISTRY__DELIVERY_ATTEMPTS", "attempts to send an event to a subscriber", "12"),
    Setting(
        "REGISTRY__DELIVERY_BACKOFF",
        "seconds before an event's second attempt, doubled for each after it",
        "2",
    ),
    Setting("REGISTRY__TRACES_EXPORTER", "OpenTelemetry exporter of the registry's traces", ""),
)
