"""`mailer outbox`: the mails that the service wrote by itself, and what became of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailer.cli.main import settings_of
from mailer.cli.terminal import store_of
from mailer.errors import InputError

if TYPE_CHECKING:
    from mailer.services.service_mail.listing import Queued

app = typer.Typer(help="Service mails: confirmations, welcomes, answers, and what became of them.")


@app.command()
def outbox(
    ctx: typer.Context,
    state: Annotated[
        str,
        typer.Option(
            metavar="STATE",
            help="Only these: queued, deferred, sent, failed or unknown. None: all but sent.",
        ),
    ] = "",
    most: Annotated[int, typer.Option("--most", min=1, help="List at most this many.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
) -> None:
    """List service mails, the newest of each state first; their recipients are not kept."""
    from mailer.services.service_mail.listing import LISTED, State, listing

    if state and state not in LISTED:
        said, remedy = f"there is no state {state!r}", f"choose one of: {', '.join(LISTED)}"
        raise InputError.of("--state", said, remedy, code="unknown_value")
    chosen = [State(state)] if state else [one for one in LISTED if one is not State.SENT]
    with store_of(settings_of(ctx)) as store:
        found = listing(store, chosen, most)
    for mail in found.mails:
        typer.echo(json.dumps(facts(mail), ensure_ascii=False) if as_json else line(mail))
    if not as_json:
        typer.echo(", ".join(f"{one}: {found.counts[one]}" for one in LISTED))


def facts(mail: Queued) -> dict[str, Any]:
    """Return what programs get of one mail."""
    return {
        "outbox": mail.number,
        "name": mail.name,
        "language": mail.language,
        "subscriber": mail.subscriber or None,
        "state": mail.state.value,
        "at": mail.at.isoformat(),
        "attempts": mail.attempts,
        "reason": mail.reason,
    }


def line(mail: Queued) -> str:
    """Return what people read of one mail."""
    at = mail.at.strftime("%Y-%m-%d %H:%M")
    told = f": {mail.reason}" if mail.reason else ""
    return f"{mail.number}  {at}  {mail.name} ({mail.language})  {mail.state}{told}"
