"""Runs the contract registry, and keeps its tables and tokens."""

from __future__ import annotations

import secrets
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import datetime

import uvicorn
from sqlalchemy import make_url

from contracts.registry import tokens
from contracts.registry.app import create_app
from contracts.registry.audit import Actor
from contracts.registry.auth import is_loopback
from contracts.registry.calls import Role
from contracts.registry.database import Database
from contracts.registry.errors import NotFound, Unavailable
from contracts.registry.migrate import Migrated, migrate
from contracts.registry.services import Services, make_services
from contracts.registry.settings import configured
from dlt_pipelines import config
from dlt_pipelines.errors import ConfigurationError, StateError, StorageError
from dlt_pipelines.signals.logs import Log
from scripts.console import Output

_STOP_SECONDS = 10
_IDLE_SECONDS = 75  # longer than clients keep a connection that they may write to any moment


def serve_registry(output: Output, *, host: str, port: int, database_url: str | None) -> None:
    """Serves until it is told to stop. Raises CFG001 for an address that cannot be had."""
    settings = configured(database_url)
    with closing(Log(sys.stdout, source=None, hidden=_hidden(settings.database_url))) as log:
        log.level = config.log_level()
        services = make_services(settings, log)
        migrated = _up_to_date(services.database)
        _check_door(output, services, host)
        bound = _bound(host, port)
        address = f"[{host}]" if ":" in host else host
        output.done(f"store: {_shown(services.database)}, tables as of {migrated.after}")
        url = f"http://{address}:{bound.getsockname()[1]}"
        output.done(f"contract registry: {url}, its pages: {url}/ui; Ctrl-C ends it")
        _server(services).run([bound])


def _server(services: Services) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            create_app(services),
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_keep_alive=_IDLE_SECONDS,
            timeout_graceful_shutdown=_STOP_SECONDS,
        )
    )


def _check_door(output: Output, services: Services, host: str) -> None:
    if not services.door.is_open():
        return
    if not is_loopback(host):
        raise ConfigurationError(
            "without a token the registry listens on the loopback interface only: make one"
            " (hallmark registry token create --role operator), or leave --host out",
            host=host,
        )
    output.done("there is no token yet: every caller on this machine has all roles")


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise ConfigurationError(
            "the registry cannot listen there", host=host, port=port, cause=error.strerror
        ) from error


def migrate_registry(output: Output, database_url: str | None) -> None:
    """Brings the tables up to date."""
    with _store(database_url) as (database, migrated):
        if migrated.before == migrated.after:
            output.say(f"{_shown(database)}: up to date ({migrated.after})")
        else:
            output.say(f"{_shown(database)}: {migrated.before or 'new'} → {migrated.after}")
        output.result({"before": migrated.before, "after": migrated.after})


def make_token(
    output: Output,
    database_url: str | None,
    *,
    role: str,
    name: str,
    datasets: Sequence[str],
    layers: Sequence[str],
    expires_at: datetime | None,
) -> None:
    """Makes a token and prints it. Raises STATE001 for a dataset that is not there."""
    with _store(database_url) as (database, _):
        made = database.write(
            "token.create",
            lambda connection: tokens.create_token(
                connection,
                _command(),
                name=name,
                role=Role[role],
                datasets=datasets,
                layers=layers,
                expires_at=expires_at,
            ),
        )
    output.done(f"{made.token_id}, role {role}; it is shown this once:")
    output.say(made.secret)
    output.result({"token_id": made.token_id, "role": role, "secret": made.secret})


def show_tokens(output: Output, database_url: str | None) -> None:
    """Lists what was ever made."""
    with _store(database_url) as (database, _), database.read("token.list") as connection:
        found = tokens.list_tokens(connection)
    if not found:
        output.say("no token: on the loopback interface every caller has all roles")
    else:
        output.table(
            "tokens",
            ("token", "name", "role", "state", "datasets", "layers", "expires"),
            [
                (
                    each.token_id,
                    each.name,
                    each.role,
                    each.state,
                    ", ".join(each.datasets) or "all",
                    ", ".join(each.layers) or "all",
                    each.expires_at,
                )
                for each in found
            ],
        )
    output.result([asdict(each) | {"state": each.state} for each in found])


def end_token(output: Output, database_url: str | None, token_id: str) -> None:
    """Revokes a token. Raises STATE001 when there is no such valid one."""
    with _store(database_url) as (database, _):
        database.write(
            "token.revoke",
            lambda connection: tokens.revoke_token(connection, _command(), token_id),
        )
    output.say(f"{token_id} is revoked")
    output.result({"token_id": token_id, "state": "revoked"})


@contextmanager
def _store(database_url: str | None) -> Iterator[tuple[Database, Migrated]]:
    """The store, its tables up to date; what it refuses as the errors of this command."""
    database = Database(configured(database_url).database_url)
    try:
        yield database, _up_to_date(database)
    except NotFound as error:
        raise StateError(error.message) from error
    except Unavailable as error:
        raise StorageError(error.message, store=_shown(database)) from error
    finally:
        database.close()


def _up_to_date(database: Database) -> Migrated:
    try:
        return migrate(database)
    except Unavailable as error:
        raise StorageError(error.message, store=_shown(database)) from error


def _shown(database: Database) -> str:
    return database.url.render_as_string(hide_password=True)


def _hidden(database_url: str) -> list[str]:
    password = make_url(database_url).password
    return [*config.secrets(), *([password] if password else [])]


def _command() -> Actor:
    return Actor("command", secrets.token_hex(8))
