"""`hallmark registry`: the contract registry as a service, its tables and its tokens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated

import typer

from scripts.cli.options import Json, LayerName
from scripts.console import Output

registry = typer.Typer(
    help="The contract registry: every version of every schema, over HTTP.", no_args_is_help=True
)
token = typer.Typer(help="Who may do what at the registry.", no_args_is_help=True)
registry.add_typer(token, name="token")
DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database-url",
        help="postgresql://… or sqlite:///<file>; else REGISTRY__DATABASE_URL, else"
        " registry.sqlite in LOCAL_DATA_DIR.",
        show_default=False,
    ),
]


class RoleName(StrEnum):
    consumer = "consumer"
    producer = "producer"
    operator = "operator"


@registry.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for a free one.")] = 8800,
    database_url: DatabaseUrl = None,
) -> None:
    """Serve the registry until Ctrl-C, after bringing its tables up to date.

    Standard output is its log, one JSON object a line. Without a token it listens
    on the loopback interface only.

    Example: hallmark registry serve --port 8800
    """
    from scripts.contracts.registry import serve_registry

    serve_registry(Output(as_json=False), host=host, port=port, database_url=database_url)


@registry.command()
def migrate(database_url: DatabaseUrl = None, as_json: Json = False) -> None:
    """Bring the store's tables up to date; `serve` does so by itself.

    Example: hallmark registry migrate --database-url postgresql://db/registry
    """
    from scripts.contracts.registry import migrate_registry

    migrate_registry(Output(as_json=as_json), database_url)


@token.command("create")
def create_token(
    role: Annotated[
        RoleName,
        typer.Option(
            help="consumer reads, checks and subscribes; producer registers schemas as well;"
            " operator may do all."
        ),
    ],
    name: Annotated[str, typer.Option(help="What or whom it is for.")] = "",
    dataset: Annotated[
        list[str] | None,
        typer.Option(help="Only this dataset, an id or namespace/name (repeatable)."),
    ] = None,
    layer: Annotated[
        list[LayerName] | None, typer.Option(help="Only this layer (repeatable).")
    ] = None,
    expires_in_days: Annotated[
        int | None, typer.Option(min=1, max=3650, help="Days until it is refused; else never.")
    ] = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Make a token and show it this once; from the first one on, the registry asks for one.

    Example: hallmark registry token create --role producer --layer gold --name ci
    """
    from scripts.contracts.registry import make_token

    days = expires_in_days
    make_token(
        Output(as_json=as_json),
        database_url,
        role=role.value,
        name=name or role.value,
        datasets=dataset or [],
        layers=[each.value for each in layer or []],
        expires_at=None if days is None else datetime.now(UTC) + timedelta(days=days),
    )


@token.command("list")
def list_tokens(database_url: DatabaseUrl = None, as_json: Json = False) -> None:
    """All tokens that were ever made, newest first; what they open with is not kept.

    Example: hallmark registry token list --json
    """
    from scripts.contracts.registry import show_tokens

    show_tokens(Output(as_json=as_json), database_url)


@token.command("revoke")
def revoke_token(
    token_id: Annotated[str, typer.Argument(help="As `token list` shows it.")],
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Refuse a token from its next request on.

    Example: hallmark registry token revoke tok_0123456789abcdef
    """
    from scripts.contracts.registry import end_token

    end_token(Output(as_json=as_json), database_url, token_id)
