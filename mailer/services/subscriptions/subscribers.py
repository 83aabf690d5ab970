"""The secretariat's actions on one subscriber, and the export of all."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from mailer.config import Settings, secret_key
from mailer.domain.events import Event
from mailer.domain.subscribers.address import Address, key_of
from mailer.domain.subscribers.subscriber import TRANSITIONS, Action, Status, Subscriber
from mailer.domain.transitions import Move
from mailer.errors import Fact, MailerError, NotFoundError, StateError
from mailer.services.access import once
from mailer.services.access.acting import act, tell
from mailer.services.subscriber_files.cells import Reading, check_consent, known_tags, left_alone
from mailer.services.subscriptions.erasing import forget
from mailer.store.campaigns import deliveries
from mailer.store.campaigns.deliveries import Received
from mailer.store.server.connection import Store
from mailer.store.subscribers import records as subscribers
from mailer.store.subscribers import rows as subscriber_rows
from mailer.store.subscribers import suppression
from mailer.store.subscribers.records import Counts
from mailer.store.subscribers.rows import Defaults, Refusal
from mailer.store.subscribers.suppression import Suppression

__all__ = [
    "Choices",
    "Chosen",
    "Counts",
    "Known",
    "LeftAloneError",
    "Received",
    "add",
    "change",
    "choices",
    "count",
    "editions_received",
    "erase",
    "find",
    "get",
    "look_up",
    "reinstate",
    "remove",
    "suppress",
    "suspended_by",
    "unsuppress",
]

SOURCE: Final = "secretariat"
BOUND: Final = "subscriber"
VOUCHED: Final = frozenset({SOURCE, "import", "move-in", "sync"})
"""Sources for which the secretariat answers for the consent."""
_NONE: Final[Mapping[str, str]] = {}


class LeftAloneError(MailerError):
    """Law 7: a subscriber who left, bounced or complained is not put back by others."""

    code = "left_alone"

    def __init__(self, address: str, refusal: Refusal) -> None:
        """Say who it is, and since when they are left alone for which reason."""
        self.refusal = refusal
        super().__init__(f"{address} was left alone: {left_alone(refusal)}.")

    @property
    def facts(self) -> Mapping[str, Fact]:
        """Why, and since when."""
        return {"why": self.refusal.why, "since": self.refusal.since.isoformat()}


class Chosen(NamedTuple):
    """A choice of subscribers: those to whom all of this applies; empty is any."""

    status: str = ""
    language: str = ""
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Choices:
    """The values by which one can choose subscribers."""

    statuses: Sequence[str]
    languages: Sequence[str]
    topics: Sequence[str]


def choices(store: Store, settings: Settings) -> Choices:
    """List what one can choose by: what the settings know, and what subscribers have."""
    return Choices(
        [status.value for status in Status],
        sorted({*settings.languages, *subscribers.languages(store)}),
        sorted({*settings.topics, *subscribers.topics(store)}),
    )


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of an address."""

    subscriber: Subscriber | None
    suppression: Suppression | None


@act("subscribers.find")
def look_up(store: Store, settings: Settings, address: Address) -> Known:
    """Tell what is known of an address; there may be nothing."""
    number = subscribers.number_of(store, address.key)
    return Known(
        subscribers.get(store, number) if number else None,
        suppression.find(store, secret_key(settings), address.key),
    )


def get(store: Store, number: int) -> Subscriber:
    """Return the subscriber of a number, as events name one.

    Raises:
        NotFoundError: there is none.
    """
    found = subscribers.get(store, number)
    if found is None:
        raise NotFoundError("subscriber", str(number))
    return found


@act("subscribers.count")
def count(store: Store) -> Counts:
    """Count the subscribers: by status; the active ones also by language, topic and tag."""
    return subscribers.count(store)


@act("subscribers.find")
def find(store: Store, address: Address) -> Subscriber:
    """Return the subscriber with an address.

    Raises:
        NotFoundError: there is none.
    """
    number = subscribers.number_of(store, address.key)
    found = subscribers.get(store, number) if number else None
    if found is None:
        raise NotFoundError("subscriber", address.given, "Is the address spelt right?")
    return found


@act("subscribers.add", "language", "topics", "tags", "consent")
def add(
    store: Store,
    settings: Settings,
    at: datetime,
    address: Address,
    *,
    language: str = "",
    topics: str = "",
    tags: str = "",
    name: str = "",
    attributes: Mapping[str, str] = _NONE,
    consent: str = "",
) -> subscriber_rows.Put:
    """Put one subscriber on the list, or update one; the secretariat answers for the consent.

    Sends nothing (law 6). `consent` says where it comes from, in the secretariat's words.

    Raises:
        InputError: a language, topic, tag, name or attribute cannot be.
        LeftAloneError: the reader left, bounced or complained (law 7).
    """
    check_consent(consent)
    reading = Reading(settings, known_tags(store))
    row = subscriber_rows.row(
        secret_key(settings),
        address,
        language=reading.language(language),
        topics=reading.topics(topics),
        tags=reading.tags(tags),
        name=reading.name(name),
        attributes=reading.attributes(attributes.items()),
    )
    defaults = Defaults(settings.languages[0], settings.topics.default, SOURCE)
    if once.made() and (number := subscribers.number_of(store, address.key)):
        return subscriber_rows.Put(0, 0, 1, (), number)
    put = subscriber_rows.put(store, row, defaults, at, once.binding(BOUND), consent=consent)
    if put.refused:
        raise LeftAloneError(address.given, put.refused[0])
    store.durable()
    tell(subscriber=put.number)
    return put


