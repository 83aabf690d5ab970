"""What is done to many readers: a page that says to how many, then a press of a button."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from fastapi import APIRouter, Request, Response

from mailer.errors import InputError
from mailer.services.subscriptions.bulk import Deed, NumberChangedError, Tally
from mailer.services.subscriptions.listing import Filter
from mailer.web.console.notices import Notice
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, lead, show
from mailer.web.console.subscribers.choosing import LIST, Wanted, of_form
from mailer.web.console.subscribers.lists import list_page
from mailer.web.console.wrong import NOTHING, Wrong, wrong
from mailer.web.problems import PageError

AT_ONCE: Final = 100
"""More than these are left to a worker: nobody waits for the page."""
ACTS: Final[Mapping[Deed, str]] = {
    Deed.TAG: "subscribers.change",
    Deed.REMOVE: "subscribers.remove",
    Deed.SUPPRESS: "subscribers.suppress",
    Deed.ERASE: "subscribers.erase",
}
MANY: Final = f"{LIST}/many"

router = APIRouter(route_class=ConsoleRoute)


class _Told(NamedTuple):
    """What the form says beside whom it is about."""

    add: list[str]
    remove: list[str]
    reason: str


@router.post(MANY)
def ask(request: Request, visit: Here, _: SignedIn) -> Response:
    """Say what would be done, and to how many; nothing is done yet."""
    deed, wanted = _deed(visit), of_form(visit)
    chosen = _chosen(visit, wanted)
    if not isinstance(chosen, Filter) and not chosen:
        say = visit.site.say(visit.language)
        nobody = InputError.of("", "nobody is chosen", "tick at least one", code="nobody")
        return list_page(request, visit, wanted, problem=wrong(say, nobody), status=422)
    return _asked(request, visit, deed, chosen)


@router.post(f"{MANY}/do")
def do(request: Request, visit: Here, _: SignedIn) -> Response:
    """Do it to as many as were agreed to, or ask again."""
    deed, chosen, site = _deed(visit), _chosen(visit, of_form(visit)), visit.site
    expected = number_of(visit.fields.one("expected"))
    say = site.say(visit.language)
    try:
        members = site.bulk.members(chosen, expected)
        told = _Told(_words(visit, "add"), _words(visit, "take"), reason_of(visit))
        if members.bit_count() > AT_ONCE:
            number = _queued(visit, deed, members, told)
            return lead(visit, f"{LIST}/jobs/{number}")
        tally = _done(visit, deed, members, told)
    except NumberChangedError:
        return _asked(request, visit, deed, chosen, changed=True)
    except InputError as error:
        places = {"tags": "add"}
        return _asked(request, visit, deed, chosen, problem=wrong(say, error, places))
    back = of_form(visit).address() if deed is not Deed.ERASE else LIST
    kind = "warn" if tally.refused else "good"
    key = f"console_subscribers.many.{'refused' if tally.refused else deed.value}_done"
    values = {"refused": tally.refused}
    return lead(visit, back, Notice(key, values, kind=kind, number=tally.done))


def _asked(
    request: Request,
    visit: Visit,
    deed: Deed,
    chosen: Filter | Sequence[int],
    *,
    changed: bool = False,
    problem: Wrong = NOTHING,
) -> Response:
    count = (
        visit.site.listing.exact(chosen)
        if isinstance(chosen, Filter)
        else visit.site.listing.exact(Filter(), chosen)
    )
    return show(
        request,
        visit,
        "subscribers/many.html.j2",
        status=409 if changed else 422 if problem else 200,
        wrong=problem,
        deed=deed.value,
        wanted=of_form(visit),
        numbers=() if isinstance(chosen, Filter) else chosen,
        count=count,
        changed=changed,
        add=visit.fields.one("add"),
        take=visit.fields.one("take"),
        reason=visit.fields.one("reason"),
        tags=visit.site.listing.tags(),
        may_do=visit.may(ACTS[deed]),
    )


def _deed(visit: Visit) -> Deed:
    try:
        return Deed(visit.fields.one("deed"))
    except ValueError:
        raise PageError(400) from None


def _chosen(visit: Visit, wanted: Wanted) -> Filter | Sequence[int]:
    """Return the readers that were ticked; or all whom the filters let in, if that was asked."""
    if visit.fields.one("all"):
        return wanted.filter
    found = map(number_of, visit.fields.all("number"))
    return [one for one in found if one]


def number_of(text: str) -> int:
    """Read a number that a form of ours holds; 0: it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0


def _words(visit: Visit, name: str) -> list[str]:
    return visit.fields.one(name).replace(",", " ").split()


def reason_of(visit: Visit) -> str:
    """Return why, for the record; without an address, which no erasure takes out of it again."""
    text = visit.fields.one("reason")[:200]
    said = "by the secretariat"
    return " ".join("(address)" if "@" in word else word for word in text.split()) or said


def _queued(visit: Visit, deed: Deed, members: int, told: _Told) -> int:
    jobs = visit.site.jobs
    match deed:
        case Deed.TAG:
            return jobs.put_tagging(members, {"add": told.add, "remove": told.remove})
        case Deed.REMOVE:
            return jobs.put_removing(members, told.reason)
        case Deed.SUPPRESS:
            return jobs.put_suppressing(members, told.reason)
        case Deed.ERASE:
            return jobs.put_erasing(members, told.reason)


def _done(visit: Visit, deed: Deed, members: int, told: _Told) -> Tally:
    bulk = visit.site.bulk
    match deed:
        case Deed.TAG:
            return bulk.tag(members, told.add, told.remove)
        case Deed.REMOVE:
            return bulk.remove(members, told.reason)
        case Deed.SUPPRESS:
            return bulk.suppress(members, told.reason)
        case Deed.ERASE:
            return bulk.erase(members, told.reason)
