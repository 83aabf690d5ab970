"""The page to subscribe on.

It answers the same, in words, status and time, whoever's address it is given:
`subscriptions.forms` only keeps the form, and acts on it later.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from mailer.content.language.words import first_upper
from mailer.content.rendering.service_mail import name_of
from mailer.domain.subscribers.address import LONGEST, AddressError, parse_address
from mailer.domain.subscribers.subscriber import LONGEST_NAME, parse_name
from mailer.services.subscriptions.forms import Form, Outcome
from mailer.web import cors as crossing
from mailer.web.forms import proof_of_work as effort
from mailer.web.forms.fields import Fields, read_fields
from mailer.web.forms.stamps import LEAST, Age
from mailer.web.language import Language, preferred
from mailer.web.problems import PageError
from mailer.web.public.topics import choices, is_choice, ticked
from mailer.web.site import Site, site_of

PURPOSE: Final = "subscribe"
TRAP: Final = "website"
"""A field that people do not see and leave empty; programs fill it in."""

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Draft:
    """A form as it is shown: what is in it already, and what is wrong with it."""

    address: str = ""
    name: str = ""
    reads: str = ""
    topics: tuple[str, ...] = ()
    wrong: dict[str, str] = field(default_factory=dict)
    """Field -> which words of `subscribe.toml` say what is wrong; `form` is the whole."""


@router.get("/subscribe")
def bare(request: Request) -> Response:
    """Lead to the page in the reader's language."""
    path = site_of(request).path(f"/{preferred(request)}/subscribe")
    return RedirectResponse(path, 302, {"Vary": "Accept-Language", "Cache-Control": "no-cache"})


@router.get("/{language}/subscribe")
def show(request: Request, language: Language) -> Response:
    """Show the form."""
    site = site_of(request)
    draft = Draft(reads=language, topics=site.settings.topics.preselected)
    return _page(request, site, language, draft)


@router.get("/{language}/subscribe/stamp")
def stamp(request: Request, language: Language) -> Response:
    """Give the script of a listed website what the form must hold."""
    site = site_of(request)
    headers = crossing.headers(request, site)
    if not headers:
        raise PageError(403, language=language)
    told = {"stamp": site.stamps.make(PURPOSE), "bits": site.settings.proof_of_work}
    return JSONResponse(
        {**told, "least_seconds": LEAST.total_seconds()},
        headers={**headers, "Cache-Control": "no-store"},
    )


@router.get("/{language}/subscribe/form")
def embed(request: Request, language: Language) -> Response:
    """Show a form for other people's websites, to be copied."""
    site = site_of(request)
    return site.page(
        request,
        "embed.html.j2",
        language,
        target=site.absolute(request, f"/{language}/subscribe"),
        topics=choices(site, language) if is_choice(site.settings.topics) else (),
        ticked=site.settings.topics.preselected,
    )


@router.post("/{language}/subscribe")
async def send(request: Request, language: Language) -> Response:
    """Receive the form: "thank you" is said when it is on disk (law 10)."""
    site = site_of(request)
    fields = await read_fields(request)
    draft = _read(site, fields, language)
    draft = _judged(site, draft, fields)
    if draft.wrong:
        return _refused(request, site, language, draft)
    form = Form(draft.address, draft.reads, draft.topics, draft.name)
    client = request.client.host if request.client else ""
    entry = site.forms.entry(form, client, fields.one("stamp"))
    outcome = await site.kept_forms.keep(entry)
    if outcome is Outcome.USED:
        return _refused(request, site, language, replace(draft, wrong={"form": "used"}))
    if outcome is Outcome.TOO_MANY:
        raise PageError(429, language=language, headers={"Retry-After": "3600"})
    return _thanks(request, site, language)


def _read(site: Site, fields: Fields, language: str) -> Draft:
    """Read the fields, each by itself."""
    settings, wrong = site.settings, {}
    address, name = fields.one("email")[: 2 * LONGEST], fields.one("name")[: 2 * LONGEST_NAME]
    reads = fields.one("language") or language
    topics = ticked(settings.topics, fields)
    try:
        parse_address(address)
    except AddressError:
        wrong["email"] = "wrong_address" if address else "no_address"
    try:
        name = parse_name(name)
    except ValueError:
        wrong["name"] = "wrong_name"
    if reads not in settings.languages:
        reads, wrong["language"] = language, "wrong_language"
    if not topics:
        wrong["topics"] = "no_topic"
    return Draft(address, name, reads, topics, wrong)


def _judged(site: Site, draft: Draft, fields: Fields) -> Draft:
    """Look whether a person filled it in, in our page."""
    given, wrong = fields.one("stamp"), dict(draft.wrong)
    age = site.stamps.age(PURPOSE, given, least=LEAST)
    if fields.one(TRAP):
        wrong["form"] = "trapped"
    elif age is not Age.GOOD:
        reasons = {Age.EARLY: "early", Age.LATE: "late", Age.FALSE: "unsigned"}
        wrong["form"] = reasons[age]
    elif not wrong and not effort.enough(
        given, draft.address, fields.one("work"), site.settings.proof_of_work
    ):
        wrong["form"] = "no_work"
    return replace(draft, wrong=wrong)


def _thanks(request: Request, site: Site, language: str) -> Response:
    headers = {
        "Cache-Control": "no-store",
        "Content-Language": language,
        **crossing.headers(request, site),
    }
    if crossing.wants_json(request):
        return JSONResponse({"status": "accepted"}, headers=headers)
    return HTMLResponse(_thanked(site, request, language), headers=headers)


def _thanked(site: Site, request: Request, language: str) -> bytes:
    """Make the page that thanks, once for all: nothing of it depends on who is thanked."""
    made = site.constant.get(language)
    if made is None:
        page = site.page(request, "thanks.html.j2", language, alternates={}, indexed=False)
        made = site.constant[language] = bytes(page.body)
    return made


def _refused(request: Request, site: Site, language: str, draft: Draft) -> Response:
    if crossing.wants_json(request):
        say = site.say(language)
        told = {name: str(say(f"subscribe.{key}")) for name, key in draft.wrong.items()}
        headers = {"Cache-Control": "no-store", **crossing.headers(request, site)}
        return JSONResponse({"status": "refused", "wrong": told}, 422, headers)
    return _page(request, site, language, draft, status=422)


def _page(
    request: Request, site: Site, language: str, draft: Draft, *, status: int = 200
) -> Response:
    values: dict[str, Any] = {
        "draft": draft,
        "stamp": site.stamps.make(PURPOSE),
        "bits": site.settings.proof_of_work,
        "readable": [(code, first_upper(name_of(code, code))) for code in site.settings.languages],
        "topics": choices(site, language) if is_choice(site.settings.topics) else (),
    }
    values["headers"] = {"Cache-Control": "no-store"}
    return site.page(request, "subscribe.html.j2", language, status=status, **values)
