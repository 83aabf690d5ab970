"""Keeps the inbox: lists of what waits for a person, threads, and the answers that were written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import redis

from mailer.domain.events import Event
from mailer.domain.inbound.inbox import Answer, Group, Item, Standing
from mailer.domain.inbound.received import FREE, SETTLED, MailState, Received
from mailer.store import events, keys
from mailer.store.inbound import items
from mailer.store.inbound import mails as inbound
from mailer.store.server.connection import Store

MAIL: Final = "m"
ANSWER: Final = "a"
"""What a member of a thread is; its number follows."""
FORM_SECONDS: Final = 7 * 24 * 3600
"""How long a form is known that sent an answer."""


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of an item."""

    item: Item
    event: Event
    fields: dict[str, str]
    """Further fields of the mail's record."""
    follow_up: Callable[[Any], None] | None = None
    """Adds to the transaction."""


Decide = Callable[[Received], Change | None]
"""Decides what becomes of a mail's item, by its record as it is now; None: nothing."""


def change(store: Store, number: int, decide: Decide, *watched: str) -> Change | None:
    """Change an item, with its event and follow-up in one transaction (law 9).

    A mail that waited is handled from then on, unless its item waits on: a person dealt with it.

    Args:
        store: the open store.
        number: the mail's.
        decide: may be asked again, if the record changed meanwhile; may raise.
        watched: further keys that the decision rests on.

    Raises:
        NotFoundError: there is no such mail.
    """
    while True:
        with store.redis.pipeline(transaction=True) as pipe:
            try:
                pipe.watch(keys.inbound(number), *watched)
                before = inbound.get(store, number)
                decided = decide(before)
                if decided is None:
                    return None
                pipe.multi()
                _add(store, pipe, before, decided)
                pipe.execute()
            except redis.WatchError:
                continue
        store.durable()
        return decided


def _add(store: Store, pipe: Any, before: Received, decided: Change) -> None:
    record = keys.inbound(before.number)
    if decided.fields:
        pipe.hset(record, mapping=decided.fields)
    if decided.item.standing is not Standing.WAITING and before.state in SETTLED:
        pipe.hset(record, "state", MailState.HANDLED.value)
        pipe.zrem(keys.inbound_state(before.state), before.number)
        pipe.zadd(
            keys.inbound_state(MailState.HANDLED), {str(before.number): before.at.timestamp()}
        )
        if before.state not in FREE:
            inbound.share(store, pipe, before.shares, -before.charge)
    items.put(pipe, before, decided.item)
    events.append(pipe, decided.event)
    if decided.follow_up:
        decided.follow_up(pipe)


def enter(store: Store, number: int, item: Item, join: Callable[[Any], None]) -> bool:
    """Give an item to a mail that waits and has none; false if it has one, or is gone."""
    with store.redis.pipeline(transaction=True) as pipe:
        try:
            pipe.watch(keys.inbound(number))
            before = next(inbound.each(store, [number]), None)
            if before is None or before.item is not None:
                return False
            pipe.multi()
            items.put(pipe, before, item)
            join(pipe)
            pipe.execute()
        except redis.WatchError:  # a worker was quicker: it gives the item
            return False
    store.durable()
    return True


def counts(store: Store) -> dict[tuple[Standing, Group], int]:
    """Count the items, by standing and group; costs the same whatever there is."""
    wanted = [(standing, group) for standing in Standing for group in Group]
    with store.redis.pipeline(transaction=False) as pipe:
        for standing, group in wanted:
            pipe.zcard(keys.inbox(standing, group))
        return dict(zip(wanted, pipe.execute(), strict=True))


def below(
    store: Store, standing: Standing, groups: Sequence[Group], before: int, most: int
) -> list[tuple[int, Item | None]]:
    """Load the newest items; of those below a number, if it is not 0.

    Returns:
        So many numbers and items at most, the newest first; some may have moved on in between,
        or be gone (None).
    """
    top = f"({before}" if before else "+inf"
    with store.redis.pipeline(transaction=False) as pipe:
        for group in groups:
            pipe.zrevrangebyscore(keys.inbox(standing, group), top, "-inf", start=0, num=most)
        numbers = sorted({int(one) for some in pipe.execute() for one in some}, reverse=True)[:most]
    with store.redis.pipeline(transaction=False) as pipe:
        for number in numbers:
            pipe.hget(keys.inbound(number), "item")
        found = [items.read(one.decode() if one else "") for one in pipe.execute()]
    return list(zip(numbers, found, strict=True))


