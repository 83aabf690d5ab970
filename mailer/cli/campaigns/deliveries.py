"""`mailer campaigns deliveries`: who did not get it, or not yet, and why."""

from __future__ import annotations

import csv
import sys
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Final

import typer

from mailer.cli.main import settings_of
from mailer.cli.terminal import counted, show_table, store_of, table

if TYPE_CHECKING:
    from mailer.services.campaigns.undelivered import Fate, Undelivered

SHOWN: Final = 500
"""Deliveries that are listed on a screen; the file holds all."""


def deliveries(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(metavar="ID", help="The campaign's number.", min=1)],
    outcome: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WORD",
            help="Only rejected, skipped, unknown, deferred, complained or bounced.",
        ),
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="All of them, as a table file.")] = False,
) -> None:
    """Show who did not get it, or not yet, and why; also whose message bounced later."""
    from mailer.services.campaigns import undelivered

    wanted = _outcomes(outcome or [])
    settings = settings_of(ctx)
    with store_of(settings) as store:
        found = undelivered.of(store, number, wanted)
        if as_csv:
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(undelivered.COLUMNS)
            writer.writerows(undelivered.cells(one) for one in found)
            return
        shown = list(islice(found, SHOWN))
        more = next(found, None) is not None
    if not shown:
        typer.echo(f"Campaign {number} has no such deliveries.")
        return
    rows = table("Address", "Language", "Outcome", "Why")
    for one in shown:
        rows.add_row(one.address or "(erased)", one.language, one.outcome.value, _why(one))
    show_table(rows)
    if more:
        typer.echo(f"These are the first {SHOWN}; `--csv` writes all of them.")


def deliveries_in_words(number: int) -> str:
    """Write a number of deliveries with its noun."""
    return counted(number, "delivery", "deliveries")


def _outcomes(given: list[str]) -> tuple[Fate, ...]:
    from mailer.errors import InputError
    from mailer.services.campaigns.undelivered import Fate

    known = {fate.value: fate for fate in Fate}
    for word in given:
        if word not in known:
            remedy = f"choose from: {', '.join(known)}"
            raise InputError.of(
                "--outcome",
                f"{word!r} is not one that is listed",
                remedy,
                code="unknown_value",
            )
    return tuple(known[word] for word in given) or tuple(Fate)


def _why(one: Undelivered) -> str:
    return " ".join(part for part in (str(one.code or ""), one.enhanced, one.why) if part)
