"""Keeps mail that came in: the record with its envelope, and the raw bytes, compressed.

Raw mail is in the store, not in files: one place is durable, copied and shared by machines, and a
mail commits together with its event and the job that reads it (law 9). Its size has a limit: there,
the oldest that was handled gives way, or none is taken.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any, Final

import redis

from mailer.domain.events import Event
from mailer.domain.inbound.inbox import Item
from mailer.domain.inbound.quotas import RECORD_BYTES, Share
from mailer.domain.inbound.received import FREE, NEXT, Incoming, MailState, Received
from mailer.errors import StateError
from mailer.store import events, keys, queue
from mailer.store.inbound import items
from mailer.store.inbound.records import fields_of, parse, unknown
from mailer.store.queue import QueueName
from mailer.store.server.connection import Store

REPEAT_SECONDS: Final = 7 * 24 * 3600
"""How long a mail is known: longer than senders try (RFC 5321 section 4.5.4.1)."""
LOT: Final = 50
"""Mails that one job reads."""
JOB: Final = "read_mail"
_ALL: Final = 2**31
_LOADED: Final = 500
"""Records fetched in one round trip."""
_LEVEL: Final = 1
"""The level of compression: base64 hardly gains from more."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A mail that comes in, with what is known before anybody has read it."""

    mail: Incoming
    shares: Sequence[Share]
    """The shares of the room in which it counts."""
    urgent: bool = False
    """True if a person waits for an answer."""


class Kept(IntEnum):
    """The result for a mail that was handed over; the script's answers."""

    NEW = 1
    REPEATED = 0
    NO_ROOM = -1
    OVER_STRANGERS = -2
    """Here and below: a share of the room is used up; see `mailer.domain.inbound.quotas`."""
    OVER_KIND = -3
    OVER_NETWORK = -4
    OVER_SENDER = -5
    OVER_TOKEN = -6

    @property
    def taken(self) -> bool:
        """True if the mail is kept; else its sender must try again."""
        return self >= Kept.REPEATED

    @property
    def over(self) -> bool:
        """True if it is the sender's kind of mail of which too much waits."""
        return self < Kept.NO_ROOM


def keep(
    store: Store,
    mails: Sequence[Arrival],
    now: datetime,
    *,
    lease: float,
    most_bytes: int,
) -> list[Kept]:
    """Keep mails, each with its event, and the job that reads them, in one transaction.

    Returns once all is on disk (law 10). A mail that is here already is not kept again.

    Args:
        store: the open store.
        mails: what came in.
        now: the present.
        lease: seconds after which the scheduler asks for what was not read by then.
        most_bytes: limit of all raw mail that is kept.

    Raises:
        StoreError: nobody knows whether they are kept; they may be handed over again.
    """
    last = int(store.redis.incrby(keys.INBOUND_NEXT, len(mails)))
    numbers = range(last - len(mails) + 1, last + 1)
    due = now.timestamp() + lease
    with store.redis.pipeline(transaction=True) as pipe:
        pipe.multi()
        for number, one in zip(numbers, mails, strict=True):
            _keep_one(store, pipe, number, one, now=now, due=due, most_bytes=most_bytes)
        for name, lot in _lanes(numbers, mails):
            queue.enqueue(store, name, JOB, *lot, pipe=pipe)
        answers = pipe.execute()
    store.durable()
    return [Kept(answer) for answer in answers[: len(mails)]]


def _lanes(
    numbers: Sequence[int], mails: Sequence[Arrival]
) -> Iterator[tuple[QueueName, list[int]]]:
    """Part mails by who waits for an answer: what people ask for goes before reports."""
    for name in (QueueName.URGENT, QueueName.UPKEEP):
        urgent = name is QueueName.URGENT
        lot = [n for n, one in zip(numbers, mails, strict=True) if one.urgent is urgent]
        if lot:
            yield name, lot


