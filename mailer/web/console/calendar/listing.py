"""The calendar as a month, as a list, and as what goes out about it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from mailer.domain.calendar.entry import Entry, Kind, Status, instant
from mailer.services.calendar.coming import Coming, coming
from mailer.services.calendar.entries import Calendar
from mailer.web.console.calendar.wording import Wording
from mailer.web.console.finding import DOINGS, FINDERS, Hit
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, show
from mailer.web.site import Site

PATH: Final = "/console/calendar"
PER_PAGE: Final = 50
SEASON: Final = timedelta(days=92)
_MONTH: Final = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_YEARS: Final = range(1900, 2201)
_DAY: Final = timedelta(days=1)
_PAST: Final = "past"
_SPANS: Final = (timedelta(days=31), timedelta(days=92), None)
"""How far ahead the list looks, as long as its page is not full; at last, without end."""

router = APIRouter(route_class=ConsoleRoute)


def calendar_of(site: Site) -> Calendar:
    """Return the use cases."""
    return Calendar(site.store, site.settings, site.clock)


@router.get(PATH)
def month(request: Request, visit: Here, _: SignedIn, month: str = "") -> Response:
    """Show a month: that of the address, `2026-11`, or the present one."""
    today = visit.shown.local(visit.shown.now).date()
    first = _first(month, today)
    after = (first + timedelta(days=32)).replace(day=1)
    before = (first - _DAY).replace(day=1)
    weeks = _weeks(first, visit)
    zone = visit.shown.zone.key
    begin, end = instant(weeks[0][0], zone), instant(weeks[-1][-1] + _DAY, zone)
    found = calendar_of(visit.site).between(begin, end)
    wording = Wording(visit)
    return show(
        request,
        visit,
        "calendar/month.html.j2",
        first=first,
        today=today,
        weeks=weeks,
        days=_by_day(found, visit, weeks[0][0], weeks[-1][-1]),
        heads=[
            (wording.weekday(day.weekday()), wording.weekday(day.weekday(), "EEE"))
            for day in weeks[0]
        ],
        before=before if before.year in _YEARS else None,
        after=after if after.year in _YEARS else None,
        any_at_all=bool(found) or _has_any(visit),
        its=wording,
    )


@router.get(f"{PATH}/list")
def list_(
    request: Request,
    visit: Here,
    _: SignedIn,
    *,
    q: str = "",
    kind: str = "",
    state: str = "",
    when: str = "",
    after: str = "",
) -> Response:
    """List entries, by what the address asks for; those that repeat with each date."""
    q, now, past = q[:100].strip(), visit.shown.now, when == _PAST

    def fitting(found: Sequence[Entry]) -> list[Entry]:
        fit = [one for one in found if _fits(one, q, kind, state)]
        if not after:
            return fit
        return [one for one in fit if (_place(one) < after if past else _place(one) > after)]

    fit = _past(visit, now, fitting) if past else _coming(visit, _begin(after, now), fitting)
    page = fit[:PER_PAGE]
    asked = {"q": q, "kind": kind, "state": state, "when": when}
    return show(
        request,
        visit,
        "calendar/list.html.j2",
        entries=page,
        q=q,
        kind=kind,
        state=state,
        when=when,
        kinds=[one.value for one in Kind],
        states=[one.value for one in Status],
        filtered=bool(q or kind or state),
        next=_address(asked | {"after": _place(page[-1])}) if len(fit) > PER_PAGE else "",
        first=_address(asked) if after else "",
        any_at_all=bool(fit) or _has_any(visit),
        its=Wording(visit),
    )


@router.get(f"{PATH}/reminders")
def reminders(request: Request, visit: Here, _: SignedIn) -> Response:
    """List what goes out in the season to come, with how many readers get it."""
    site = visit.site
    until, most = site.clock.now() + SEASON, PER_PAGE + 1
    found = coming(site.store, site.settings, site.clock, until, most=most)
    return show(
        request,
        visit,
        "calendar/reminders.html.j2",
        coming=found[:PER_PAGE],
        more=len(found) > PER_PAGE,
        its=Wording(visit),
    )


def _coming(
    visit: Visit, begin: datetime, fitting: Callable[[Sequence[Entry]], list[Entry]]
) -> list[Entry]:
    """List what comes until a page is full: no series is worked out further than is shown."""
    calendar = calendar_of(visit.site)
    for span in _SPANS:
        fit = fitting(calendar.between(begin, begin + span if span else None))
        if len(fit) > PER_PAGE:
            break
    return fit


def _past(
    visit: Visit, now: datetime, fitting: Callable[[Sequence[Entry]], list[Entry]]
) -> list[Entry]:
    """List what is over, the last first."""
    found = calendar_of(visit.site).between(None, now)
    return fitting([one for one in reversed(found) if one.ends_at() <= now])


def _begin(after: str, now: datetime) -> datetime:
    """Return where a later part of the list begins: at the place that its address names."""
    try:
        found = datetime.fromisoformat(after.partition(" ")[0])
    except ValueError:
        return now
    return max(now, found) if found.tzinfo else now


def pending(found: Sequence[Coming]) -> list[Coming]:
    """Choose the notices that wait for the time of grace to pass."""
    return [one for one in found if one.standing.value == "pending"]


def _first(month: str, today: date) -> date:
    """Return the first day of the month that an address names, or of the present one."""
    named = _MONTH.fullmatch(month)
    if named and int(named[1]) in _YEARS and 1 <= int(named[2]) <= 12:
        return date(int(named[1]), int(named[2]), 1)
    return today.replace(day=1)


def _weeks(first: date, visit: Visit) -> list[list[date]]:
    """Return the weeks of a month, begun on the day on which the user's language begins them."""
    begins = visit.shown.words.locale.first_week_day
    start = first - timedelta(days=(first.weekday() - begins) % 7)
    weeks = []
    while start < first or start.month == first.month:
        weeks.append([start + timedelta(days=day) for day in range(7)])
        start += timedelta(days=7)
    return weeks


