"""Display of the calendar on the terminal, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import typer

from mailer.cli import remedies
from mailer.cli.terminal import counted, folded, show_table, table

if TYPE_CHECKING:
    from mailer.config import Settings
    from mailer.domain.calendar.attendance import Attendance
    from mailer.domain.calendar.entry import Entry
    from mailer.domain.calendar.recurrence import Reminder
    from mailer.services.calendar.attendees import Count
    from mailer.services.calendar.entries import Report

    Answers = Mapping[str, Mapping[Attendance, Count]]

_COLOURS: Final = {"cancelled": "red", "tentative": "yellow"}


def when(entry: Entry) -> str:
    """Write when an entry takes place, by the clocks of its zone."""
    start, end = entry.start, entry.end
    if not isinstance(start, datetime):
        last = f" to {entry.last_day}" if entry.last_day != entry.first_day else ""
        return f"{start}{last}"
    until = ""
    if isinstance(end, datetime):
        until = f"–{end:%H:%M}" if end.date() == start.date() else f" to {end:%Y-%m-%d %H:%M}"
    return f"{start:%Y-%m-%d %H:%M}{until} {entry.zone}"


def in_utc(at: datetime) -> str:
    """Write an instant."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def show_entries(entries: Sequence[Entry], settings: Settings) -> None:
    """Print entries as a table."""
    from mailer.domain.calendar.entry import in_language

    rows = table("When", "Entry", "What", "Kind", "Status", "For")
    for one in entries:
        title = in_language(one.title, settings.languages[0], settings.languages)
        again = " (repeats)" if one.occurrence is not None else ""
        status = one.status.value + (", invites" if one.invite else "")
        rows.add_row(
            when(one), one.id, title + again, one.kind.value, status, ", ".join(one.topics)
        )
    show_table(rows)


def show_entry(
    entry: Entry,
    settings: Settings,
    coming: Sequence[Entry],
    reminders: Sequence[Reminder],
    told: int | None,
) -> None:
    """Print all that is known of an entry."""
    from mailer.domain.calendar.entry import in_language

    title = in_language(entry.title, settings.languages[0], settings.languages)
    status = typer.style(entry.status.value, fg=_COLOURS.get(entry.status.value, "green"))
    typer.echo(f"{entry.id}: {title}")
    typer.echo(f"{entry.kind}, {status}" + (", readers are invited" if entry.invite else ""))
    rows: list[tuple[str, str]] = [("when", when(entry))]
    if not entry.all_day:
        rows.append(("", in_utc(entry.starts_at())))
    for name in ("title", "description", "place", "city", "registration", "reason"):
        texts: Mapping[str, str] = getattr(entry, name)
        rows += [(f"{name} {code}".removesuffix(" *"), text) for code, text in texts.items()]
    rows += [("page", entry.url), ("online", entry.online)]
    rows += [("for", ", ".join(entry.topics) + _tagged(entry)), ("repeats", _rules(entry))]
    rows += [("sequence", f"{entry.sequence}{_told(entry, told)}"), ("UID", entry.uid)]
    width = max(len(name) for name, _ in rows) + 2
    for name, text in rows:
        for place, line in enumerate(text.splitlines()):
            typer.echo(f"{name if place == 0 else '':<{width}}{line}".rstrip())
    if coming and entry.repeats:
        typer.echo("\nOccurrences to come")
        for one in coming:
            key = f"  ({one.occurrence_key})" if one.occurrence != one.start else ""
            mark = f"  {one.status}" if one.status is not entry.status else ""
            typer.echo(f"  {when(one)}{key}{mark}")
    _show_reminders(entry, reminders)


def _show_reminders(entry: Entry, reminders: Sequence[Reminder]) -> None:
    usual = "as usual for its kind" if entry.remind is None else "as chosen for it"
    offsets = ", ".join(map(str, entry.offsets)) or "none"
    typer.echo(f"\nReminders: {offsets} ({usual})")
    for one in reminders:
        there = one.at.astimezone(ZoneInfo(entry.zone))
        typer.echo(f"  {one.offset!s:<8} {there:%Y-%m-%d %H:%M} there, {in_utc(one.at)}")


def _tagged(entry: Entry) -> str:
    tags = f"; only readers with {' or '.join(entry.tags)}" if entry.tags else ""
    return tags + (f"; only readers who fit {entry.rule}" if entry.rule else "")


def _rules(entry: Entry) -> str:
    return "\n".join(entry.recurrence.rules) if entry.recurrence else ""


def _told(entry: Entry, told: int | None) -> str:
    if told is None:
        return " (readers were not told yet)"
    return "" if told == entry.sequence else f" (readers were told of {told} last)"


def show_answers(answers: Answers) -> None:
    """Print how many answered what, in all and by language."""
    typer.echo("\nAnswers" if answers else "\nNobody has answered yet.")
    for occurrence, given in answers.items():
        if occurrence:
            typer.echo(f"  for {occurrence}")
        for one, count in given.items():
            shares = ", ".join(f"{code} {number:,}" for code, number in count.by_language.items())
            typer.echo(f"  {one:<10}{count.total:>7,}" + (f"  ({shares})" if shares else ""))


def answer_facts(answers: Answers) -> dict[str, Any]:
    """Return the same for JSON."""
    return {
        occurrence: {one.value: dict(count.by_language) for one, count in given.items()}
        for occurrence, given in answers.items()
    }


def facts_of(entry: Entry) -> dict[str, Any]:
    """Return an entry for JSON."""
    from mailer.domain.calendar.rows import to_text

    facts: dict[str, Any] = json.loads(to_text(entry))
    return facts | {
        "starts_at": entry.starts_at().isoformat(),
        "ends_at": entry.ends_at().isoformat(),
        "reminders": [str(one) for one in entry.offsets],
    }


def show_report(report: Report, file: str, *, as_json: bool, dry_run: bool = False) -> None:
    """Tell what became of a file."""
    if as_json:
        facts = {
            "added": report.added,
            "changed": {name: list(fields) for name, fields in report.changed.items()},
            "unchanged": report.unchanged,
            "refused": [asdict(one) for one in report.refused],
            "notes": report.notes,
            "done": report.done,
        }
        typer.echo(json.dumps(facts, ensure_ascii=False))
        return
    if report.done or dry_run:
        would = " would be" if dry_run else ""
        typer.echo(
            f"{file}:{would} {len(report.added)} added, {len(report.changed)} changed,"
            f" {len(report.unchanged)} unchanged, {len(report.refused)} refused."
        )
    for name in report.added:
        typer.echo(f"  added      {name}")
    for name, fields in report.changed.items():
        typer.echo(f"  changed    {name} ({', '.join(fields)})")
    for one in report.refused:
        problem = remedies.worded(one, plain=False)
        typer.echo(folded(f"refused    {problem}", "  "), err=not report.done)
    for note in report.notes:
        typer.echo(folded(f"note       {note}", "  "))
    if dry_run:
        typer.echo("Nothing was changed.")
    elif not report.done:
        many = counted(len(report.refused), "entry was", "things were")
        hint = f"Nothing was changed: {many} refused. Mend the file, or say --partly."
        typer.echo(folded(hint), err=True)
