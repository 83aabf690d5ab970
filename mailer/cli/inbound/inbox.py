"""`mailer inbound inbox|read|answer|mark|reclassify`: what waits for a person."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailer.cli.main import settings_of
from mailer.cli.terminal import clock_of, counted, show_table, store_of, table
from mailer.domain.inbound.inbox import Group, Standing
from mailer.domain.inbound.kinds import Kind
from mailer.errors import InputError, MailerError

if TYPE_CHECKING:
    from mailer.domain.inbound.received import Received

SHOWN = 50


def register(app: typer.Typer) -> None:
    """Add the commands to their noun."""
    for command in (inbox, read, answer, mark, reclassify):
        app.command()(command)


def inbox(
    ctx: typer.Context,
    *,
    standing: Annotated[Standing, typer.Option(help="What was done about it.")] = Standing.WAITING,
    group: Annotated[list[Group] | None, typer.Option(help="Only these.")] = None,
    text: Annotated[
        str, typer.Option(help="In the author's address or name, or in the subject.")
    ] = "",
    limit: Annotated[int, typer.Option(help="How many, the newest first.", min=1)] = SHOWN,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
) -> None:
    """List what waits for a person, or was dealt with: letters, and what was not acted on."""
    from mailer.services.inbound.inbox import listing

    with store_of(settings_of(ctx)) as store:
        chosen = listing.Filter(standing, tuple(group or ()), text)
        found = listing.page(store, chosen, most=limit)
        waiting = listing.waiting(store)
    if as_json:
        for one in found.mails:
            typer.echo(json.dumps(_facts(one)))
        return
    if found.mails:
        rows = table("Mail", "Came in", "From", "Subject", "Why", "By", numbers=("Mail",))
        for one in found.mails:
            facts = _facts(one)
            came = one.at.strftime("%Y-%m-%d %H:%M")
            cells = (facts["author"], facts["subject"], facts["why"], facts["by"])
            rows.add_row(str(one.number), came, *map(_printable, cells))
        show_table(rows)
    typer.echo(f"{counted(waiting, 'mail')} waiting for a person.")


def read(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(metavar="ID", help="The mail's number.", min=1)],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Show a mail of the inbox: who wrote it, its text, its files, and its thread."""
    from mailer.services.inbound.inbox import reading

    settings = settings_of(ctx)
    with store_of(settings) as store:
        found = reading.opened(store, settings, number)
    letter = found.letter
    facts = _facts(found.mail) | {
        "text": letter.text if letter else "",
        "files": [[one.name, one.type.value, one.size] for one in letter.enclosed]
        if letter
        else [],
        "answers": [
            {"answer": turn.answer.number, "by": turn.answer.by, "text": turn.answer.text}
            for turn in found.thread
            if turn.answer
        ],
    }
    if as_json:
        typer.echo(json.dumps(facts))
        return
    for name, value in letter.fields if letter else ():
        typer.echo(_printable(f"{name + ':':<12} {value}"))
    vouched = "their domain vouches for it" if found.item.vouched else "anybody can have written it"
    typer.echo(f"{'Why:':<12} {found.item.why.value}; {vouched}")
    typer.echo()
    for line in facts["text"].split("\n"):
        typer.echo(_printable(line))
    for name, kind, size in facts["files"]:
        typer.echo(_printable(f"\nFile: {name} ({kind}, {counted(size, 'octet')})"))
    for one in facts["answers"]:
        typer.echo(f"\nAnswer {one['answer']}, by {one['by']}:")
        for line in one["text"].split("\n"):
            typer.echo(_printable(line))


def answer(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(metavar="ID", help="The letter's number.", min=1)],
    text_file: Annotated[
        Path,
        typer.Option(help="The answer as plain text; `-` reads standard input."),
    ],
    subject: Annotated[str, typer.Option(help="Default: that of the letter.")] = "",
    language: Annotated[str, typer.Option(help="Default: the reader's.")] = "",
) -> None:
    """Answer a letter through the list's address; what its author replies comes back here."""
    from mailer.services.inbound.inbox.answering import Answering, Draft

    given = _text(text_file)
    settings = settings_of(ctx)
    with store_of(settings) as store:
        answering = Answering(store, settings, clock_of(settings))
        made = answering.answer(number, Draft(given, subject, language))
    typer.echo(f"Answer {made.number} to mail {number} is on its way to {_printable(made.to)}.")


def mark(
    ctx: typer.Context,
    numbers: Annotated[list[int], typer.Argument(metavar="ID…", help="The mails' numbers.")],
    standing: Annotated[
        Standing, typer.Option("--as", help="done, dropped (into the bin) or waiting (again).")
    ],
) -> None:
    """Say what was done about mails of the inbox; what is dropped goes for good after 7 days."""
    from mailer.services.inbound.inbox.deeds import Deeds

    settings = settings_of(ctx)
    with store_of(settings) as store:
        deeds = Deeds(store, settings, clock_of(settings))
        failed: list[MailerError] = []
        for number in numbers:
            try:
                deeds.mark(number, standing)
                typer.echo(f"Mail {number} is {standing}.")
            except MailerError as error:  # it stops no other
                failed.append(error)
        if failed:
            raise failed[0]


def reclassify(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(metavar="ID", help="The mail's number.", min=1)],
    kind: Annotated[Kind, typer.Option("--as", help="person, command, bounce, auto-reply, …")],
) -> None:
    """Say what a mail is, where the service was wrong; a letter then waits in the inbox."""
    from mailer.services.inbound.inbox.deeds import Deeds

    settings = settings_of(ctx)
    with store_of(settings) as store:
        item = Deeds(store, settings, clock_of(settings)).reclassify(number, kind)
    typer.echo(f"Mail {number} is known as {kind} now; it is {item.standing}.")


def _facts(one: Received) -> dict[str, Any]:
    item = one.item
    if item is None:
        return {"mail": one.number}
    return {
        "mail": one.number,
        "came in": one.at.isoformat(timespec="seconds"),
        "standing": item.standing.value,
        "group": item.group.value,
        "why": item.why.value,
        "author": item.author,
        "name": item.name,
        "subject": item.subject,
        "vouched": item.vouched,
        "thread": item.thread,
        "by": item.by,
    }


def _text(file: Path) -> str:
    stdin = str(file) == "-"
    octets = typer.get_binary_stream("stdin").read() if stdin else file.read_bytes()
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError as error:
        said, remedy = "is not in UTF-8", "save it in UTF-8"
        raise InputError.of(str(file), said, remedy, code="file.not_utf8") from error


def _printable(text: str) -> str:
    """Return a text that moves no cursor: what it shows was written by strangers."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
