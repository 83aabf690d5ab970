"""Addresses that are never mailed: looked up, added, lifted; never listed, being kept hashed."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request, Response

from mailer.domain.subscribers.address import Address, AddressError, parse_address
from mailer.services.subscriptions import subscribers
from mailer.services.subscriptions.listing import Filter
from mailer.web.console.notices import Notice
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, lead, show
from mailer.web.console.subscribers.choosing import LIST, SUPPRESSED
from mailer.web.console.subscribers.many import reason_of
from mailer.web.console.subscribers.ways import tabs_of
from mailer.web.console.wrong import NOTHING, Wrong, made
from mailer.web.problems import PageError

PATH: Final = f"{LIST}/{SUPPRESSED}"
MOST: Final = 200
"""Addresses of one form."""

router = APIRouter(route_class=ConsoleRoute)


@router.get(PATH)
def suppressed(request: Request, visit: Here, _: SignedIn) -> Response:
    """Show how many addresses are suppressed, and the form to look some up."""
    return _page(request, visit)


@router.post(PATH)
def act(request: Request, visit: Here, _: SignedIn) -> Response:
    """Look addresses up, suppress them, or lift that."""
    site, fields, say = visit.site, visit.fields, visit.site.say(visit.language)
    given = fields.raw("addresses")[:100_000]
    words = given.replace(",", " ").replace(";", " ").split()
    addresses, bad = _read(words[: MOST + 1])
    problem: list[tuple[str, Any]] = []
    if bad:
        problem = [("addresses", say("console_subscribers.suppressed.bad", bad=", ".join(bad[:5])))]
    elif not addresses:
        problem = [("addresses", say("console_subscribers.suppressed.none"))]
    elif len(addresses) > MOST:
        problem = [("addresses", say("console_subscribers.suppressed.many", most=MOST))]
    if problem:
        return _page(request, visit, given, problem=made(problem))
    doing, now, reason = fields.one("doing"), site.clock.now(), reason_of(visit)
    if doing == "look":
        found = zip(addresses, site.listing.suppressed(addresses), strict=True)
        return _page(request, visit, given, found=list(found))
    works = {"add": subscribers.suppress, "lift": subscribers.unsuppress}
    if doing not in works:
        raise PageError(400)
    changed = sum(works[doing](site.store, site.settings, now, one, reason) for one in addresses)
    told = Notice(f"console_subscribers.suppressed.{doing}_done", number=changed)
    return lead(visit, PATH, told)


def _read(words: list[str]) -> tuple[list[Address], list[str]]:
    found, bad = [], []
    for word in words:
        try:
            found.append(parse_address(word))
        except AddressError:
            bad.append(word[:100])
    return found, bad


def _page(
    request: Request,
    visit: Visit,
    given: str = "",
    *,
    found: list[Any] | None = None,
    problem: Wrong = NOTHING,
) -> Response:
    counts = subscribers.count(visit.site.store)
    return show(
        request,
        visit,
        "subscribers/suppressed.html.j2",
        status=422 if problem else 200,
        wrong=problem,
        given=given,
        found=found,
        every=counts.suppressed,
        readers=visit.site.listing.count(Filter(suppressed=True)).number,
        tabs=tabs_of(visit),
    )
