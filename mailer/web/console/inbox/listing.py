"""The list of the inbox: what waits for a person, and what was done about the rest."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request, Response

from mailer.domain.inbound.inbox import Deed, Group, Standing
from mailer.services.inbound.inbox import listing
from mailer.web.console.inbox.choosing import NEEDED, PATH, Chosen, chosen
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