def change(
    store: Store,
    number: int,
    action: Action,
    at: datetime,
    *,
    reason: str = "",
    suppress: tuple[str, Suppression] | None = None,
    clears: bool = False,
) -> tuple[Status, Move[Status]]:
    """Apply an action to a subscriber, by the table of statuses.

    Args:
        store: the store.
        number: the subscriber's.
        action: what happens.
        at: when.
        reason: for the event; by default the table's.
        suppress: the suppression hash of the address, and the record, to commit together.
        clears: true if bounces of mail sent before now count no more.

    Returns:
        The status before, and the row of the table that was followed.

    Raises:
        NotFoundError: the number is nobody's.
        StateError: the action does not fit the status.
    """
    while True:
        subscriber = subscribers.get(store, number)
        if subscriber is None:
            raise NotFoundError("subscriber", str(number))
        before = subscriber.status
        move = TRANSITIONS.follow(before, action, number)
        facts = {
            "subscriber": number,
            "from": before.value,
            "to": move.to.value,
            "reason": reason or move.reason,
        }
        event = Event("subscriber.status", at, facts)
        if subscribers.change_status(
            store, number, before, move.to, event, suppression=suppress, clears=clears
        ):
            store.durable()
            return before, move


@act("subscribers.remove", "reason")
def remove(store: Store, at: datetime, number: int, reason: str = "") -> tuple[Status, Status]:
    """Take a subscriber off the list; returns the status before and the one after.

    The address stays known, so that no import brings it back.

    Raises:
        NotFoundError: the number is nobody's.
    """
    before, move = change(store, number, Action.REMOVE, at, reason=reason)
    tell(subscriber=number, before={"status": before.value}, after={"status": move.to.value})
    return before, move.to


@act("subscribers.reinstate", "reason")
def reinstate(store: Store, at: datetime, subscriber: Subscriber, reason: str) -> None:
    """Lift a suspension, because the secretariat knows that the address works again.

    Raises:
        StateError: the subscriber is not suspended, or never confirmed.
    """
    tell(subscriber=subscriber.number, before={"status": subscriber.status.value})
    if once.again() and subscriber.status is Status.ACTIVE:
        return
    vouched = subscriber.consent or subscriber.source in VOUCHED
    if subscriber.status is Status.SUSPENDED and not vouched:
        remedy = "Its owner never confirmed, and must subscribe again."
        said = subscriber.status.value
        raise StateError("subscriber", subscriber.address, said, "reinstate", remedy)
    change(store, subscriber.number, Action.REINSTATE, at, reason=reason, clears=True)
    tell(after={"status": Status.ACTIVE.value})


def suspended_by(store: Store, campaign: int, domain: str = "") -> Iterator[Subscriber]:
    """Yield the subscribers whom a campaign's mail suspended by coming back.

    Args:
        store: the store.
        campaign: its number.
        domain: only those whose address is there; empty: all.
    """
    for one in subscribers.each(store, Status.SUSPENDED.value):
        said = json.loads(one.bounced) if one.bounced else {}
        there = not domain or key_of(one.address).endswith(f"@{domain.lower()}")
        if said.get("campaign") == campaign and there:
            yield one


@act("subscribers.erase", "reason")
def erase(store: Store, settings: Settings, at: datetime, address: Address, reason: str) -> int:
    """Forget all about a subscriber; see `erasing.forget`.

    Raises:
        NotFoundError: there is no such subscriber.
    """
    number = forget(store, settings, at, address, reason)
    tell(subscriber=number)
    return number


@act("subscribers.suppress", "reason")
def suppress(store: Store, settings: Settings, at: datetime, address: Address, reason: str) -> bool:
    """Never mail an address again, a subscriber's or not; false if it was so already."""
    record = Suppression(reason, at)
    new = suppression.add(store, secret_key(settings), address.key, record)
    store.durable()
    tell(subscriber=subscribers.number_of(store, address.key) or 0, after={"suppressed": True})
    return new


@act("subscribers.unsuppress", "reason")
def unsuppress(
    store: Store, settings: Settings, at: datetime, address: Address, reason: str
) -> bool:
    """Lift a suppression, at the owner's wish; changes no status. False if there was none."""
    lifted = suppression.remove(store, secret_key(settings), address.key, at, reason)
    store.durable()
    tell(subscriber=subscribers.number_of(store, address.key) or 0, after={"suppressed": False})
    return lifted


@act("subscribers.history")
def editions_received(store: Store, number: int) -> Iterator[Received]:
    """Yield the campaigns whose mail to a subscriber was accepted, newest first."""
    return deliveries.received(store, number)
