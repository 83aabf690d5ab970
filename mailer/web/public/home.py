"""The front page, and what programs ask every site for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse, RedirectResponse

from mailer.domain.calendar.entry import Entry
from mailer.web.assets import FOREVER
from mailer.web.conditional import answered
from mailer.web.language import Language, preferred
from mailer.web.problems import PageError
from mailer.web.public.calendar import texts_for
from mailer.web.site import site_of

NEXT: Final = 4
"""Dates that the front page shows."""

router = APIRouter()

_ROBOTS = """\
User-agent: *
Disallow: {prefix}/confirm/
Disallow: {prefix}/console
Disallow: {prefix}/leave/
Disallow: {prefix}/preferences/
Disallow: {prefix}/rsvp/
Disallow: {prefix}/*/trials/
Disallow: {prefix}/*/search
Sitemap: {sitemap}
"""


@router.get("/")
def front(request: Request) -> Response:
    """Lead to the front page in the reader's language."""
    language = preferred(request)
    headers = {"Vary": "Accept-Language", "Cache-Control": "no-cache"}
    return RedirectResponse(site_of(request).path(f"/{language}/"), 302, headers)


@router.get("/static/{name}")
def static(request: Request, name: str) -> Response:
    """Serve a file of ours."""
    asset = site_of(request).assets.get(name)
    if asset is None:
        raise PageError(404)
    return Response(asset.content, media_type=asset.type, headers={"Cache-Control": FOREVER})


@router.get("/robots.txt")
def robots(request: Request) -> Response:
    """Ask crawlers to leave readers' own pages alone; they are marked so as well."""
    site = site_of(request)
    sitemap = site.absolute(request, "/sitemap.xml")
    return PlainTextResponse(_ROBOTS.format(prefix=site.prefix, sitemap=sitemap))


@router.get("/{language}/")
def home(request: Request, language: Language) -> Response:
    """Show what the list is, what was sent last and what comes next."""
    site = site_of(request)
    latest = next(iter(site.archive.newest_first()), None)
    page = site.page(
        request,
        "home.html.j2",
        language,
        latest=(latest, latest.card.face_for(language)) if latest else None,
        coming=_next_of_each(site.calendar.coming())[:NEXT],
        text_of=texts_for(site, language),
    )
    return answered(request, page)


def _next_of_each(coming: Sequence[Entry]) -> list[Entry]:
    """Keep the next occurrence of each entry: a weekly hour must not hide the year's meeting."""
    found: dict[str, Entry] = {}
    for entry in coming:
        found.setdefault(entry.id, entry)
    return list(found.values())
