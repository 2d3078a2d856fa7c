"""Who is calling, with what right, and by which name the call is known everywhere."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from sqlalchemy import Select

from contracts.registry.audit import Actor
from contracts.registry.errors import Forbidden
from contracts.registry.models import Base

_CORRELATION = re.compile(r"[A-Za-z0-9._:\-]{1,128}")


class Role(IntEnum):
    """Each may do what the ones before it may."""

    consumer = 1
    producer = 2
    operator = 3


@dataclass(frozen=True, kw_only=True)
class Caller:
    """`datasets` (ids) and `layers` are what it is limited to; empty means all."""

    name: str
    role: Role
    datasets: frozenset[str] = frozenset()
    layers: frozenset[str] = frozenset()

    def require(self, role: Role) -> None:
        """Raises `Forbidden` when its role is too small."""
        if self.role < role:
            raise Forbidden(
                f"this needs the role {role.name}; the token has {self.role.name}",
                {"required_role": role.name, "role": self.role.name},
            )

    def require_scope(self, dataset_id: str | None, layer: str | None = None) -> None:
        """Raises `Forbidden` for a dataset or layer that its token is not for.

        `dataset_id` None means all datasets, as for making a new one.
        """
        if self.datasets and dataset_id not in self.datasets:
            raise Forbidden("the token is for other datasets", {"dataset_id": dataset_id})
        if layer is not None and self.layers and layer not in self.layers:
            raise Forbidden("the token is for other layers", {"layer": layer})

    def scoped(self, query: Select[Any], table: type[Base], **equal: str | None) -> Select[Any]:
        """A query of `table` narrowed to what its token is for, and to these values of columns."""
        columns = table.__table__.c
        if self.datasets:
            query = query.where(columns["dataset_id"].in_(sorted(self.datasets)))
        if self.layers and "layer" in columns:
            query = query.where(columns["layer"].in_(sorted(self.layers)))
        for name, value in equal.items():
            if value is not None:
                query = query.where(columns[name] == value)
        return query


ANYBODY = Caller(name="anonymous", role=Role.operator)
"""Every caller, while no token exists."""


@dataclass(kw_only=True)
class Call:
    """One request. `route` is what an idempotency key belongs to: method, path and query.

    `fingerprint` is the hash of the payload that came with the key.
    """

    route: str
    correlation_id: str
    caller: Caller = field(default=Caller(name="unknown", role=Role.consumer))
    idempotency_key: str | None = None
    fingerprint: str = ""

    @property
    def actor(self) -> Actor:
        return Actor(self.caller.name, self.correlation_id)


def correlation_id(given: str | None) -> str:
    """The id that came with the request if it is a plain word, else a new one."""
    return given if given and _CORRELATION.fullmatch(given) else secrets.token_hex(8)
