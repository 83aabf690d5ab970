"""A draft as readers would see it, and what is to be mended in it."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response

from mailer.errors import InputError
from mailer.services.editions.drafts import looking, reading
from mailer.web.assets import accent_path
from mailer.web.console.editions.findings import findings
from mailer.web.console.editions.frame import (
    HOME,
    base,
    draft_page,
    needed,
    say_of,
)
from mailer.web.console.editions.text import FRAMED
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, show
from mailer.web.console.wrong import worded

FORMS: Final = ("wide", "narrow", "dark", "text", "page")
_SANDBOX: Final = (
    "sandbox allow-same-origin; default-src 'none'; base-uri 'none'; form-action 'none'"
)
MAIL: Final = {
    "Content-Security-Policy": (
        f"{_SANDBOX}; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'"
    ),
    "X-Frame-Options": "SAMEORIGIN",
}
"""Header fields of a mail that is shown: no script, no form, nothing from anywhere. Its own origin
lets our page keep the place that one had scrolled to; without scripts it can do nothing with it."""
PAGE: Final = {
    "Content-Security-Policy": (
        f"{_SANDBOX}; img-src 'self'; style-src 'self'; frame-ancestors 'self'"
    ),
    "X-Frame-Options": "SAMEORIGIN",
}

router = APIRouter(route_class=ConsoleRoute)


@router.get(f"{HOME}/{{number}}/preview")
def preview(request: Request, visit: Here, _: SignedIn, number: int) -> Response:
    """Show a language in one of its forms, with its weight."""
    opened = reading.opened(visit.site.desk, number)
    language = needed(request, opened)
    form = request.query_params.get("form", FORMS[0])
    try:
        weight = looking.weigh(visit.site.desk, number, language)
    except InputError:
        weight = None
    return draft_page(
        request,
        visit,
        number,
        "preview.html.j2",
        opened=opened,
        one=language,
        form=form if form in FORMS else FORMS[0],
        forms=FORMS,
        weight=weight,
        headers=FRAMED,
    )


@router.get(f"{HOME}/{{number}}/seen/{{language}}")
def seen(request: Request, visit: Here, _: SignedIn, number: int, language: str) -> Response:
    """Show a mail or a page alone, in a sandbox."""
    form = request.query_params.get("form", FORMS[0])
    try:
        if form == "text":
            return _plain(looking.mail_text(visit.site.desk, number, language))
        if form == "page":
            return _page(request, visit, number, language)
        dark = form == "dark"
        markup = looking.mail_html(visit.site.desk, number, language, dark=dark)
    except InputError as error:
        return show(
            request,
            visit,
            "editions/unseen.html.j2",
            problems=[(one.place, worded(say_of(visit), one)) for one in error.problems],
            headers=PAGE,
        )
    return Response(markup, headers=MAIL, media_type="text/html; charset=utf-8")


@router.get(f"{HOME}/{{number}}/seen/images/{{name}}")
def page_picture(visit: Here, _: SignedIn, number: int, name: str) -> Response:
    """Serve a picture of the page."""
    data, kind = looking.page_picture(visit.site.desk, number, name)
    return Response(data, media_type=kind)


@router.get(f"{HOME}/{{number}}/check")
def check(request: Request, visit: Here, _: SignedIn, number: int) -> Response:
    """List what is to be mended, each with the way to its place."""
    looked = looking.check(visit.site.desk, number)
    opened = reading.opened(visit.site.desk, number)
    codes = dict.fromkeys(one.language for one in looked.checked.findings)
    groups = [(code, findings(visit, opened, looked, code)) for code in codes]
    instead = looked.checked.readers_get.items()
    return draft_page(
        request,
        visit,
        number,
        "check.html.j2",
        opened=opened,
        looked=looked,
        groups=groups,
        stand_ins=[(code, got) for code, got in instead if got and got != code],
        nothing=[code for code, got in instead if got is None],
    )


def _plain(text: str) -> Response:
    return Response(text, headers=MAIL, media_type="text/plain; charset=utf-8")


def _page(request: Request, visit: Visit, number: int, language: str) -> Response:
    site = visit.site
    card, text = looking.archive_page(
        site.desk, number, language, site.prefix, f"{base(number)}/seen"
    )
    return site.page(
        request,
        "console/editions/page.html.j2",
        language,
        headers=PAGE,
        indexed=False,
        alternates={},
        accent=accent_path(card.accent, card.accent_dark),
        face=card.face_for(language),
        text=text,
    )
