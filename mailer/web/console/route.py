"""What stands before every page of the console: the browser, the session, the form, the actor."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Annotated, Any, Final
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from mailer.domain.access.actor import STRANGER
from mailer.domain.access.signing_in import browser
from mailer.domain.access.signing_in.destination import HOME, own
from mailer.errors import NotAllowedError, NotFoundError, ProofNeededError, StateError
from mailer.services.access.acting import acting_as
from mailer.services.access.signing_in.sessions import Begun, Signed
from mailer.services.access.signing_in.visitor import Visitor
from mailer.web.console.areas import FIRST, area_of, may, seen_by
from mailer.web.console.badges import badges
from mailer.web.console.cookies import BROWSER_SECONDS, Cookies
from mailer.web.console.notices import Notice, Notices
from mailer.web.console.shown import Shown
from mailer.web.console.standing import why_not
from mailer.web.console.wrong import NOTHING
from mailer.web.errors import page as error_page
from mailer.web.forms import guard
from mailer.web.forms.fields import Fields, read_form
from mailer.web.forms.stamps import Age
from mailer.web.language import preferred
from mailer.web.middleware import MOST_BYTES
from mailer.web.problems import PageError
from mailer.web.site import Site, site_of

HEADERS: Final = {"Cache-Control": "no-store", "Referrer-Policy": "same-origin"}
STAMP: Final = "stamp"
SEE_OTHER: Final = 303
NEXT: Final = "next"

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class SignInNeededError(Exception):
    """Only users may see this page, and the browser has no session."""


@dataclass(slots=True)
class Visit:
    """One request to the console."""

    site: Site
    secret: str
    """The value that the browser is known by."""
    visitor: Visitor
    signed: Signed | None
    language: str
    lapsed: bool = False
    """Whether the browser had a session that is over."""
    fields: Fields = field(default_factory=lambda: Fields(()))
    """The form, if one was sent: from our own page, to this browser and session."""
    begun: Begun | None = None
    """A session for the browser to keep."""
    ended: bool = False
    """Whether the browser's session is over."""
    notice: Notice | None = None
    """What was done by the form before this page; shown once."""
    told: Notice | None = None
    """What the next page says."""

    @property
    def purpose(self) -> str:
        """Return what the stamps of forms are for: this browser, in this session."""
        return f"console {self.visitor.browser} {self.signed.session.id if self.signed else ''}"

    def may(self, act: str) -> bool:
        """Tell whether the user may ask for an act, by its name."""
        return may(self.signed, act)

    @property
    def shown(self) -> Shown:
        """Return what writes numbers and times for the user."""
        zone = ZoneInfo(self.site.settings.time_zone)
        return Shown(self.site.say(self.language).words, zone, self.site.clock.now())

    @property
    def next(self) -> str:
        """Return the page that the form wants to lead to: one of ours."""
        return own(self.fields.one(NEXT))


class ConsoleRoute(APIRoute):
    """A route of the console."""

    def get_route_handler(self) -> Handler:
        """Put the checks before the page, and what follows from errors behind it."""
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            return await _answered(request, inner)

        return handle


async def _answered(request: Request, inner: Handler) -> Response:
    site = site_of(request)
    if not site.settings.public_url:
        raise PageError(404)
    cookies = Cookies(site.settings.public_url)
    visit = await run_in_threadpool(_visit, request, site, cookies)
    request.state.visit = visit
    try:
        response = await _inside(request, visit, inner)
    except PageError as error:
        response = _error(request, visit, error)
    except SignInNeededError:
        response = _leading(request, site, "/console/sign-in")
    except ProofNeededError:
        response = _leading(request, site, "/console/prove")
    except NotAllowedError:
        response = _error(request, visit, PageError(403, "not_allowed"))
    except NotFoundError as error:
        response = _error(request, visit, PageError(404, "not_there"), error)
    except StateError as error:
        response = _error(request, visit, PageError(409, "not_now"), error)
    finally:
        visit.fields.close()
    _keep(response, visit, cookies)
    _tell(request, response, visit, cookies)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Cache-Control"] = HEADERS["Cache-Control"]
    return response


def _error(
    request: Request,
    visit: Visit,
    error: PageError,
    why: StateError | NotFoundError | None = None,
) -> Response:
    """Make the page of an error: in the console's frame for users, else in that of readers."""
    error.language = error.language or visit.language
    if visit.signed is None:
        return error_page(request, error)
    return show(
        request,
        visit,
        "error.html.j2",
        error=error.words,
        said=why_not(visit.site.say(visit.language), why) if why else None,
        status=error.status,
        headers=error.headers,
    )


def _visit(request: Request, site: Site, cookies: Cookies) -> Visit:
    secret = cookies.of(request, cookies.browser) or browser.draw()
    client = request.client.host if request.client else ""
    agent = request.headers.get("user-agent", "")
    visitor = Visitor(browser.digest_of(secret), client, agent)
    session = cookies.of(request, cookies.session)
    signed = site.sessions.of(session, visitor) if session else None
    spoken = signed.user.language if signed else ""
    language = spoken if spoken in site.settings.languages else preferred(request)
    visit = Visit(site, secret, visitor, signed, language, bool(session) and signed is None)
    visit.notice = _notices(visit, cookies).take(request, visit.purpose)
    return visit