def _keep_one(
    store: Store,
    pipe: Any,
    number: int,
    arrival: Arrival,
    *,
    now: datetime,
    due: float,
    most_bytes: int,
) -> None:
    mail, shares = arrival.mail, arrival.shares
    raw = compressed(mail.content)
    charge = len(raw) + RECORD_BYTES
    fields = fields_of(mail, now)
    fields |= {"charge": str(charge), "shares": json.dumps([one.key for one in shares])}
    event = Event(
        "inbound.received", now, {"mail": number, "way": mail.way, "size": len(mail.content)}
    )
    store.scripts.run(
        "keep_mail",
        keys={
            "seen": keys.inbound_seen(mail.digest),
            "record": keys.inbound(number),
            "raw": keys.inbound_raw(number),
            "due": keys.INBOUND_DUE,
            "unread": keys.inbound_state(MailState.UNREAD),
            "bytes": keys.INBOUND_BYTES,
            "events": keys.EVENTS,
            "shares": keys.INBOUND_SHARES,
        },
        args={
            "number": number,
            "seen_seconds": REPEAT_SECONDS,
            "fields_json": json.dumps([part for pair in fields.items() for part in pair]),
            "content": raw,
            "due_at": due,
            "came_at": now.timestamp(),
            "most_bytes": most_bytes,
            "event_json": events.for_script(event),
            "charge": charge,
            "limits_json": json.dumps(
                [(Kept[f"OVER_{one.name.upper()}"], one.key, one.most) for one in shares]
            ),
        },
        pipe=pipe,
    )


def get(store: Store, number: int) -> Received:
    """Load a mail's record.

    Raises:
        NotFoundError: there is none of that number, or its time was over.
    """
    return parse(number, store.redis.hgetall(keys.inbound(number)))


def raw(store: Store, number: int) -> bytes:
    """Load a mail as it came.

    Raises:
        NotFoundError: it is not kept (any more).
    """
    found = store.redis.get(keys.inbound_raw(number))
    if found is None:
        raise unknown(number)
    return zlib.decompress(found)


def numbers(store: Store, states: Sequence[MailState], most: int) -> list[int]:
    """List mails in any of these states, the newest first, at most so many."""
    found: list[int] = []
    for state in states:
        found += map(int, store.redis.zrevrange(keys.inbound_state(state), 0, most - 1))
    return sorted(found, reverse=True)[:most]


def older(store: Store, states: Sequence[MailState], before: int) -> Iterator[Received]:
    """Yield mails in any of these states, the newest first; below a number, if it is not 0."""
    chosen = [one for one in numbers(store, states, _ALL) if not before or one < before]
    for first in range(0, len(chosen), _LOADED):
        yield from each(store, chosen[first : first + _LOADED])


def newest(
    store: Store, states: Sequence[MailState], kinds: Collection[str], most: int
) -> list[Received]:
    """Load mails in any of these states and of any of these kinds (none: all), the newest first."""
    chosen = numbers(store, states, _ALL if kinds else most)
    found: list[Received] = []
    for first in range(0, len(chosen), _LOADED):
        batch = each(store, chosen[first : first + _LOADED])
        found += [one for one in batch if not kinds or one.kind in kinds]
        if len(found) >= most:
            break
    return found[:most]


def each(store: Store, chosen: Sequence[int]) -> Iterator[Received]:
    """Load the records of several mails at once; those that are gone are left out."""
    with store.redis.pipeline(transaction=False) as pipe:
        for number in chosen:
            pipe.hgetall(keys.inbound(number))
        for number, fields in zip(chosen, pipe.execute(), strict=True):
            if fields:
                yield parse(number, fields)


def counts(store: Store) -> dict[MailState, int]:
    """Count the mails in each state."""
    with store.redis.pipeline(transaction=False) as pipe:
        for state in MailState:
            pipe.zcard(keys.inbound_state(state))
        return dict(zip(MailState, pipe.execute(), strict=True))


@dataclass(frozen=True, slots=True)
class Move:
    """A mail's way to another state."""

    number: int
    state: MailState
    event: Event
    """The event that tells of it."""
    changes: Mapping[str, str] = field(default_factory=dict)
    """Further fields of the record."""
    follow_up: Callable[[Any], None] | None = None
    """Adds to the transaction: jobs, keys."""
    again: datetime | None = None
    """The instant at which it is read again, if its state is `held`."""
    content: bytes | None = None
    """The part of it kept from now on, if not all."""
    item: Item | None = None
    """Its item in the inbox from now on; None: no person has to see it."""


