"""The front page, and what programs ask every site for."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse, RedirectResponse

from mailer.web.assets import FOREVER
from mailer.web.language import Language, preferred
from mailer.web.problems import PageError
from mailer.web.site import site_of

router = APIRouter()

_ROBOTS = """\
User-agent: *
Disallow: {prefix}/confirm/
Disallow: {prefix}/leave/
Disallow: {prefix}/preferences/
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
    """Show what the list is, and what can be done here."""
    return site_of(request).page(request, "home.html.j2", language)
