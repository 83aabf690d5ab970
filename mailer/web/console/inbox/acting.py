"""What is done about mails of the inbox, one or several; about people after a page that asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from mailer.domain.inbound.inbox import STANDINGS, Deed, Item
from mailer.domain.subscribers.address import parse_address
from mailer.errors import InputError, MailerError, NotFoundError
from mailer.services.inbound import received
from mailer.services.inbound.inbox.deeds import Deeds, Done
from mailer.services.subscriptions import subscribers
from mailer.web.console.inbox.choosing import (
    NEEDED,
    PATH,
    SURE,
    chosen,
    numbers,
)
from mailer.web.console.notices import Notice, Undo
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, lead, show
from mailer.web.console.wrong import worded
from mailer.web.problems import PageError

router = APIRouter(route_class=ConsoleRoute)
MOST: Final = 200
"""Mails that are acted on at once."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one mail."""

    number: int
    item: Item | None
    said: Any
    """Why nothing was done; None: it was."""


@router.get(f"{PATH}/sure")
def sure(
    request: Request,
    visit: Here,
    _: SignedIn,
    *,
    deed: str = "",
    mail: Annotated[list[str] | None, Query(max_length=MOST)] = None,
    standing: str = "",
    group: str = "",
    q: str = "",
    before: str = "",
) -> Response:
    """Say what will happen to whom, before it does."""
    wanted = _deed(deed)
    came = chosen(standing, group, q, before)
    found = _items(visit, numbers(tuple(mail or ()), MOST))
    if wanted not in SURE:
        raise PageError(400)
    if not found:
        return lead(visit, came.address(), Notice("console_inbox.nothing_chosen", kind="warn"))
    if not visit.may(NEEDED[wanted]):
        raise PageError(403, "not_allowed")
    statuses = {item.author: _status(visit, item) for _, item in found if item.author}
    people = [one for one, status in statuses.items() if wanted is not Deed.UNSUBSCRIBE or status]
    doubtful = wanted is not Deed.ADD and any(not item.vouched for _, item in found)
    return show(
        request,
        visit,
        "inbox/sure.html.j2",
        deed=wanted,
        found=found,
        people=len(people),
        statuses=statuses,
        doubtful=doubtful,
        chosen=came,
    )


@router.post(f"{PATH}/act")
def act(request: Request, visit: Here, _: SignedIn) -> Response:
    """Do something about mails, and tell what became of each that it failed on."""
    fields, site = visit.fields, visit.site
    deed = _deed(fields.one("deed"))
    came = chosen(
        fields.one("standing"), fields.one("group"), fields.one("q"), fields.one("before")
    )
    wanted = numbers((*fields.all("mail"), fields.one("mails")), MOST)
    if not wanted:
        return lead(visit, came.address(), Notice("console_inbox.nothing_chosen", kind="warn"))
    if deed in SURE and not fields.one("sure"):
        asked = urlencode({"deed": deed.value, "mail": ",".join(map(str, wanted))})
        path = came.address()
        return lead(visit, f"{PATH}/sure?{asked}&{path.partition('?')[2]}".rstrip("&"))
    known = dict(_items(visit, wanted))
    deeds = Deeds(site.store, site.settings, site.clock)
    done = deeds.each(wanted, deed, unvouched=bool(fields.one("unvouched")))
    failed = [one for one in done if one.error]
    good = [one.number for one in done if not one.error]
    if failed:
        return show(
            request,
            visit,
            "inbox/outcome.html.j2",
            status=409 if not good else 200,
            deed=deed,
            good=len(good),
            failed=[_result(visit, one, known.get(one.number)) for one in failed],
            chosen=came,
        )
    undo = None
    if deed in STANDINGS and deed is not Deed.WAITING:
        undo = Undo(f"{PATH}/act", {"deed": "waiting", "mails": ",".join(map(str, good))})
    told = Notice(f"console_inbox.did.{deed}", number=len(good), undo=undo)
    return lead(visit, came.address(), told)


def _deed(text: str) -> Deed:
    if text not in set(Deed):
        raise PageError(400)
    return Deed(text)


def _items(visit: Visit, wanted: Sequence[int]) -> list[tuple[int, Item]]:
    """Load the items of mails; those that are gone are left out."""
    found = []
    for number in wanted:
        try:
            item = received.find(visit.site.store, number).item
        except NotFoundError:
            continue
        if item is not None:
            found.append((number, item))
    return found


def _status(visit: Visit, item: Item) -> str:
    """Tell the status of an author on the list; empty: nobody's, or not for this user to see."""
    if not visit.may("subscribers.find"):
        return ""
    try:
        address = parse_address(item.author)
    except InputError:
        return ""
    known = subscribers.look_up(visit.site.store, visit.site.settings, address).subscriber
    return known.status.value if known else ""


def _result(visit: Visit, one: Done, item: Item | None) -> Result:
    say = visit.site.say(visit.language)
    return Result(one.number, item, _worded(say, one.error))


def _worded(say: Any, error: MailerError | None) -> Any:
    """Word why nothing was done; an error of an input by its problem, others by their code."""
    if isinstance(error, InputError):
        code = error.problems[0].code
        key = f"console_inbox.why_not.{code.replace('.', '_')}"
        return say(key) if say.has(key) else worded(say, error.problems[0])
    key = f"console_inbox.why_not.{error.code if error else 'failed'}"
    return say(key) if say.has(key) else say("console_inbox.why_not.failed")
