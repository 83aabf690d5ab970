"""`mailer audit list|verify|export`: what users and the operator did."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailer.cli.main import settings_of
from mailer.cli.terminal import counted, folded, show_table, store_of, table

if TYPE_CHECKING:
    from mailer.domain.access.audit import Entry

app = typer.Typer(help="The audit log: what users and the operator did.")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON value, for programs.")]


@app.command("list")
def list_(
    ctx: typer.Context,
    most: Annotated[
        int, typer.Option("--most", metavar="N", help="How many, at most.", min=1)
    ] = 30,
    before: Annotated[
        int, typer.Option(metavar="NUMBER", help="Only entries older than this one.", min=0)
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """List what was done, the newest first."""
    from mailer.services.access import audit

    with store_of(settings_of(ctx)) as store:
        found = audit.newest(store, most, before)
    if as_json:
        typer.echo(json.dumps([entry.as_json() for entry in found]))
        return
    if not found:
        typer.echo("Nobody has done anything yet.")
        return
    rows = table("No.", "When (UTC)", "Who", "From", "Act", "", "About", numbers=("No.",))
    for entry in found:
        rows.add_row(
            str(entry.number),
            f"{entry.at:%Y-%m-%d %H:%M:%S}",
            f"{entry.name} ({entry.actor.partition(':')[0]})",
            f"{entry.via} {entry.origin}",
            entry.act,
            f"{entry.phase} ({entry.code})" if entry.code else entry.phase.value,
            _about(entry),
        )
    show_table(rows)


@app.command()
def verify(
    ctx: typer.Context,
    noted: Annotated[
        str,
        typer.Option(
            "--noted",
            metavar="NUMBER:MAC",
            help="An entry that you noted elsewhere: finds out whether the log was cut off.",
        ),
    ] = "",
) -> None:
    """Check that no entry of the audit log was changed, removed or put between.

    Each entry is bound to the one before it by a hash with a key that the store does not hold.
    Exits with 1 if the chain does not hold.
    """
    from mailer.errors import InputError
    from mailer.services.access import audit

    number, _, mac = noted.partition(":")
    if noted and not (number.isdecimal() and len(mac) >= audit.SHORTEST):
        said = f"{noted!r} is no entry's number and mac"
        raise InputError.of(
            "--noted", said, "copy it from a former `mailer audit verify`", code="unknown_value"
        )
    settings = settings_of(ctx)
    with store_of(settings) as store:
        verdict = audit.verify(store, settings, number=int(number or 0), mac=mac)
    for flaw in verdict.flaws:
        typer.secho(flaw.text, fg="red", err=True)
    if not verdict.last:
        typer.echo("The audit log is empty.")
    elif verdict.whole:
        count = counted(verdict.last - verdict.first + 1, "entry", "entries")
        typer.echo(folded(f"The audit log is whole: {count}, {verdict.first} to {verdict.last}."))
        typer.echo(
            f"To tell later that nothing was cut off, note {verdict.last}:{verdict.mac[:16]}"
        )
    if not verdict.whole:
        raise typer.Exit(1)


@app.command()
def export(
    ctx: typer.Context,
    to: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Without it: standard output.")
    ] = None,
) -> None:
    """Write all entries as JSON, one a line, oldest first."""
    from mailer.services.access import audit
    from mailer.services.subscriber_files.private_file import private_file

    with store_of(settings_of(ctx)) as store:
        if to is None:
            audit.export(store, sys.stdout)
            return
        with private_file(to) as file:
            count = audit.export(store, file)
    typer.echo(f"{counted(count, 'entry', 'entries')} written to {to}.")


def _about(entry: Entry) -> str:
    """Tell in a cell what it was about, and what changed."""
    facts = [f"{name}={_short(value)}" for name, value in (entry.facts or {}).items() if value]
    before, after = entry.before or {}, entry.after or {}
    changed = [
        f"{name}: {_short(before.get(name))} → {_short(after.get(name))}"
        for name in sorted({*before, *after})
    ]
    return ", ".join([*facts, *changed])


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:39]}…"
