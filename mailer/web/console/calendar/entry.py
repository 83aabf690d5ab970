"""One entry: what it is in each language, its reminders, its invitations, and its history."""

from __future__ import annotations

import re
from datetime import timedelta
from io import StringIO
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from mailer.domain.calendar.attendance import Attendance
from mailer.domain.calendar.entry import Entry
from mailer.domain.calendar.recurrence import occurrence_of, occurrences
from mailer.errors import StateError
from mailer.services.access.acting import looking
from mailer.services.calendar import attendees
from mailer.services.calendar.coming import coming
from mailer.services.calendar.history import history as versions_of
from mailer.services.calendar.undoing import Undoing
from mailer.web.console.calendar.listing import PATH, SEASON, calendar_of, pending
from mailer.web.console.calendar.wording import Wording
from mailer.web.console.notices import Notice
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, lead, show

ENTRY: Final = PATH + "/entries/{name}"
SHOWN: Final = 50
"""Rows of a tab."""
DATES: Final = 12
"""Occurrences to come on the first tab."""
AHEAD: Final = timedelta(days=400)
FEW: Final = 3
"""If fewer mailings come within a season, those of a year are shown."""

router = APIRouter(route_class=ConsoleRoute)


@router.get(ENTRY)
def entry(request: Request, visit: Here, _: SignedIn, name: str) -> Response:
    """Show what an entry is, in all languages side by side."""
    found = calendar_of(visit.site).get(name)
    now = visit.shown.now
    return _page(
        request,
        visit,
        found,
        "entry",
        codes=visit.site.settings.languages,
        dates=occurrences(found, now, now + AHEAD)[:DATES] if found.repeats else [],
    )


@router.get(f"{ENTRY}/reminders")
def reminders(request: Request, visit: Here, _: SignedIn, name: str) -> Response:
    """Show what goes out about an entry, when, and to how many in which language."""
    found, site = calendar_of(visit.site).get(name), visit.site
    for ahead in (SEASON, AHEAD):
        until = site.clock.now() + ahead
        rows = coming(site.store, site.settings, site.clock, until, name, most=SHOWN + 1)
        if len(rows) >= FEW:
            break
    its = Wording(visit)
    codes = dict.fromkeys(code for one in rows for code in one.by_language)
    return _page(
        request,
        visit,
        found,
        "reminders",
        coming=rows[:SHOWN],
        more=len(rows) > SHOWN,
        instead=[(code, other) for code in codes if (other := its.instead(found, code))],
    )


@router.get(f"{ENTRY}/invitations")
def invitations(request: Request, visit: Here, _: SignedIn, name: str) -> Response:
    """Show how many answered what, for each occurrence."""
    found = calendar_of(visit.site).get(name)
    counts = attendees.counted(visit.site.store, name)
    rows = [(occurrence_of(found, key) or found, key, counts[key]) for key in sorted(counts)]
    return _page(
        request,
        visit,
        found,
        "invitations",
        rows=rows,
        answers=list(Attendance),
        answered=sum(one.total for _, _, given in rows for one in given.values()),
    )


@router.post(f"{ENTRY}/attendees.csv")
def attendees_csv(visit: Here, _: SignedIn, name: str) -> Response:
    """Give out who answered, with names and addresses; needs a recent proof of the person."""
    file = StringIO()
    attendees.export_csv(visit.site.store, name, file)
    headers = {"Content-Disposition": f'attachment; filename="{name}-attendees.csv"'}
    return Response(file.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


@router.get(f"{ENTRY}/history")
def history(request: Request, visit: Here, _: SignedIn, name: str) -> Response:
    """Show each change: what was, what is, who was told."""
    found = calendar_of(visit.site).get(name)
    versions = versions_of(visit.site.store, name)
    return _page(
        request,
        visit,
        found,
        "history",
        versions=versions[:SHOWN],
        more=max(0, len(versions) - SHOWN),
    )


@router.post(f"{ENTRY}/undo")
def undo(visit: Here, _: SignedIn, name: str) -> Response:
    """Take the last change back, if nobody was told of it yet."""
    site, sequence = visit.site, visit.fields.one("sequence")
    number = int(sequence) if re.fullmatch(r"[0-9]{1,15}", sequence) else None
    page = f"{PATH}/entries/{name}"
    try:
        Undoing(site.store, site.settings, site.clock).undo(name, number)
    except StateError as error:
        if error.action != "undo":
            raise
        return lead(visit, page, Notice(f"console_calendar.not_undone.{error.state}", kind="warn"))
    return lead(visit, page, Notice("console_calendar.undone"))


def _page(request: Request, visit: Visit, found: Entry, tab: str, **values: Any) -> Response:
    """Show a tab of an entry, below what can still be taken back."""
    site, counted = visit.site, None
    last = Undoing(site.store, site.settings, site.clock).undoable(found.id)
    waiting = []
    if last is not None and visit.may("calendar.reminders"):
        now = site.clock.now()
        waiting = pending(coming(site.store, site.settings, site.clock, now, found.id))
    if found.invite and visit.may("calendar.attendance"):
        with looking("calendar.attendance"):
            given = attendees.counted(site.store, found.id)
        counted = sum(one.total for each in given.values() for one in each.values())
    return show(
        request,
        visit,
        f"calendar/{'entry' if tab == 'entry' else 'entry_' + tab}.html.j2",
        entry=found,
        base=f"{PATH}/entries/{found.id}",
        its=Wording(visit),
        last=last,
        waiting=sum(one.readers for one in waiting),
        answered=values.pop("answered", counted),
        **values,
    )
