"""Requests to subscribe, and the one script that takes a subscription a step further.

A request is a hash with the fields of `RequestField`. It is known by its number, which the
confirmation's token carries. The number is random: one that counted would be given again where a
store lost its last hours, and whoever had it before could confirm for somebody else (law 16).
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from mailer.domain.events import Event
from mailer.domain.subscribers.bearer import IDENTITY_BITS, LARGEST_REQUEST
from mailer.domain.subscribers.subscriber import FIRST, TRANSITIONS, Action
from mailer.domain.subscribers.subscribing import KEPT, VALID, Request
from mailer.store import keys, queue
from mailer.store.fields import RequestField, SubscriberField
from mailer.store.queue import QueueName
from mailer.store.server.connection import Store

SUBSCRIBER: Final = "SUBSCRIBER"
"""Stands in an event for a number that only the script knows."""
JOB: Final = "post"
_CONDITIONS: Final = {
    "subscriber.added": "IF-ADDED",
    "subscriber.status": "IF-MOVED",
    "subscription.waiting": "IF-WAITS",
}
"""Type of an event -> what must have happened for it to be written, as the script knows it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, as stored."""

    number: int
    subscriber: int
    language: str
    topics: tuple[str, ...]
    state: Request
    at: datetime
    name: str = ""
    """The name that the person gave, for the list if it is confirmed."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A service mail to be queued with a step."""

    name: str
    to: str
    language: str
    limited_by: str = ""
    """Keyed hash of the address; it gets such a mail once a day. Empty: no limit."""
    kind: str = ""
    """Mails of one kind share the limit; empty: those of the same name."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """The facts it is made from; see `mailer.services.service_mail.outbox`."""
    identity: int = 0
    """The number in its Message-ID, if it is known already; 0: one is drawn."""


@dataclass(frozen=True, slots=True)
class Step:
    """The changes that happen together, or not at all."""

    now: datetime
    key: str = ""
    """The normalised address."""
    address: str = ""
    """As it was given; for a new subscriber."""
    suppression: str = ""
    """Its hash: nothing is done if it is there."""
    number: int = 0
    """The subscriber's; 0: whoever has the address."""
    nobody: bool = False
    """True if it is about no subscriber."""
    action: Action | None = None
    """The action on the subscriber; none: nothing, whatever the status."""
    only: Sequence[str] = ()
    """Statuses that it fits; none: those of the action."""
    changes: Mapping[str, str] = field(default_factory=dict)
    """`SubscriberField` -> value; an empty one is removed."""
    source: str = ""
    request: int = 0
    opens: Mapping[str, str] | None = None
    """`RequestField` -> value, of a new request."""
    becomes: Request | None = None
    """The new state of the request, which must be open."""
    once: timedelta = timedelta()
    limited_by: str = ""
    """As of a letter, for a step without one that is taken once in that time."""
    letter: Letter | None = None
    forgets: bool = False
    """True if a subscriber who is pending is erased."""
    waits: Sequence[str] | None = None
    """Topics that the subscriber waits for from now on; none: as before."""
    held: Sequence[str] = ()
    """Those of the topics in `changes` that are on only because the subscriber has them. If that is
    not so any more, they wait."""
    decides: str = ""
    """A topic that is decided on; it must be waited for, or, for a yes, have been declined."""
    grants: bool = False
    """True if the decision is a yes."""
    left_by: int = 0
    """The campaign by whose mail the subscriber leaves; 0: not known, or none."""
    events: Sequence[Event] = ()


def new_number() -> int:
    """Draw the number of a new request."""
    return 1 + secrets.randbelow(LARGEST_REQUEST)


