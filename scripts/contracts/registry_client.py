"""The contract registry over HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec
import requests
from urllib3.util import parse_url

from contracts.compatibility import Classification
from contracts.contract import Key, Layer
from dlt_pipelines import config
from dlt_pipelines.errors import (
    AuthenticationError,
    ConfigurationError,
    ExtractionError,
    HallmarkError,
    StateError,
)

BASE = "/data-contract-registry/v1"
Status = Literal["active", "deprecated", "retired"]
_SECONDS = 30
_PAGE = 200


class Dataset(msgspec.Struct, frozen=True):
    dataset_id: str
    namespace: str
    name: str
    status: Status


class Version(msgspec.Struct, frozen=True):
    version: int
    is_current: bool
    schema_json: dict[str, Any] | bool


class Ingested(msgspec.Struct, frozen=True):
    version: int
    is_current: bool
    message: str


class RegistryChange(msgspec.Struct, frozen=True):
    field: str
    rule: str
    breaks: str
    message: str
    hint: str


class Broken(msgspec.Struct, frozen=True):
    consumer: str
    reasons: list[str]


class Answer(msgspec.Struct, frozen=True):
    """What the registry says of a schema that is not stored."""

    classification: Classification
    message: str
    changes: list[RegistryChange]
    broken_subscriptions: list[Broken]


class Subscription(msgspec.Struct, frozen=True):
    subscription_id: str
    dataset_id: str
    layer: Layer
    consumer: str
    required_compatibility: str
    fields: list[str]
    callback_url: str | None = None
    secret: str | None = None


class Registry:
    """Its routes as values. Each raises EXT001 when it does not answer, AUTH001 when it refuses."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False  # a .netrc or a proxy of the machine is not asked for
        if token:
            self._session.headers["Authorization"] = f"Bearer {token}"

    def datasets(self) -> dict[tuple[str, str], Dataset]:
        found = (msgspec.convert(each, Dataset) for each in self._pages("/datasets", {}))
        return {(each.namespace, each.name): each for each in found}

    def create_dataset(self, key: Key, *, owner: str, compatibility: str) -> Dataset:
        body = {
            "namespace": key.namespace,
            "name": key.name,
            "owner": owner,
            "compatibility": compatibility,
        }
        return msgspec.convert(self._send("POST", "/datasets", body), Dataset)

    def set_status(self, dataset: Dataset, status: Status) -> None:
        self._send("PATCH", f"/datasets/{dataset.dataset_id}", {"status": status})

    def version(
        self, dataset: Dataset, layer: Layer, which: Literal["current", "latest"]
    ) -> Version | None:
        """None when it has none."""
        found = self._send("GET", f"{_at(dataset, layer)}/versions/{which}", missing=True)
        return found and msgspec.convert(found, Version)

    def ingest(
        self, dataset: Dataset, layer: Layer, schema: Mapping[str, Any], *, idempotency_key: str
    ) -> Ingested:
        """Stores a schema as the next version, which becomes current if the policy allows it."""
        body = {"schema_json": schema, "set_current_if_compatible": True}
        headers = {"Idempotency-Key": idempotency_key}
        stored = self._send("POST", f"{_at(dataset, layer)}/schemas", body, headers=headers)
        return msgspec.convert(stored, Ingested)

    def set_current(self, dataset: Dataset, layer: Layer, version: int) -> None:
        self._send("POST", _flip(dataset, layer, version))

    def current_url(self, dataset: Dataset, layer: Layer, version: int) -> str:
        """Where an operator makes a version current."""
        return f"{self.url}{BASE}{_flip(dataset, layer, version)}"

    def check(
        self, dataset: Dataset, layer: Layer, schema: Mapping[str, Any], *, base: int
    ) -> Answer:
        body = {
            "dataset_id": dataset.dataset_id,
            "layer": layer,
            "base_version": base,
            "schema_json": schema,
        }
        return msgspec.convert(self._send("POST", "/compatibility/check", body), Answer)

    def subscriptions(self, **query: str) -> list[Subscription]:
        """Those with this `dataset_id`, `layer` and `consumer`, where given."""
        found = self._pages("/subscriptions", query)
        return [msgspec.convert(each, Subscription) for each in found]

    def subscribe(self, body: Mapping[str, Any]) -> Subscription:
        return msgspec.convert(self._send("POST", "/subscriptions", body), Subscription)

    def unsubscribe(self, subscription: Subscription) -> None:
        self._send("DELETE", f"/subscriptions/{subscription.subscription_id}", missing=True)

    def _pages(self, path: str, query: Mapping[str, str]) -> Iterator[Any]:
        page, total = 1, 1
        while (page - 1) * _PAGE < total:
            params = {**query, "page": page, "page_size": _PAGE}
            answer = self._send("GET", path, params=params)
            yield from answer["items"]
            total, page = answer["total"], page + 1

    def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        missing: bool = False,
    ) -> Any:
        try:
            answer = self._session.request(
                method,
                f"{self.url}{BASE}{path}",
                json=body,
                params=params,
                headers=dict(headers or {}),
                timeout=_SECONDS,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise self._silent(type(error).__name__) from error
        if missing and answer.status_code == requests.codes.not_found:
            return None
        if not answer.ok or answer.is_redirect:
            raise self._refused(answer, f"{method} {path}")
        try:
            return answer.json() if answer.content else None
        except requests.exceptions.JSONDecodeError as error:
            raise self._silent("its answer is not JSON") from error

    def _silent(self, cause: str) -> ExtractionError:
        return ExtractionError(
            "the contract registry does not answer: start it (`hallmark registry serve`), correct"
            " REGISTRY__URL, or unset it to go by the files",
            url=self.url,
            cause=cause,
        )

    def _refused(self, answer: requests.Response, call: str) -> HallmarkError:
        context = {"call": call, "status": answer.status_code, "says": _message(answer)}
        if answer.status_code == requests.codes.unauthorized:
            return AuthenticationError(
                "the registry does not know the token: set REGISTRY__TOKEN to one made with"
                " `hallmark registry token create`",
                **context,
            )
        if answer.status_code == requests.codes.forbidden:
            return AuthenticationError(
                "the registry's token may not do that; one of a larger role may", **context
            )
        if answer.status_code == requests.codes.conflict:
            return StateError("the registry refuses", **context)
        return ExtractionError(
            "the contract registry could not do it; its log says why",
            **context,
            correlation_id=answer.headers.get("X-Correlation-Id"),
        )


def configured(url: str | None = None) -> Registry | None:
    """The registry in the configuration (or at `url`), None when there is none. Raises CFG001."""
    address = url or config.text("REGISTRY__URL")
    if not address:
        return None
    if not _is_address(address):
        raise ConfigurationError(
            "REGISTRY__URL is an http or https address without a user; the token has a setting of"
            " its own, REGISTRY__TOKEN"
        )
    return Registry(address, config.text("REGISTRY__TOKEN"))


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        parse_url(url)
    except ValueError:  # half an IPv6 address, a host with a space
        return False
    known = parts.scheme in ("http", "https") and bool(parts.hostname)
    return known and not parts.username and url.isprintable()


def needed(url: str | None = None) -> Registry:
    """As `configured`. Raises CFG001 when there is none."""
    registry = configured(url)
    if registry is None:
        raise ConfigurationError(
            "no contract registry is configured: set REGISTRY__URL to its address, or start one"
            " here with `hallmark registry serve`"
        )
    return registry


def _at(dataset: Dataset, layer: Layer) -> str:
    return f"/datasets/{dataset.dataset_id}/layers/{layer}"


def _flip(dataset: Dataset, layer: Layer, version: int) -> str:
    return f"{_at(dataset, layer)}/versions/{version}/set-current"


def _message(answer: requests.Response) -> str:
    try:
        return str(answer.json().get("message", ""))[:300]
    except (requests.exceptions.JSONDecodeError, AttributeError):
        return ""
