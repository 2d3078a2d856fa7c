"""Tokens: made for a role, stored as a hash, shown once, revocable, expiring."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, RowMapping, insert, select, update

from contracts.registry.audit import Actor, record
from contracts.registry.calls import Caller, Role
from contracts.registry.errors import NotFound, Unauthorized
from contracts.registry.models import Dataset, Token

_PREFIX = "hmk_"


@dataclass(frozen=True, kw_only=True)
class NewToken:
    """`secret` is what the caller sends; it cannot be shown again."""

    token_id: str
    secret: str


@dataclass(frozen=True, kw_only=True)
class TokenFacts:
    token_id: str
    name: str
    role: str
    datasets: tuple[str, ...]
    layers: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    @property
    def state(self) -> str:
        if self.revoked_at:
            return "revoked"
        return "expired" if self.expires_at and self.expires_at <= datetime.now(UTC) else "valid"


def create_token(
    connection: Connection,
    actor: Actor,
    *,
    name: str,
    role: Role,
    datasets: Sequence[str] = (),
    layers: Sequence[str] = (),
    expires_at: datetime | None = None,
) -> NewToken:
    """Makes a token for datasets, given as ids or `<namespace>/<name>`. Raises `NotFound`."""
    token = NewToken(
        token_id=f"tok_{secrets.token_hex(8)}", secret=_PREFIX + secrets.token_urlsafe(32)
    )
    facts = {
        "name": name,
        "role": role.name,
        "datasets": json.dumps([_dataset_id(connection, each) for each in datasets]),
        "layers": json.dumps(list(layers)),
    }
    connection.execute(
        insert(Token).values(
            token_id=token.token_id,
            secret_hash=_hash(token.secret),
            created_at=datetime.now(UTC),
            expires_at=expires_at,
            **facts,
        )
    )
    record(connection, actor, "token.created", token.token_id, new=facts)
    return token


def _dataset_id(connection: Connection, given: str) -> str:
    namespace, _, name = given.rpartition("/")
    named = (Dataset.namespace == namespace) & (Dataset.name == name)
    query = select(Dataset.dataset_id).where((Dataset.dataset_id == given) | named)
    found = connection.execute(query).scalar()
    if found is None:
        raise NotFound(f"there is no dataset {given!r}: give its id or <namespace>/<name>")
    return str(found)


def list_tokens(connection: Connection) -> list[TokenFacts]:
    """All that were ever made, newest first."""
    rows = connection.execute(select(Token.__table__).order_by(Token.created_at.desc()))
    return [_facts(row) for row in rows.mappings()]


def revoke_token(connection: Connection, actor: Actor, token_id: str) -> None:
    """Refuses its requests from the next one on. Raises `NotFound`."""
    valid = (Token.token_id == token_id) & Token.revoked_at.is_(None)
    changed = connection.execute(
        update(Token).where(valid).values(revoked_at=datetime.now(UTC))
    ).rowcount
    if not changed:
        raise NotFound(f"there is no token {token_id!r} that is not revoked already")
    record(connection, actor, "token.revoked", token_id, new={"revoked": True})


def any_token(connection: Connection) -> bool:
    """Whether a token was ever made; revoked ones count, or revoking would open the door."""
    return connection.execute(select(Token.token_id).limit(1)).first() is not None


_BY_HASH = select(Token.__table__)


def authenticate(connection: Connection, secret: str) -> Caller:
    """Who sends that token. Raises `Unauthorized` when it is unknown, expired or revoked."""
    query = _BY_HASH.where(Token.secret_hash == _hash(secret))
    row = connection.execute(query).mappings().first()
    if row is None:
        raise Unauthorized("the token is not known here")
    facts = _facts(row)
    if facts.state != "valid":
        raise Unauthorized(f"the token is {facts.state}")
    return Caller(
        name=facts.token_id,
        role=Role[facts.role],
        datasets=frozenset(facts.datasets),
        layers=frozenset(facts.layers),
    )


def _facts(row: RowMapping) -> TokenFacts:
    return TokenFacts(
        token_id=row["token_id"],
        name=row["name"],
        role=row["role"],
        datasets=tuple(json.loads(row["datasets"])),
        layers=tuple(json.loads(row["layers"])),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
    )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
