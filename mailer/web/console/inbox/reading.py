"""One mail of the inbox, opened; the answer to it; and its content, which strangers wrote."""

from __future__ import annotations

import base64
import hashlib
import html
import secrets
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from mailer.content.language.words import first_upper
from mailer.content.rendering.service_mail import name_of
from mailer.domain.inbound.inbox import TAUGHT, Standing, Why
from mailer.domain.inbound.kinds import Kind
from mailer.errors import InputError
from mailer.message.incoming.letter import clean
from mailer.services.inbound import received
from mailer.services.inbound.inbox import reading
from mailer.services.inbound.inbox.answering import Answering, Draft, reply_subject
from mailer.services.inbound.inbox.deeds import Deeds
from mailer.services.inbound.inbox.reading import Opened
from mailer.web.api.resources.mail.inbox import octets
from mailer.web.console.inbox.choosing import NEEDED, PATH, Chosen, came_from, chosen
from mailer.web.console.inbox.listing import BESIDE, listed
from mailer.web.console.notices import Notice
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, lead, show
from mailer.web.console.wrong import NOTHING, Wrong, wrong
from mailer.web.middleware import POLICY
from mailer.web.problems import PageError

router = APIRouter(route_class=ConsoleRoute)
MOST_RAW: Final = 500_000
"""Octets of a mail that are shown as it came."""
_FRAMES: Final = {"Content-Security-Policy": f"{POLICY}; frame-src 'self'"}
"""Of a page that shows a mail's HTML in a frame."""
_STYLE: Final = """
:root{color-scheme:light dark;background:Canvas;color:CanvasText}
body{font:16px/1.55 system-ui,sans-serif;margin:1rem;overflow-wrap:anywhere}
table{border-collapse:collapse}
td,th{padding:.2rem .5rem;text-align:start;vertical-align:top}
blockquote{margin:0 0 0 .5rem;padding-left:.75rem;border-left:3px solid GrayText}
pre{white-space:pre-wrap}
small{color:GrayText}
"""
_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_ALONE: Final = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
    ),
    "X-Frame-Options": "SAMEORIGIN",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
"""Of a document that holds what a stranger wrote: it fetches nothing and runs nothing."""
_RAW: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


@router.get(f"{PATH}/{{number}}")
def mail(
    request: Request,
    visit: Here,
    _: SignedIn,
    number: int,
    *,
    standing: str = "",
    group: str = "",
    q: str = "",
    before: str = "",
    view: str = "",
) -> Response:
    """Show a mail, with the list beside it on wide screens."""
    wanted = chosen(standing, group, q, before)
    return _shown(request, visit, number, wanted, formatted=view == "formatted")


@router.get(f"{PATH}/{{number}}/page")
def page(visit: Here, _: SignedIn, number: int) -> Response:
    """Give out a mail's HTML, made safe, as a document of its own."""
    found = reading.opened(visit.site.store, visit.site.settings, number)
    safe = found.letter.page if found.letter else None
    if safe is None:
        raise PageError(404, "not_there")
    title = html.escape(found.item.subject)
    text = (
        f'<!doctype html><html lang="und"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body>{safe.markup}</body></html>"
    )
    return HTMLResponse(text, headers=_ALONE)


@router.get(f"{PATH}/{{number}}/source")
def source(visit: Here, _: SignedIn, number: int) -> Response:
    """Give out a mail as it came, as text."""
    content = received.content(visit.site.store, number)[:MOST_RAW]
    text = clean(content.decode("utf-8", "replace"))
    return Response(text, headers=_RAW, media_type="text/plain; charset=utf-8")


@router.get(f"{PATH}/{{number}}/files/{{part}}")
def file(visit: Here, _: SignedIn, number: int, part: int) -> Response:
    """Give out a file that goes with a mail, to be saved."""
    return octets(*reading.file(visit.site.store, number, part))


@router.post(f"{PATH}/{{number}}/answer")
def answer(request: Request, visit: Here, _: SignedIn, number: int) -> Response:
    """Answer a mail; what was typed stays on the page if it cannot be."""
    site, fields = visit.site, visit.fields
    draft = Draft(
        text=fields.raw("text"),
        subject=fields.one("subject"),
        language=fields.one("language"),
        form=fields.one("form"),
    )
    try:
        made = Answering(site.store, site.settings, site.clock).answer(number, draft)
    except InputError as error:
        found = wrong(site.say(visit.language), error)
        return _shown(
            request, visit, number, came_from(visit.fields), draft=draft, refused=found, status=422
        )
    return lead(visit, _back(visit), Notice("console_inbox.answered_told", {"who": made.to[:200]}))


@router.post(f"{PATH}/{{number}}/kind")
def reclassify(visit: Here, _: SignedIn, number: int) -> Response:
    """Take a user's word for what a mail is."""
    kind = visit.fields.one("kind")
    if kind not in set(TAUGHT):
        raise PageError(400)
    site = visit.site
    item = Deeds(site.store, site.settings, site.clock).reclassify(number, Kind(kind))
    told = Notice(f"console_inbox.told.{kind}")
    path = _back(visit) if item.standing is Standing.DONE else f"{PATH}/{number}"
    return lead(visit, path, told)


def _back(visit: Visit) -> str:
    return came_from(visit.fields).address()


def _shown(
    request: Request,
    visit: Visit,
    number: int,
    wanted: Chosen,
    *,
    draft: Draft | None = None,
    refused: Wrong = NOTHING,
    status: int = 200,
    formatted: bool = False,
) -> Response:
    site = visit.site
    opened = reading.opened(site.store, site.settings, number)
    answering = Answering(site.store, site.settings, site.clock)
    if draft is None:
        subject = reply_subject(opened.item.subject)
        form, language = secrets.token_urlsafe(12), answering.language_for(opened.item)
        draft = Draft("", subject, language, form)
    languages = [
        (code, first_upper(name_of(code, visit.language))) for code in site.settings.languages
    ]
    return show(
        request,
        visit,
        "inbox/mail.html.j2",
        status=status,
        headers=_FRAMES if formatted else {},
        wrong=refused,
        opened=opened,
        item=opened.item,
        letter=opened.letter,
        formatted=formatted and opened.letter is not None and opened.letter.page is not None,
        draft=draft,
        readable=languages,
        answerable=_is_answerable(opened) and visit.may("inbound.answer"),
        deeds=[one for one in opened.suggested if visit.may(NEEDED[one])],
        kinds=[one for one in TAUGHT if one.value != opened.mail.kind],
        **_beside(visit, wanted),
    )


def _beside(visit: Visit, wanted: Chosen) -> dict[str, Any]:
    return listed(visit, wanted, BESIDE)


def _is_answerable(opened: Opened) -> bool:
    author = opened.author
    return bool(
        author.address
        and opened.mail.sender
        and not author.suppressed
        and opened.item.standing is not Standing.DROPPED
        and opened.item.why is not Why.BY_ITSELF
    )
