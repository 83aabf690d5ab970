"""`mailer doctor`: does mail leave, arrive, and is it trusted? And what to do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from mailer.cli.main import settings_of

if TYPE_CHECKING:
    from mailer.config import Settings
    from mailer.domain.deliverability.records import Record
    from mailer.services.inbound.domain_reports import Reported
    from mailer.services.operation.doctor.examining import Doctor, Examination
    from mailer.services.operation.opening import Store

app = typer.Typer()

MOST_SOURCES: Final = 20


@app.command()
def doctor(
    ctx: typer.Context,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")] = False,
    send_to: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Also send this a message through each relay.")
    ] = "",
    records: Annotated[
        bool, typer.Option("--records", help="Only show the DNS records to publish.")
    ] = False,
    days: Annotated[
        int, typer.Option(min=1, max=90, help="Days of others' reports that are added up.")
    ] = 30,
) -> None:
    """Look whether mail leaves, arrives and is trusted, and say what to do.

    Asks the DNS, the relays, the web pages and this machine, and sums up what others report. Sends
    nothing without --send-to. Takes up to 20 seconds. Exits with 0, or with 1 if something is bad.
    """
    from mailer.services.operation.doctor.examining import Doctor, Examination

    settings = settings_of(ctx)
    with _opened(settings) as (store, away):
        called = Doctor(store, settings, _clock(settings))
        if records:
            _show_records(called.records())
            return
        found = called.examine(away=away)
        if send_to:
            found = Examination(found.at, (*found.checks, called.try_relays(send_to)))
        told = _reported(store, settings, days)
        if as_json:
            typer.echo(json.dumps(_written(found, called, told), ensure_ascii=False))
        else:
            _show(found)
            _show_reports(told)
            _show_records(_records(called))
    raise typer.Exit(1 if found.state.value == "bad" else 0)


@contextmanager
def _opened(settings: Settings) -> Iterator[tuple[Store | None, str]]:
    """Open the store; without it there is still much to look at."""
    from contextlib import ExitStack

    from mailer.cli.terminal import store_of
    from mailer.errors import StoreError

    with ExitStack() as stack:
        try:
            store = stack.enter_context(store_of(settings))
        except StoreError as error:
            yield None, str(error)
        else:
            yield store, ""


def _clock(settings: Settings) -> Any:
    from mailer.cli.terminal import clock_of

    return clock_of(settings)


def _reported(store: Store | None, settings: Settings, days: int) -> Reported | None:
    from mailer.errors import StoreError
    from mailer.services.inbound.domain_reports import reported

    try:
        return reported(store, _clock(settings), days) if store else None
    except StoreError:  # the examination has told that it is away
        return None


def _records(called: Doctor) -> list[Record]:
    """Return the records; of keys that cannot be used the examination has told."""
    from mailer.errors import ConfigError

    try:
        return called.records()
    except ConfigError:
        return []


def _written(found: Examination, called: Doctor, told: Reported | None) -> dict[str, Any]:
    from mailer.cli.operation.doctor_words import do, seen

    written = found.written()
    flat = [one for check in found.checks for one in check.findings]
    for one, finding in zip(
        (one for check in written["checks"] for one in check["findings"]), flat, strict=True
    ):
        one |= {"seen": seen(finding), "do": do(finding) or None}
    written["records"] = [record._asdict() for record in _records(called)]
    written["reports"] = [
        {"kind": one.kind, "domain": one.domain, "source": one.source, **one.counts}
        for one in (told.sums if told else ())
    ]
    return written


def _show(found: Examination) -> None:
    from rich.text import Text

    from mailer.cli.operation import doctor_words as words
    from mailer.cli.terminal import console, folded

    out = console()
    for section, checks in found.sections().items():
        out.print(Text(words.section(section), style="bold"))
        for check in checks:
            for one in check.findings:
                style = words.STYLES[one.state]
                line = Text(f"  {words.state(one.state)}: ", style=style)
                line.append(f"{words.check(check.name)}. ", style="bold")
                out.print(line.append(words.seen(one), style="not bold default"), soft_wrap=True)
                if done := words.do(one):
                    typer.echo(folded(f"-> {done}", "    "))
        typer.echo()
    out.print(Text(words.summary(found), style="bold"), soft_wrap=True)


def _show_reports(told: Reported | None) -> None:
    from mailer.cli.terminal import show_table, table

    if told is None or not told.sums:
        return
    typer.echo(f"\nWhat others report, {told.first} to {told.last}:\n")
    numbers = ("messages", "passed", "failed")
    made = table("report", "domain", "source", *numbers, numbers=numbers)
    for one in told.sums[:MOST_SOURCES]:
        made.add_row(
            one.kind, one.domain, one.source, f"{one.all:,}", f"{one.passed:,}", f"{one.failed:,}"
        )
    show_table(made)
    if len(told.sums) > MOST_SOURCES:
        typer.echo(f"The {MOST_SOURCES} largest of {len(told.sums)} sources; --json has them all.")


def _show_records(records: Sequence[Record]) -> None:
    if not records:
        return
    typer.echo("\nDNS records to publish; if there is an SPF or DMARC record, add to it:\n")
    for record in records:
        typer.echo(record.zone)
