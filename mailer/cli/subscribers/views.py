"""Display of readers, counts and imports on the terminal, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from mailer.cli.terminal import ask, is_asked
from mailer.errors import InputError

if TYPE_CHECKING:
    from mailer.config import Settings
    from mailer.domain.bounces.policy import Policy
    from mailer.domain.subscribers.column_values import Verdict
    from mailer.domain.subscribers.subscriber import Subscriber
    from mailer.services.subscriber_files.columns import Choices
    from mailer.services.subscriber_files.importing import ImportReport
    from mailer.services.subscriptions.subscribers import Known, Received


@contextmanager
def bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on the terminal, if there is one; yields what to call with done and total."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def choices_of(ignored: list[str], meant: list[str]) -> Choices:
    """Read what the options say of a file's columns.

    Raises:
        InputError: one says something else than what columns can be.
    """
    from mailer.services.subscriber_files.columns import ATTRIBUTE, MEANINGS, Choices

    read: dict[str, str] = {}
    for option in meant:
        name, sign, meaning = option.rpartition("=")
        if not sign or (meaning not in MEANINGS and not meaning.startswith(ATTRIBUTE)):
            choice = ", ".join([*MEANINGS, f"{ATTRIBUTE}NAME"])
            text = f"{option!r} does not say what a column is"
            raise InputError.of(
                "--column", text, f"write NAME=one of {choice}", code="unknown_value"
            )
        read[name] = meaning
    return Choices(tuple(ignored), read)


def ask_to_import(report: ImportReport) -> None:
    """Have a person say yes to what a file would change, given a dry run of it."""
    if not (report.added or report.updated or report.taken_off):
        return
    said = f"{report.file.name} would put {readers(report.added)} on the list"
    said += f" and change {report.updated:,}"
    said += f", and take {report.taken_off:,} off it" if report.taken_off else ""
    if is_asked():
        show_report(report)
    ask("Import it?", size=said, otherwise="Nothing was changed.", yes=False)


def show_report(report: ImportReport) -> None:
    """Tell what became of a file."""
    typer.echo(
        f"{report.file.name}: {report.added:,} added, {report.updated:,} updated,"
        f" {report.unchanged:,} unchanged, {report.refused:,} refused."
    )
    if report.dry_run:
        for told in _columns_in_words(report):
            typer.echo(told)
    if report.unknown_columns:
        typer.echo(
            f"Columns that were not imported: {', '.join(map(printable, report.unknown_columns))}."
        )
    for told in _wishes_in_words(report):
        typer.echo(told)
    for line, address, reason in report.refusals:
        typer.echo(f"  line {line}: {printable(address) or '(no address)'}: {reason}")
    if report.refused > len(report.refusals):
        typer.echo(f"  and {report.refused - len(report.refusals):,} more")
    if report.refused_file:
        typer.echo(f"The refused lines are in {report.refused_file}; mend and import that file.")
    typer.echo("A dry run: nothing was changed." if report.dry_run else "Nobody was mailed.")


def _columns_in_words(report: ImportReport) -> Iterator[str]:
    """Tell what each column was understood as, and what its values say."""
    for use in report.columns:
        values = "; ".join(
            f"{_quoted(one.value)} = {_mailed(one.verdict)} ({one.lines:,})" for one in use.values
        )
        yield f'  column "{printable(use.column)}": {use.meaning}{": " if values else ""}{values}'


def _quoted(value: str) -> str:
    return f'"{printable(value)}"' if value else "(empty)"


def _mailed(verdict: Verdict) -> str:
    from mailer.domain.subscribers.column_values import Verdict
    from mailer.services.subscriber_files.wishes import WORDS

    return "mailed" if verdict is Verdict.MAILED else f"not mailed: {WORDS[verdict]}"


def _wishes_in_words(report: ImportReport) -> Iterator[str]:
    """Tell whom the file itself keeps from being mailed, and what became of our readers."""
    from mailer.services.subscriber_files.wishes import WORDS

    if report.not_mailed:
        told = "; ".join(
            f"{WORDS[verdict]}: {count:,}" for verdict, count in report.not_mailed.most_common()
        )
        yield f"Not put on the list, by what the file says of each reader: {told}."
    if report.taken_off:
        yield f"Taken off the list, by what the file says: {readers(report.taken_off)}."
    if report.still_mailed:
        yield (
            f"On the list still, though the file says that they left, or cannot be mailed:"
            f" {readers(report.still_mailed)}. To take them off: --take-off"
        )


def report_facts(report: ImportReport) -> dict[str, Any]:
    """Return what became of a file, for JSON."""
    return {
        "file": str(report.file),
        "dry_run": report.dry_run,
        "added": report.added,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "refused": report.refused,
        "refusals": [one._asdict() for one in report.refusals],
        "refused_file": str(report.refused_file) if report.refused_file else None,
        "unknown_columns": report.unknown_columns,
        "columns": [
            use._asdict() | {"values": [value._asdict() for value in use.values]}
            for use in report.columns
        ],
        "not_mailed": {verdict.value: count for verdict, count in report.not_mailed.items()},
        "taken_off": report.taken_off,
        "still_mailed": report.still_mailed,
    }


def facts_of(known: Known, received: list[Received], policy: Policy, today: int) -> dict[str, Any]:
    """Return what is known of an address, for JSON.

    Args:
        known: the subscriber and the suppression, if there are any.
        received: the campaigns that were accepted for it.
        policy: how bounces count.
        today: the number of the day on which the score is told.
    """
    one, suppressed = known.subscriber, known.suppression
    facts: dict[str, Any] = {}
    if one:
        facts = {
            "number": one.number,
            "address": one.address,
            "name": one.name,
            "status": one.status.value,
            "since": one.changed_at.isoformat(),
            "language": one.language,
            "topics": one.topics,
            "waiting": {topic: at.isoformat() for topic, at in one.waiting},
            "declined": {topic: at.isoformat() for topic, at in one.declined},
            "tags": one.tags,
            "attributes": dict(one.attributes),
            "added": one.added_at.isoformat(),
            "source": one.source,
            "directory": one.directory,
            "paused_until": one.paused_until.isoformat() if one.paused_until else None,
            "consent": json.loads(one.consent) if one.consent else None,
            "bounces": bounces_of(one, policy, today),
        }
    record = (
        {"reason": suppressed.reason, "since": suppressed.since.isoformat()} if suppressed else None
    )
    return facts | {"suppressed": record, "received": [entry._asdict() for entry in received]}


def bounces_of(one: Subscriber, policy: Policy, today: int) -> dict[str, Any] | None:
    """Return the score of bounces and what was said last; nothing came back: none."""
    from mailer.domain.bounces.policy import date_of, read, score

    if not one.marks and not one.bounced:
        return None
    marks = [mark for mark in read(one.marks) if mark.day > policy.since(today)]
    return {
        "points": score(policy, marks, today) / policy.hard_limit,
        "limit": policy.soft_limit,
        "days": [date_of(day).isoformat() for day in dict.fromkeys(mark.day for mark in marks)],
        "last": json.loads(one.bounced) if one.bounced else None,
    }


def _bounces_in_words(bounces: dict[str, Any], status: str) -> Iterator[str]:
    """Tell the score, the reason, and where to look."""
    points = f"{bounces['points']:g} of {bounces['limit']} points"
    days = f", on {', '.join(bounces['days'])}" if bounces["days"] else ""
    yield f"{'bounces':<11}{points}{days}"
    if last := bounces["last"]:
        code = "" if last["status"] in last["text"] else f"{last['status']} "
        said = f"{last['severity']}, {last['reason']}: {code}{last['text']}"
        yield f"{'':<11}last on {last['at']}, campaign {last['campaign']}: {said}"
        if last["mail"]:
            yield f"{'':<11}the report: mailer inbound show {last['mail']}"
    if status == "suspended":
        yield f"{'':<11}to lift it: mailer subscribers reinstate, or the reader subscribes again"


def show_facts(address: str, facts: dict[str, Any]) -> None:
    """Tell what is known of an address."""
    if "number" not in facts:
        typer.echo(f"{address} is no subscriber.")
    for name in ("number", "address", "name", "status", "since", "language", "topics", "tags"):
        if value := facts.get(name):
            shown = ", ".join(value) if isinstance(value, tuple) else value
            typer.echo(f"{name:<11}{shown}")
    for name, value in sorted(facts.get("attributes", {}).items()):
        typer.echo(f"{name:<11}{value}")
    if "number" in facts:
        for line in _origin_in_words(facts):
            typer.echo(line)
    _show_decisions(facts)
    if facts.get("bounces"):
        for line in _bounces_in_words(facts["bounces"], facts["status"]):
            typer.echo(printable(line, 400))
    for line in _silence_in_words(facts):
        typer.echo(line)
    _show_received(facts)


def _silence_in_words(facts: dict[str, Any]) -> Iterator[str]:
    if facts.get("paused_until"):
        yield f"{'paused':<11}at the reader's wish, until {facts['paused_until']}"
    if record := facts["suppressed"]:
        yield f"{'suppressed':<11}never mailed, since {record['since']}: {record['reason']}"


def _origin_in_words(facts: dict[str, Any]) -> Iterator[str]:
    vouched = "" if facts["consent"] else "; the secretariat answers for the consent"
    yield f"{'added':<11}{facts['added']} ({facts['source']}{vouched})"
    if facts.get("directory"):
        yield f"{'directory':<11}{facts['directory']}"


def _show_decisions(facts: dict[str, Any]) -> None:
    for name, said in (("waiting", "for your yes to"), ("declined", "your no to")):
        for topic, since in facts.get(name, {}).items():
            typer.echo(f"{name:<11}{said} {topic}, since {since}")


def _show_received(facts: dict[str, Any]) -> None:
    if facts["received"]:
        typer.echo("received")
        for entry in facts["received"]:
            later = f": {entry['later']} later" if entry["later"] else ""
            told = f"{entry['edition']} ({entry['language']}), campaign {entry['campaign']}"
            typer.echo(f"  {told}{later}")
    elif "number" in facts:
        typer.echo("received   nothing yet")


def names_of_topics(settings: Settings) -> dict[str, str]:
    """Return by id what topics are called in the commands' language, where that is not the id."""
    from mailer.content.language.topic_words import in_words

    found = in_words(settings.topics)
    named = {one: found.name(one, "en", settings.languages) for one in found}
    return {one: name for one, name in named.items() if name != one}


def show_counts(
    title: str,
    counts: Mapping[str, int],
    total: int | None = None,
    *,
    about: Mapping[str, str] | None = None,
) -> None:
    """Write counts below a title; beside each what is told about it, if anything is."""
    typer.echo(title)
    for name, number in counts.items():
        said = (about or {}).get(name, "")
        typer.echo(f"  {name:<20}{number:>12,}  {said}".rstrip())
    if total is not None:
        typer.echo(f"  {'all':<20}{total:>12,}")


def readers(count: int) -> str:
    """Write how many readers, in words."""
    return "1 reader" if count == 1 else f"{count:,} readers"


def printable(text: str, longest: int = 60) -> str:
    """Return a text that somebody else wrote so that it can do nothing to a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)[:longest]
