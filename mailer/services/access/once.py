"""Requests that are carried out once, however often they are sent: idempotency keys.

    begin -> the answer of the time before, or "busy", or the request is begun, under a lease
          -> the use case; what it makes is bound to the request in the same transaction
          -> the answer is kept

A process may be killed at any point. After the lease the same request is begun again: what is
idempotent by itself is done once more and changes nothing, and a use case that makes something
finds what it made (`made`). The answer is sealed with a key that only the bearer of the token has,
as it may hold an address that is to be erased.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mailer.clock import Clock
from mailer.store.access import idempotency
from mailer.store.server.connection import Store

_NONCE: Final = 12
RENEW_SECONDS: Final = idempotency.LEASE.total_seconds() / 4
"""How often whoever answers a request holds it anew."""


class Answer(NamedTuple):
    """What a request was answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Key:
    """The key of one request."""

    record: str
    """The name of its record: of the token, and of the key."""
    secret: bytes
    """Seals the answer."""

    @classmethod
    def of(cls, identity: str, token: str, given: str) -> Key:
        """Make the key of a token's request.

        Args:
            identity: the token's id.
            token: its text, which is not kept.
            given: what the program calls the request.
        """
        secret = hmac.digest(token.encode(), b"idempotency\0" + given.encode(), "sha256")
        name = hmac.digest(secret, b"name", "sha256").hex()[:32]
        return cls(f"{identity}:{name}", secret)

    def digest(self, *parts: bytes) -> str:
        """Return what tells a request from another; it does not reveal what the request holds."""
        whole = hmac.new(self.secret, b"request", hashlib.sha256)
        for part in parts:
            whole.update(len(part).to_bytes(8, "big") + part)
        return whole.hexdigest()

    def seal(self, answer: Answer) -> bytes:
        """Write an answer so that only the bearer of the token can read it."""
        nonce = os.urandom(_NONCE)
        head = json.dumps([answer.status, dict(answer.headers)]).encode()
        whole = len(head).to_bytes(4, "big") + head + answer.body
        return nonce + AESGCM(self.secret).encrypt(nonce, whole, None)

    def open(self, sealed: bytes) -> Answer | None:
        """Read an answer; None if it is not one of this key."""
        try:
            whole = AESGCM(self.secret).decrypt(sealed[:_NONCE], sealed[_NONCE:], None)
        except (InvalidTag, ValueError):
            return None
        size = int.from_bytes(whole[:4], "big")
        status, headers = json.loads(whole[4 : 4 + size])
        return Answer(status, headers, whole[4 + size :])


class Begun(NamedTuple):
    """The request is to be answered now."""

    owner: str
    again: bool
    """Whether an attempt before was not answered: it may have been done."""
    made: str
    """What that attempt made; empty: nothing."""


class Busy(NamedTuple):
    """It is being answered."""

    seconds: float
    """After so long it may be sent again, at the latest."""


class Other(NamedTuple):
    """The key came with another request before."""


class _Current(NamedTuple):
    record: str
    again: bool
    made: str


_current: ContextVar[_Current | None] = ContextVar("once", default=None)


class Once:
    """Carries requests out once."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Use the store and the time."""
        self._store, self._clock = store, clock

    def begin(self, key: Key, digest: str) -> Begun | Answer | Busy | Other:
        """Begin a request, unless it was begun, or answered, before.

        Raises:
            StoreError: it could not be begun; nothing was done.
        """
        owner, now = os.urandom(12).hex(), self._clock.now()
        found = idempotency.begin(self._store, key.record, digest, owner, now)
        if found.standing in {"begun", "again"}:
            return Begun(owner, found.standing == "again", found.value.decode())
        if found.standing == "busy":
            return Busy(max(int(found.value) / 1000 - now.timestamp(), 1.0))
        answer = key.open(found.value) if found.standing == "answered" else None
        return answer or Other()

    def renew(self, key: Key, begun: Begun) -> bool:
        """Hold a request for longer; false: another attempt was begun meanwhile."""
        return idempotency.renew(self._store, key.record, begun.owner, self._clock.now())

    def end(self, key: Key, begun: Begun, answer: Answer) -> bool:
        """Keep the answer; false: another attempt was begun meanwhile."""
        return idempotency.answer(self._store, key.record, begun.owner, key.seal(answer))

    def give_up(self, key: Key, begun: Begun) -> None:
        """Let the request be sent again at once: it failed for reasons of ours."""
        idempotency.give_up(self._store, key.record, begun.owner)


@contextmanager
def under_way(key: Key, begun: Begun) -> Iterator[None]:
    """Let use cases within the `with` block find and bind what the request makes."""
    token = _current.set(_Current(key.record, begun.again, begun.made))
    try:
        yield
    finally:
        _current.reset(token)


def made() -> str:
    """Return what the request under way made before, in an attempt that was not answered.

    A use case that makes something new asks this first. Empty: nothing.
    """
    current = _current.get()
    return current.made if current else ""


def again() -> bool:
    """Tell whether the request under way may have been done before, without an answer.

    Then a use case finds its own work, and must not take it for somebody else's.
    """
    current = _current.get()
    return current is not None and current.again


def bind(pipe: Any, what: str) -> None:
    """Bind what is made to the request under way, in the transaction that makes it.

    Args:
        pipe: the transaction.
        what: names it, say by its number.
    """
    current = _current.get()
    if current is not None:
        idempotency.bind(pipe, current.record, what)


def binding(what: str) -> Callable[[Any], None] | None:
    """Return what does `bind` in a transaction of the store; None: no request has a key."""
    return (lambda pipe: bind(pipe, what)) if _current.get() is not None else None
