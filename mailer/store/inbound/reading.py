"""Record of which worker reads which mail: if a worker dies, its mail is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from mailer.domain.inbound.received import OPEN, MailState, Received
from mailer.store import keys
from mailer.store.inbound.mails import each
from mailer.store.server.connection import Store


def begin(store: Store, chosen: Sequence[int], now: datetime, seconds: float) -> list[Received]:
    """Note that a worker begins to read mails; returns those that are its to read.

    The attempt and the next try are written down first, so that a mail on which workers die is
    known by it. What another worker began to read less than that time ago is left to it.

    Args:
        store: the open store.
        chosen: the mails' numbers.
        now: the present.
        seconds: after which the scheduler may ask for them again.
    """
    wanted = [
        one
        for one in each(store, chosen)
        if one.state in OPEN and (not one.attempts or now.timestamp() - one.begun >= seconds)
    ]
    if not wanted:
        return []
    with store.redis.pipeline(transaction=True) as pipe:
        for one in wanted:
            pipe.hincrby(keys.inbound(one.number), "attempts", 1)
        counts = pipe.execute()
    mine = [one for one, count in zip(wanted, counts, strict=True) if count == one.attempts + 1]
    later = {str(one.number): now.timestamp() + seconds for one in mine}
    with store.redis.pipeline(transaction=True) as pipe:
        for one, count in zip(wanted, counts, strict=True):
            if count == one.attempts + 1:
                pipe.hset(keys.inbound(one.number), "begun", now.timestamp())
            else:  # another worker was quicker by a moment
                pipe.hincrby(keys.inbound(one.number), "attempts", -1)
        if later:
            pipe.zadd(keys.INBOUND_DUE, later, xx=True)
        pipe.execute()
    return [replace(one, attempts=one.attempts + 1) for one in mine]


def unread(store: Store, most: int) -> list[int]:
    """List mails that nobody has begun to read, the oldest first: their jobs wait."""
    found = store.redis.zrange(keys.inbound_state(MailState.UNREAD), 0, 4 * most - 1)
    records = each(store, [int(member) for member in found])
    return [one.number for one in records if not one.attempts][:most]