def overdue(store: Store, now: datetime, most: int) -> list[int]:
    """List mails whose time in the bin is over."""
    at = now.timestamp()
    found = store.redis.zrange(keys.INBOX_BIN, "-inf", at, byscore=True, offset=0, num=most)
    return [int(one) for one in found]


def forget_bin(store: Store, numbers: Sequence[int]) -> None:
    """Look no more at mails whose time in the bin is over; what proves a consent stays kept."""
    if numbers:
        store.redis.zrem(keys.INBOX_BIN, *numbers)


def entered(store: Store) -> int:
    """Tell up to which number mail was looked at that came in before there was an inbox."""
    return int(store.redis.get(keys.INBOX_ENTERED) or 0)


def note_entered(store: Store, number: int) -> None:
    """Write that down."""
    store.redis.set(keys.INBOX_ENTERED, number)


def last(store: Store) -> int:
    """Return the highest number that a mail was given."""
    return int(store.redis.get(keys.INBOUND_NEXT) or 0)


# Threads.


def digest(kind: str, text: str) -> str:
    """Name what a thread is known by; of bounded length, whatever strangers write."""
    return hashlib.blake2b(f"{kind}\0{text}".encode(), digest_size=16).hexdigest()


def known(store: Store, names: Iterable[str]) -> tuple[int, int]:
    """Return the thread, and the answer, of the first of these that is known; zeros: none is."""
    wanted = [keys.inbox_known(one) for one in names]
    for found in store.redis.mget(wanted) if wanted else ():
        if found:
            thread, _, answer = found.decode().partition(" ")
            return int(thread), int(answer or 0)
    return 0, 0


def join(
    pipe: Any, thread: int, member: str, names: Iterable[str], *, at: datetime, seconds: int
) -> None:
    """Add a mail or an answer to a thread, in a transaction.

    What is known already stays: nobody takes another's Message-ID over.

    Args:
        pipe: the transaction.
        thread: its number.
        member: `MAIL` or `ANSWER`, and its number.
        names: digests that replies are known by.
        at: the instant of the member.
        seconds: how long the thread is kept from now on.
    """
    answer = member[1:] if member.startswith(ANSWER) else "0"
    for name in names:
        pipe.set(keys.inbox_known(name), f"{thread} {answer}", nx=True, ex=seconds)
    pipe.zadd(keys.inbox_thread(thread), {member: at.timestamp()})
    pipe.expire(keys.inbox_thread(thread), seconds)


def members(store: Store, thread: int, most: int) -> tuple[list[int], list[int]]:
    """List the newest mails and answers of a thread, oldest first."""
    found = [one.decode() for one in store.redis.zrange(keys.inbox_thread(thread), -most, -1)]
    return (
        [int(one[1:]) for one in found if one.startswith(MAIL)],
        [int(one[1:]) for one in found if one.startswith(ANSWER)],
    )


# Answers.


def new_answer(store: Store) -> int:
    """Give out the number of an answer."""
    return int(store.redis.incr(keys.INBOX_ANSWER_NEXT))


def form_key(form: str) -> str:
    """Name the key by which a form that sent an answer is known."""
    return keys.inbox_form(digest("form", form))


def sent_by(store: Store, form: str) -> int:
    """Return the answer that a form sent; 0: none."""
    return int(store.redis.get(form_key(form)) or 0) if form else 0


def keep_answer(pipe: Any, answer: Answer, seconds: int, form: str = "") -> None:
    """Keep an answer, in a transaction."""
    text = json.dumps(asdict(answer) | {"at": answer.at.isoformat()}, ensure_ascii=False)
    pipe.set(keys.inbox_answer(answer.number), text, ex=seconds)
    if form:
        pipe.set(form_key(form), answer.number, ex=FORM_SECONDS)


def answer(store: Store, number: int) -> Answer | None:
    """Load an answer; None: its time is over."""
    found = store.redis.get(keys.inbox_answer(number))
    return _answer(found) if found else None


def answers(store: Store, numbers: Sequence[int]) -> list[Answer]:
    """Load answers; those whose time is over are left out."""
    wanted = [keys.inbox_answer(number) for number in numbers]
    return [_answer(one) for one in (store.redis.mget(wanted) if wanted else ()) if one]


def _answer(text: bytes) -> Answer:
    found = json.loads(text)
    return Answer(**(found | {"at": datetime.fromisoformat(found["at"])}))
