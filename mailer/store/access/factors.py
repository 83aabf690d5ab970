"""The passkeys and passwords of users: one record a user, changed as a whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

import redis

from mailer.domain.access.signing_in.factors import Factors, Passkey, Password
from mailer.store.keys import signing_in as keys
from mailer.store.server.connection import Store
from mailer.store.subscribers import requests
from mailer.store.subscribers.requests import Step

Decide = Callable[[Factors], Factors | None]


def get(store: Store, user: int) -> Factors:
    """Return what a user has."""
    return _read(store.redis.hget(keys.FACTORS, str(user)))


def change(store: Store, user: int, decide: Decide, step: Step | None = None) -> bool:
    """Change what a user has, on disk when this returns.

    Args:
        store: the open store.
        user: their number.
        decide: says what they have then, from what they have; None: nothing is done. Called anew
            if it changed meanwhile, so that nothing is used twice.
        step: the mail and the events that belong to it, in the same transaction.

    Returns:
        False if it was decided to do nothing.
    """
    while True:
        outbox = requests.reserved(store) if step else 0
        with store.redis.pipeline(transaction=True) as pipe:
            try:
                pipe.watch(keys.FACTORS)
                wanted = decide(_read(pipe.hget(keys.FACTORS, str(user))))
                if wanted is None:
                    return False
                pipe.multi()
                pipe.hset(keys.FACTORS, str(user), _write(wanted))
                if step:
                    requests.add(store, step, outbox, pipe)
                pipe.execute()
            except redis.WatchError:
                continue
        store.durable()
        return True


def _write(factors: Factors) -> str:
    passkeys = [
        asdict(one)
        | {
            "added_at": one.added_at.isoformat(),
            "used_at": one.used_at.isoformat() if one.used_at else "",
        }
        for one in factors.passkeys
    ]
    password = asdict(factors.password) if factors.password else None
    return json.dumps({"passkeys": passkeys, "password": password})


def _read(text: bytes | None) -> Factors:
    if not text:
        return Factors()
    found: dict[str, Any] = json.loads(text)
    passkeys = [
        Passkey(
            **(
                one
                | {
                    "added_at": datetime.fromisoformat(one["added_at"]),
                    "used_at": datetime.fromisoformat(one["used_at"]) if one["used_at"] else None,
                }
            )
        )
        for one in found["passkeys"]
    ]
    password = found["password"]
    if password:
        password = Password(**(password | {"recovery": tuple(password["recovery"])}))
    return Factors(tuple(passkeys), password)
