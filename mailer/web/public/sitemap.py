"""The site map for search engines: which pages there are, in which languages."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request, Response

from mailer.web.conditional import FEED_CACHING, answered
from mailer.web.site import site_of

router = APIRouter()

GENERAL: Final = ("/", "/editions", "/calendar", "/subscribe")
"""Pages that every language has, by their path after the language."""


@router.get("/sitemap.xml")
def sitemap(request: Request) -> Response:
    """List the pages that are for everybody (sitemaps.org, with the languages of each)."""
    site = site_of(request)
    languages = site.settings.languages
    pages: list[tuple[tuple[str, ...], str, datetime | None]] = [
        (languages, rest, None) for rest in GENERAL
    ]
    editions = site.archive.newest_first()
    pages += [
        (
            tuple(code for code in languages if code in sent.card.faces),
            f"/editions/{sent.slug}",
            sent.last_sent,
        )
        for sent in editions
    ]
    entries, revision = site.calendar.for_feed()
    pages += [(languages, f"/calendar/{entry.id}", entry.changed_at) for entry in entries]
    text = site.environment.get_template("sitemap.xml.j2").render(
        pages=pages, absolute=lambda path: site.absolute(request, path)
    )
    changes = [*(sent.last_sent for sent in editions), *filter(None, [revision.at])]
    changed = max(changes, default=None)
    response = Response(
        text,
        media_type="application/xml; charset=utf-8",
        headers={"Cache-Control": FEED_CACHING},
    )
    return answered(request, response, changed)
