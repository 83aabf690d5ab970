"""`mailer tokens list|add|revoke`: API tokens."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from mailer.cli.main import settings_of
from mailer.cli.terminal import clock_of, folded, show_table, store_of, table

if TYPE_CHECKING:
    from datetime import datetime

    from mailer.domain.access.api_token import ApiToken

app = typer.Typer(help="API tokens: what programs may do.")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON value, for programs.")]


@app.command("list")
def list_(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the API tokens, without their secrets."""
    from mailer.services.access import api_tokens, users

    settings = settings_of(ctx)
    now = clock_of(settings).now()
    with store_of(settings) as store:
        found = api_tokens.listed(store)
        names = {one.number: one.name for one in users.listed(store)}
    if as_json:
        typer.echo(json.dumps([_as_json(one) for one in found]))
        return
    if not found:
        typer.echo("There is no API token yet. `mailer tokens add` makes one.")
        return
    rows = table("ID", "For", "Acts for", "Scopes", "Good until", "Used last")
    for one in found:
        rows.add_row(
            one.id,
            one.name,
            names.get(one.user, str(one.user)),
            " ".join(sorted(one.scopes)),
            _until(one, now),
            f"{one.used_at:%Y-%m-%d %H:%M}" if one.used_at else "never",
        )
    show_table(rows)


@app.command()
def add(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for.")],
    user: Annotated[str, typer.Option(metavar="ADDRESS", help="The user it acts for.")],
    scope: Annotated[
        list[str],
        typer.Option(
            metavar="RIGHT", help="What it may do, such as campaigns:read; may be repeated."
        ),
    ],
    days: Annotated[
        int | None, typer.Option(metavar="N", help="How long it is good; else until it is revoked.")
    ] = None,
) -> None:
    """Make a token for a program. It is shown once, on standard output."""
    from mailer.services.access import api_tokens

    settings = settings_of(ctx)
    with store_of(settings) as store:
        made = api_tokens.add(
            store, clock_of(settings).now(), user, name=name, scopes=scope, days=days
        )
    typer.echo(
        folded("Keep it where only the program can read it; it is not shown again."), err=True
    )
    typer.echo(made.text)


@app.command()
def revoke(
    ctx: typer.Context,
    token: Annotated[str, typer.Argument(metavar="ID", help="As `mailer tokens list` shows it.")],
) -> None:
    """End a token at once."""
    from mailer.services.access import api_tokens

    settings = settings_of(ctx)
    with store_of(settings) as store:
        gone = api_tokens.revoke(store, clock_of(settings).now(), token)
    typer.echo(f"The token {gone.id} ({gone.name}) is good for nothing any more.")


def _until(token: ApiToken, now: datetime) -> str:
    if token.expires_at is None:
        return "it is revoked"
    return f"{token.expires_at:%Y-%m-%d}" + (" (over)" if token.is_over(now) else "")


def _as_json(token: ApiToken) -> dict[str, object]:
    return {
        "id": token.id,
        "name": token.name,
        "user": token.user,
        "scopes": sorted(token.scopes),
        "made_at": token.made_at.isoformat(),
        "expires_at": token.expires_at.isoformat() if token.expires_at else None,
        "used_at": token.used_at.isoformat() if token.used_at else None,
    }
