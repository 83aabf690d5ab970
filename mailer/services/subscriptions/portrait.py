"""All that is known of one reader, gathered for the secretariat in a few round trips.

Whatever grows with the years is bounded: the newest events, some deliveries at a time, the newest
entries of the calendar.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final, NamedTuple

from mailer.clock import Clock
from mailer.config import Settings, secret_key
from mailer.domain.bounces.policy import Policy, date_of, day_of, read, score
from mailer.domain.calendar.attendance import Attendance
from mailer.domain.calendar.entry import Entry
from mailer.domain.subscribers.address import key_of
from mailer.domain.subscribers.subscriber import Status, Subscriber
from mailer.domain.subscribers.subscribing import Request
from mailer.errors import NotFoundError
from mailer.services.access.acting import act
from mailer.services.inbound.bounces import rules_of
from mailer.services.subscriptions.subscribers import VOUCHED, Known
from mailer.store.calendar import attendance
from mailer.store.calendar import entries as calendar
from mailer.store.campaigns import deliveries
from mailer.store.campaigns.deliveries import Deliveries
from mailer.store.server.connection import Store
from mailer.store.subscribers import histories, requests, suppression
from mailer.store.subscribers import records as subscribers
from mailer.store.subscribers.histories import Entry as Event
from mailer.store.subscribers.histories import History
from mailer.store.subscribers.requests import Asked

IMPORTED: Final = "import"
DELIVERIES: Final = 10
"""Deliveries of one page."""

__all__ = [
    "Bounces",
    "Consent",
    "Deliveries",
    "Event",
    "History",
    "Invited",
    "Portrait",
    "Portraits",
]


class Consent(NamedTuple):
    """What allows us to mail a reader."""

    how: str
    """`mail`, `web` or `move-in`: the reader's own assent; else the source for which the
    secretariat answers: `import`, `secretariat`, `sync`; empty: there is none (yet)."""
    vouched: bool
    """Whether the secretariat answers for it."""
    at: datetime | None
    said: str
    """Where it comes from, in the secretariat's words, as far as the log tells."""
    file: str
    """The file that brought the reader in, likewise."""
    facts: Mapping[str, Any]
    """The record of the assent: when it was `asked` for, the `text` and `topics` agreed to, `from`
    which address, by which `mail` or `request`; empty where the secretariat answers for it."""


class Bounces(NamedTuple):
    """Mail that came back, and what follows of it."""

    points: float
    limit: int
    """At so many points mail to the reader is suspended."""
    days: tuple[date, ...]
    """The days whose bounces count."""
    last: Mapping[str, Any]
    """What was said last; see `mailer.store.subscribers.bounces.detail`; may be empty."""
    suspended: bool
    """Whether mail is suspended: the reader subscribes again, or the secretariat reinstates."""


class Invited(NamedTuple):
    """An invitation that a reader answered."""

    entry: Entry
    answers: Sequence[Attendance]
    """Several where the entry repeats, and occurrences were answered differently."""


@dataclass(frozen=True, slots=True)
class Portrait:
    """All that is known of a reader."""

    known: Known
    subscriber: Subscriber
    consent: Consent
    history: History
    deliveries: Deliveries
    bounces: Bounces | None
    """None: no mail came back that counts, or was told of."""
    invitations: Sequence[Invited]
    request: Asked | None
    """A request to subscribe that waits for the reader's confirmation."""


class Portraits:
    """Gathers portraits."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        """Set up with the store, the settings and a clock."""
        self._store, self._settings, self._clock = store, settings, clock

    @act("subscribers.history")
    def of(self, number: int, *, before: int = 0, most: int = DELIVERIES) -> Portrait:
        """Gather what is known of a reader.

        Args:
            number: the subscriber's.
            before: only deliveries of campaigns of lower numbers; 0: the newest.
            most: how many deliveries.

        Raises:
            NotFoundError: there is no such subscriber.
        """
        store, now = self._store, self._clock.now()
        one = subscribers.get(store, number)
        if one is None:
            raise NotFoundError("subscriber", str(number))
        suppressed = suppression.find(store, secret_key(self._settings), key_of(one.address))
        asked = requests.last_of(store, number, now)
        history = histories.of(store, number)
        return Portrait(
            known=Known(one, suppressed),
            subscriber=one,
            consent=self._consent(one, history),
            history=history,
            deliveries=deliveries.of_subscriber(store, number, before=before, most=most),
            bounces=bounces_of(one, rules_of(self._settings).policy, now),
            invitations=self._invitations(number),
            request=asked if asked and asked.state is Request.OPEN else None,
        )

    def _consent(self, one: Subscriber, history: History) -> Consent:
        found = consent_of(one)
        if not found.vouched:
            return found
        said = [entry.fields["consent"] for entry in history.entries if "consent" in entry.fields]
        batch = histories.imported_at(self._store, one.added_at) if one.source == IMPORTED else None
        if batch is not None:
            said = [batch.fields.get("consent", ""), *said]
        words = next(filter(None, said), "")
        return found._replace(said=words, file=batch.fields["file"] if batch else "")

    def _invitations(self, number: int) -> list[Invited]:
        said = attendance.of_subscriber(self._store, number)
        return [Invited(calendar.get(self._store, entry), ones) for entry, ones in said.items()]


def consent_of(one: Subscriber) -> Consent:
    """Tell what allows us to mail a reader."""
    if one.consent:
        facts = json.loads(one.consent)
        at = facts.get("at")
        return Consent(
            str(facts.get("how", "")),
            vouched=False,
            at=datetime.fromisoformat(at) if at else None,
            said="",
            file="",
            facts=facts,
        )
    if one.source in VOUCHED and one.status is not Status.PENDING:
        return Consent(one.source, vouched=True, at=one.added_at, said="", file="", facts={})
    return Consent("", vouched=False, at=None, said="", file="", facts={})


def bounces_of(one: Subscriber, policy: Policy, now: datetime) -> Bounces | None:
    """Tell the score of a reader's bounces, and what was said last; None: there is neither."""
    if not one.marks and not one.bounced:
        return None
    today = day_of(now.astimezone(UTC))
    marks = [mark for mark in read(one.marks) if mark.day > policy.since(today)]
    return Bounces(
        score(policy, marks, today) / policy.hard_limit,
        policy.soft_limit,
        tuple(date_of(day) for day in dict.fromkeys(mark.day for mark in marks)),
        json.loads(one.bounced) if one.bounced else {},
        one.status is Status.SUSPENDED,
    )
