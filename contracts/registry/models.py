"""The tables of the store, as the migrations make them on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from contracts.compatibility import CLASSIFICATIONS
from contracts.contract import LAYERS
from contracts.policy import POLICIES


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} in ({listed})", name=f"{column}_known")


class Moment(TypeDecorator[datetime]):
    """A moment in UTC; SQLite keeps no time zone, so it is added again."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: Moment, bytes: LargeBinary, str: Text}  # noqa: RUF012


class Dataset(Base):
    """What is promised: something with a name, in one or more layers."""

    __tablename__ = "datasets"

    dataset_id: Mapped[str] = mapped_column(primary_key=True)
    namespace: Mapped[str]
    name: Mapped[str]
    owner: Mapped[str]
    steward: Mapped[str | None]
    compatibility: Mapped[str]
    status: Mapped[str] = mapped_column(default="active")
    promotions: Mapped[str] = mapped_column(default="open")
    sunset_at: Mapped[datetime | None]
    deprecated_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    updated_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("namespace", "name"),
        _one_of("compatibility", POLICIES),
        _one_of("status", ("active", "deprecated", "retired")),
        _one_of("promotions", ("open", "frozen")),
    )


class SchemaArtifact(Base):
    """A schema's canonical text, stored once however many versions have it."""

    __tablename__ = "schema_artifacts"

    schema_hash: Mapped[str] = mapped_column(primary_key=True)
    canonical: Mapped[bytes]
    created_at: Mapped[datetime]


class ContractVersion(Base):
    """One version of a dataset's schema in one layer; only `is_current` ever changes.

    `previous` is the version before: the foreign key allows version n only where n - 1 is.
    `compared_with` is the version that `compatibility` is about, none for the first.
    """

    __tablename__ = "contract_versions"

    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.dataset_id"), primary_key=True)
    layer: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    previous: Mapped[int | None]
    schema_hash: Mapped[str] = mapped_column(ForeignKey("schema_artifacts.schema_hash"))
    schema_registry_id: Mapped[str | None]
    is_current: Mapped[bool]
    compatibility: Mapped[str]
    compatible: Mapped[bool]
    compared_with: Mapped[int | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    correlation_id: Mapped[str]

    __table_args__ = (
        ForeignKeyConstraint(
            ["dataset_id", "layer", "previous"],
            [
                "contract_versions.dataset_id",
                "contract_versions.layer",
                "contract_versions.version",
            ],
        ),
        CheckConstraint(
            "(version = 1 and previous is null)"
            " or (version > 1 and previous is not null and previous = version - 1)",
            name="version_follows",
        ),
        _one_of("layer", LAYERS),
        _one_of("compatibility", CLASSIFICATIONS),
        Index(
            "uq_contract_versions_current",
            "dataset_id",
            "layer",
            unique=True,
            sqlite_where=text("is_current"),
            postgresql_where=text("is_current"),
        ),
    )


class DiffResult(Base):
    """What the engine said of two schemas, which never change; `engine` is the engine's hash."""

    __tablename__ = "diff_results"

    base_hash: Mapped[str] = mapped_column(primary_key=True)
    new_hash: Mapped[str] = mapped_column(primary_key=True)
    depth: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    engine: Mapped[str] = mapped_column(primary_key=True)
    verdict: Mapped[bytes]
    created_at: Mapped[datetime]


class Subscription(Base):
    """A consumer of a dataset's layer; `fields` is a JSON list, empty when it reads them all."""

    __tablename__ = "subscriptions"

    subscription_id: Mapped[str] = mapped_column(primary_key=True)
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.dataset_id"))
    layer: Mapped[str]
    consumer: Mapped[str]
    required_compatibility: Mapped[str]
    min_version: Mapped[int | None]
    fields: Mapped[str]
    callback_url: Mapped[str | None]
    secret: Mapped[str | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    deleted_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_subscriptions_dataset_id_layer", "dataset_id", "layer"),
        Index("ix_subscriptions_consumer", "consumer"),
        _one_of("layer", LAYERS),
        _one_of("required_compatibility", POLICIES),
    )


class Delivery(Base):
    """An event for one subscription: written with the change, sent afterwards."""

    __tablename__ = "deliveries"

    delivery_id: Mapped[str] = mapped_column(primary_key=True)
    subscription_id: Mapped[str] = mapped_column(ForeignKey("subscriptions.subscription_id"))
    dataset_id: Mapped[str]
    layer: Mapped[str]
    version: Mapped[int]
    event_type: Mapped[str]
    body: Mapped[bytes]
    status: Mapped[str]
    attempts: Mapped[int]
    next_attempt_at: Mapped[datetime]
    created_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]
    correlation_id: Mapped[str]

    __table_args__ = (
        _one_of("status", ("pending", "delivered", "failed")),
        Index("ix_deliveries_subscription_id_created_at", "subscription_id", "created_at"),
        Index("ix_deliveries_created_at", "created_at"),
        Index(
            "ix_deliveries_due",
            "next_attempt_at",
            sqlite_where=text("status = 'pending'"),
            postgresql_where=text("status = 'pending'"),
        ),
    )


class DeliveryAttempt(Base):
    """One POST of a delivery: the answer's status, or why there was none."""

    __tablename__ = "delivery_attempts"

    delivery_id: Mapped[str] = mapped_column(ForeignKey("deliveries.delivery_id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    started_at: Mapped[datetime]
    duration_ms: Mapped[float]
    status_code: Mapped[int | None]
    error: Mapped[str | None]


class IdempotencyKey(Base):
    """The first answer to a POST, written in the transaction that did what it asked."""

    __tablename__ = "idempotency_keys"

    caller: Mapped[str] = mapped_column(primary_key=True)
    route: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    status: Mapped[int]
    body: Mapped[bytes]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]

    __table_args__ = (Index("ix_idempotency_keys_expires_at", "expires_at"),)


class Token(Base):
    """A caller's right; `datasets` and `layers` are JSON lists, empty when it has them all."""

    __tablename__ = "tokens"

    token_id: Mapped[str] = mapped_column(primary_key=True)
    secret_hash: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str]
    datasets: Mapped[str]
    layers: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    __table_args__ = (_one_of("role", ("consumer", "producer", "operator")),)


class AuditEntry(Base):
    """Who changed what; `old` and `new` are JSON. `root` is the target's first part."""

    __tablename__ = "audit_log"

    audit_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    target: Mapped[str]
    root: Mapped[str]
    old: Mapped[str | None]
    new: Mapped[str | None]
    correlation_id: Mapped[str]

    __table_args__ = (
        Index("ix_audit_log_root_audit_id", "root", "audit_id"),
        Index("ix_audit_log_actor_audit_id", "actor", "audit_id"),
    )
