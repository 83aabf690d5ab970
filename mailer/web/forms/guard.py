"""Makes sure that a form of a reader's own page was sent from that page (CSRF).

Three things: the browser says where it comes from (Sec-Fetch-Site, Origin); the form holds a stamp
that we made for this token; and without the token, which only its owner has, nothing is done.
"""

from __future__ import annotations

from typing import Final

from fastapi import Request

from mailer.web.forms.fields import Fields
from mailer.web.forms.stamps import Age
from mailer.web.problems import PageError
from mailer.web.site import Site, site_of

SAME: Final = frozenset({"same-origin", "none"})
STAMP: Final = "stamp"


def stamp(site: Site, purpose: str, token: str) -> str:
    """Make the stamp that a form of a reader's own page holds."""
    return site.stamps.make(f"{purpose} {token}")


def check(request: Request, fields: Fields, purpose: str, token: str, language: str) -> None:
    """Refuse a form that was not sent from our page, or long ago.

    Raises:
        PageError: 403, another website sent it; or 400, the page lay open for too long.
    """
    site = site_of(request)
    from_elsewhere(request, site, language)
    age = site.stamps.age(f"{purpose} {token}", fields.one(STAMP))
    if age is Age.FALSE:
        raise PageError(403, language=language)
    if age is Age.LATE:
        raise PageError(400, "late", language=language)


def from_elsewhere(request: Request, site: Site, language: str) -> None:
    """Refuse what a browser says comes from another website.

    Of a page that keeps its address from others (`Referrer-Policy: no-referrer`) the Origin is
    `null`; then Sec-Fetch-Site and the stamp tell.

    Raises:
        PageError: 403.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in SAME:
        raise PageError(403, language=language)
    origin = request.headers.get("origin", "null")
    if origin not in {"null", own_origin(request, site)}:
        raise PageError(403, language=language)


def own_origin(request: Request, site: Site) -> str:
    """Return the origin of our own pages."""
    whole = site.absolute(request, "/")
    scheme, _, rest = whole.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"
