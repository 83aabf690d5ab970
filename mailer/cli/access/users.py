"""`mailer users list|add|invite|link|role|disable|enable`: who may sign in, and with which role."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from mailer.cli.main import settings_of
from mailer.cli.terminal import clock_of, folded, show_table, store_of, table
from mailer.domain.access.rights import GIVEN, Role

if TYPE_CHECKING:
    from mailer.domain.access.user import User

app = typer.Typer(help="Who may sign in, and with which role.")

Who = Annotated[str, typer.Argument(metavar="ADDRESS", help="Their email address.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON value, for programs.")]
ROLES = ", ".join(GIVEN)


@app.command("list")
def list_(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the users."""
    from mailer.services.access import users

    with store_of(settings_of(ctx)) as store:
        found = users.listed(store)
    if as_json:
        typer.echo(json.dumps([_as_json(one) for one in found]))
        return
    if not found:
        typer.echo("There is no user yet. Add the first: `mailer users add ADDRESS --role owner`.")
        return
    rows = table("Name", "Address", "Role", "", "Language", "Signed in last")
    for one in found:
        last = f"{one.signed_in_at:%Y-%m-%d}" if one.signed_in_at else "never"
        rows.add_row(one.name, one.address, one.role.value, one.standing.value, one.language, last)
    show_table(rows)


@app.command()
def add(
    ctx: typer.Context,
    address: Who,
    role: Annotated[str, typer.Option(metavar="ROLE", help=f"One of: {ROLES}.")],
    name: Annotated[
        str, typer.Option(metavar="NAME", help="How colleagues know them; else from the address.")
    ] = "",
    language: Annotated[
        str, typer.Option(metavar="CODE", help="Of the console; else the first language.")
    ] = "",
) -> None:
    """Add somebody who may sign in from now on. Mails nobody."""
    from mailer.domain.subscribers.address import parse_address
    from mailer.services.access import users

    settings = settings_of(ctx)
    given = parse_address(address)
    with store_of(settings) as store:
        made = users.add(
            store,
            settings,
            clock_of(settings).now(),
            given,
            name=name or given.key.partition("@")[0],
            role=_role(role),
            language=language,
        )
    typer.echo(folded(f"{made.name} ({made.address}) may sign in from now on, as {made.role}."))


@app.command()
def invite(ctx: typer.Context, address: Who) -> None:
    """Mail a user the way to the console.

    The link is good for three days. It gets them another, for the browser in which they open it.
    """
    from mailer.services.access.signing_in.links import Links

    settings = settings_of(ctx)
    settings.check_for_sending()
    with store_of(settings) as store:
        user = Links(store, settings, clock_of(settings)).invite(address)
    typer.echo(folded(f"An invitation to {user.name} ({user.address}) is on its way."))


@app.command()
def link(ctx: typer.Context, address: Who) -> None:
    """Print a link that signs a user in: for the first time, or where no mail arrives.

    It works once, within the hour, in the first browser that opens it. Hand it to nobody else.
    """
    from mailer.services.access.signing_in.links import Links

    settings = settings_of(ctx)
    with store_of(settings) as store:
        typer.echo(Links(store, settings, clock_of(settings)).hand(address))


@app.command()
def role(
    ctx: typer.Context,
    address: Who,
    role: Annotated[str, typer.Argument(metavar="ROLE", help=f"One of: {ROLES}.")],
) -> None:
    """Give a user another role. Their sessions end; they sign in again."""
    from mailer.services.access import users

    settings = settings_of(ctx)
    with store_of(settings) as store:
        now = users.give_role(store, clock_of(settings).now(), address, _role(role))
    typer.echo(f"{now.name} is {now.role} now.")


@app.command()
def disable(ctx: typer.Context, address: Who) -> None:
    """Let a user sign in no more. Their sessions and API tokens end at once."""
    from mailer.services.access import users

    settings = settings_of(ctx)
    with store_of(settings) as store:
        now = users.disable(store, clock_of(settings).now(), address)
    typer.echo(f"{now.name} cannot sign in any more; `mailer users enable` undoes it.")


@app.command()
def enable(ctx: typer.Context, address: Who) -> None:
    """Let a user who was disabled sign in again."""
    from mailer.services.access import users

    settings = settings_of(ctx)
    with store_of(settings) as store:
        now = users.enable(store, clock_of(settings).now(), address)
    typer.echo(f"{now.name} may sign in, as {now.role}.")


def _role(word: str) -> Role:
    from mailer.errors import InputError

    try:
        return Role(word.lower())
    except ValueError:
        said = f"there is no role {word!r}"
        raise InputError.of("role", said, f"choose one of: {ROLES}", code="unknown_role") from None


def _as_json(user: User) -> dict[str, object]:
    return {
        "number": user.number,
        "address": user.address,
        "name": user.name,
        "role": user.role.value,
        "standing": user.standing.value,
        "language": user.language,
        "signed_in_at": user.signed_in_at.isoformat() if user.signed_in_at else None,
    }
