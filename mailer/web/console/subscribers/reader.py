"""One reader: all that is known of them, and what may be done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from mailer.domain.subscribers.address import parse_address
from mailer.domain.subscribers.subscriber import TRANSITIONS, Status, Subscriber
from mailer.services.subscriptions import subscribers
from mailer.services.subscriptions.portrait import Event, Portrait
from mailer.web.console.notices import Notice, Undo
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, lead, show
from mailer.web.console.subscribers.choosing import LIST, topic_name
from mailer.web.console.subscribers.many import reason_of

router = APIRouter(route_class=ConsoleRoute)

ONE: Final = f"{LIST}/{{number:int}}"
_OWN: Final = frozenset(move.reason for move in TRANSITIONS.values())
"""The reasons that the table of statuses gives."""
_UNSHOWN: Final = frozenset({"type", "at", "subscriber"})
_ALL: Final = (
    "from",
    "to",
    "reason",
    "source",
    "fields",
    "consent",
    "campaign",
    "severity",
    "status",
    "effect",
    "points",
    "mail",
    "complaint",
    "entry",
    "answer",
    "how",
    "topic",
    "topics",
    "language",
    "name",
    "request",
    "code",
    "enhanced",
    "proof",
    "told",
)
_GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "from": ("status",),
    "to": ("status",),
    "source": ("source",),
    "how": ("source",),
    "answer": ("answer",),
    "severity": ("severity",),
    "effect": ("effect",),
    "reason": ("bounce",),
}


@router.get(ONE)
def reader(request: Request, visit: Here, _: SignedIn, number: int, before: int = 0) -> Response:
    """Show all that is known of a reader."""
    found = visit.site.portraits.of(number, before=max(before, 0))
    return show(
        request,
        visit,
        "subscribers/reader.html.j2",
        portrait=found,
        one=found.subscriber,
        suppressed=found.known.suppression,
        last_at=_moment(found.bounces.last.get("at") if found.bounces else None),
        asked_at=_moment(found.consent.facts.get("asked")),
        history=[_event(visit, entry) for entry in reversed(found.history.entries)],
        topics={one: topic_name(visit, one) for one in _topics(found.subscriber)},
        titles=_titles(visit, found),
        can_reinstate=found.subscriber.status is Status.SUSPENDED
        and visit.may("subscribers.reinstate"),
        listed=found.subscriber.status in {Status.ACTIVE, Status.SUSPENDED, Status.PENDING},
    )


@router.get(f"{ONE}/remove")
def removing(request: Request, visit: Here, _: SignedIn, number: int) -> Response:
    """Say what taking a reader off the list means."""
    return _asked(request, visit, number, "remove")


@router.post(f"{ONE}/remove")
def remove(visit: Here, _: SignedIn, number: int) -> Response:
    """Take a reader off the list."""
    site = visit.site
    subscribers.remove(site.store, site.clock.now(), number, reason_of(visit))
    return _back(visit, number, "removed")


@router.post(f"{ONE}/reinstate")
def reinstate(visit: Here, _: SignedIn, number: int) -> Response:
    """Mail a reader again whose mail came back."""
    one, site = _member(visit, number), visit.site
    subscribers.reinstate(site.store, site.clock.now(), one, reason_of(visit))
    return _back(visit, number, "reinstated")


@router.post(f"{ONE}/suppress")
def suppress(visit: Here, _: SignedIn, number: int) -> Response:
    """Never mail a reader's address again; it can be undone."""
    site, address = visit.site, parse_address(_member(visit, number).address)
    subscribers.suppress(site.store, site.settings, site.clock.now(), address, reason_of(visit))
    return _back(visit, number, "suppressed", Undo(f"{LIST}/{number}/unsuppress"))


@router.post(f"{ONE}/unsuppress")
def unsuppress(visit: Here, _: SignedIn, number: int) -> Response:
    """Allow mail to a reader's address again; it can be undone."""
    site, address = visit.site, parse_address(_member(visit, number).address)
    subscribers.unsuppress(site.store, site.settings, site.clock.now(), address, reason_of(visit))
    return _back(visit, number, "unsuppressed", Undo(f"{LIST}/{number}/suppress"))


