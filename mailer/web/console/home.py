"""The console's first page: what went out, what comes, what waits for the user, and the tour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Any, Final, NamedTuple

from fastapi import APIRouter, Request, Response

from mailer.content.plots import MOST_POINTS, Series, lines
from mailer.domain.campaigns.campaign import FINAL, Content, State
from mailer.services.calendar.coming import Coming, coming
from mailer.services.campaigns.approving import Approvals
from mailer.services.campaigns.lifecycle import Campaigns
from mailer.services.campaigns.status import Status
from mailer.services.operation.standing import silent_relays
from mailer.services.subscriptions.growth import Grown, Growth
from mailer.web.console.badges import badges
from mailer.web.console.campaigns.wording import Wording
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, show
from mailer.web.console.tour import tour

LOOKED_AT: Final = 30
"""Campaigns, the newest, among which the last and the next are looked for."""
AHEAD: Final = timedelta(days=45)
"""The time for which reminders are told."""
MOST: Final = 5
"""Lines of each list."""
MOST_WAITING: Final = 100
"""Subscribers who wait for approval are counted up to this number."""
LEAST_DAYS: Final = 7
"""Days that must have been counted before a plot of them says anything."""

router = APIRouter(route_class=ConsoleRoute)


class Waits(NamedTuple):
    """One thing that waits for the user."""

    text: str
    path: str
    kind: str = ""
    """Of its pill: `alert` or `warn`; empty: it just waits."""


class Next(NamedTuple):
    """One thing that goes out by itself."""

    at: Any
    text: str
    readers: int | None
    path: str


@dataclass(frozen=True, slots=True)
class GrowthShown:
    """The growth, as a plot and as a table."""

    plot: str
    rows: Sequence[tuple[str, int, int | None]]
    """The language, the readers now, and those at the beginning, if they were counted."""
    since: date | None
    total: int
    before: int | None


@router.get("/console")
def home(request: Request, visit: Here, _: SignedIn) -> Response:
    """Show how things stand, and what waits for the user."""
    word, statuses = Wording(visit), _campaigns(visit)
    running = [one for one in statuses if one.campaign.state in {State.SENDING, State.PAUSED}]
    growth = _growth(visit)
    last = next((one for one in statuses if one.campaign.state in FINAL), None)
    return show(
        request,
        visit,
        "home.html.j2",
        running=running,
        last=last,
        titles={
            one.campaign.number: word.what(one.campaign)
            for one in [*running, *filter(None, [last])]
        },
        next=_next(visit, word, statuses),
        waits=[*_waits(visit, word, statuses)],
        growth=growth,
        health=_health(visit),
        tour=tour(visit, statuses, growth.total if growth else 0),
    )


def _service(visit: Visit) -> Campaigns:
    return Campaigns(visit.site.store, visit.site.settings, visit.site.clock)


def _campaigns(visit: Visit) -> list[Status]:
    return _service(visit).page(most=LOOKED_AT) if visit.may("campaigns.list") else []


def _next(visit: Visit, word: Wording, statuses: Sequence[Status]) -> list[Next]:
    """List what goes out by itself, the soonest first."""
    found = [
        Next(one.campaign.scheduled_at, word.what(one.campaign), None, _path(one))
        for one in statuses
        if one.campaign.state is State.SCHEDULED and one.campaign.content is Content.EDITION
    ]
    if visit.may("calendar.reminders"):
        site = visit.site
        until = site.clock.now() + AHEAD
        found += [
            Next(
                one.at, _about(visit, one), one.readers, f"/console/calendar/entries/{one.entry.id}"
            )
            for one in coming(site.store, site.settings, site.clock, until, most=MOST)[:MOST]
        ]
    return sorted(found, key=lambda one: one.at)[:MOST]


def _about(visit: Visit, one: Coming) -> str:
    say = visit.site.say(visit.language)
    name = one.entry.title.get(visit.language) or next(iter(one.entry.title.values()), one.entry.id)
    return str(say(f"console_home.content_{one.content}")) + ": " + name


def _waits(visit: Visit, word: Wording, statuses: Sequence[Status]) -> Iterator[Waits]:
    """Say what waits for the user, the gravest first."""
    say, site = visit.site.say(visit.language), visit.site
    for one in statuses:
        if one.campaign.state is State.HELD:
            yield Waits(say("console_home.held", name=word.what(one.campaign)), _path(one), "alert")
        elif one.held_by and one.campaign.state is State.SENDING:
            text = say("console_home.held_back", name=word.what(one.campaign))
            yield Waits(text, _path(one), "warn")
    if visit.may("campaigns.approve"):
        known = {one.campaign.number: one.campaign for one in statuses}
        waiting = Approvals(site.store, site.settings, site.clock).waiting()
        for number, proposal in waiting.items():
            name = word.what(known[number]) if number in known else str(number)
            text = say("console_home.approve", name=name, who=proposal.proposed.name)
            yield Waits(text, f"/console/campaigns/{number}")
    if visit.may("subscribers.waiting"):
        number = sum(1 for _ in islice(site.moderation.waiting(), MOST_WAITING))
        if number:
            text = say.count("console_home.moderation", number)
            yield Waits(text, "/console/subscribers/waiting")
    if number := badges(visit).get("inbox", 0):
        yield Waits(say.count("console_home.inbox", number), "/console/inbox")


def _growth(visit: Visit) -> GrowthShown | None:
    if not visit.may("subscribers.count"):
        return None
    site = visit.site
    grown = Growth(site.store, site.settings, site.clock).shown()
    say = site.say(visit.language)
    first = next(iter(grown.days.values()), None)
    rows = [
        (say.words.locale.languages.get(code, code), number, first.get(code, 0) if first else None)
        for code, number in grown.now.items()
    ]
    since = next(iter(grown.days), None)
    return GrowthShown(_plot(visit, grown), rows, since, grown.total, grown.before)


def _plot(visit: Visit, grown: Grown) -> str:
    """Draw the growth of all languages together; empty while too few days were counted."""
    if len(grown.days) < LEAST_DAYS:
        return ""
    step = -(-len(grown.days) // MOST_POINTS)
    chosen = [*grown.days.items()][::-1][::step][::-1]
    say = visit.site.say(visit.language)
    series = Series(str(say("console_home.readers")), [sum(found.values()) for _, found in chosen])
    return lines(
        str(say("console_home.growth_title")),
        [visit.shown.day(day) for day, _ in chosen],
        [series],
        number=visit.shown.number,
    )


def _health(visit: Visit) -> list[str]:
    """Say what is wrong with the service; empty: nothing is."""
    say, site = visit.site.say(visit.language), visit.site
    found = []
    if not _service(visit).has_workers():
        found.append(str(say("console_home.no_workers")))
    if visit.may("settings.show") and (silent := silent_relays(site.store, site.settings)):
        names = ", ".join(silent)
        found.append(str(say.count("console_service.relays_silent", len(silent), names=names)))
    return found


def _path(one: Status) -> str:
    return f"/console/campaigns/{one.campaign.number}"
