"""Adds an entry, changes it, cancels it, and says that it takes place after all.

form -> what is given -> a plan: nobody is told -> done at once, with Undo
                                readers are told -> a page with their number and the mail
                                                 -> the same form with that number -> done
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import available_timezones

from fastapi import APIRouter, Request, Response

from mailer.content.language.topic_words import in_words
from mailer.domain.calendar.comparing import Difference, compared
from mailer.domain.calendar.entry import Entry, Kind, Status
from mailer.domain.calendar.recurrence import occurrence_of
from mailer.domain.calendar.simple import Pattern
from mailer.domain.campaigns.size import Expected
from mailer.errors import ConfigError, InputError, NotFoundError
from mailer.services.access.acting import admitted, looking
from mailer.services.calendar import naming, revising
from mailer.services.calendar.history import history
from mailer.services.calendar.planning import Mail, Plan, Planning
from mailer.services.campaigns.sizes import OtherSizeError, agree
from mailer.web.console.calendar import form
from mailer.web.console.calendar.form import Sheet
from mailer.web.console.calendar.listing import PATH, calendar_of
from mailer.web.console.calendar.wording import Wording
from mailer.web.console.notices import Notice, Undo
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, lead, show
from mailer.web.console.wrong import NOTHING, Wrong, made, worded, wrong

ENTRY: Final = PATH + "/entries/{name}"
SURE: Final = "readers"
"""The field with the number of readers that was seen."""
BACK: Final = "back"
_NOT_SENT: Final = frozenset({"stamp", SURE, BACK})
_VERBS: Final = {"change": "calendar.change", "cancel": "calendar.cancel"}

router = APIRouter(route_class=ConsoleRoute)

Revise = Callable[[Entry], Entry]


@dataclass(frozen=True, slots=True)
class Doing:
    """What a form does to an entry."""

    name: str
    verb: str
    """`change`, `cancel` or `revive`: names its words."""
    revise: Revise
    occurrence: str = ""

    @property
    def page(self) -> str:
        """Return the entry's page."""
        return f"{PATH}/entries/{self.name}"

    @property
    def target(self) -> str:
        """Return where its form is sent."""
        return f"{self.page}/{'edit' if self.verb == 'change' else self.verb}"


@router.get(f"{PATH}/new")
def new(request: Request, visit: Here, _: SignedIn, day: str = "") -> Response:
    """Show the form of a new entry."""
    admitted("calendar.add")
    sheet = form.empty(visit.site.settings, day[:10] if day[:4].isdecimal() else "")
    return _form(request, visit, sheet, None)


@router.post(f"{PATH}/new")
def add(request: Request, visit: Here, _: SignedIn) -> Response:
    """Add an entry; nobody is mailed by that, but reminders go out when their time comes."""
    site = visit.site
    sheet = form.typed(visit.fields, site.settings)
    try:
        given = form.given_of(sheet, site.settings, whole=True)
        title = next(text for text in given["title"].values() if text)
        name = naming.free_name(site.store, title, given["start"].year)
        entry = calendar_of(site).add(revising.made(name, given, site.settings))
    except InputError as error:
        return _form(request, visit, sheet, None, _wrong(visit, error))
    return lead(visit, f"{PATH}/entries/{entry.id}", Notice("console_calendar.added"))


@router.get(f"{ENTRY}/edit")
def edit(request: Request, visit: Here, _: SignedIn, name: str, on: str = "") -> Response:
    """Show the form of an entry, or of one occurrence."""
    admitted("calendar.change")
    series, shown = _seen(visit, name, on, "calendar.change")
    sheet = form.filled(shown)
    sheet.values["sequence"] = str(series.sequence)
    return _form(request, visit, sheet, shown, on=on)


@router.post(f"{ENTRY}/edit")
def change(request: Request, visit: Here, _: SignedIn, name: str) -> Response:
    """Change an entry, once the number of those who are told of it was seen."""
    site, on = visit.site, visit.fields.one("on")
    series, shown = _seen(visit, name, on, "calendar.change")
    sheet = form.typed(visit.fields, site.settings)
    if visit.fields.one(BACK):
        return _form(request, visit, sheet, shown, on=on)
    if late := _changed_since(visit, series, sheet["sequence"]):
        sheet.values["sequence"] = str(series.sequence)
        return _form(request, visit, sheet, shown, late, on=on, status=409)
    try:
        given = form.given_of(sheet, site.settings, whole=not on)
        doing = Doing(name, "change", lambda one: revising.applied(one, given, site.settings), on)
        return _do(request, visit, doing)
    except InputError as error:
        return _form(request, visit, sheet, shown, _wrong(visit, error), on=on)


