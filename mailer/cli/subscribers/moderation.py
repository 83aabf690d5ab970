"""`mailer subscribers waiting`, `approve`, `decline`: who gets what the secretariat gives."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Final

import typer

from mailer.cli.main import settings_of
from mailer.cli.remedies import message_of
from mailer.cli.terminal import clock_of, show_table, store_of, table
from mailer.errors import MailerError

if TYPE_CHECKING:
    from mailer.services.operation.opening import Store
    from mailer.services.subscriptions.moderation import Moderation

WHO: Final = typer.Argument(metavar="ADDRESS…", help="Mail addresses, or numbers of readers.")
TOPIC: Final = typer.Option(metavar="TOPIC", help="The topic that they wait for.")


def waiting(
    ctx: typer.Context,
    topic: Annotated[str, typer.Option(metavar="TOPIC", help="Only who waits for this one.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON value, for programs.")] = False,
) -> None:
    """Show the readers who asked for a moderated topic, confirmed, and wait for your yes."""
    from mailer.services.subscriptions.moderation import Moderation

    settings = settings_of(ctx)
    with store_of(settings) as store:
        found = list(Moderation(store, settings, clock_of(settings)).waiting(topic))
    if as_json:
        told = [
            {
                "subscriber": one.subscriber.number,
                "address": one.subscriber.address,
                "name": one.subscriber.name,
                "language": one.subscriber.language,
                "status": one.subscriber.status.value,
                "topic": one.topic,
                "since": one.since.isoformat(),
            }
            for one in found
        ]
        typer.echo(json.dumps(told))
        return
    if not found:
        typer.echo("Nobody waits.")
        return
    rows = table("Topic", "Since", "Number", "Address", "Name", "Reads", "", numbers=("Number",))
    for one in found:
        reader = one.subscriber
        note = "" if reader.status.value == "active" else reader.status.value
        since = f"{one.since:%Y-%m-%d %H:%M}"
        number = str(reader.number)
        rows.add_row(one.topic, since, number, reader.address, reader.name, reader.language, note)
    show_table(rows)
    typer.echo("To decide: mailer subscribers approve ADDRESS --topic TOPIC, or decline.")


def approve(
    ctx: typer.Context,
    who: Annotated[list[str], WHO],
    topic: Annotated[str, TOPIC],
) -> None:
    """Say yes: the readers get the topic from now on, and one mail tells each of them.

    Also to readers whom you said no to in the last 30 days.
    """

    def decide(moderation: Moderation, number: int) -> str:
        if moderation.approve(number, topic):
            return f"gets {topic} from now on, and is told so by mail."
        return f"gets {topic} already; nobody was mailed."

    _each(ctx, who, decide)


def decline(
    ctx: typer.Context,
    who: Annotated[list[str], WHO],
    topic: Annotated[str, TOPIC],
    reason: Annotated[
        str, typer.Option(help="For the record, no names; the reader is not told it.")
    ] = "",
    silently: Annotated[bool, typer.Option("--silently", help="Do not tell them by mail.")] = False,
) -> None:
    """Say no: the readers do not get the topic, and one polite mail tells each of them.

    They keep everything else, and can ask again after 30 days.
    """

    def decide(moderation: Moderation, number: int) -> str:
        if moderation.decline(number, topic, reason, silently=silently):
            told = "nobody was mailed" if silently else "and is told so by mail"
            return f"does not get {topic}; {told}."
        return "was declined before; nobody was mailed."

    _each(ctx, who, decide)


def _each(ctx: typer.Context, who: list[str], decide: Callable[[Moderation, int], str]) -> None:
    """Decide on each; one that cannot be decided on keeps no other from it."""
    from mailer.services.subscriptions.moderation import Moderation

    settings, wrong = settings_of(ctx), 0
    with store_of(settings) as store:
        moderation = Moderation(store, settings, clock_of(settings))
        for one in who:
            try:
                typer.echo(f"{one}: {decide(moderation, _number(store, one))}")
            except MailerError as error:
                if len(who) == 1:
                    raise
                typer.echo(f"{one}: {message_of(error)}", err=True)
                wrong += 1
    if wrong:
        raise typer.Exit(1)


def _number(store: Store, text: str) -> int:
    """Return the number of a reader, given as it or by the address."""
    from mailer.domain.subscribers.address import parse_address
    from mailer.services.subscriptions import subscribers

    if text.isdecimal():
        return subscribers.get(store, int(text)).number
    return subscribers.find(store, parse_address(text)).number