def _notices(visit: Visit, cookies: Cookies) -> Notices:
    return Notices(visit.site.secret, secure=cookies.secure)


async def _inside(request: Request, visit: Visit, inner: Handler) -> Response:
    if request.method != "GET":
        await _check(request, visit)
    signed = visit.signed
    actor, recorder = (signed.actor, visit.site.sessions.recorder) if signed else (STRANGER, None)
    with acting_as(actor, recorder):
        return await inner(request)


async def _check(request: Request, visit: Visit) -> None:
    """Read the form, and refuse one that was not sent from our page to this browser (CSRF).

    Raises:
        PageError: 403, or 400 if the page lay open for too long; 413, it is too large.
        SignInNeededError: the session in which the page was shown is over.
    """
    try:
        guard.from_elsewhere(request, visit.site, visit.language)
    except PageError:
        raise PageError(403, "console_403", language=visit.language) from None
    if visit.signed is None and _declared(request) > MOST_BYTES:
        raise PageError(413, language=visit.language, headers={"Connection": "close"})
    visit.fields = await read_form(request)
    age = visit.site.stamps.age(visit.purpose, visit.fields.one(STAMP))
    if age is not Age.GOOD and visit.lapsed:
        raise SignInNeededError
    if age is not Age.GOOD:
        late = age is Age.LATE
        raise PageError(400 if late else 403, "console_403", language=visit.language)


def _declared(request: Request) -> int:
    """Return the octets that a form announces; without a number, all that we take at most."""
    length = request.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else MOST_BYTES + 1


def _leading(request: Request, site: Site, path: str) -> Response:
    """Lead to a page from which one comes back; after a form, to the page that it was on."""
    if request.method == "GET":
        came = f"{request.scope['path']}?{request.url.query}".removesuffix("?")
    else:
        came = _page_of(request.headers.get("referer", "")).removeprefix(site.prefix)
    return RedirectResponse(f"{site.path(path)}?{NEXT}={quote(own(came), safe='/')}", 303)


def _page_of(referer: str) -> str:
    try:
        return urlsplit(referer).path
    except ValueError:  # anybody may write anything into it
        return ""


def _keep(response: Response, visit: Visit, cookies: Cookies) -> None:
    """Give the browser its cookies; the one that it is known by anew, so that it is kept on."""
    cookies.keep(response, cookies.browser, visit.secret, BROWSER_SECONDS)
    if visit.begun:
        cookies.keep(response, cookies.session, visit.begun.secret, None)
    elif visit.ended:
        cookies.remove(response, cookies.session)


def _tell(request: Request, response: Response, visit: Visit, cookies: Cookies) -> None:
    """Hand what was done to the next page; take away what this one has shown."""
    notices = _notices(visit, cookies)
    seen = visit.notice is None or getattr(request.state, "said", False)
    if visit.told:
        notices.keep(response, visit.purpose, visit.told)
    elif seen and notices.name in request.cookies and response.status_code != SEE_OTHER:
        notices.remove(response)


async def visit_of(request: Request) -> Visit:
    """Return the visit that a request is."""
    found: Visit = request.state.visit
    return found


async def signed_in(request: Request) -> Signed:
    """Return the user.

    Raises:
        SignInNeededError: nobody has signed in.
    """
    visit: Visit = request.state.visit
    if visit.signed is None:
        raise SignInNeededError
    return visit.signed


Here = Annotated[Visit, Depends(visit_of)]
"""The visit: a parameter of handlers."""
SignedIn = Annotated[Signed, Depends(signed_in)]
"""The user: a parameter of the handlers of pages that only users may see. They act."""


def show(request: Request, visit: Visit, template: str, **values: Any) -> Response:
    """Make a page of the console.

    Args:
        request: what asks for it.
        visit: likewise.
        template: below `templates/web/console`.
        values: what it shows; of them `status`, `headers` and `area` are not the template's:
            the area is the page's place in the navigation, by its address if it is not given.
    """
    status, headers = values.pop("status", 200), values.pop("headers", {})
    area = values.pop("area", area_of(str(request.scope["path"])))
    values = {"alternates": {}, "problem": "", "wrong": NOTHING, **values}
    request.state.said = visit.signed is not None
    return visit.site.page(
        request,
        f"console/{template}",
        visit.language,
        status=status,
        headers={**HEADERS, **headers},
        indexed=False,
        user=visit.signed.user if visit.signed else None,
        stamp=visit.site.stamps.make(visit.purpose),
        notice=visit.notice if visit.signed else None,
        may=visit.may,
        shown=visit.shown,
        area=area,
        areas=seen_by(visit.signed, paths_of(request)),
        first_areas=FIRST,
        badges=badges(visit) if visit.signed else {},
        **values,
    )


def paths_of(request: Request) -> frozenset[str]:
    """Return the paths of all pages of the service."""
    paths: frozenset[str] = request.app.state.paths
    return paths


def lead(visit: Visit, path: str = HOME, told: Notice | None = None) -> Response:
    """Lead to a page of the console after a form.

    Args:
        visit: the request.
        path: the page, as our routes know it.
        told: what that page says was done.
    """
    visit.told = told
    return RedirectResponse(visit.site.path(path), SEE_OTHER)
