"""The archive's pages: the list of editions, one edition, the search, the feed, and the images.

Beside it stand the pages of editions that were not sent yet, for those who were sent a trial.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from mailer.content.parsing.card import Face
from mailer.content.rendering.searching import LONGEST, Query
from mailer.content.rendering.web_page import image_path
from mailer.services.campaigns import trial_page
from mailer.services.campaigns.trial_page import Tried
from mailer.services.editions.archive import Sent
from mailer.services.editions.archive_search import MOST_HITS
from mailer.services.editions.library import page_of
from mailer.web.assets import FOREVER, accent_path
from mailer.web.conditional import FEED_CACHING, answered
from mailer.web.language import Language
from mailer.web.problems import PageError
from mailer.web.site import PRIVATE, Site, site_of

FEED_LENGTH: Final = 10
"""Editions that the feed holds, whole."""
HIDDEN: Final = {**PRIVATE, "X-Robots-Tag": "noindex, nofollow"}
"""Header fields of what only a trial's link shows."""
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)

Neighbour = tuple[Sent, Face] | None

router = APIRouter()


@router.get("/images/{name}")
def image(request: Request, name: str) -> Response:
    """Serve an image of an edition that was sent."""
    digest, _, _ = name.partition(".")
    found = site_of(request).archive.image(digest)
    if found is None or found.path != f"/images/{name}":
        raise PageError(404)
    headers = {
        "Cache-Control": FOREVER,
        # Feed readers and mail programs show editions, with their images, on pages of their own.
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    response = Response(found.data, media_type=found.content_type, headers=headers)
    return answered(request, response)


@router.get("/{language}/editions")
def editions(request: Request, language: Language) -> Response:
    """List what was sent."""
    site = site_of(request)
    found = site.archive.newest_first()
    page = site.page(
        request,
        "editions.html.j2",
        language,
        editions=[(sent, sent.card.face_for(language)) for sent in found],
        query="",
    )
    return answered(request, page, _changed(found))


@router.get("/{language}/search")
def search(request: Request, language: Language, q: str = "") -> Response:
    """Look for words in the editions."""
    site = site_of(request)
    query = " ".join(q[:LONGEST].split())
    hits = site.archive_search.find(site.archive.newest_first(), language, Query.parse(query))
    return site.page(
        request,
        "search.html.j2",
        language,
        # What somebody looks for is nobody else's business, so it is kept nowhere.
        headers={"Cache-Control": "no-store"},
        indexed=False,
        query=query,
        hits=hits,
        most=MOST_HITS,
    )


@router.get("/{language}/editions.atom")
def feed(request: Request, language: Language) -> Response:
    """Give the newest editions to feed readers (RFC 4287)."""
    site = site_of(request)
    own = site.absolute(request, "")
    found = site.archive.newest_first()[:FEED_LENGTH]
    text = site.environment.get_template("editions.atom.j2").render(
        say=site.say(language),
        language=language,
        list=site.list_name(language),
        home=f"{own}/{language}/editions",
        address=f"{own}/{language}/editions.atom",
        authority=site.settings.list_domain or request.url.hostname,
        updated=_changed(found) or _BEGINNING,
        entries=[
            (sent, sent.card.face_for(language), _whole(site, sent, language, own))
            for sent in found
        ],
        own=own,
    )
    response = Response(
        text,
        media_type="application/atom+xml; charset=utf-8",
        headers={"Cache-Control": FEED_CACHING, "Content-Language": language},
    )
    return answered(request, response, _changed(found))


@router.get("/{language}/editions/{slug}")
def edition(request: Request, language: Language, slug: str) -> Response:
    """Show an edition: where "View in your browser" leads."""
    site = site_of(request)
    sent = site.archive.get(slug)
    today = site.clock.now().date()
    face = sent.card.face_for(language)
    earlier, later = _neighbours(site, sent, language)
    page = site.page(
        request,
        "edition.html.j2",
        language,
        alternates=_translations(site, sent),
        indexed=sent.listed,
        accent=accent_path(sent.card.accent, sent.card.accent_dark),
        sent=sent,
        face=face,
        text=site.archive.text(sent, language, today=today, own=site.prefix),
        canonical=f"/{face.language}/editions/{slug}",
        image=_lead(sent, face),
        earlier=earlier,
        later=later,
    )
    return answered(request, page, max(sent.last_sent, _midnight(sent.card.marked_since(today))))


@router.get("/{language}/trials/{token}")
def trial(request: Request, language: Language, token: str) -> Response:
    """Show an edition that was not sent yet, where the link in a trial's mail leads."""
    site = site_of(request)
    tried = _tried(site, token)
    if tried.is_public:
        there = site.path(f"/{language}/{page_of(tried.edition.slug)}")
        return RedirectResponse(there, 302, PRIVATE)
    today = site.clock.now().date()
    return site.page(
        request,
        "trial.html.j2",
        language,
        headers=HIDDEN,
        indexed=False,
        alternates={
            code: f"/{code}/{trial_page.FOLDER}/{token}"
            for code in site.settings.languages
            if code in tried.card.faces
        },
        accent=accent_path(tried.card.accent, tried.card.accent_dark),
        face=tried.card.face_for(language),
        text=trial_page.text(site.settings, tried, language, site.prefix, today),
    )


@router.get("/trials/{token}/images/{name}")
def trial_image(request: Request, token: str, name: str) -> Response:
    """Serve an image of an edition that was not sent yet."""
    picture = _tried(site_of(request), token).picture(f"/images/{name}")
    if picture is None:
        raise PageError(404)
    return Response(picture.data, media_type=picture.content_type, headers=HIDDEN)


def _tried(site: Site, token: str) -> Tried:
    return trial_page.find(site.store, site.settings, site.signer, token)


def _whole(site: Site, sent: Sent, language: str, own: str) -> str:
    """Return the text of an edition as feed readers show it, links and images with their host."""
    text = site.archive.text(sent, language, today=None, own=own)
    return f'<div dir="{text.direction}">{text.body}</div>'


def _lead(sent: Sent, face: Face) -> dict[str, object] | None:
    """Describe the image by which other sites may show an edition."""
    image = sent.card.images.get(face.lead)
    if image is None:
        return None
    address = image_path(face.lead, image.content_type)
    return {"address": address, "width": image.width, "height": image.height}


def _translations(site: Site, sent: Sent) -> dict[str, str]:
    """Tell where an edition is in each language that it was written in and pages are made in."""
    return {
        code: f"/{code}/editions/{sent.slug}"
        for code in site.settings.languages
        if code in sent.card.faces
    }


def _neighbours(site: Site, sent: Sent, language: str) -> tuple[Neighbour, Neighbour]:
    """Find the editions before and after one in the list."""
    listed = site.archive.newest_first()
    slugs = [one.slug for one in listed]
    if sent.slug not in slugs:
        return None, None
    at = slugs.index(sent.slug)

    def there(index: int) -> Neighbour:
        fits = 0 <= index < len(listed)
        return (listed[index], listed[index].card.face_for(language)) if fits else None

    return there(at + 1), there(at - 1)


def _changed(found: Sequence[Sent]) -> datetime | None:
    return max((sent.last_sent for sent in found), default=None)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
