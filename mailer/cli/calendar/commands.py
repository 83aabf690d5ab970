"""`mailer calendar`: the meetings, observances and deadlines that readers are reminded of."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from mailer.cli.calendar.changes import history, undo
from mailer.cli.calendar.edit import add, cancel, change
from mailer.cli.calendar.views import (
    answer_facts,
    facts_of,
    show_answers,
    show_entries,
    show_entry,
    show_report,
)
from mailer.cli.main import settings_of
from mailer.cli.moments import instant
from mailer.cli.terminal import clock_of, counted, store_of

if TYPE_CHECKING:
    from datetime import datetime

    from mailer.config import Settings
    from mailer.services.calendar.entries import Calendar
    from mailer.services.operation.opening import Store

app = typer.Typer(help="Meetings and other dates: import, change, cancel, export.")

Id = Annotated[str, typer.Argument(metavar="ID", help="The entry's short name.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON value, for programs.")]
_SHOWN: Final = 10
"""Occurrences to come that `show` lists."""


@app.command("import")
def import_(  # noqa: PLR0917 - typer calls it, by name
    ctx: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A TOML file (see the manual), or .ics.")
    ],
    language: Annotated[
        str, typer.Option(metavar="CODE", help="Language of texts in an .ics file that state none.")
    ] = "",
    zone: Annotated[
        str,
        typer.Option(metavar="ZONE", help="Zone of times that state none, such as Europe/Zurich."),
    ] = "",
    topic: Annotated[
        list[str] | None,
        typer.Option(metavar="TOPIC", help="Topic of new entries; may be repeated."),
    ] = None,
    partly: Annotated[
        bool, typer.Option("--partly", help="Import the rest if something is refused.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Change nothing; tell what would be done.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Import a file of dates; importing it again changes nothing.

    Entries that are already known (by their id or UID) are changed where they differ. If anything
    is refused, nothing is changed, and the command exits with 1.
    """
    from mailer.services.calendar.importing import Options, import_file

    settings = settings_of(ctx)
    options = Options(language, zone, tuple(topic or ()), partly, dry_run)
    with store_of(settings) as store:
        report = import_file(calendar_of(store, settings), settings, file, options, file.name)
    show_report(report, file.name, as_json=as_json, dry_run=dry_run)
    if report.refused:
        raise typer.Exit(1)


@app.command("list")
def list_(
    ctx: typer.Context,
    since: Annotated[
        str, typer.Option("--from", metavar="DATE", help="Default: from now on.")
    ] = "",
    until: Annotated[str, typer.Option(metavar="DATE", help="Up to this day, not included.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Include past entries.")] = False,
    as_json: AsJson = False,
) -> None:
    """List coming entries, earliest first; repeating entries with each date."""
    settings = settings_of(ctx)
    with store_of(settings) as store:
        begin = _instant("--from", since) if since else clock_of(settings).now()
        end = _instant("--until", until) if until else None
        found = calendar_of(store, settings).between(None if every and not since else begin, end)
    if as_json:
        typer.echo(json.dumps([facts_of(one) for one in found], ensure_ascii=False))
    elif found:
        show_entries(found, settings)
    else:
        typer.echo("Nothing is to come. `mailer calendar add` or `import` puts something in.")


@app.command()
def show(ctx: typer.Context, name: Id, as_json: AsJson = False) -> None:
    """Show an entry: what readers see, when they are reminded, and who answered."""
    from datetime import timedelta

    from mailer.cli.calendar.reminders import show_reminders
    from mailer.domain.calendar.recurrence import occurrences, reminders
    from mailer.services.calendar import attendees
    from mailer.services.calendar.coming import coming as what_waits

    settings = settings_of(ctx)
    now = clock_of(settings).now()
    with store_of(settings) as store:
        calendar = calendar_of(store, settings)
        entry, told = calendar.get(name), calendar.told(name)
        waiting = what_waits(store, settings, clock_of(settings), now, name)
        answers = attendees.counted(store, name)
    until = now + timedelta(days=400)
    coming = occurrences(entry, now, until)[:_SHOWN]
    planned = reminders(entry, now, until)[:_SHOWN]
    if as_json:
        facts = facts_of(entry) | {"told": told, "answers": answer_facts(answers)}
        typer.echo(json.dumps(facts, ensure_ascii=False))
        return
    show_entry(entry, settings, coming, planned, told)
    if waiting:
        typer.echo("")
        show_reminders(waiting)
    if entry.invite or answers:
        show_answers(answers)


app.command()(add)
app.command()(change)
app.command()(cancel)
app.command()(undo)
app.command()(history)


@app.command("attendees")
def attendees_(
    ctx: typer.Context,
    name: Id,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write to a file that only you can read.")
    ] = None,
) -> None:
    """Write the answers to an invitation as CSV."""
    from mailer.services.calendar import attendees
    from mailer.services.subscriber_files.private_file import private_file

    settings = settings_of(ctx)
    with store_of(settings) as store:
        if output is None:
            attendees.export_csv(store, name, sys.stdout)
            return
        with private_file(output) as file:
            count = attendees.export_csv(store, name, file)
    typer.echo(f"{counted(count, 'answer')} written to {output}, which only you can read.")


@app.command()
def export(
    ctx: typer.Context,
    language: Annotated[
        str, typer.Option(metavar="CODE", help="Language of its texts; default: your first.")
    ] = "",
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write to a file, not to the screen.")
    ] = None,
) -> None:
    """Write the whole calendar as iCalendar, which any calendar program reads."""
    from mailer.errors import InputError

    settings = settings_of(ctx)
    code = language or settings.languages[0]
    if code not in settings.languages:
        remedy = f"choose one of: {', '.join(settings.languages)}"
        raise InputError.of(
            "--language", f"readers have no {code!r}", remedy, code="unknown_language"
        )
    with store_of(settings) as store:
        content = calendar_of(store, settings).export(code)
    if output is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        output.write_bytes(content)
        typer.echo(f"Wrote {output}.", err=True)


if find_spec("mailer.cli.calendar.reminders"):
    app.command("reminders")(import_module("mailer.cli.calendar.reminders").reminders)


def calendar_of(store: Store, settings: Settings) -> Calendar:
    """Return the use cases around the calendar."""
    from mailer.services.calendar.entries import Calendar

    return Calendar(store, settings, clock_of(settings))


def _instant(option: str, text: str) -> datetime:
    """Read a day, or a time in UTC."""
    from datetime import UTC

    from mailer.errors import InputError

    try:
        at = instant(text)
    except ValueError:
        remedy = "write it as 2023-04-26, or 2023-04-26T14:00 (UTC)"
        raise InputError.of(option, f"{text!r} is no date", remedy, code="bad_time") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
