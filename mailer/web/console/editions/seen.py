"""A draft as readers would see it, and what is to be mended in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter, Request, Response

from mailer.content.preflight import Level
from mailer.content.rendering.service_mail import name_of
from mailer.domain.drafts.draft import text_of
from mailer.errors import InputError, Problem
from mailer.services.editions.drafts import looking, reading
from mailer.services.editions.drafts.looking import Looked
from mailer.services.editions.drafts.reading import Opened
from mailer.web.assets import accent_path
from mailer.web.console.editions.frame import (
    HOME,
    base,
    draft_page,
    needed,
    say_of,
)
from mailer.web.console.editions.text import FRAMED
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, show
from mailer.web.console.wrong import GROUP, worded

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
    groups = [(code, _findings(visit, opened, looked, code)) for code in codes]
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


def _findings(
    visit: Visit, opened: Opened, looked: Looked, language: str
) -> list[Mapping[str, object]]:
    say = say_of(visit)
    found: list[Mapping[str, object]] = []
    for at, one in enumerate(looked.checked.findings):
        if one.language != language:
            continue
        problem = Problem(one.place, one.text, one.remedy, code=one.code)
        said = worded(say, problem)
        translated = say.has(f"{GROUP}.{one.code}") and not visit.language.startswith("en")
        detail = _in_english(problem) if translated else ""
        place = looked.places.get(at)
        text = opened.texts.get(place.file) if place and place.language else None
        lines = text.text.split("\n") if text else []
        excerpt = lines[place.line - 1][:160] if place and 0 < place.line <= len(lines) else ""
        excerpt = "" if excerpt.startswith("+++") else excerpt
        found.append(
            {
                "error": one.level is Level.ERROR,
                "said": said if translated else _in_english(problem),
                "detail": detail,
                "place": _place(visit, looked, at, one.place),
                "excerpt": excerpt,
                "way": _way(opened, looked, at),
            }
        )
    return found


def _place(visit: Visit, looked: Looked, at: int, written: str) -> str:
    place, say = looked.places.get(at), say_of(visit)
    if place is None:
        return written
    if place.is_manifest:
        return say("console_editions.facts").unescape()
    if not place.language:
        return written
    language = name_of(place.language, visit.language)
    if not place.line:
        return language
    return say("console_editions.place_text", language=language, line=place.line).unescape()


def _in_english(problem: Problem) -> str:
    """Word a finding as the check does, which names what it found."""
    text = problem.text[:1].upper() + problem.text[1:]
    return f"{text}: {problem.remedy}." if problem.remedy else f"{text}."


def _way(opened: Opened, looked: Looked, at: int) -> str:
    """Return the address of the place where something is mended; empty: it is elsewhere."""
    place, number = looked.places.get(at), opened.draft.number
    if place is None:
        return ""
    if place.is_manifest:
        return f"{base(number)}/facts"
    if place.language and text_of(place.language) in opened.texts:
        query = f"?language={place.language}&line={place.line}"
        return f"{base(number)}{query}#text-{place.language}"
    if place.language:
        return f"{base(number)}#add"
    return f"{base(number)}/pictures" if place.file.startswith("images/") else ""


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
