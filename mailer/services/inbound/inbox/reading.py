"""Opens one mail of the inbox for a person: what it says, who wrote it, what was written before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from mailer import log
from mailer.config import Settings, secret_key
from mailer.domain.access.rights import Right
from mailer.domain.inbound.inbox import Answer, Deed, Item, Standing, Why, suggested
from mailer.domain.inbound.received import Received
from mailer.domain.subscribers.address import AddressError, parse_address
from mailer.domain.subscribers.subscriber import Status, Subscriber
from mailer.errors import NotFoundError, StoreError
from mailer.message.incoming import letter as letters
from mailer.message.incoming.enclosed import Enclosed
from mailer.message.incoming.letter import Letter
from mailer.services.access.acting import act, current
from mailer.services.inbound.inbox.entering import Entering
from mailer.services.inbound.intake import own_addresses
from mailer.store import outbox
from mailer.store.inbound import inbox
from mailer.store.inbound import mails as inbound
from mailer.store.outbox import State
from mailer.store.server.connection import Store
from mailer.store.subscribers import records as subscribers
from mailer.store.subscribers import suppression

MOST_TURNS: Final = 50
"""Mails and answers of a thread that are shown, the newest."""
_ON_LIST: Final = frozenset({Status.PENDING, Status.ACTIVE, Status.SUSPENDED})

_log = log.get_logger(__name__)


class Carried(StrEnum):
    """What became of an answer on its way."""

    UNDER_WAY = "under-way"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """Nobody can tell whether it left; it is not sent again by itself."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who seems to have written a mail."""

    address: str
    """Of the From field, which anybody can write; empty: none, or several."""
    name: str
    vouched: bool
    """True if our own mail server found that the author's domain vouches for the mail."""
    subscriber: Subscriber | None
    """Who has that address on the list; None: nobody, or whoever asks may not see it."""
    suppressed: bool
    """True if the address is never mailed: it cannot be answered from here."""

    @property
    def subscribed(self) -> bool:
        """Tell whether there is somebody to take off the list."""
        return self.subscriber is not None and self.subscriber.status in _ON_LIST


@dataclass(frozen=True, slots=True)
class Turn:
    """One mail or one answer of a thread."""

    mail: Received | None
    answer: Answer | None
    carried: Carried | None
    """Of an answer."""


@dataclass(frozen=True, slots=True)
class Opened:
    """One mail, opened."""

    mail: Received
    item: Item
    letter: Letter | None
    """None: it cannot be read; it can be looked at as it came."""
    author: Author
    thread: Sequence[Turn]
    """Oldest first; this mail is one of them."""
    suggested: Sequence[Deed]
    """What can be done, the likeliest first."""


@act("inbound.read")
def opened(store: Store, settings: Settings, number: int) -> Opened:
    """Open a mail: one for a person, or one that the service dealt with by itself.

    Raises:
        NotFoundError: there is none of that number.
    """
    record = inbound.get(store, number)
    item = record.item
    if item is None:
        entering = Entering(store, settings, own_addresses(settings))
        item = replace(entering.item(record, Why.BY_ITSELF)[0], standing=Standing.DONE)
    author = _author(store, settings, item)
    return Opened(
        mail=replace(record, item=item),
        item=item,
        letter=_letter(store, number),
        author=author,
        thread=_thread(store, replace(record, item=item)),
        suggested=_suggested(item, author),
    )


@act("inbound.read")
def file(store: Store, number: int, part: int) -> tuple[Enclosed, bytes]:
    """Take a file out of a mail.

    Raises:
        NotFoundError: there is no such mail, or it has no such file.
    """
    found = letters.file(inbound.raw(store, number), part)
    if found is None:
        raise NotFoundError("file", str(part), within=f"mail {number}")
    return found


def carried(store: Store, answer: Answer) -> Carried:
    """Tell what became of an answer; one whose record is gone was sent long ago."""
    mail = outbox.get(store, answer.outbox)
    if mail is None or mail.state is State.SENT:
        return Carried.SENT
    if mail.state in {State.FAILED, State.SKIPPED}:
        return Carried.FAILED
    return Carried.UNKNOWN if mail.state is State.UNKNOWN else Carried.UNDER_WAY


def _letter(store: Store, number: int) -> Letter | None:
    try:
        return letters.letter(inbound.raw(store, number))
    except (StoreError, NotFoundError):
        raise
    except Exception:  # noqa: BLE001 - its page must be shown: there it can be dropped
        _log.exception("inbox.unreadable", message="A mail cannot be shown.", mail=number)
        return None


def _author(store: Store, settings: Settings, item: Item) -> Author:
    subscriber, suppressed = None, False
    actor = current()
    try:
        key = parse_address(item.author).key if item.author else ""
    except AddressError:
        key = ""
    if key and (actor is None or actor.may(Right.SUBSCRIBERS_READ)):
        number = subscribers.number_of(store, key)
        subscriber = subscribers.get(store, number) if number else None
        suppressed = suppression.find(store, secret_key(settings), key) is not None
    return Author(item.author, item.name, item.vouched, subscriber, suppressed)


def _thread(store: Store, record: Received) -> list[Turn]:
    thread = record.item.thread if record.item else record.number
    mails, written = inbox.members(store, thread, MOST_TURNS)
    records = {one.number: one for one in inbound.each(store, mails)} | {record.number: record}
    turns = [(one.at, Turn(one, None, None)) for one in records.values()]
    turns += [
        (answer.at, Turn(None, answer, carried(store, answer)))
        for answer in inbox.answers(store, written)
    ]
    return [turn for _, turn in sorted(turns, key=lambda one: one[0])]


def _suggested(item: Item, author: Author) -> tuple[Deed, ...]:
    if item.why is Why.BY_ITSELF:
        return ()
    if item.standing is Standing.DROPPED:
        return (Deed.WAITING,)
    found = suggested(item.why, subscribed=author.subscribed)
    if not author.address:
        found = tuple(one for one in found if one not in {Deed.UNSUBSCRIBE, Deed.ADD})
    if item.standing is Standing.WAITING:
        return found
    return (Deed.WAITING, *(one for one in found if one is not Deed.DONE))