def move(store: Store, moves: Sequence[Move]) -> list[int]:
    """Move mails to other states, with events and follow-ups in one transaction (law 9).

    Returns:
        The numbers of those that went. Left out are those that are gone, or in a state from
        which no way leads there, say because another worker was quicker.
    """
    watched = [keys.inbound(one.number) for one in moves]
    while moves:
        with store.redis.pipeline(transaction=True) as pipe:
            try:
                pipe.watch(*watched)
                before = {one.number: one for one in each(store, [m.number for m in moves])}
                going = [
                    one
                    for one in moves
                    if one.number in before and one.state in NEXT[before[one.number].state]
                ]
                pipe.multi()
                for one in going:
                    _move_one(store, pipe, one, before[one.number])
                pipe.execute()
            except redis.WatchError:
                continue
        store.durable()
        return [one.number for one in going]
    return []


def _move_one(store: Store, pipe: Any, one: Move, before: Received) -> None:
    pipe.hset(keys.inbound(one.number), mapping={**one.changes, "state": one.state.value})
    pipe.zrem(keys.inbound_state(before.state), one.number)
    pipe.zadd(keys.inbound_state(one.state), {str(one.number): before.at.timestamp()})
    if one.again is not None:
        pipe.zadd(keys.INBOUND_DUE, {str(one.number): one.again.timestamp()})
    elif one.state is not MailState.UNREAD:
        pipe.zrem(keys.INBOUND_DUE, one.number)
    charge = before.charge
    if one.content is not None:
        raw = compressed(one.content)
        less = charge - len(raw) - RECORD_BYTES
        pipe.set(keys.inbound_raw(one.number), raw)
        pipe.decrby(keys.INBOUND_BYTES, less)
        pipe.hincrby(keys.inbound(one.number), "charge", -less)
        charge -= less
    counted, counts = before.state not in FREE, one.state not in FREE
    share(store, pipe, before.shares, charge * counts - before.charge * counted)
    items.put(pipe, before, one.item)
    events.append(pipe, one.event)
    if one.follow_up:
        one.follow_up(pipe)


def requeue(store: Store, number: int, now: datetime, lease: float) -> None:
    """Have a mail read again, with its event and its job.

    Raises:
        StateError: it waits to be read anyway.
        NotFoundError: it is gone.
    """

    def enqueue(pipe: Any) -> None:
        pipe.zadd(keys.INBOUND_DUE, {str(number): now.timestamp() + lease})
        queue.enqueue(store, QueueName.UPKEEP, JOB, number, pipe=pipe)

    event = Event("inbound.requeued", now, {"mail": number})
    changes = {"attempts": "0", "kind": "", "command": "", "reason": "", "released": "1"}
    if not move(store, [Move(number, MailState.UNREAD, event, changes, enqueue)]):
        raise StateError("mail", str(number), get(store, number).state, "requeue")


def ask_again(store: Store, now: datetime, lease: float, most: int) -> list[int]:
    """Enqueue again what should have been read by now: its job was lost with a worker."""
    at = now.timestamp()
    due = store.redis.zrange(keys.INBOUND_DUE, "-inf", at, byscore=True, offset=0, num=most)
    found = [int(member) for member in due]
    if found:
        with store.redis.pipeline(transaction=True) as pipe:
            pipe.multi()
            later = {str(number): at + lease for number in found}
            pipe.zadd(keys.INBOUND_DUE, later, xx=True)
            for first in range(0, len(found), LOT):
                lot = found[first : first + LOT]
                queue.enqueue(store, QueueName.UPKEEP, JOB, *lot, pipe=pipe)
            pipe.execute()
    return found


def compressed(content: bytes) -> bytes:
    """Return a mail as it is kept."""
    return zlib.compress(content, _LEVEL)


def share(store: Store, pipe: Any, fields: Sequence[str], octets: int) -> None:
    """Change the size of shares of the room by so much, in a transaction."""
    if fields and octets:
        store.scripts.run(
            "share_room",
            keys={"shares": keys.INBOUND_SHARES},
            args={"octets": octets, "holders": list(fields)},
            pipe=pipe,
        )
