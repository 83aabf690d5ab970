"""The page on which readers choose: language, topics, name, a pause; their data, and its end."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, NamedTuple

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from mailer.content.language.words import first_upper
from mailer.content.rendering.service_mail import name_of
from mailer.domain.access.token import Purpose
from mailer.domain.subscribers import bearer
from mailer.domain.subscribers.address import parse_address
from mailer.domain.subscribers.subscriber import LONGEST_NAME, Subscriber, parse_name
from mailer.services.subscriptions.erasing import forget
from mailer.services.subscriptions.membership import Choices
from mailer.services.subscriptions.own_data import own_data
from mailer.web.forms import guard
from mailer.web.forms.fields import Fields, read_fields
from mailer.web.language import preferred
from mailer.web.problems import PageError
from mailer.web.public.topics import choices, is_choice, ticked
from mailer.web.site import PRIVATE, Site, site_of

PURPOSE: Final = "preferences"
LONGEST_PAUSE: Final = timedelta(days=366)

router = APIRouter()


class Owner(NamedTuple):
    """The reader whose page it is."""

    member: Subscriber
    token: str
    language: str

    @property
    def target(self) -> str:
        """Return the address to which its forms are sent."""
        return f"/preferences/{self.token}"


@dataclass(frozen=True, slots=True)
class Draft:
    """The form as it is shown."""

    reads: str
    topics: tuple[str, ...]
    name: str
    pause: str
    wrong: dict[str, str] = field(default_factory=dict)


@router.get("/preferences/{token}")
def show(request: Request, token: str) -> Response:
    """Show what was chosen."""
    site = site_of(request)
    owner = _owner(request, site, token)
    return _page(request, site, owner, _draft(site, owner.member))


@router.post("/preferences/{token}")
async def save(request: Request, token: str) -> Response:
    """Save what is chosen from now on."""
    fields = await read_fields(request)
    return await run_in_threadpool(_save, request, token, fields)


@router.post("/preferences/{token}/export")
async def export(request: Request, token: str) -> Response:
    """Return all that is known of the reader."""
    fields = await read_fields(request)
    return await run_in_threadpool(_export, request, token, fields)


@router.get("/preferences/{token}/erase")
def ask_to_erase(request: Request, token: str) -> Response:
    """Show what erasing means, and ask."""
    site = site_of(request)
    owner = _owner(request, site, token)
    return _private(
        request,
        site,
        owner.language,
        "erase.html.j2",
        member=owner.member,
        target=owner.target,
        stamp=guard.stamp(site, PURPOSE, token),
    )


@router.post("/preferences/{token}/erase")
async def erase(request: Request, token: str) -> Response:
    """Forget the reader."""
    fields = await read_fields(request)
    return await run_in_threadpool(_erase, request, token, fields)


def _save(request: Request, token: str, fields: Fields) -> Response:
    site = site_of(request)
    owner = _checked(request, site, token, fields)
    draft, until = _read(site, owner.member, fields)
    if draft.wrong:
        return _page(request, site, owner, draft, status=422)
    chosen = Choices(draft.reads, draft.topics, draft.name, until)
    saved = site.membership.choose(owner.member, chosen)
    owner = _owner(request, site, token)
    return _page(request, site, owner, _draft(site, owner.member), saved=saved)


def _export(request: Request, token: str, fields: Fields) -> Response:
    site = site_of(request)
    owner = _checked(request, site, token, fields)
    told = own_data(site.store, site.settings, owner.member, site.clock.now())
    name = f"{site.settings.list_name}-{owner.member.number}.json"
    return Response(
        json.dumps(told, ensure_ascii=False, indent=2) + "\n",
        media_type="application/json",
        headers={**PRIVATE, "Content-Disposition": f'attachment; filename="{name}"'},
    )


def _erase(request: Request, token: str, fields: Fields) -> Response:
    site = site_of(request)
    owner = _checked(request, site, token, fields)
    address = parse_address(owner.member.address)
    reason = "at the reader's wish, on the web"
    forget(site.store, site.settings, site.clock.now(), address, reason)
    return _private(request, site, owner.language, "erased.html.j2")


def _checked(request: Request, site: Site, token: str, fields: Fields) -> Owner:
    """Find the owner of a token, and make sure that the form is from our page and not too often."""
    owner = _owner(request, site, token)
    guard.check(request, fields, PURPOSE, token, owner.language)
    if not site.patience.allows(PURPOSE, str(owner.member.number)):
        raise PageError(429, "often", language=owner.language, headers={"Retry-After": "3600"})
    return owner


def _owner(request: Request, site: Site, token: str) -> Owner:
    """Find whose page it is.

    Raises:
        PageError: 404, the token is not ours, or nothing is known of its owner any more.
    """
    who = bearer.preferences(site.signer.verify(Purpose.PREFERENCES, token) or ())
    if who is None:
        raise PageError(404, "token", language=preferred(request))
    member = site.membership.bearers.subscriber(who)
    if member is None:
        raise PageError(404, "forgotten", language=preferred(request))
    return Owner(member, token, preferred(request, member.language))


def _draft(site: Site, member: Subscriber) -> Draft:
    paused = _paused(site, member)
    pause = paused.isoformat() if paused else ""
    return Draft(member.language, member.wanted, member.name, pause)


def _read(site: Site, member: Subscriber, fields: Fields) -> tuple[Draft, datetime | None]:
    """Read the form; topics that the settings do not have any more stay as they are."""
    settings, wrong = site.settings, {}
    reads = fields.one("language")
    if reads not in settings.languages:
        reads, wrong["language"] = member.language, "wrong_language"
    name = fields.one("name")[: 2 * LONGEST_NAME]
    try:
        name = parse_name(name)
    except ValueError:
        wrong["name"] = "wrong_name"
    chosen = ticked(settings.topics, fields, member.topics)
    if not chosen and not settings.topics.keys().isdisjoint(member.topics):
        wrong["topics"] = "no_topic"
    shown = settings.topics.shown_to(member.topics)
    others = [topic for topic in member.wanted if topic not in shown]
    pause = fields.one("pause")[:10]
    try:
        until = _until(site, pause)
    except ValueError:
        until, wrong["pause"] = None, "wrong_pause"
    return Draft(reads, (*chosen, *others), name, pause, wrong), until


def _until(site: Site, day: str) -> datetime | None:
    """Read the day on which mail goes on.

    Raises:
        ValueError: it is no day, or not one that may be chosen.
    """
    if not day:
        return None
    first, last = _days(site)
    chosen = date.fromisoformat(day)
    if not first <= chosen <= last:
        raise ValueError("too early or too late")
    return datetime.combine(chosen, time(), UTC)


def _days(site: Site) -> tuple[date, date]:
    today = site.clock.now().date()
    return today + timedelta(days=1), today + LONGEST_PAUSE


def _paused(site: Site, member: Subscriber) -> date | None:
    until = member.paused_until
    return until.date() if until and until > site.clock.now() else None


def _page(
    request: Request,
    site: Site,
    owner: Owner,
    draft: Draft,
    *,
    status: int = 200,
    saved: bool = False,
) -> Response:
    first, last = _days(site)
    member, topics = owner.member, site.settings.topics
    return _private(
        request,
        site,
        owner.language,
        "preferences.html.j2",
        status=status,
        member=member,
        draft=draft,
        saved=saved,
        paused=_paused(site, member),
        first_day=first.isoformat(),
        last_day=last.isoformat(),
        readable=[(code, first_upper(name_of(code, code))) for code in site.settings.languages],
        topics=choices(site, owner.language, member) if is_choice(topics, member.topics) else (),
        target=owner.target,
        leave=f"/leave/{bearer.sign_leave(site.signer, member.number, member.address)}",
        stamp=guard.stamp(site, PURPOSE, owner.token),
    )


def _private(request: Request, site: Site, language: str, template: str, **values: Any) -> Response:
    return site.page(
        request, template, language, headers=PRIVATE, alternates={}, indexed=False, **values
    )
