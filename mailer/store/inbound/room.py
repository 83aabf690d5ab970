"""The room that mail takes which came in: how much, by whose, and how it becomes free."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

import redis

from mailer.domain.events import Event
from mailer.domain.inbound.quotas import STRANGERS, Share
from mailer.domain.inbound.received import FREE, MailState, Received
from mailer.domain.subscribers.subscriber import Status
from mailer.store import events, keys
from mailer.store.fields import SubscriberField
from mailer.store.inbound import items
from mailer.store.inbound import mails as inbound
from mailer.store.server.connection import Store

CITED_BYTES: Final = 16 * 1024
"""The part of a mail kept as evidence of consent: its header, and what was written."""


def bytes_kept(store: Store) -> int:
    """Tell how many octets all raw mail takes, but what consent records cite."""
    return int(store.redis.get(keys.INBOUND_BYTES) or 0)


def bytes_of_strangers(store: Store) -> int:
    """Tell how many octets of it wait that bear none of our tokens, with their records."""
    return int(store.redis.hget(keys.INBOUND_SHARES, Share("strangers", "", 0).key) or 0)


def strangers_limit(room: int) -> int:
    """Tell how many they may be."""
    return int(room * STRANGERS)


def oldest(store: Store, state: MailState, before: datetime, most: int) -> list[int]:
    """List mails in a state that came in up to an instant, the oldest first."""
    found = store.redis.zrange(
        keys.inbound_state(state),
        "-inf",
        before.timestamp(),
        byscore=True,
        offset=0,
        num=most,
    )
    return [int(member) for member in found]


def remove(
    store: Store, numbers: Sequence[int], states: Collection[MailState], now: datetime
) -> int:
    """Forget mails that are in one of these states, with one event for all.

    Returns:
        How many went.
    """
    while numbers:
        with store.redis.pipeline(transaction=True) as pipe:
            try:
                pipe.watch(*map(keys.inbound, numbers))
                going = [one for one in inbound.each(store, numbers) if one.state in states]
                if not going:
                    return 0
                sizes = [store.redis.strlen(keys.inbound_raw(one.number)) for one in going]
                pipe.multi()
                for mail, size in zip(going, sizes, strict=True):
                    _remove_one(store, pipe, mail, size)
                unseen = sum(mail.state not in FREE for mail in going)
                fields: dict[str, str | int] = {"count": len(going), "unseen": unseen}
                events.append(pipe, Event("inbound.removed", now, fields))
                pipe.execute()
            except redis.WatchError:
                continue
        store.durable()
        return len(going)
    return 0


def _remove_one(store: Store, pipe: Any, mail: Received, size: int) -> None:
    number = mail.number
    pipe.delete(keys.inbound(number), keys.inbound_raw(number))
    pipe.zrem(keys.inbound_state(mail.state), number)
    pipe.zrem(keys.INBOUND_DUE, number)
    pipe.hdel(keys.INBOUND_CITES, number)
    items.put(pipe, mail, None, gone=True)
    if mail.state is not MailState.CITED:
        pipe.decrby(keys.INBOUND_BYTES, size)
    if mail.state not in FREE:
        inbound.share(store, pipe, mail.shares, -mail.charge)


def note_consent(pipe: Any, mail: int, subscriber: int) -> None:
    """Write down, in the transaction of the consent, that its record cites a mail."""
    pipe.hset(keys.INBOUND_CITES, mail, subscriber)


def cited(store: Store, numbers: Sequence[int]) -> set[int]:
    """Tell which of these mails the consent of an active subscriber cites."""
    if not numbers:
        return set()
    found = store.redis.hmget(keys.INBOUND_CITES, [str(number) for number in numbers])
    named = [(mail, int(who)) for mail, who in zip(numbers, found, strict=True) if who]
    with store.redis.pipeline(transaction=False) as pipe:
        for _, who in named:
            pipe.hmget(keys.subscriber(who), SubscriberField.STATUS, SubscriberField.CONSENT)
        rows = pipe.execute()
    active = Status.ACTIVE.value.encode()
    return {
        mail
        for (mail, _), (status, consent) in zip(named, rows, strict=True)
        if status == active and json.loads(consent or b"{}").get("mail") == mail
    }


def keep_cited(store: Store, numbers: Collection[int], now: datetime) -> None:
    """Keep mails, or their beginnings, for as long as a consent record cites them.

    They take no room from others any more: there are no more of them than subscribers. A mail that
    is cited already is looked at again as much later.
    """
    for mail in inbound.each(store, list(numbers)):
        raw = inbound.raw(store, mail.number)
        with store.redis.pipeline(transaction=True) as pipe:
            pipe.multi()
            if mail.state is MailState.HANDLED:
                pipe.decrby(keys.INBOUND_BYTES, store.redis.strlen(keys.inbound_raw(mail.number)))
                pipe.set(keys.inbound_raw(mail.number), inbound.compressed(raw[:CITED_BYTES]))
                pipe.zrem(keys.inbound_state(mail.state), mail.number)
                pipe.hset(keys.inbound(mail.number), "state", MailState.CITED.value)
            pipe.zadd(keys.inbound_state(MailState.CITED), {str(mail.number): now.timestamp()})
            pipe.execute()