def _by_day(
    found: Sequence[Entry], visit: Visit, since: date, until: date
) -> Mapping[date, list[Entry]]:
    """Gather entries by each day that they touch, in the institution's zone."""
    days: dict[date, list[Entry]] = {}
    for one in found:
        day, last = _span(one, visit)
        day = max(day, since)
        while day <= min(last, until):
            days.setdefault(day, []).append(one)
            day += _DAY
    return days


def _span(one: Entry, visit: Visit) -> tuple[date, date]:
    if one.all_day:
        return one.first_day, one.last_day
    begin, end = one.starts_at(), one.ends_at()
    last = max(begin, end - timedelta(microseconds=1))
    return visit.shown.local(begin).date(), visit.shown.local(last).date()


def _fits(one: Entry, q: str, kind: str, state: str) -> bool:
    if (kind and one.kind != kind) or (state and one.status != state):
        return False
    texts = (one.id, *one.title.values(), *one.place.values(), *one.description.values())
    whole = _plain(" ".join(texts))
    return all(word in whole for word in _plain(q).split())


def _plain(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


def _place(one: Entry) -> str:
    return f"{one.starts_at().isoformat()} {one.id} {one.occurrence_key}"


def _address(asked: Mapping[str, str]) -> str:
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"{PATH}/list?{query}" if query else f"{PATH}/list"


def _has_any(visit: Visit) -> bool:
    return bool(visit.site.calendar.revision().number)


def _find(visit: Visit, q: str) -> list[Hit]:
    """Find entries to come by the command palette."""
    if not visit.may("calendar.list"):
        return []
    its, now = Wording(visit), visit.shown.now
    kind, seen, hits = str(its.say("console_calendar.entry")), set[str](), list[Hit]()
    for one in calendar_of(visit.site).between(now - SEASON):
        if one.id not in seen and _fits(one, q, "", ""):
            seen.add(one.id)
            hits.append(Hit(its.title(one), f"{PATH}/entries/{one.id}", kind))
        if len(hits) == 4:
            break
    return hits


FINDERS.append(_find)
DOINGS.extend(
    (
        ("console_calendar.new", f"{PATH}/new", "calendar.add"),
        ("console_calendar.import", f"{PATH}/import", "calendar.import"),
    )
)
