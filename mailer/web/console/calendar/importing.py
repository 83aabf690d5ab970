"""Takes in a calendar file: what it would add, change and leave out is shown first."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response

from mailer.domain.campaigns.size import Expected
from mailer.errors import InputError
from mailer.message.icalendar.ics_read import LARGEST
from mailer.services.access.acting import admitted
from mailer.services.calendar.importing import Options
from mailer.services.calendar.uploads import Looked, Uploads
from mailer.services.campaigns.sizes import OtherSizeError
from mailer.web.console.calendar.listing import PATH
from mailer.web.console.calendar.wording import Wording
from mailer.web.console.notices import Notice
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, lead, show
from mailer.web.console.wrong import NOTHING, Wrong, made, worded, wrong

IMPORT: Final = f"{PATH}/import"
SHOWN: Final = 200
"""Rows of a report that are shown."""

router = APIRouter(route_class=ConsoleRoute)


@router.get(IMPORT)
def ask(request: Request, visit: Here, _: SignedIn) -> Response:
    """Ask for a file."""
    admitted("calendar.import")
    return _form(request, visit)


@router.post(IMPORT)
def look(request: Request, visit: Here, _: SignedIn) -> Response:
    """Take a file, and show what would become of it; nothing is changed."""
    uploads, say = _uploads(visit), visit.site.say(visit.language)
    token = visit.fields.one("token")
    try:
        if not token:
            file = visit.fields.file("file")
            if file is None:
                return _form(request, visit, made([("file", say("console_calendar.no_file"))]))
            token = uploads.keep(file.name, file.content)
        looked = uploads.look(token, _options(visit))
    except InputError as error:
        return _form(request, visit, wrong(say, error))
    if looked is None:
        return _form(request, visit, made([("file", say("console_calendar.file_gone"))]))
    return _looked(request, visit, looked)


@router.post(f"{IMPORT}/do")
def take_in(request: Request, visit: Here, _: SignedIn) -> Response:
    """Take in what was shown."""
    uploads, say = _uploads(visit), visit.site.say(visit.language)
    token, seen = visit.fields.one("token"), visit.fields.one("readers")
    readers = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 12 else 0
    try:
        report = uploads.take_in(token, _options(visit), Expected(readers, 0))
    except OtherSizeError:
        looked = uploads.look(token, _options(visit))
        if looked is not None:
            return _looked(request, visit, looked, other=True)
        report = None
    except InputError as error:
        return _form(request, visit, wrong(say, error))
    if report is None:
        return _form(request, visit, made([("file", say("console_calendar.file_gone"))]))
    if not report.done:
        looked = uploads.look(token, _options(visit))
        return _looked(request, visit, looked) if looked else lead(visit, IMPORT)
    values = {"added": len(report.added), "changed": len(report.changed)}
    return lead(visit, f"{PATH}/list", Notice("console_calendar.imported", values))


def _uploads(visit: Visit) -> Uploads:
    return Uploads(visit.site.store, visit.site.settings, visit.site.clock)


def _options(visit: Visit) -> Options:
    fields = visit.fields
    topics = tuple(fields.all("topics")[:50])
    partly = fields.one("partly") == "yes"
    return Options(fields.one("language"), fields.one("zone"), topics, partly)


def _form(request: Request, visit: Visit, found: Wrong = NOTHING) -> Response:
    settings, its = visit.site.settings, Wording(visit)
    return show(
        request,
        visit,
        "calendar/import.html.j2",
        language_options=[(code, its.language_name(code)) for code in settings.languages],
        chosen=visit.fields.one("language") or settings.languages[0],
        zone=visit.fields.one("zone") or settings.time_zone,
        megabytes=LARGEST // 1_000_000,
        wrong=found,
        its=its,
        status=422 if found else 200,
    )


def _looked(request: Request, visit: Visit, looked: Looked, *, other: bool = False) -> Response:
    """Show what would become of a file."""
    report, options = looked.report, _options(visit)
    say = visit.site.say(visit.language)
    return show(
        request,
        visit,
        "calendar/imported.html.j2",
        looked=looked,
        report=report,
        options=options,
        rows=[
            (change.after, report.changed.get(change.after.id), looked.told.get(change.after.id))
            for change in report.changes[:SHOWN]
        ],
        refused=[(one.place, worded(say, one)) for one in report.refused[:SHOWN]],
        notes=report.notes[:SHOWN],
        number=len(report.added) + len(report.changed),
        most=SHOWN,
        other=other,
        its=Wording(visit),
        status=409 if other else 200,
    )
