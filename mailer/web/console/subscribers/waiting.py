"""The readers who wait for the secretariat's yes, and its decisions."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from mailer.errors import InputError
from mailer.services.subscriptions.moderation import Place
from mailer.web.console.notices import Notice
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, lead, show
from mailer.web.console.subscribers.choosing import LIST, topic_name
from mailer.web.console.subscribers.many import number_of, reason_of
from mailer.web.console.subscribers.ways import tabs_of
from mailer.web.console.wrong import NOTHING, Wrong, made
from mailer.web.problems import PageError

WAITING: Final = f"{LIST}/waiting"
MOST: Final = 50

router = APIRouter(route_class=ConsoleRoute)


@router.get(WAITING)
def waiting(
    request: Request, visit: Here, _: SignedIn, topic: str = "", after: str = ""
) -> Response:
    """List who waits, by topic; of each, first who has waited longest."""
    return _page(request, visit, topic, after)


@router.post(WAITING)
def decide(request: Request, visit: Here, _: SignedIn) -> Response:
    """Say yes or no to those who were ticked; each hears of it by mail, unless a no is silent."""
    fields, say = visit.fields, visit.site.say(visit.language)
    wanted = [_who(one) for one in fields.all("who")]
    topic, grants = fields.one("topic"), fields.one("decision") == "approve"
    if not wanted or fields.one("decision") not in {"approve", "decline"}:
        nobody = made([("", say("console_subscribers.waiting.nobody"))])
        return _page(request, visit, topic, "", nobody)
    reason = reason_of(visit) if fields.one("reason") else ""
    silently = fields.one("silently") == "yes"
    found = visit.site.moderation.decide(wanted, grants=grants, reason=reason, silently=silently)
    key = "approved" if grants else "declined"
    number, kind = len(found.done), "good"
    if found.left:
        key, kind = f"{key}_some", "warn"
    told = Notice(
        f"console_subscribers.waiting.{key}", {"left": len(found.left)}, kind, number=number
    )
    return lead(visit, _address(topic), told)


def _page(
    request: Request, visit: Visit, topic: str, after: str, problem: Wrong = NOTHING
) -> Response:
    try:
        found = list(islice(visit.site.moderation.waiting(topic, _place(after)), MOST + 1))
    except InputError:
        raise PageError(404) from None
    following = ""
    if len(found) > MOST:
        following = _address(topic, _written(found[MOST - 1].place))
    topics = visit.site.settings.topics
    return show(
        request,
        visit,
        "subscribers/waiting.html.j2",
        status=422 if problem else 200,
        found=[(one, topic_name(visit, one.topic)) for one in found[:MOST]],
        topic=topic,
        topics=[(one, topic_name(visit, one)) for one in topics.moderated],
        next=following,
        first=_address(topic) if after else "",
        tabs=tabs_of(visit),
        wrong=problem,
    )


def _address(topic: str, after: str = "") -> str:
    given = {name: one for name, one in (("topic", topic), ("after", after)) if one}
    return f"{WAITING}?{urlencode(given)}" if given else WAITING


def _who(text: str) -> tuple[int, str]:
    number, _, topic = text.partition(" ")
    if not number_of(number):
        raise PageError(400)
    return int(number), topic


def _written(place: Place) -> str:
    return f"{place.topic}~{place.since.timestamp():.0f}~{place.number}"


def _place(text: str) -> Place | None:
    parts = text.split("~")
    if len(parts) != 3 or not number_of(parts[1]) or not number_of(parts[2]):
        return None
    return Place(parts[0], datetime.fromtimestamp(number_of(parts[1]) % 2**33, UTC), parts[2])
