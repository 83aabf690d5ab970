"""The list of the inbox: what waits for a person, and what was done about the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from mailer.domain.inbound.inbox import Deed, Group, Standing
from mailer.services.inbound.inbox import listing
from mailer.services.inbound.inbox.listing import LONGEST_TEXT
from mailer.web.console.inbox.choosing import NEEDED, PATH, Chosen, chosen, number
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, show

router = APIRouter(route_class=ConsoleRoute)
MOST: Final = 50
"""Mails of one page."""
BESIDE: Final = 25
"""Mails listed beside one that is open."""
_BULK: Final = {
    Standing.WAITING: (
        Deed.DONE,
        Deed.DROP,
        Deed.UNSUBSCRIBE,
        Deed.ADD,
        Deed.SUPPRESS,
        Deed.REQUEUE,
    ),
    Standing.ANSWERED: (Deed.DONE, Deed.DROP, Deed.WAITING),
    Standing.DONE: (Deed.WAITING, Deed.DROP, Deed.REQUEUE),
    Standing.DROPPED: (Deed.WAITING,),
}


@router.get(PATH)
def inbox(
    request: Request,
    visit: Here,
    _: SignedIn,
    *,
    standing: str = "",
    group: str = "",
    q: str = "",
    before: str = "",
) -> Response:
    """Show the list."""
    return show(
        request, visit, "inbox/list.html.j2", **listed(visit, chosen(standing, group, q, before))
    )


@router.get(f"{PATH}/others")
def others(
    request: Request, visit: Here, _: SignedIn, *, q: str = "", before: str = ""
) -> Response:
    """Show what the service dealt with by itself: it may have been wrong."""
    wanted = Chosen(text=q[:LONGEST_TEXT].strip(), before=number(before))
    page = listing.others(visit.site.store, text=wanted.text, before=wanted.before, most=MOST)
    asked = {"q": wanted.text} if wanted.text else {}
    first = f"{PATH}/others?{urlencode(asked)}".rstrip("?")
    following = ""
    if page.following:
        following = f"{PATH}/others?{urlencode({**asked, 'before': page.following})}"
    return show(
        request,
        visit,
        "inbox/others.html.j2",
        first=first if wanted.before else "",
        following=following,
        **{**listed(visit, replace(wanted, text="", before=0), 1), "page": page, "q": wanted.text},
    )


def listed(visit: Visit, wanted: Chosen, most: int = MOST) -> dict[str, Any]:
    """Return what a page shows of the list."""
    store = visit.site.store
    page = listing.page(store, wanted.filter, before=wanted.before, most=most)
    counts = listing.counts(store)
    waiting = {one: counts[Standing.WAITING, one] for one in Group}
    return {
        "chosen": wanted,
        "page": page,
        "standings": tuple(Standing),
        "groups": tuple(Group),
        "waiting": waiting,
        "waiting_in_all": sum(waiting.values()),
        "bulk": [deed for deed in _BULK[wanted.standing] if visit.may(NEEDED[deed])],
    }
