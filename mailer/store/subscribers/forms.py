"""Forms that were sent on a page and are not acted on yet, and how many may come.

A form is kept until a job has acted on it: so the page does the same, whoever's address it holds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from mailer.domain.events import Event
from mailer.store import events, keys, queue
from mailer.store.queue import QueueName
from mailer.store.server.connection import Store
from mailer.store.subscribers import requests
from mailer.store.subscribers.requests import Step

JOB: Final = "read_forms"
USED: Final = -1000
"""Stands for a number where the stamp was used for another form."""
STAMP_SECONDS: Final = 25 * 3600
"""The time for which a used stamp is known: longer than one is good for."""


@dataclass(frozen=True, slots=True)
class Form:
    """A request made on a page: to subscribe an address."""

    address: str
    """As given, and found to be one."""
    language: str
    topics: tuple[str, ...]
    name: str = ""


class Limit(NamedTuple):
    """The number of forms that may come in a time."""

    key: str
    """The name of the counter; it tells who is counted."""
    most: int
    seconds: int


class Entry(NamedTuple):
    """A form with the limits that it is counted by."""

    form: Form
    limits: Sequence[Limit]
    stamp: str
    """The stamp that it bore: another form with the same one is refused."""


class Taken(NamedTuple):
    """A form that was handed out to be acted on."""

    number: int
    attempt: int
    form: Form


def keep(store: Store, entries: Sequence[Entry], now: datetime) -> list[int]:
    """Keep forms durably, with the job that acts on them, in one transaction.

    Returns:
        For each its number; or 0 less the place (from 1) of the limit that is used up, or `USED`:
        such a one is not kept. One that was sent twice has the number that it had.
    """
    with store.redis.pipeline(transaction=True) as pipe:
        pipe.multi()
        for entry in entries:
            _add(store, entry, now, pipe)
        queue.enqueue(store, QueueName.URGENT, JOB, pipe=pipe)
        answers = pipe.execute()
    store.durable()
    return [USED if answer == b"used" else int(answer) for answer in answers[: len(entries)]]


def _add(store: Store, entry: Entry, now: datetime, pipe: Any) -> None:
    form = json.dumps(asdict(entry.form), ensure_ascii=False)
    store.scripts.run(
        "keep_form",
        keys={
            "last_number": keys.FORM_NEXT,
            "forms": keys.FORMS,
            "due": keys.FORMS_DUE,
            "events": keys.EVENTS,
            "stamp": keys.form_stamp(hashlib.sha256(entry.stamp.encode()).hexdigest()[:32]),
            "counters": [keys.form_limit(limit.key) for limit in entry.limits],
        },
        args={
            "form_json": form,
            "now": int(now.timestamp()),
            "event_json": events.for_script(Event("form.received", now)),
            "digest": hashlib.sha256(form.encode()).hexdigest()[:32],
            "stamp_seconds": STAMP_SECONDS,
            "limits_json": json.dumps([(limit.most, limit.seconds) for limit in entry.limits]),
        },
        pipe=pipe,
    )


def take(store: Store, now: datetime, seconds: int, most: int) -> list[Taken]:
    """Return forms that wait; a worker that dies over them loses them after that many seconds."""
    instant = int(now.timestamp())
    found = store.scripts.run(
        "take_forms",
        keys={"due": keys.FORMS_DUE, "forms": keys.FORMS, "attempts": keys.FORM_ATTEMPTS},
        args={"now": instant, "lease_ends": instant + seconds, "most": most},
    )
    return [
        Taken(int(found[place]), int(found[place + 1]), _form(found[place + 2]))
        for place in range(0, len(found), 3)
    ]


def end(store: Store, number: int, event: Event) -> None:
    """Forget a form of which nothing follows but an event."""
    with store.transaction() as pipe:
        events.append(pipe, event)
        _forget(number, pipe)
    store.durable()


def end_with(store: Store, number: int, step: Step) -> str:
    """Carry out the step that follows from a form, and forget the form, in one transaction.

    Returns:
        `done`, or what kept the step from being taken; see `requests.take`.
    """
    with store.redis.pipeline(transaction=True) as pipe:
        pipe.multi()
        requests.take(store, step, pipe)
        _forget(number, pipe)
        answer: bytes = pipe.execute()[0]
    store.durable()
    return answer.decode()


def _forget(number: int, pipe: Any) -> None:
    pipe.hdel(keys.FORMS, number)
    pipe.zrem(keys.FORMS_DUE, number)
    pipe.hdel(keys.FORM_ATTEMPTS, number)


def waiting(store: Store) -> int:
    """Count the forms that nobody has acted on yet."""
    return int(store.redis.hlen(keys.FORMS))


def _form(written: bytes) -> Form:
    fields = json.loads(written)
    return Form(**{**fields, "topics": tuple(fields["topics"])})
