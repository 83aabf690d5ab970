"""Requests that bear an idempotency key: begun once, and their answers.

A record is a hash: `digest` of the request, `owner` and `lease` of whoever answers it now, `made`:
what the request made, written in the transaction that made it, and `answer`, sealed. It goes a day
after it was begun.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from mailer.store import keys
from mailer.store.server.connection import Store

KEPT: Final = timedelta(hours=24)
LEASE: Final = timedelta(seconds=20)
"""A process that answers a request holds it anew long before that; one that died does not."""


class Found(NamedTuple):
    """The standing of a request when it is begun."""

    standing: str
    """`begun`, `again`, `answered`, `busy` or `other`."""
    value: bytes
    """What an attempt before made; or the answer; or when its lease ends (Unix milliseconds)."""


def begin(store: Store, record: str, digest: str, owner: str, now: datetime) -> Found:
    """Begin a request, unless it was begun, or answered, before."""
    standing, value = store.scripts.run(
        "begin_request",
        keys={"record": keys.idempotent_request(record)},
        args={
            "digest": digest,
            "owner": owner,
            "now": _milliseconds(now),
            "lease_ends": _milliseconds(now + LEASE),
            "kept_seconds": int(KEPT.total_seconds()),
        },
    )
    return Found(standing.decode(), value)


def answer(store: Store, record: str, owner: str, sealed: bytes) -> bool:
    """Keep the answer of a request; false: another owner has begun it since."""
    return _hold(store, record, owner, 0, sealed)


def renew(store: Store, record: str, owner: str, now: datetime) -> bool:
    """Hold a request for longer; false: another owner has begun it since."""
    return _hold(store, record, owner, _milliseconds(now + LEASE), b"")


def give_up(store: Store, record: str, owner: str) -> bool:
    """Let another attempt begin at once; false: another owner has begun it since."""
    return _hold(store, record, owner, 0, b"")


def bind(pipe: Any, record: str, made: str) -> None:
    """Add to a transaction that a request made something: a later attempt finds it."""
    pipe.hset(keys.idempotent_request(record), "made", made)


def _hold(store: Store, record: str, owner: str, lease_ends: int, sealed: bytes) -> bool:
    return bool(
        store.scripts.run(
            "hold_request",
            keys={"record": keys.idempotent_request(record)},
            args={"owner": owner, "lease_ends": lease_ends, "answer": sealed},
        )
    )


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
