"""What somebody must answer to sign in, and the wishes for a link that nobody has looked at.

A challenge is taken by whoever answers it first, and is gone then.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import redis

from mailer.domain.access.signing_in.challenge import VALID, Challenge, Purpose
from mailer.store import queue
from mailer.store.keys import signing_in as keys
from mailer.store.queue import QueueName
from mailer.store.server.connection import Store
from mailer.store.subscribers import requests
from mailer.store.subscribers.requests import Step

JOB: Final = "answer_asks"


@dataclass(frozen=True, slots=True)
class Ask:
    """A wish for a link, made on a page that does not look whether the address is a user's."""

    number: int
    address: str
    """Normalised."""
    browser: str
    """Digest of the value in the browser's cookie."""
    network: str
    at: datetime
    next: str
    """The page to go to after signing in."""
    asked_for: int = 0
    """The user, if a link of theirs was opened in another browser: no limit holds this one back."""


def keep(store: Store, name: str, challenge: Challenge) -> None:
    """Keep a challenge for its time."""
    with store.transaction() as pipe:
        put(pipe, name, challenge)
    store.durable()


def put(pipe: Any, name: str, challenge: Challenge) -> None:
    """Keep a challenge, in a transaction."""
    seconds = int(VALID[challenge.purpose].total_seconds())
    pipe.set(keys.challenge(name), _write(challenge), ex=seconds)


def look(store: Store, name: str) -> Challenge | None:
    """Return a challenge, which stays."""
    text = store.redis.get(keys.challenge(name))
    return _read(text) if text else None


def take(store: Store, name: str) -> Challenge | None:
    """Return a challenge to the first who asks; it is gone then, durably."""
    text = store.redis.getdel(keys.challenge(name))
    store.durable()
    return _read(text) if text else None


def keep_ask(store: Store, ask: Ask, taken: str = "") -> bool:
    """Keep a wish with the job that looks at it; on disk when this returns.

    Args:
        store: the open store.
        ask: the wish.
        taken: a challenge that is used up by it; false is returned if it is gone already.
    """
    with store.redis.pipeline(transaction=True) as pipe:
        try:
            if taken:
                pipe.watch(keys.challenge(taken))
                if not pipe.exists(keys.challenge(taken)):
                    return False
            pipe.multi()
            if taken:
                pipe.delete(keys.challenge(taken))
            fields = asdict(ask) | {"at": ask.at.isoformat()}
            seconds = int(VALID[Purpose.LINK].total_seconds())
            pipe.set(keys.ask(ask.number), json.dumps(fields), ex=seconds)
            pipe.zadd(keys.ASKS_DUE, {str(ask.number): ask.at.timestamp()})
            queue.enqueue(store, QueueName.URGENT, JOB, pipe=pipe)
            pipe.execute()
        except redis.WatchError:
            return False
    store.durable()
    return True


def asks(store: Store, most: int) -> Sequence[Ask]:
    """Return wishes that nobody has looked at, the oldest first; drops those whose time is over."""
    numbers: list[bytes] = store.redis.zrange(keys.ASKS_DUE, 0, most - 1)
    found = []
    for number in map(int, numbers):
        text = store.redis.get(keys.ask(number))
        if text:
            fields: dict[str, Any] = json.loads(text)
            found.append(Ask(**(fields | {"at": datetime.fromisoformat(fields["at"])})))
        else:
            store.redis.zrem(keys.ASKS_DUE, number)
    return found


def end_ask(
    store: Store, ask: Ask, challenge: Challenge | None = None, step: Step | None = None
) -> bool:
    """Forget a wish, with the challenge and the mail that follow from it, in one transaction.

    Returns:
        False if another process did it first; then nothing was done.
    """
    outbox = requests.reserved(store) if step else 0
    with store.redis.pipeline(transaction=True) as pipe:
        try:
            pipe.watch(keys.ask(ask.number))
            if not pipe.exists(keys.ask(ask.number)):
                return False
            pipe.multi()
            pipe.delete(keys.ask(ask.number))
            pipe.zrem(keys.ASKS_DUE, ask.number)
            if challenge:
                put(pipe, str(ask.number), challenge)
            if step:
                requests.add(store, step, outbox, pipe)
            pipe.execute()
        except redis.WatchError:
            return False
    store.durable()
    return True


def send(
    store: Store,
    number: int,
    challenge: Challenge,
    step: Step,
    also: Callable[[Any], None] | None = None,
) -> None:
    """Keep a challenge that nobody asked for, with its mail and `also`, in one transaction."""
    outbox = requests.reserved(store)
    with store.transaction() as pipe:
        put(pipe, str(number), challenge)
        requests.add(store, step, outbox, pipe)
        if also is not None:
            also(pipe)
    store.durable()


def _write(challenge: Challenge) -> str:
    return json.dumps(asdict(challenge) | {"at": challenge.at.isoformat()})


def _read(text: bytes) -> Challenge:
    found: dict[str, Any] = json.loads(text)
    at, purpose = datetime.fromisoformat(found["at"]), Purpose(found["purpose"])
    return Challenge(**(found | {"at": at, "purpose": purpose}))
