"""`mailer inbound listen|fetch|deliver|list|show|requeue|drop`: mail that comes in."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from mailer.cli.inbound.drop import drop
from mailer.cli.main import settings_of
from mailer.cli.terminal import clock_of, counted, show_table, store_of, table
from mailer.domain.inbound.kinds import Kind
from mailer.domain.inbound.received import MailState

if TYPE_CHECKING:
    from mailer.domain.inbound.received import Received
    from mailer.services.inbound.intake import Intake

SHOWN: Final = 50


def register(app: typer.Typer) -> None:
    """Add the commands to their noun."""
    for command in (listen, fetch, deliver, list_mail, show, requeue, drop):
        app.command(name="list" if command is list_mail else None)(command)


def listen(ctx: typer.Context) -> None:
    """Receive mail by LMTP or SMTP, until SIGTERM; `mailer up` does it too.

    Listens at the places that the setting `listen` names.
    """
    from mailer.workers import listen as process

    process.main(settings_of(ctx))


def fetch(ctx: typer.Context) -> None:
    """Fetch mail from a mailbox by IMAP, until SIGTERM; `mailer up` does it too.

    The setting `imap_url` names the mailbox.
    """
    from mailer.workers import mailbox as process

    process.main(settings_of(ctx))


def deliver(
    ctx: typer.Context,
    recipient: Annotated[
        list[str] | None,
        typer.Option(metavar="ADDRESS", envvar="RECIPIENT", help="Recipient of the envelope."),
    ] = None,
    sender: Annotated[
        str,
        typer.Option(metavar="ADDRESS", envvar="SENDER", help="Sender of the envelope, or empty."),
    ] = "",
) -> None:
    """Receive one mail from standard input, for an MTA that hands mail to programs.

    Exits with the codes of sysexits.h: 0 the mail is on disk; 67 a recipient is not ours; 65 not
    a mail, or too large; 64 wrong usage; 75 anything else: the MTA must try again.
    """
    from mailer.inbound import pipe

    if not recipient:
        typer.echo("5.5.4 deliver needs --recipient ADDRESS", err=True)
        raise typer.Exit(pipe.Exit.USAGE)
    try:
        with _intake(ctx) as intake:
            ended = pipe.deliver(intake, sender, tuple(recipient), sys.stdin.buffer)
    except Exception as error:  # noqa: BLE001 - the mail is the MTA's, and must not be returned
        ended = pipe.Delivered(pipe.Exit.TEMPFAIL, f"4.3.0 {' '.join(str(error).split())}")
    if ended.why:
        typer.echo(ended.why, err=True)
    raise typer.Exit(ended.code)


def list_mail(
    ctx: typer.Context,
    state: Annotated[
        list[MailState] | None,
        typer.Option(help="Only these: unread, held, waiting, quarantined, handled or cited."),
    ] = None,
    kind: Annotated[
        list[Kind] | None,
        typer.Option(help="Only these: bounce, complaint, auto-reply, person, …"),
    ] = None,
    limit: Annotated[int, typer.Option(help="How many, the newest first.", min=1)] = SHOWN,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
) -> None:
    """List inbound mail, and what became of it.

    `waiting` mail needs a person to look at it; `quarantined` mail could not be read.
    """
    from mailer.services.inbound import received

    settings = settings_of(ctx)
    with store_of(settings) as store:
        seen = received.overview(store, settings, limit, state or (), kind or ())
    found, counts = seen.mails, seen.counts
    if as_json:
        for one in found:
            typer.echo(json.dumps(_facts(one)))
        return
    if found:
        columns = ("Mail", "Came in", "By", "From", "To", "Kind", "State", "What became of it")
        rows = table(*columns, numbers=("Mail",))
        for one in found:
            came = one.at.strftime("%Y-%m-%d %H:%M")
            to = ", ".join(one.recipients)
            cells = (str(one.number), came, one.way, one.sender or "<>", to, one.kind, one.state)
            rows.add_row(*map(_printable, (*cells, one.reason)))
        show_table(rows)
    told = ", ".join(f"{counts[one]:,} {one}" for one in MailState)
    typer.echo(
        f"Room: {seen.octets / 1e6:,.1f} of {seen.most_octets / 1e6:,.0f} MB used; mail without our"
        f" tokens waits in {seen.strangers_octets / 1e6:,.1f} of"
        f" {seen.strangers_most_octets / 1e6:,.0f} MB."
    )
    typer.echo(f"{counted(sum(counts.values()), 'mail')} kept: {told}.")


def show(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(metavar="ID", help="The mail's number.", min=1)],
    raw: Annotated[bool, typer.Option("--raw", help="The mail itself, as it came.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Show an inbound mail: its envelope, how it was understood, and why it waits."""
    from mailer.services.inbound import received

    with store_of(settings_of(ctx)) as store:
        if raw:
            sys.stdout.buffer.write(received.content(store, number))
            return
        one = received.find(store, number)
    if as_json:
        typer.echo(json.dumps(_facts(one)))
        return
    rows = _facts(one)
    rows["to"] = ", ".join(one.recipients)
    for name, value in rows.items():
        typer.echo(f"{name + ':':<10} {_printable(str(value))}".rstrip())
    typer.echo(f"\nThe mail itself: mailer inbound show {number} --raw")


def requeue(
    ctx: typer.Context,
    numbers: Annotated[list[int], typer.Argument(metavar="ID…", help="The mails' numbers.")],
) -> None:
    """Have mails read again, for example after a fault was corrected."""
    with _intake(ctx) as intake:
        for number in numbers:
            intake.requeue(number)
            typer.echo(f"Mail {number} will be read again.")


@contextmanager
def _intake(ctx: typer.Context) -> Iterator[Intake]:
    from mailer.services.inbound.intake import Intake

    settings = settings_of(ctx)
    with store_of(settings) as store:
        yield Intake(store, settings, clock_of(settings))


def _facts(one: Received) -> dict[str, Any]:
    return {
        "mail": one.number,
        "came in": one.at.isoformat(timespec="seconds"),
        "by": one.way.value,
        "peer": one.peer,
        "from": one.sender,
        "to": list(one.recipients),
        "size": one.size,
        "digest": one.digest,
        "state": one.state.value,
        "kind": one.kind,
        "command": one.command,
        "reason": one.reason,
    }


def _printable(text: str) -> str:
    """Return a text that moves no cursor: what it shows was written by strangers."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
