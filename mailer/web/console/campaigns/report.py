"""What came of a campaign, and who did not get it; also as a table file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Final
from urllib.parse import urlencode

from babel.dates import format_datetime, format_time
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from markupsafe import Markup

from mailer.content.plots import Series, bars
from mailer.domain.campaigns.report import Slot
from mailer.services.campaigns import undelivered
from mailer.services.campaigns.report import Report, Reports
from mailer.services.campaigns.undelivered import Fate, Undelivered
from mailer.web.console.campaigns.sending import PATH, use_of
from mailer.web.console.campaigns.wording import Wording
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, show

MOST: Final = 50
_DAY: Final = 86_400

router = APIRouter(route_class=ConsoleRoute)


@router.get(PATH + "/{number:int}/report")
def page(request: Request, visit: Here, _: SignedIn, number: int) -> Response:
    """Show what came of a campaign."""
    site = visit.site
    found = Reports(site.store, site.settings, site.clock).of(number)
    word = Wording(visit)
    return show(
        request,
        visit,
        "campaigns/report.html.j2",
        word=word,
        campaign=found.campaign,
        report=found,
        counts=found.counts,
        plot=_plot(visit, word, found),
        times=[(_place(visit, one, found), one) for one in found.over_time],
        slots=("planned", "accepted", "rejected", "skipped", "unknown", "bounced", "left"),
    )


def _plot(visit: Visit, word: Wording, found: Report) -> Markup:
    """Draw accepted and rejected messages over time; of fewer than two stretches, nothing."""
    slots = found.over_time
    if len(slots) < 2:
        return Markup()
    series = [
        Series(
            str(word.say(f"console_campaigns.progress.{name}")),
            [getattr(one, name) for one in slots],
        )
        for name in ("accepted", "rejected")
        if name == "accepted" or any(one.rejected for one in slots)
    ]
    places = [_place(visit, one, found) for one in slots]
    title = str(word.say("console_campaigns.report.plot"))
    # It holds no text but ours, numbers and times, and is escaped where it is made.
    return Markup(bars(title, places, series, number=visit.shown.number))  # noqa: S704


def _place(visit: Visit, one: Slot, found: Report) -> str:
    """Name a stretch of time: by the hour, with the day where the campaign took longer."""
    begin = visit.shown.local(datetime.fromtimestamp(one.begin, UTC))
    locale = visit.site.say(visit.language).words.locale
    if found.over_time[-1].begin - found.over_time[0].begin < _DAY:
        return str(format_time(begin, "short", locale=locale))
    return str(format_datetime(begin, "short", locale=locale))


@router.get(PATH + "/{number:int}/missed")
def missed(request: Request, visit: Here, _: SignedIn, number: int) -> Response:
    """List who did not get it, by the subscriber's number."""
    campaign = use_of(visit).find(number)
    outcome, after = request.query_params.get("outcome", ""), request.query_params.get("after", "")
    chosen = (Fate(outcome),) if outcome in set(Fate) else tuple(Fate)
    start = int(after) if after.isdecimal() and len(after) < 16 else 0
    found = [*islice(undelivered.of(visit.site.store, number, chosen, start), MOST + 1)]
    kept = {"outcome": outcome} if len(chosen) == 1 else {}
    here = f"{PATH}/{number}/missed"
    further = ""
    if len(found) > MOST:
        further = f"{here}?{urlencode({**kept, 'after': found[MOST - 1].number})}"
    return show(
        request,
        visit,
        "campaigns/missed.html.j2",
        word=Wording(visit),
        campaign=campaign,
        found=found[:MOST],
        fates=list(Fate),
        outcome=kept.get("outcome", ""),
        next=further,
        first=f"{here}?{urlencode(kept)}" if start else "",
        file=f"{PATH}/{number}/missed.csv?{urlencode(kept)}".removesuffix("?"),
    )


@router.get(PATH + "/{number:int}/missed.csv")
def table(request: Request, visit: Here, _: SignedIn, number: int) -> Response:
    """Write all of them as a table file; a relay's words become no spreadsheet's formula."""
    outcome = request.query_params.get("outcome", "")
    chosen = (Fate(outcome),) if outcome in set(Fate) else tuple(Fate)
    found = undelivered.of(visit.site.store, number, chosen)
    headers = {
        "Content-Disposition": f'attachment; filename="campaign-{number}-missed.csv"',
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(_lines(found), media_type="text/csv; charset=utf-8", headers=headers)


def _lines(found: Iterator[Undelivered]) -> Iterator[str]:
    yield _line(list(undelivered.COLUMNS))
    for one in found:
        yield _line(undelivered.cells(one))


def _line(cells: list[str]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerow(cells)
    return written.getvalue()
