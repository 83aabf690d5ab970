"""How the service stands: the first page of the place for owners."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from mailer.services.operation import settings_shown
from mailer.services.operation.standing import overview
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, show

router = APIRouter(route_class=ConsoleRoute)
_WAITING = ("queued", "claimed", "deferred")


@router.get("/console/operation")
def home(request: Request, visit: Here, _: SignedIn) -> Response:
    """Show figures, backups and settings."""
    site = visit.site
    found = overview(site.store, site.settings)
    mails = found.figures.service_mails
    return show(
        request,
        visit,
        "service/overview.html.j2",
        figures=found.figures,
        silent=[name for name, silent in found.figures.silent.items() if silent],
        waiting=sum(number for state, number in mails.items() if state in _WAITING),
        backup=found.backup,
        settings=settings_shown.shown(site.settings),
    )