def get(store: Store, number: int, now: datetime) -> Asked | None:
    """Load a request; none: it was never made, or is forgotten."""
    found = store.redis.hgetall(keys.request(number))
    text = {name.decode(): value.decode() for name, value in found.items()}
    if RequestField.SUBSCRIBER not in text:
        return None
    at = datetime.fromtimestamp(int(text[RequestField.AT]), UTC)
    state = Request(text[RequestField.STATE])
    if state is Request.OPEN and now - at >= VALID:
        state = Request.EXPIRED
    return Asked(
        number,
        int(text[RequestField.SUBSCRIBER]),
        text[RequestField.LANGUAGE],
        tuple(text[RequestField.TOPICS].split()),
        state,
        at,
        text.get(RequestField.NAME, ""),
    )


def last_of(store: Store, subscriber: int, now: datetime) -> Asked | None:
    """Load the last request that a subscriber made; none: there is none, or it is forgotten."""
    number = store.redis.hget(keys.subscriber(subscriber), SubscriberField.REQUEST)
    return get(store, int(number), now) if number else None


def overdue(store: Store, now: datetime, most: int) -> list[int]:
    """List open requests whose time is over."""
    found = store.redis.zrange(
        keys.REQUESTS_OPEN, "-inf", now.timestamp(), byscore=True, offset=0, num=most
    )
    return [int(member) for member in found]


def drop(store: Store, number: int) -> None:
    """Look no more at a request that is forgotten."""
    store.redis.zrem(keys.REQUESTS_OPEN, number)


def take(
    store: Store,
    step: Step,
    pipe: Any | None = None,
    also: Callable[[Any], None] | None = None,
) -> str:
    """Carry out a step with all that belongs to it; in its own transaction or the caller's.

    Args:
        store: the store.
        step: what happens.
        pipe: a transaction already in MULTI; then the answer comes with its results.
        also: adds to the transaction where it is its own.

    Returns:
        `done`, or why nothing was done: `limit`, `request`, `suppressed`, `unknown`, `waiting`
        (nobody waits for what is decided), a status.
    """
    outbox = reserved(store) if step.letter else 0
    if pipe is not None:
        add(store, step, outbox, pipe)
        return ""
    with store.redis.pipeline(transaction=True) as own:
        own.multi()
        add(store, step, outbox, own)
        if also is not None:
            also(own)
        answer: bytes = own.execute()[0]
    store.durable()
    return answer.decode()


def take_all(store: Store, steps: Sequence[Step]) -> list[str]:
    """Carry out steps without a mail, in one transaction; return the answers of each.

    Each is done or not by itself, but they are on disk together: it costs as much as one.
    """
    if not steps:
        return []
    with store.redis.pipeline(transaction=True) as pipe:
        pipe.multi()
        for step in steps:
            add(store, step, 0, pipe)
        answers = pipe.execute()
    store.durable()
    return [answer.decode() for answer in answers]


def reserved(store: Store) -> int:
    """Give out the number of a mail to be queued."""
    return int(store.redis.incr(keys.OUTBOX_NEXT))


def add(store: Store, step: Step, outbox: int, pipe: Any) -> None:
    """Add a step to a transaction; `outbox` is the reserved number of its mail, 0 without one."""
    letter = step.letter
    limit = letter.limited_by if letter else step.limited_by
    kind = (letter.kind or letter.name) if letter else step.limited_by
    store.scripts.run(
        "step",
        keys={
            "by_address": keys.SUBSCRIBER_BY_ADDRESS,
            "last_number": keys.SUBSCRIBER_NEXT,
            "events": keys.EVENTS,
            "statuses": keys.STATUSES,
            "languages": keys.LANGUAGES,
            "topics": keys.TOPICS,
            "suppressions": keys.SUPPRESSION,
            "limit": keys.answered(kind, limit),
            "request": keys.request(step.request),
            "requests_open": keys.REQUESTS_OPEN,
            "mail": keys.outbox(outbox),
            "mails_due": keys.OUTBOX_DUE,
            "mails_queued": keys.outbox_state("queued"),
        },
        args={
            "subscribers": keys.SUBSCRIBER,
            "bits": keys.BITS,
            "waiting": keys.WAITING,
            "options_json": json.dumps(_options(step, outbox), ensure_ascii=False),
        },
        pipe=pipe,
    )
    if letter:
        # Beside the step, not in it: a job whose mail was not queued finds nothing, and ends.
        queue.enqueue(store, QueueName.URGENT, JOB, outbox, pipe=pipe)


