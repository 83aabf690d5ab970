"""The list of readers: searched, filtered, page by page, and exported."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from fastapi import APIRouter, Request, Response

from mailer.domain.segments.tokens import RuleError
from mailer.services.subscriptions.exporting import filtered_pieces
from mailer.services.subscriptions.listing import Counted, Filter, Listed
from mailer.web.console.finding import FINDERS, Hit
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, show
from mailer.web.console.subscribers.choosing import LIST, Wanted, of_form, of_query, options_of
from mailer.web.console.subscribers.ways import tabs_of
from mailer.web.console.wrong import NOTHING, Wrong, wrong
from mailer.web.exports import Download
from mailer.web.problems import PageError

MOST: Final = 50

router = APIRouter(route_class=ConsoleRoute)


@router.get(LIST)
def readers(
    request: Request, visit: Here, _: SignedIn, after: int = 0, order: str = ""
) -> Response:
    """List readers, the newest first or the oldest."""
    return list_page(request, visit, of_query(request), after=after, order=order)


def list_page(
    request: Request,
    visit: Visit,
    wanted: Wanted,
    *,
    after: int = 0,
    order: str = "",
    problem: Wrong = NOTHING,
    status: int = 200,
) -> Response:
    """Make the page of a list, with what is wrong with what was asked of it."""
    listing, oldest = visit.site.listing, order == "oldest"
    after = after if 0 <= after < 2**53 else 0
    try:
        page = listing.page(wanted.filter, after=after, most=MOST, newest=not oldest)
        counted = _counted(visit, wanted.filter, page, after)
    except RuleError as error:
        page, counted = Listed([], None), Counted(0)
        problem, status = wrong(visit.site.say(visit.language), error), 422
    kept = "oldest" if oldest else ""
    return show(
        request,
        visit,
        "subscribers/list.html.j2",
        status=status,
        wrong=problem,
        wanted=wanted,
        filtered=bool(wanted.pairs),
        found=page.found,
        whole=page.whole,
        counted=counted,
        order=kept,
        next=wanted.address(after=page.following, order=kept) if page.following else "",
        first=wanted.address(order=kept) if after else "",
        options=options_of(visit),
        tabs=tabs_of(visit),
    )


def _counted(visit: Visit, chosen: Filter, page: Listed, after: int) -> Counted:
    """Count those to whom a choice applies, unless the page shows all of them."""
    if chosen.part and page.following is None and page.whole and not after:
        return Counted(len(page.found))
    return visit.site.listing.count(chosen)


@router.post(f"{LIST}/export")
def export(visit: Here, _: SignedIn) -> Response:
    """Write the readers whom the filters let through as CSV."""
    site, wanted = visit.site, of_form(visit)
    try:
        pieces = filtered_pieces(site.store, site.settings, site.listing, wanted.filter)
    except RuleError:
        raise PageError(400) from None
    name = f"readers-{visit.shown.local(site.clock.now()):%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Download(pieces, headers=headers, media_type="text/csv")


def _find(visit: Visit, q: str) -> Iterator[Hit]:
    """Find readers for the command palette."""
    if not visit.may("subscribers.list") or len(q) < 3:
        return
    kind = str(visit.site.say(visit.language)("console_frame.found_reader"))
    for one in visit.site.listing.page(Filter(q), most=5, newest=True).found:
        if one.subscriber:
            name = one.subscriber.name
            text = f"{name} · {one.subscriber.address}" if name else one.subscriber.address
            yield Hit(text, f"{LIST}/{one.subscriber.number}", kind)


FINDERS.append(_find)
