"""Service mails on their way out: each kept with its state until a relay has taken it.

A mail is queued by the step that causes it (`subscribers.requests`), in the same commit.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from mailer.domain.events import Event
from mailer.store import events, keys, queue
from mailer.store.fields import MailField
from mailer.store.queue import QueueName
from mailer.store.server.connection import Store
from mailer.store.subscribers.requests import JOB

KEPT: Final = timedelta(days=30)
"""The time for which an ended mail is listed; its recipient is forgotten at once."""


class State(StrEnum):
    """The state of a service mail."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    """A worker has it."""
    DEFERRED = "deferred"
    """Waits for its next try."""
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """Nobody can tell whether it left; it is not sent again: a confirmation can be asked again."""
    SKIPPED = "skipped"
    """Of a template: whoever it was to may not get it (`mailer.domain.transactional.refusal`). Of
    one to a user: what it was to tell is not so any more."""


_EVENTS: Final = {
    State.SENT: "service_mail.sent",
    State.DEFERRED: "service_mail.deferred",
    State.FAILED: "service_mail.failed",
    State.UNKNOWN: "service_mail.unknown",
    State.SKIPPED: "service_mail.skipped",
}
ANSWER: Final = "answer"
"""The name of mails that hold what a person of the secretariat answers to a letter."""
TEMPLATE: Final = "template"
"""The name of all mails that are of a template."""


@dataclass(frozen=True, slots=True)
class Queued:
    """One service mail."""

    number: int
    name: str
    language: str
    subscriber: int
    """0 for somebody who is none."""
    state: State
    attempts: int
    at: datetime
    """The instant at which it got its state."""
    reason: str = ""
    to: str = ""
    """Empty once it ended."""
    facts: Mapping[str, str] | None = None
    identity: int = 0
    """The number in its Message-ID: random, because numbers repeat after a copy is restored."""
    before: State = State.QUEUED
    """For a claimed one: its state before."""
    template: str = ""
    """Slug of the template that it is of; empty: the service's own words."""
    version: str = ""
    """Of the template."""
    topic: str = ""
    """Of the template."""
    who: str = ""
    """Keyed hash of the address that a mail of a template is to; kept when the address is not."""
    asked_at: datetime | None = None
    """The instant at which a mail of a template was asked for."""
    bounced: str = ""
    """Why it came back, in a word, if it did."""


def claim(store: Store, number: int, now: datetime, seconds: float) -> Queued | None:
    """Claim a mail for one attempt, durably; none: somebody has it, or it is not its turn.

    Args:
        store: the store.
        number: the mail's.
        now: the present.
        seconds: after which its end is taken for unknown.
    """
    at = int(now.timestamp())
    answer = store.scripts.run(
        "claim_mail",
        keys={"mail": keys.outbox(number), "due": keys.OUTBOX_DUE},
        args={"now": at, "lease_ends": at + int(seconds), "number": number},
    )
    if not answer:
        return None
    store.durable()
    return _parse(number, dict(zip(answer[::2], answer[1::2], strict=True)))


def settle(
    store: Store,
    mail: Queued,
    state: State,
    reason: str,
    now: datetime,
    *,
    again: datetime | None = None,
) -> bool:
    """Write down how an attempt ended, with its event; false if it had ended already.

    Args:
        store: the store.
        mail: as it was claimed.
        state: that it comes to.
        reason: for people; empty only if it was sent.
        now: the present.
        again: when it is tried again, if it is.
    """
    event = ""
    if state in _EVENTS:
        facts: dict[str, str | int] = {"outbox": mail.number, "name": mail.name}
        facts |= {"template": mail.template} if mail.template else {}
        facts |= {} if state is State.SENT else {"reason": reason}
        event = events.for_script(Event(_EVENTS[state], now, facts))
    done = store.scripts.run(
        "settle_mail",
        keys={
            "mail": keys.outbox(mail.number),
            "due": keys.OUTBOX_DUE,
            "state_before": keys.outbox_state(mail.before),
            "state_after": keys.outbox_state(state),
            "events": keys.EVENTS,
            "tally": keys.template_tally(mail.template),
            "uses": keys.TEMPLATE_USES,
        },
        args={
            "number": mail.number,
            "use": f"{mail.template} {mail.version}" if mail.template else "",
            "counted": f"{mail.language} {state.value}",
            "attempt": mail.attempts,
            "state": state.value,
            "reason": reason,
            "now": int(now.timestamp()),
            "again": int(again.timestamp()) if again else 0,
            "event_json": event,
            "kept_seconds": int(KEPT.total_seconds()),
        },
    )
    store.durable()
    return bool(done)