def _options(step: Step, outbox: int) -> dict[str, Any]:
    now, letter = int(step.now.timestamp()), step.letter
    limited = bool(letter.limited_by if letter else step.limited_by)
    options: dict[str, Any] = {
        "now": now,
        "key": step.key,
        "suppression": step.suppression,
        "address": step.address,
        "source": step.source,
        "create": step.action in FIRST,
        "clears": step.action is Action.CONFIRM,
        "number": step.number,
        "nobody": step.nobody,
        "ways": _ways(step),
        "set": dict(step.changes),
        "request": str(step.request),  # Lua would write so large a number in powers of ten
        "once": int(step.once.total_seconds()) if limited else 0,
        "outbox": outbox,
        "forget": step.forgets,
        "events": [_flat(event) for event in (*step.events, *_told(step, outbox))],
    }
    if step.opens is not None:
        fields = {**step.opens, RequestField.STATE: Request.OPEN.value, RequestField.AT: str(now)}
        options["fields"] = [part for pair in fields.items() for part in pair]
        options["over"] = now + int(VALID.total_seconds())
        options["kept"] = int((VALID + KEPT).total_seconds())
    if step.waits is not None:
        options["waits"], options["held"] = list(step.waits), list(step.held)
    if step.decides:
        options["decides"], options["grants"] = step.decides, step.grants
    if step.becomes:
        options["state"], options["become"] = Request.OPEN.value, step.becomes.value
    if step.left_by:
        options["left"] = keys.ledger(step.left_by, "left")
    if letter:
        options["mail"] = _record(letter, now)
    return options


def _ways(step: Step) -> dict[str, str]:
    if step.action is None:
        return {status: status for status in step.only}
    found = {before.value: after.value for before, after in TRANSITIONS.ways(step.action).items()}
    return {before: to for before, to in found.items() if not step.only or before in step.only}


def _told(step: Step, outbox: int) -> list[Event]:
    """List the events that follow from the step by themselves."""
    found = []
    if step.action in FIRST:
        reads = step.changes[SubscriberField.LANGUAGE]
        facts = {"subscriber": SUBSCRIBER, "language": reads, "source": step.source}
        facts["status"] = FIRST[step.action].value
        found.append(Event("subscriber.added", step.now, facts))
    if step.action:
        moved = {"subscriber": SUBSCRIBER, "from": "FROM", "to": "TO", "reason": step.action.value}
        found.append(Event("subscriber.status", step.now, moved))
    if step.waits is not None:
        waits: dict[str, str | int] = {"subscriber": SUBSCRIBER, "topics": "WAITS"}
        found.append(Event("subscription.waiting", step.now, waits))
    if step.letter:
        queued: dict[str, str | int] = {"outbox": outbox, "name": step.letter.name}
        queued |= {"language": step.letter.language, "subscriber": SUBSCRIBER}
        found.append(Event("service_mail.queued", step.now, queued))
    return found


def _flat(event: Event) -> list[str]:
    flat = [part for pair in event.flat().items() for part in pair]
    condition = _CONDITIONS.get(event.type)
    return [condition, *flat] if condition else flat


def _record(letter: Letter, now: int) -> list[str]:
    fields = {
        "name": letter.name,
        "to": letter.to,
        "language": letter.language,
        "facts": json.dumps(dict(letter.facts), ensure_ascii=False),
        "identity": str(letter.identity or secrets.randbits(IDENTITY_BITS)),
        "state": "queued",
        "attempts": "0",
        "at": str(now),
        "next": str(now),
    }
    return [part for pair in fields.items() for part in pair]
