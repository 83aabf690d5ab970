"""`mailer calendar reminders`: what will go out about the calendar, when, and to how many."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Final

import typer

from mailer.cli.main import settings_of
from mailer.cli.moments import instant
from mailer.cli.terminal import clock_of, counted, folded, show_table, store_of, table

if TYPE_CHECKING:
    from mailer.services.calendar.coming import Coming

USUAL_DAYS: Final = 92
"""The number of days shown unless more are asked for: a season."""


def reminders(
    ctx: typer.Context,
    until: Annotated[
        str,
        typer.Option(metavar="DATE", help="Up to this day, such as 2023-12-31. Default: a season."),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON value, for programs.")] = False,
) -> None:
    """Show what will go out: reminders, pending notices of changes, and what is held.

    Counts are as of now; the audience is frozen when each begins.
    """
    from mailer.services.calendar.coming import coming

    settings = settings_of(ctx)
    clock = clock_of(settings)
    with store_of(settings) as store:
        found = coming(store, settings, clock, _end(until, clock.now()))
    if as_json:
        typer.echo(json.dumps([one.as_json() for one in found]))
        return
    if not found:
        typer.echo("Nothing is to go out by then. `mailer calendar list` shows the entries.")
        return
    show_reminders(found)


def show_reminders(found: list[Coming]) -> None:
    """Print what is to go out as a table, and what a person should know of it below."""
    from mailer.services.calendar.coming import Standing

    rows = table("When", "What", "Entry", "State", "Readers", "In", numbers=("Readers",))
    for one in found:
        shares = " ".join(f"{language} {n:,}" for language, n in one.by_language.items())
        state = f"held, campaign {one.campaign}" if one.standing is Standing.HELD else one.standing
        rows.add_row(when(one), what(one), one.entry.id, state, f"{one.readers:,}", shares)
    show_table(rows)
    standings = [one.standing for one in found]
    if number := standings.count(Standing.PENDING):
        waits = "waits" if number == 1 else "wait"
        typer.echo(
            folded(
                f"{counted(number, 'notice')} {waits}: put the entry right before then, and nothing"
                " is sent."
            )
        )
    if Standing.HELD in standings:
        typer.echo(
            folded("What is held came due too late: `mailer campaigns send ID`, or `cancel ID`.")
        )
    if Standing.DUE in standings:
        typer.echo(folded("What is due goes out as soon as the service runs: `mailer up`."))


def when(one: Coming) -> str:
    """Write when it goes out, by the clock of the entry."""
    from zoneinfo import ZoneInfo

    return f"{one.at.astimezone(ZoneInfo(one.entry.zone)):%Y-%m-%d %H:%M} {one.entry.zone}"


def what(one: Coming) -> str:
    """Name what goes out."""
    if one.offset:
        return f"reminder, {before(one.offset)}"
    words = {"moved": "new time", "place": "new place", "revived": "takes place after all"}
    return f"notice: {words.get(one.change, one.change)}" if one.change else "notice"


def before(offset: str) -> str:
    """Write an offset in words: `14 days before`."""
    from mailer.domain.calendar.offset import Offset

    read = Offset.parse(offset)
    hours, minutes = divmod(read.minutes, 60)
    parts = ((read.days, "day"), (hours, "hour"), (minutes, "minute"))
    return " ".join(counted(number, unit) for number, unit in parts if number) + " before"


def _end(text: str, now: datetime) -> datetime:
    from mailer.errors import InputError

    if not text:
        return now + timedelta(days=USUAL_DAYS)
    try:
        day = instant(text)
    except ValueError:
        said = f"{text!r} is no date"
        raise InputError.of("--until", said, "write it as 2023-12-31", code="bad_time") from None
    return datetime.combine(day.date() + timedelta(days=1), time(), UTC)
