"""Signing in with an OpenID provider: the way there, and what comes back.

The form is answered with a page that leads on, not with a redirect, which our policy for forms
would forbid. What the provider sends back arrives by GET, and a GET changes nothing (law 5): its
page has a button that goes on.
"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from mailer.domain.access.signing_in.challenge import Way
from mailer.services.access.signing_in.openid import CALLBACK, Back, OpenIdSignIn, Refusal
from mailer.web.console.route import ConsoleRoute, Here, Visit, show
from mailer.web.console.signing_in import enter, ways_page
from mailer.web.problems import PageError
from mailer.web.site import PRIVATE

PARTS = ("state", "code", "iss", "error")

router = APIRouter(route_class=ConsoleRoute)


@router.post("/console/openid")
def begin(request: Request, visit: Here) -> Response:
    """Lead to the provider."""
    provider = _provider(visit)
    address = provider.begin(visit.visitor, visit.next, visit.signed)
    if isinstance(address, Refusal):
        return _refused(request, visit, address)
    return show(
        request,
        visit,
        "openid_there.html.j2",
        name=provider.name,
        address=address,
        headers={**PRIVATE, "Refresh": f"0;url={address}"},
    )


@router.get(CALLBACK)
def back(request: Request, visit: Here) -> Response:
    """Show the button that goes on with what the provider sent."""
    return show(
        request,
        visit,
        "openid_back.html.j2",
        name=_provider(visit).name,
        answered=[(name, request.query_params.get(name, "")) for name in PARTS],
        headers=PRIVATE,
    )


@router.post(CALLBACK)
def finish(request: Request, visit: Here) -> Response:
    """Sign in whom the provider vouches for."""
    state, code, issuer, error = (visit.fields.one(name) for name in PARTS)
    found = _provider(visit).finish(Back(state, code, issuer, error), visit.visitor)
    if isinstance(found, Refusal):
        return _refused(request, visit, found)
    return enter(visit, found.user.number, Way.OPENID, found.next, proved_at=found.at)


def _provider(visit: Visit) -> OpenIdSignIn:
    """Return the provider.

    Raises:
        PageError: 404, the settings name none.
    """
    provider = visit.site.openid
    if provider is None:
        raise PageError(404)
    return provider


def _refused(request: Request, visit: Visit, refusal: Refusal) -> Response:
    problem = f"openid_{refusal.value}"
    return ways_page(request, visit, visit.next, problem=problem, status=403)
