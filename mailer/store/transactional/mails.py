"""Queues mails of templates in the outbox, each once for its idempotency key, and finds them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, NamedTuple

from mailer.domain.events import Event
from mailer.domain.subscribers.bearer import IDENTITY_BITS, LEAST_IDENTITY
from mailer.domain.transactional.refusal import Refusal, refusals
from mailer.store import events, keys, outbox, queue
from mailer.store.campaigns.records import short_field
from mailer.store.outbox import KEPT, TEMPLATE, Queued, State
from mailer.store.queue import QueueName
from mailer.store.server.connection import Store
from mailer.store.subscribers.requests import JOB

KNOWN: Final = timedelta(hours=24)
"""The time for which an idempotency key is known."""
LISTED: Final = timedelta(days=45)
"""The time for which a mail is listed from when it was asked for, and a report of it understood:
longer than it may be tried and kept after that."""


class Verdict(StrEnum):
    """What became of the wish to send a mail."""

    QUEUED = "queued"
    SKIPPED = "skipped"
    KNOWN = "known"
    """The idempotency key stands for a mail already."""
    GONE = "gone"
    """The template, or that version, is not kept."""
    ACTOR = "actor"
    """Whoever asks has used up their limit."""
    ADDRESS = "address"
    """The address has had its limit."""


class Answer(NamedTuple):
    """The answer to a wish to send a mail."""

    verdict: Verdict
    number: int = 0
    """Of the mail; 0: there is none."""
    reason: str = ""
    """Of a skipped one."""
    content: str = ""
    """Of a known one: the digest of what its key was first used for."""
    wait_seconds: int = 0
    """Until a limit is over."""
    slug: str = ""
    """Of the template; empty for a known one."""


class Limit(NamedTuple):
    """How many mails may be asked for in a time."""

    who: str
    most: int
    """0: no limit."""
    time: timedelta


@dataclass(frozen=True, slots=True)
class Wish:
    """One mail to be sent."""

    slug: str
    version: str
    topic: str
    language: str
    key: str
    """The normalised address."""
    address: str
    """As it was given."""
    hashed: str
    """Suppression hash of the address."""
    data: str
    """JSON; forgotten when the mail has ended."""
    idempotency: str
    """The idempotency key, hashed; empty: none."""
    content: str
    """Digest of all that is asked for."""
    by_actor: Limit
    by_address: Limit


class Report(NamedTuple):
    """A report that a mail came back."""

    number: int
    """Of the mail that says so."""
    severity: str
    reason: str


def put(store: Store, wish: Wish, now: datetime) -> Answer:
    """Queue a mail, or write down that it is skipped: with event and job, durably."""
    while True:
        found = _put(store, wish, now)
        if found[0] != b"identity":
            break
    store.durable()
    return _answer([part.decode() for part in found])._replace(slug=wish.slug)


def known(store: Store, idempotency: str) -> Answer | None:
    """Tell which mail an idempotency key stands for, if it stands for one."""
    found = store.redis.get(keys.mail_key(idempotency))
    return _answer(["known", *found.decode().split(" ")]) if found else None


def newest(store: Store, slug: str, most: int) -> list[Queued]:
    """List the mails of a template, the newest first; of all, if none is named."""
    return page(store, slug, 0, most)[0]


def page(store: Store, slug: str, after: int, most: int) -> tuple[list[Queued], int]:
    """List mails as `newest` does, those that are older than one; 0: from the newest on.

    Returns:
        Those that are still kept, and the last that was looked at if there are others; else 0.
    """
    listed = keys.template_mails(slug) if slug else keys.TEMPLATE_MAILS
    start = 0
    if after:
        rank = store.redis.zrevrank(listed, after)
        if rank is None:  # it was forgotten, and with it all that are older
            return [], 0
        start = rank + 1
    numbers = [int(number) for number in store.redis.zrevrange(listed, start, start + most)]
    found = (outbox.get(store, number) for number in numbers[:most])
    following = numbers[most - 1] if len(numbers) > most else 0
    return [mail for mail in found if mail is not None], following


def of_return_path(store: Store, mailing: int) -> Queued | None:
    """Find the mail that a return path belongs to; none: forgotten, or of a lost history."""
    number = store.redis.get(keys.mail_return(short_field(mailing)))
    found = outbox.get(store, int(number)) if number else None
    return found if found and short_field(found.identity) == short_field(mailing) else None


def returned(store: Store, mail: Queued, report: Report, now: datetime, pipe: Any) -> None:
    """Write down that a mail came back, in the transaction that ends reading the report."""
    facts: dict[str, str | int] = {"outbox": mail.number, "template": mail.template}
    facts |= {"subscriber": mail.subscriber, "severity": report.severity}
    facts |= {"reason": report.reason, "mail": report.number}
    store.scripts.run(
        "return_mail",
        keys={
            "mail": keys.outbox(mail.number),
            "tally": keys.template_tally(mail.template),
            "events": keys.EVENTS,
        },
        args={
            "reason": report.reason,
            "counted": f"{mail.language} bounced",
            "event_json": events.for_script(Event("service_mail.bounced", now, facts)),
        },
        pipe=pipe,
    )


def tidy(store: Store, slugs: Sequence[str], now: datetime) -> None:
    """Forget which mails there were; their records expire by themselves."""
    before = f"({(now - LISTED).timestamp()}"
    for listed in (keys.TEMPLATE_MAILS, *map(keys.template_mails, slugs)):
        store.redis.zremrangebyscore(listed, "-inf", before)


def _put(store: Store, wish: Wish, now: datetime) -> list[bytes]:
    number = int(store.redis.incr(keys.OUTBOX_NEXT))
    identity = LEAST_IDENTITY | secrets.randbits(IDENTITY_BITS)
    with store.redis.pipeline(transaction=True) as pipe:
        pipe.multi()
        store.scripts.run(
            "queue_mail",
            keys={
                "known": keys.mail_key(wish.idempotency),
                "templates": keys.TEMPLATES,
                "version": keys.template(wish.slug, wish.version),
                "returns": keys.mail_return(short_field(identity)),
                "mailings": keys.MAILINGS,
                "by_address": keys.SUBSCRIBER_BY_ADDRESS,
                "suppressions": keys.SUPPRESSION,
                "actor_limit": keys.mail_limit(wish.by_actor.who),
                "address_limit": keys.mail_limit(wish.by_address.who),
                "mail": keys.outbox(number),
                "due": keys.OUTBOX_DUE,
                "queued": keys.outbox_state(State.QUEUED),
                "skipped": keys.outbox_state(State.SKIPPED),
                "mails": keys.TEMPLATE_MAILS,
                "template_mails": keys.template_mails(wish.slug),
                "tally": keys.template_tally(wish.slug),
                "uses": keys.TEMPLATE_USES,
                "events": keys.EVENTS,
            },
            args={
                "subscribers": keys.SUBSCRIBER,
                "options_json": json.dumps(
                    _options(wish, number, identity, now), ensure_ascii=False
                ),
            },
            pipe=pipe,
        )
        # Beside the mail, not in it: a job whose mail was not queued finds nothing, and ends.
        queue.enqueue(store, QueueName.URGENT, JOB, number, pipe=pipe)
        found: list[bytes] = pipe.execute()[0]
    return found


def _options(wish: Wish, number: int, identity: int, now: datetime) -> dict[str, Any]:
    at = int(now.timestamp())
    public = {
        "name": TEMPLATE,
        "template": wish.slug,
        "version": wish.version,
        "topic": wish.topic,
        "language": wish.language,
        "who": wish.hashed,
        "identity": str(identity),
        "attempts": "0",
        "asked": str(at),
        "at": str(at),
        "next": str(at),
    }
    private = {"to": wish.address, "facts": json.dumps({"data": wish.data}, ensure_ascii=False)}
    told: dict[str, str | int] = {"outbox": number, "name": TEMPLATE, "template": wish.slug}
    queued = told | {"language": wish.language, "subscriber": "SUBSCRIBER"}
    skipped = Event("service_mail.skipped", now, told | {"reason": "REASON"})
    return {
        "now": at,
        "number": str(number),
        "slug": wish.slug,
        "use": f"{wish.slug} {wish.version}",
        "language": wish.language,
        "mailing": short_field(identity),
        "content": wish.content if wish.idempotency else "",
        "known_seconds": int(KNOWN.total_seconds()),
        "key": wish.key,
        "hashed": wish.hashed,
        "topic": wish.topic,
        "refusals": refusals(topic=bool(wish.topic)),
        "elsewhere": Refusal.NOT_SUBSCRIBED,
        "stopped": Refusal.SUPPRESSED,
        "actor_most": wish.by_actor.most,
        "actor_seconds": int(wish.by_actor.time.total_seconds()),
        "address_most": wish.by_address.most,
        "address_seconds": int(wish.by_address.time.total_seconds()),
        "fields": _flat(public),
        "private": _flat(private),
        "kept_seconds": int(KEPT.total_seconds()),
        "return_seconds": int(LISTED.total_seconds()),
        "events": {
            State.QUEUED: _flat(Event("service_mail.queued", now, queued).flat()),
            State.SKIPPED: _flat(skipped.flat()),
        },
    }


def _flat(fields: Mapping[str, str]) -> list[str]:
    return [part for pair in fields.items() for part in pair]


def _answer(found: Sequence[str]) -> Answer:
    verdict = Verdict(found[0])
    if verdict is Verdict.KNOWN:
        return Answer(verdict, int(found[1]), content=found[2])
    if verdict in {Verdict.ACTOR, Verdict.ADDRESS}:
        return Answer(verdict, wait_seconds=int(found[1]))
    if verdict is Verdict.GONE:
        return Answer(verdict)
    return Answer(verdict, int(found[1]), found[2])