@router.get(f"{ENTRY}/cancel")
def ask_cancel(request: Request, visit: Here, _: SignedIn, name: str, on: str = "") -> Response:
    """Ask why an entry does not take place."""
    admitted("calendar.cancel")
    return _cancel_form(request, visit, name, on)


@router.post(f"{ENTRY}/cancel")
def cancel(request: Request, visit: Here, _: SignedIn, name: str) -> Response:
    """Cancel an entry, once the number of those who are told of it was seen."""
    on, settings = visit.fields.one("on"), visit.site.settings
    reason = {
        code.lower(): visit.fields.one(f"reason_{code.lower()}") for code in settings.languages
    }
    if visit.fields.one(BACK):
        return _cancel_form(request, visit, name, on, reason)
    try:
        checked = revising.checked("reason", reason, settings)
        said = {code: text for code, text in checked.items() if text}
        doing = Doing(name, "cancel", lambda one: revising.cancelled(one, said), on)
        return _do(request, visit, doing)
    except InputError as error:
        first = f"reason_{settings.languages[0].lower()}"
        found = wrong(visit.site.say(visit.language), error, {"reason": first})
        return _cancel_form(request, visit, name, on, reason, found=found)


@router.post(f"{ENTRY}/revive")
def revive(request: Request, visit: Here, _: SignedIn, name: str) -> Response:
    """Say that an entry takes place after all."""
    on = visit.fields.one("on")
    if visit.fields.one(BACK):
        return lead(visit, f"{PATH}/entries/{name}")
    doing = Doing(name, "revive", lambda one: replace(one, status=Status.CONFIRMED, reason={}), on)
    return _do(request, visit, doing)


def _do(request: Request, visit: Visit, doing: Doing) -> Response:
    """Do it, or show first whom it mails.

    Raises:
        InputError: something cannot be.
        NotFoundError: there is no such entry, or no such occurrence.
        StateError: it cannot be done to what is cancelled.
    """
    site = visit.site
    planning = Planning(site.store, site.settings, site.clock)
    act = _VERBS.get(doing.verb, "calendar.change")
    admitted(act)
    with looking("calendar.preview"):
        plan = planning.plan(doing.name, doing.revise, doing.occurrence)
    if plan.after is plan.before:
        return lead(visit, doing.page, Notice("console_calendar.nothing_changed", kind="warn"))
    seen = visit.fields.one(SURE)
    sure = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 12 else None
    try:
        agree(Expected(sure or 0, 0), plan.readers)
    except OtherSizeError:
        return _sure(request, visit, doing, plan, _mails(planning, plan), other=sure is not None)
    calendar = calendar_of(site)
    after = (
        calendar.cancel(doing.name, _reason(plan, doing), doing.occurrence)
        if doing.verb == "cancel"
        else calendar.change(doing.name, doing.revise, doing.occurrence)
    )
    undo = Undo(f"{doing.page}/undo", {"sequence": str(after.sequence)})
    if not plan.readers:
        told = Notice(f"console_calendar.done.{doing.verb}", undo=undo)
    else:
        at = visit.shown.clock(plan.at)
        key = f"console_calendar.done_and_told.{doing.verb}"
        told = Notice(key, {"at": at}, number=plan.readers, undo=undo)
    return lead(visit, doing.page, told)


def _reason(plan: Plan, doing: Doing) -> Mapping[str, str]:
    """Return the reason that a plan gives for what it cancels."""
    shown = occurrence_of(plan.after, doing.occurrence) if doing.occurrence else plan.after
    return shown.reason if shown else {}


def _mails(planning: Planning, plan: Plan) -> dict[int, list[Mail]]:
    """Write the mails of a plan; none where the settings lack what every mail needs."""
    try:
        return planning.mails(plan)
    except ConfigError:
        return {}


