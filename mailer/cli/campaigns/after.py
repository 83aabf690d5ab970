"""`mailer campaigns report|retry|resolve|repeat|speed`: what came of one, and what follows."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from mailer.cli.campaigns.deliveries import deliveries_in_words
from mailer.cli.main import settings_of
from mailer.cli.terminal import ask, clock_of, console, counted, folded, show_table, store_of, table

if TYPE_CHECKING:
    from mailer.domain.campaigns.report import Refused, Slot, Tally
    from mailer.services.campaigns.report import Report

Number = Annotated[int, typer.Argument(metavar="ID", help="The campaign's number.", min=1)]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; needed in scripts.")]
SLOTS_SHOWN: Final = 12
"""Stretches of time on a screen; `--json` has all."""
ADVICE: Final = {
    "retry": "may be over: `mailer campaigns retry {number}`",
    "ask": "ask the reader for another address by other means",
    "us": "it is about us: see to that, then `mailer campaigns retry {number}`",
    "nothing": "not known; if it comes back, ask the reader",
}


def report(
    ctx: typer.Context,
    number: Number,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON value, for programs.")] = False,
) -> None:
    """Show what came of a campaign: sums, domains, reasons, and what can be done about each."""
    from mailer.cli.campaigns.live import balance, outcome_table
    from mailer.services.campaigns.report import Reports

    settings = settings_of(ctx)
    with store_of(settings) as store:
        found = Reports(store, settings, clock_of(settings)).of(number)
    if as_json:
        typer.echo(json.dumps(found.as_json()))
        return
    if not found.campaign.started_at:
        typer.echo(f"Campaign {number} has not begun: there is nothing to tell.")
        return
    console().print(outcome_table(found.counts))
    typer.echo()
    typer.echo(folded(balance(found.counts)))
    counts = found.counts
    typer.echo(
        f"Later: {counts.bounced:,} bounced, {counts.complained:,} complained, "
        f"{found.left:,} left by its mail."
    )
    if found.tally is None:
        typer.echo("Domains and reasons are being counted; ask again in a minute.")
    else:
        _show_tally(found.tally, number)
    _show_times(found.over_time)
    _show_ways(found)


def _show_tally(tally: Tally, number: int) -> None:
    typer.echo()
    amounts = ("Readers", "Accepted", "Rejected", "Bounced", "Left")
    rows = table("Domain", *amounts, numbers=amounts)
    names = ("planned", "accepted", "rejected", "bounced", "left")
    for domain, found in tally.domains.items():
        rows.add_row(domain or "(erased)", *(f"{found[name]:,}" for name in names))
    if tally.other_domains:
        cells = [f"{tally.others[name]:,}" for name in names]
        rows.add_row(f"{tally.other_domains:,} others", *cells)
    show_table(rows)
    _show_reasons("Rejected because", tally.refused, number)
    _show_reasons("Bounced because", tally.returned, number)


def _show_reasons(title: str, listed: tuple[Refused, ...], number: int) -> None:
    if not listed:
        return
    typer.echo()
    rows = table(title, "Number", "What can be done", numbers=("Number",))
    for one in listed:
        advice = ADVICE[one.advice].format(number=number)
        rows.add_row(f"{one.reason} ({one.severity})", f"{one.count:,}", advice)
    show_table(rows)


def _show_times(slots: tuple[Slot, ...]) -> None:
    if not slots:
        return
    typer.echo()
    rows = table("From (UTC)", "Accepted", "Rejected", numbers=("Accepted", "Rejected"))
    for one in slots[:SLOTS_SHOWN]:
        begin = datetime.fromtimestamp(one.begin, UTC)
        rows.add_row(f"{begin:%Y-%m-%d %H:%M}", f"{one.accepted:,}", f"{one.rejected:,}")
    show_table(rows)
    if len(slots) > SLOTS_SHOWN:
        typer.echo(f"These are the first {SLOTS_SHOWN} of {len(slots)}; `--json` has all.")


def _show_ways(found: Report) -> None:
    typer.echo()
    number = found.campaign.number
    if found.passing:
        said = deliveries_in_words(found.passing)
        typer.echo(folded(f"`mailer campaigns retry {number}` tries {said} again."))
    if found.unresolved:
        said = deliveries_in_words(found.unresolved)
        typer.echo(folded(f"`mailer campaigns resolve {number}` decides about {said} unknown."))
    if found.missed:
        said = counted(found.missed, "reader")
        typer.echo(
            folded(f"`mailer campaigns repeat {number}` makes a campaign for {said} missed.")
        )
    if found.counts.settled - found.counts.accepted:
        typer.echo(f"`mailer campaigns deliveries {number}` lists who did not get it.")


def retry(ctx: typer.Context, number: Number, yes: Yes = False) -> None:
    """Try those again whom a relay refused for a reason that may be over.

    The campaign is sending again, for them alone. Says how many, and asks; without a terminal, it
    needs --yes.
    """
    from mailer.domain.campaigns.size import Expected
    from mailer.services.campaigns.again import Again
    from mailer.services.campaigns.report import Reports

    settings = settings_of(ctx)
    with store_of(settings) as store:
        found = Reports(store, settings, clock_of(settings)).of(number)
        again = Again(store, settings, clock_of(settings))
        expected = None
        if found.passing:
            said = deliveries_in_words(found.passing)
            ask(
                f"Try {said} of campaign {number} again?",
                size=f"It would try {said} again",
                otherwise="Nothing was changed.",
                yes=yes,
            )
            expected = None if yes else Expected(found.passing)
        count = again.retry(number, expected)
    typer.echo(f"Campaign {number}: {deliveries_in_words(count)} will be tried again.")


def resolve(
    ctx: typer.Context,
    number: Number,
    sent: Annotated[
        bool, typer.Option("--sent", help="Count them as accepted; some may not have it.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Send them again; some may get it twice.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Decide what becomes of deliveries whose outcome is unknown, and stays so."""
    from mailer.errors import InputError
    from mailer.services.campaigns.again import Again, Resolution
    from mailer.services.campaigns.report import Reports

    if sent is again:
        said, remedy = "what is to become of them is not said", "give one of the two"
        raise InputError.of("", said, remedy, code="missing")
    settings = settings_of(ctx)
    with store_of(settings) as store:
        clock = clock_of(settings)
        unresolved = Reports(store, settings, clock).of(number).unresolved
        if unresolved:
            rest = deliveries_in_words(unresolved)
            what = f"send {rest} again" if again else f"count {rest} as accepted"
            ask(
                f"{what.capitalize()}?",
                size=f"It would {what}",
                otherwise="Nothing was changed.",
                yes=yes,
            )
        decided = Resolution.AGAIN if again else Resolution.SENT
        count = Again(store, settings, clock).resolve(number, decided)
    counts = "counts as accepted" if count == 1 else "count as accepted"
    done = "will be sent again" if again else counts
    typer.echo(f"Campaign {number}: {deliveries_in_words(count)} {done}.")


def repeat(ctx: typer.Context, number: Number) -> None:
    """Make a draft for the readers whom a campaign was meant for and missed. Sends nothing."""
    from mailer.services.campaigns.again import Again
    from mailer.services.campaigns.prospect import prospect

    settings = settings_of(ctx)
    with store_of(settings) as store:
        made = Again(store, settings, clock_of(settings)).make_for_missed(number)
        total = prospect(store, settings, made).total
    said = counted(total, "reader")
    typer.echo(f"Campaign {made.number} is a draft, for {said} whom campaign {number} missed.")


def speed(
    ctx: typer.Context,
    number: Number,
    rate: Annotated[
        str, typer.Argument(metavar="RATE", help='Such as "600 a minute"; "none": no limit.')
    ],
) -> None:
    """Limit how fast a campaign goes out, also while it is sending.

    The rate limits of the settings hold as well.
    """
    from mailer.services.campaigns.speed import set_speed

    settings = settings_of(ctx)
    wanted = "" if rate.strip().lower() == "none" else rate
    with store_of(settings) as store:
        campaign = set_speed(store, clock_of(settings), number, wanted)
    said = f"sends at most {campaign.speed}" if campaign.speed else "has no limit of its own"
    typer.echo(f"Campaign {number} {said}.")
