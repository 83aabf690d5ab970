"""`mailer calendar undo` and `history`, and what `--dry-run` shows of a change."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailer.cli.main import settings_of
from mailer.cli.terminal import clock_of, counted, folded, show_table, store_of, table

if TYPE_CHECKING:
    from mailer.config import Settings
    from mailer.domain.calendar.entry import Entry
    from mailer.services.calendar.history import Mailing, Version

Id = Annotated[str, typer.Argument(metavar="ID", help="The entry's short name.")]


def undo(ctx: typer.Context, name: Id) -> None:
    """Take the last change of an entry back, while nobody has been told of it.

    The time for it is notice_grace_minutes after the change. The entry gets its former version
    back, and no notice goes out.
    """
    from mailer.services.calendar.undoing import Undoing

    settings = settings_of(ctx)
    with store_of(settings) as store:
        after = Undoing(store, settings, clock_of(settings)).undo(name)
    said = f"{after.id} is as it was before its last change (now no. {after.sequence})."
    typer.echo(folded(f"{said} `mailer calendar show {after.id}` shows it."))


def history(
    ctx: typer.Context,
    name: Id,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON value, for programs.")] = False,
) -> None:
    """Show the versions of an entry, the newest first, and who was told of each."""
    from mailer.services.calendar import history as past
    from mailer.services.calendar.undoing import Undoing

    settings = settings_of(ctx)
    clock = clock_of(settings)
    with store_of(settings) as store:
        versions = past.history(store, name)
        last = Undoing(store, settings, clock).undoable(name)
    if as_json:
        typer.echo(json.dumps([_facts(one) for one in versions]))
        return
    rows = table("No.", "Since", "What changed", "Who was told", numbers=("No.",))
    for one in versions:
        told = "; ".join(map(_told, one.mailings)) or "nobody"
        rows.add_row(str(one.entry.sequence), _when(one.at), _changed(one), told)
    show_table(rows)
    if last:
        until = f"until {_when(last.until)}"
        typer.echo(f"\n`mailer calendar undo {name}` takes the last change back, {until}.")


def show_plan(
    settings: Settings, name: str, revise: Callable[[Entry], Entry], occurrence: str
) -> None:
    """Print what a change would do and mail; nothing is changed."""
    from mailer.services.calendar.planning import Planning

    with store_of(settings) as store:
        makes = Planning(store, settings, clock_of(settings))
        plan = makes.plan(name, revise, occurrence)
        mails = makes.mails(plan)
    if plan.after is plan.before:
        typer.echo(f"{name} is so already: nothing would change.")
        return
    for one in plan.differences:
        which = f" of {one.occurrence}" if one.occurrence else ""
        typer.echo(folded(f"Would change{which}: {', '.join(one.fields)}."))
    if not plan.notices:
        typer.echo("Nobody would be told.")
        return
    who = counted(plan.readers, "reader")
    typer.echo(f"{who} would be told ({_shares(plan.by_language)}), from {_when(plan.at)} on.")
    for place, notice in enumerate(plan.notices):
        for mail in mails[place]:
            number = notice.by_language[mail.language]
            typer.echo(f"\n{mail.language}, {counted(number, 'reader')}: {mail.subject}")
            typer.echo(f"\n{mail.text.rstrip()}")


def _changed(one: Version) -> str:
    return (
        "; ".join(
            f"{each.occurrence}: {', '.join(each.fields)}"
            if each.occurrence
            else ", ".join(each.fields)
            for each in one.differences
        )
        or "added"
    )


def _told(one: Mailing) -> str:
    what = one.change.value if one.change else one.offset
    return f"{one.readers:,} ({_shares(one.by_language)}), {one.content} {what}".rstrip()


def _shares(numbers: Mapping[str, int]) -> str:
    return " ".join(f"{language} {number:,}" for language, number in numbers.items())


def _when(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else ""


def _facts(one: Version) -> dict[str, Any]:
    return {
        "sequence": one.entry.sequence,
        "at": one.at.isoformat() if one.at else None,
        "differences": [
            {"occurrence": each.occurrence, "fields": list(each.fields)} for each in one.differences
        ],
        "mailings": [
            {
                "campaign": each.campaign,
                "content": each.content.value,
                "at": each.at.isoformat(),
                "state": each.state.value,
                "occurrence": each.occurrence,
                "offset": each.offset,
                "change": each.change.value if each.change else None,
                "readers": each.readers,
                "by_language": dict(each.by_language),
            }
            for each in one.mailings
        ],
    }