def _sure(
    request: Request,
    visit: Visit,
    doing: Doing,
    plan: Plan,
    mails: Mapping[int, list[Mail]],
    *,
    other: bool,
) -> Response:
    """Show what will be done, and what those who are told of it get."""
    return show(
        request,
        visit,
        "calendar/sure.html.j2",
        doing=doing,
        plan=plan,
        mails=mails,
        other=other,
        kept=[(name, value) for name, value in visit.fields.items() if name not in _NOT_SENT],
        title_key=_title_key(doing, plan),
        its=Wording(visit),
        status=409 if other else 200,
    )


def _title_key(doing: Doing, plan: Plan) -> str:
    """Name the words for what is done: a change that moves it is a move."""
    if doing.verb == "change":
        return "move" if any(one.change.value == "moved" for one in plan.notices) else "change"
    return doing.verb


def _form(
    request: Request,
    visit: Visit,
    sheet: Sheet,
    entry: Entry | None,
    found: Wrong = NOTHING,
    *,
    on: str = "",
    status: int = 0,
) -> Response:
    """Make the page of the form."""
    settings = visit.site.settings
    topics, order = in_words(settings.topics), settings.languages
    its = Wording(visit)
    return show(
        request,
        visit,
        "calendar/form.html.j2",
        entry=entry,
        sheet=sheet,
        on=on,
        codes=order,
        kind_options=[(one.value, its.say(f"console_calendar.kind.{one}")) for one in Kind],
        pattern_options=[
            (one.value, its.say(f"console_calendar.pattern.{one}")) for one in Pattern
        ],
        topics=[(one, topics[one].name(visit.language, order), "") for one in topics],
        zones=sorted(
            one for one in available_timezones() if "/" in one and not one.startswith("Etc")
        ),
        offsets=[(one, its.offset(one), "") for one in sheet.offered],
        usual=its.words.listing(
            [str(its.offset(one)) for one in form.usual_offsets(sheet["kind"])]
        ),
        wrong=found,
        its=its,
        status=status or (422 if found else 200),
    )


def _cancel_form(
    request: Request,
    visit: Visit,
    name: str,
    on: str,
    reason: Mapping[str, str] | None = None,
    *,
    found: Wrong = NOTHING,
) -> Response:
    _, shown = _seen(visit, name, on, "calendar.cancel")
    return show(
        request,
        visit,
        "calendar/cancel.html.j2",
        entry=shown,
        on=on,
        base=f"{PATH}/entries/{name}",
        reason=shown.reason if reason is None else reason,
        codes=visit.site.settings.languages,
        wrong=found,
        its=Wording(visit),
        status=422 if found else 200,
    )


def _seen(visit: Visit, name: str, on: str, act: str) -> tuple[Entry, Entry]:
    """Return an entry, and what of it is meant: itself, or one occurrence.

    Raises:
        NotFoundError: there is no such entry, or no such occurrence.
    """
    with looking(act):
        series = calendar_of(visit.site).get(name)
    shown = occurrence_of(series, on) if on else series
    if shown is None:
        raise NotFoundError("occurrence", on[:40], within=name)
    return series, shown


def _changed_since(visit: Visit, series: Entry, seen: str) -> Wrong:
    """Tell what somebody else has changed since the form was opened; nothing: nobody did."""
    if seen == str(series.sequence):
        return NOTHING
    say, its = visit.site.say(visit.language), Wording(visit)
    with looking("calendar.change"):
        versions = {
            str(one.entry.sequence): one.entry for one in history(visit.site.store, series.id)
        }
    differing: list[Difference] = compared(versions.get(seen, series), series)
    rows = [label for one in differing for label, _, _ in its.changed(one)]
    fields = its.words.listing([str(one) for one in dict.fromkeys(rows)]) or "–"
    return made([("", say("console_calendar.changed_since", fields=fields))])


def _wrong(visit: Visit, error: InputError) -> Wrong:
    """Word what is wrong with the form; what is missing is asked for by name."""
    say, places = visit.site.say(visit.language), form.fields_of(visit.site.settings)
    found = []
    for one in error.problems:
        asked = "title" if one.place.startswith("title") else one.place
        key = f"console_calendar.needed.{asked}"
        worded_here = one.code == "missing" and say.has(key)
        text = say(key) if worded_here else worded(say, one)
        found.append((places.get(one.place, one.place), text))
    return made(found)
