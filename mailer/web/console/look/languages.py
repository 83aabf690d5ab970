"""The languages that readers can choose: which are on, who reads them, what they lack."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response

from mailer.errors import InputError
from mailer.services.look import uses
from mailer.services.look.looks import LookChangedError
from mailer.web.console.look.common import SETTINGS, complaint, done, page, readable, seen_in
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit
from mailer.web.console.wrong import NOTHING, Wrong

router = APIRouter(route_class=ConsoleRoute)
PATH: Final = f"{SETTINGS}/languages"


@router.get(PATH)
def languages(request: Request, visit: Here, _: SignedIn) -> Response:
    """List the languages."""
    return _page(request, visit)


@router.post(PATH)
def change(request: Request, visit: Here, _: SignedIn) -> Response:
    """Turn one on or off, move it up, or go back to what the settings say."""
    looks, code = visit.site.looks, visit.fields.one("code")
    before = looks.show()
    now = [*before.settings.languages]
    wanted = _changed(now, visit.fields.one("do"), code)
    try:
        shown = looks.change({"languages": wanted}, seen_in(visit))
    except (InputError, LookChangedError) as error:
        return _page(request, visit, complaint(visit, error, {"languages": "code"}))
    return done(visit, before.version.revision, shown, PATH)


def _changed(now: list[str], what: str, code: str) -> list[str] | None:
    """Return the languages after one thing was done; None: as the settings say."""
    if what == "reset":
        return None
    if what == "on":
        return [*now, code]
    if what == "off":
        return [one for one in now if one != code] or now
    if what == "up" and code in now[1:]:
        at = now.index(code)
        now[at - 1], now[at] = now[at], now[at - 1]
    return now


def _page(request: Request, visit: Visit, wrong: Wrong = NOTHING) -> Response:
    shown = visit.site.looks.show()
    found = uses.of_languages(visit.site.store, shown.settings)
    named = readable(visit, [one.code for one in found])
    on = shown.settings.languages
    return page(
        request,
        visit,
        "languages.html.j2",
        status=422 if wrong else 200,
        wrong=wrong,
        seen=shown.version.revision,
        rows=list(zip(found, named, strict=True)),
        on=on,
        own=shown.origin("languages") == "console",
    )