@router.get(f"{ONE}/erase")
def erasing(request: Request, visit: Here, _: SignedIn, number: int) -> Response:
    """Say what goes and what stays when a reader is erased."""
    return _asked(request, visit, number, "erase")


@router.post(f"{ONE}/erase")
def erase(visit: Here, _: SignedIn, number: int) -> Response:
    """Forget all about a reader."""
    site, address = visit.site, parse_address(_member(visit, number).address)
    subscribers.erase(site.store, site.settings, site.clock.now(), address, reason_of(visit))
    return lead(visit, LIST, Notice("console_subscribers.one.erased", {"number": number}))


def _asked(request: Request, visit: Visit, number: int, deed: str) -> Response:
    found = visit.site.portraits.of(number, most=1000)
    return show(
        request,
        visit,
        f"subscribers/{deed}.html.j2",
        one=found.subscriber,
        events=len(found.history.entries),
        received=sum(one.outcome == "accepted" for one in found.deliveries.found),
        answers=len(found.invitations),
    )


def _member(visit: Visit, number: int) -> Subscriber:
    return subscribers.get(visit.site.store, number)


def _back(visit: Visit, number: int, key: str, undo: Undo | None = None) -> Response:
    told = Notice(f"console_subscribers.one.{key}", undo=undo)
    return lead(visit, f"{LIST}/{number}", told)


def _topics(one: Subscriber) -> list[str]:
    others = [each.topic for each in (*one.waiting, *one.declined)]
    return [*one.topics, *others]


def _titles(visit: Visit, found: Portrait) -> Mapping[str, str]:
    """Return what the entries are called to which the reader was invited."""
    codes = (visit.language, *visit.site.settings.languages)
    titles = {}
    for one in found.invitations:
        said = [one.entry.title[code] for code in codes if code in one.entry.title]
        titles[one.entry.id] = said[0] if said else one.entry.id
    return titles


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _event(visit: Visit, entry: Event) -> dict[str, Any]:
    """Word one event: in the user's language where there are words, with its facts."""
    say = visit.site.say(visit.language)
    facts = {name: value for name, value in entry.fields.items() if name not in _UNSHOWN}
    kind = entry.fields.get("type", "")
    key = f"console_subscribers.event.{kind.replace('.', '_')}"
    if kind == "subscriber.status" and is_ours(facts.get("reason", "")):
        key += "_plain"  # the status says it, in the user's language
    text: Any = kind
    if say.has(key):
        worded = {name: _word(visit, name, one) for name, one in facts.items()}
        values = dict.fromkeys(_ALL, "") | worded
        text = say(key, **values)
    return {"at": _at(entry), "text": text, "facts": facts, "known": say.has(key)}


def is_ours(reason: str) -> bool:
    """Tell whether a reason is the service's own, which is in English, and no person's."""
    return reason in _OWN or reason.startswith(("mail came back: ", "complained: "))


def _word(visit: Visit, name: str, value: str) -> str:
    """Word a fact: statuses, topics and the like have words of their own."""
    say = visit.site.say(visit.language)
    if name in {"topic", "topics"}:
        return ", ".join(topic_name(visit, one) for one in value.split())
    for group in _GROUPS.get(name, ()):
        key = f"console_subscribers.{group}.{value.replace('-', '_')}"
        if say.has(key):
            return str(say(key))
    if name == "fields":
        known = [f"console_subscribers.field.{one}" for one in value.split()]
        return ", ".join(str(say(key)) if say.has(key) else key.rpartition(".")[2] for key in known)
    return value


def _at(event: Event) -> datetime:
    """Return when it happened; its place in the log tells about when, by the store's clock."""
    if told := _moment(event.fields.get("at")):
        return told
    return datetime.fromtimestamp(int(event.id.partition("-")[0]) / 1000, UTC)