def get(store: Store, number: int) -> Queued | None:
    """Load a mail, or none if it is gone."""
    found = store.redis.hgetall(keys.outbox(number))
    return _parse(number, found) if b"name" in found else None


def due(store: Store, now: datetime, most: int) -> list[int]:
    """List mails that somebody should look at: their try is due, their job or worker was lost."""
    found = store.redis.zrange(
        keys.OUTBOX_DUE, "-inf", now.timestamp(), byscore=True, offset=0, num=most
    )
    return [int(member) for member in found]


def enqueue(store: Store, numbers: Iterable[int], now: datetime, seconds: float) -> None:
    """Ask a worker to post mails, and look at them again after that time if none does."""
    with store.redis.pipeline(transaction=True) as pipe:
        pipe.multi()
        for number in numbers:
            pipe.zadd(keys.OUTBOX_DUE, {str(number): now.timestamp() + seconds}, xx=True)
            queue.enqueue(store, QueueName.URGENT, JOB, number, pipe=pipe)
        pipe.execute()


def forget(store: Store, number: int) -> None:
    """Look no more at a mail that is not there."""
    store.redis.zrem(keys.OUTBOX_DUE, number)


def counts(store: Store) -> dict[State, int]:
    """Count the mails by state; a claimed one counts in the state that it had before."""
    return {state: int(store.redis.zcard(keys.outbox_state(state))) for state in State}


def tidy(store: Store, now: datetime) -> None:
    """Forget the ends of mails whose time is over; their records expire by themselves."""
    before = f"({(now - KEPT).timestamp()}"
    for state in (State.SENT, State.FAILED, State.UNKNOWN, State.SKIPPED):
        store.redis.zremrangebyscore(keys.outbox_state(state), "-inf", before)


def newest(store: Store, state: State, most: int) -> list[int]:
    """List mails in a state, the newest first."""
    return [int(one) for one in store.redis.zrevrange(keys.outbox_state(state), 0, most - 1)]


def older(store: Store, state: State, number: int, at: float, most: int) -> list[int]:
    """List mails in a state that are older than one, the newest first.

    Args:
        store: the open store.
        state: which.
        number: the one after which to go on; it may have left the state.
        at: when it got there (Unix seconds).
        most: how many.
    """
    name = keys.outbox_state(state)
    rank = store.redis.zrevrank(name, number)
    if rank is not None:
        found = store.redis.zrevrange(name, rank + 1, rank + most)
    else:
        found = store.redis.zrevrangebyscore(name, f"({at!r}", "-inf", start=0, num=most)
    return [int(one) for one in found]


def _parse(number: int, fields: Mapping[bytes, bytes]) -> Queued:
    text: dict[str, Any] = {name.decode(): value.decode() for name, value in fields.items()}
    return Queued(
        number=number,
        name=text["name"],
        language=text["language"],
        subscriber=int(text[MailField.SUBSCRIBER]),
        state=State(text["state"]),
        attempts=int(text["attempts"]),
        at=datetime.fromtimestamp(int(text["at"]), UTC),
        reason=text.get("reason", ""),
        to=text.get("to", ""),
        facts=json.loads(text.get("facts", "{}")),
        # A mail that was queued before there were identities keeps its number.
        identity=int(text.get("identity", number)),
        before=State(text.get("claimed", "queued")),
        template=text.get("template", ""),
        version=text.get("version", ""),
        topic=text.get("topic", ""),
        who=text.get("who", ""),
        asked_at=datetime.fromtimestamp(int(text["asked"]), UTC) if "asked" in text else None,
        bounced=text.get("bounced", ""),
    )
