"""How readers, counts and imports are shown on the terminal, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from mailer.services.subscriber_import import ImportReport
    from mailer.services.subscribers import Known, Received


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


def show_report(report: ImportReport) -> None:
    """Tell what became of a file."""
    typer.echo(
        f"{report.file.name}: {report.added:,} added, {report.updated:,} updated,"
        f" {report.unchanged:,} unchanged, {report.refused:,} refused."
    )
    if report.unknown_columns:
        typer.echo(f"Columns that were not imported: {', '.join(report.unknown_columns)}.")
    for line, address, reason in report.refusals:
        typer.echo(f"  line {line}: {_printable(address) or '(no address)'}: {reason}")
    if report.refused > len(report.refusals):
        typer.echo(f"  and {report.refused - len(report.refusals):,} more")
    if report.refused_file:
        typer.echo(f"The refused lines are in {report.refused_file}; mend and import that file.")
    typer.echo("A dry run: nothing was changed." if report.dry_run else "Nobody was mailed.")


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
    }


def facts_of(known: Known, received: list[Received]) -> dict[str, Any]:
    """Return what is known of an address, for JSON."""
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
            "tags": one.tags,
            "added": one.added_at.isoformat(),
            "source": one.source,
            "consent": json.loads(one.consent) if one.consent else None,
        }
    record = (
        {"reason": suppressed.reason, "since": suppressed.since.isoformat()} if suppressed else None
    )
    return facts | {"suppressed": record, "received": [entry._asdict() for entry in received]}


def show_facts(address: str, facts: dict[str, Any]) -> None:
    """Tell what is known of an address."""
    if "number" not in facts:
        typer.echo(f"{address} is no subscriber.")
    for name in ("number", "address", "name", "status", "since", "language", "topics", "tags"):
        if value := facts.get(name):
            shown = ", ".join(value) if isinstance(value, tuple) else value
            typer.echo(f"{name:<11}{shown}")
    if "number" in facts:
        vouched = "" if facts["consent"] else "; the secretariat answers for the consent"
        typer.echo(f"{'added':<11}{facts['added']} ({facts['source']}{vouched})")
    if facts["suppressed"]:
        record = facts["suppressed"]
        typer.echo(f"{'suppressed':<11}never mailed, since {record['since']}: {record['reason']}")
    if facts["received"]:
        typer.echo("received")
        for entry in facts["received"]:
            typer.echo(f"  {entry['edition']} ({entry['language']}), campaign {entry['campaign']}")
    elif "number" in facts:
        typer.echo("received   nothing yet")


def show_counts(title: str, counts: Mapping[str, int], total: int | None = None) -> None:
    """Write counts below a title."""
    typer.echo(title)
    for name, number in counts.items():
        typer.echo(f"  {name:<20}{number:>12,}")
    if total is not None:
        typer.echo(f"  {'all':<20}{total:>12,}")


def readers(count: int) -> str:
    """Write how many readers, in words."""
    return "1 reader" if count == 1 else f"{count:,} readers"


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)[:60]
