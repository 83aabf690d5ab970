"""Logo and colours, with what text in them looks like."""

from __future__ import annotations

import re
from typing import Final

from fastapi import APIRouter, Request, Response

from mailer.content.rendering.colours import HOUSE, palette
from mailer.domain.look.colours import AA, contrast, darkened, lightened
from mailer.errors import InputError
from mailer.services.look.looks import LookChangedError
from mailer.services.look.pictures import MOST_BYTES
from mailer.web.assets import accent_path
from mailer.web.console.look.common import (
    SETTINGS,
    complaint,
    done,
    page,
    readable,
    seen_in,
    typed,
    values_of,
)
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit
from mailer.web.console.wrong import NOTHING, Wrong, made

router = APIRouter(route_class=ConsoleRoute)
PATH: Final = f"{SETTINGS}/look"
COLOURS: Final = ("accent", "accent_dark")
_COLOUR: Final = re.compile(r"#[0-9a-f]{6}")


@router.get(PATH)
def look(request: Request, visit: Here, _: SignedIn) -> Response:
    """Show logo and colours; with colours in the address, what these would look like."""
    asked = {name: request.query_params.get(name, "").strip().lower() for name in COLOURS}
    tried = {name: colour for name, colour in asked.items() if _COLOUR.fullmatch(colour)}
    return _page(request, visit, tried={**dict.fromkeys(COLOURS, ""), **tried} if tried else None)


@router.post(f"{PATH}/colours")
def colours(request: Request, visit: Here, _: SignedIn) -> Response:
    """Change the colours."""
    given = {name: visit.fields.one(name).lower() for name in COLOURS}
    looks = visit.site.looks
    before = looks.show().version.revision
    try:
        shown = looks.change(
            {name: colour or None for name, colour in given.items()}, seen_in(visit)
        )
    except (InputError, LookChangedError) as error:
        return _page(request, visit, tried=given, wrong=complaint(visit, error, {}))
    return done(visit, before, shown, PATH)


@router.post(f"{PATH}/logo")
def logo(request: Request, visit: Here, _: SignedIn) -> Response:
    """Use another picture, or other words in its place."""
    looks, codes = visit.site.looks, visit.site.settings.languages
    alt = {
        place.partition(".")[2]: text
        for place, text in typed(visit, ("alt",), codes).items()
        if text
    }
    before, file = looks.show().version, visit.fields.file("logo")
    try:
        if file is not None:
            data = file.content.read(MOST_BYTES + 1)
            return done(visit, before.revision, looks.set_logo(data, alt), PATH, "logo_saved")
        if not (known := before.document.get("logo")):
            say = visit.site.say(visit.language)
            missing = made([("logo", say("console_look.logo_missing"))])
            return _page(request, visit, alt=alt, wrong=missing)
        shown = looks.change({"logo": {**known, "alt": alt}})
    except (InputError, LookChangedError) as error:
        return _page(request, visit, alt=alt, wrong=complaint(visit, error, {}))
    return done(visit, before.revision, shown, PATH)


@router.post(f"{PATH}/logo/remove")
def remove(visit: Here, _: SignedIn) -> Response:
    """Show no logo any more."""
    looks = visit.site.looks
    before = looks.show().version.revision
    return done(visit, before, looks.change({"logo": None}), PATH, "logo_removed")


def _page(
    request: Request,
    visit: Visit,
    *,
    tried: dict[str, str] | None = None,
    alt: dict[str, str] | None = None,
    wrong: Wrong = NOTHING,
) -> Response:
    shown, codes = visit.site.looks.show(), visit.site.settings.languages
    made_of = shown.look.logo
    document = {"alt": dict(made_of.alt)} if made_of else {}
    values = values_of(document, ("alt",), codes)
    if alt is not None:
        values = {f"alt.{code}": alt.get(code, "") for code in codes}
    colours = tried or {name: getattr(shown.look, name) for name in COLOURS}
    fit = {name: colour if _COLOUR.fullmatch(colour) else "" for name, colour in colours.items()}
    drawn = palette(fit["accent"], fit["accent_dark"])
    return page(
        request,
        visit,
        "look.html.j2",
        status=422 if wrong else 200,
        wrong=wrong,
        seen=shown.version.revision,
        readable=readable(visit),
        logo=made_of,
        values=values,
        colours=colours,
        house=HOUSE,
        least=AA,
        papers=(HOUSE.light.paper, HOUSE.dark.paper),
        ratios=_ratios(drawn.light.accent, drawn.dark.accent),
        drawn=drawn,
        readable_as=(
            darkened(drawn.light.accent, HOUSE.light.paper),
            lightened(drawn.dark.accent, HOUSE.dark.paper, AA),
        ),
        tried_sheet=accent_path(fit["accent"], fit["accent_dark"]) if tried else "",
    )


def _ratios(light: str, dark: str) -> tuple[float, float]:
    return contrast(light, HOUSE.light.paper), contrast(dark, HOUSE.dark.paper)
