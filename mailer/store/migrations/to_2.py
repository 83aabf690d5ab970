"""From version 1 to 2: the room that mail takes is shared out, consents keep the mail they cite.

Changed here, for version 2 reads it otherwise or not at all:

- Mail that is kept says what it counts in the room, and in whose shares; there, what waits counts.
- Mail that the consent of an active reader cites is noted, so that it stays.
- The highest subscriber number is noted up to which tokens act that do not name the address.
- The counter of requests goes: their numbers are drawn at random.
- Jobs in the queues are of functions that lie elsewhere now; the runner drops them after any step.

Read as it is, and so not changed:

- Campaigns without an identity keep the names of their messages (`Campaign.mailing`): what was sent
  of them has gone out under those, and a repeat must bear the same Message-ID. Those that are
  started later draw one.
- Service mails without an identity are known by their number (`outbox`).
- Requests with low numbers, and tokens in hexadecimal, mean what they meant (`subscribers.bearer`).
- Ledgers without a set of awaited deliveries: none is awaited. What a worker had in flight that was
  killed is claimed without an outcome, as ever.
- Mail without the instant at which a worker began to read it, and without a connection.
- Forms without a stamp: a stamp is looked at only when a form comes in.
- Rules of calendar entries that no import would take now give no dates; the entry's own date stays.
- Events, suppressions, marks of bounces, versions of editions, reminders and answers are the same.
"""

from __future__ import annotations

import json
import zlib
from typing import Any, Final

from mailer.domain.inbound.quotas import RECORD_BYTES
from mailer.domain.inbound.received import Incoming, Way
from mailer.store import keys
from mailer.store.fields import SubscriberField
from mailer.store.migrations.step import Command, Known, Lot, Part, Step
from mailer.store.server.connection import Store

MAILS: Final = 100
"""Mails in a lot: each is read whole."""
SUBSCRIBERS: Final = 5_000
"""Readers in a lot."""
_REQUESTS: Final = "mailer:requests:last"
_COUNTED: Final = frozenset({b"unread", b"waiting", b"quarantined"})
"""States in which mail counts in its shares; in the only other one of version 1 it was handled."""


def unmarked(store: Store, _: Known, __: str) -> Lot:
    """Note up to which number tokens act that name no address."""
    if store.redis.exists(keys.UNMARKED):
        return Lot((), 0)
    last = int(store.redis.get(keys.SUBSCRIBER_NEXT) or 0)
    return Lot([("SETNX", keys.UNMARKED, last)], last)


def shares(store: Store, known: Known, after: str) -> Lot:
    """Add to kept mail what it counts in the room, and in whose shares."""
    first, last = int(after or 1), int(store.redis.get(keys.INBOUND_NEXT) or 0)
    end = min(first + MAILS, last + 1)
    commands: list[Command] = []
    changes = 0
    with store.redis.pipeline(transaction=False) as pipe:
        for number in range(first, end):
            pipe.hgetall(keys.inbound(number))
        records = pipe.execute()
    for number, record in zip(range(first, end), records, strict=True):
        if b"state" not in record or b"charge" in record:
            continue
        raw = store.redis.get(keys.inbound_raw(number)) or b""
        charge = len(raw) + RECORD_BYTES
        whose = known.shares(_mail(record, raw))
        fields = ("charge", charge, "shares", json.dumps(list(whose)))
        commands.append(("HSET", keys.inbound(number), *fields))
        if record[b"state"] in _COUNTED:
            commands += [("HINCRBY", keys.INBOUND_SHARES, one, charge) for one in whose]
        changes += 1
    return Lot(commands, changes, str(end) if end <= last else "")


def _mail(record: dict[bytes, bytes], raw: bytes) -> Incoming:
    text = {name.decode(): value.decode() for name, value in record.items()}
    try:
        content = zlib.decompress(raw)
    except zlib.error:  # it is gone, or damaged, as whoever reads the mail will say
        content = b""
    return Incoming(
        Way(text["way"]),
        text["sender"],
        tuple(json.loads(text["recipients"])),
        content,
        text.get("peer", ""),
    )


def cites(store: Store, _: Known, after: str) -> Lot:
    """Note which mail the consents of active readers cite, of what is still kept."""
    first, last = int(after or 1), int(store.redis.get(keys.SUBSCRIBER_NEXT) or 0)
    end = min(first + SUBSCRIBERS, last + 1)
    with store.redis.pipeline(transaction=False) as pipe:
        for number in range(first, end):
            pipe.hmget(keys.subscriber(number), SubscriberField.STATUS, SubscriberField.CONSENT)
        rows = pipe.execute()
    cited = {
        mail: number
        for number, row in zip(range(first, end), rows, strict=True)
        if (mail := _cited(*row))
    }
    with store.redis.pipeline(transaction=False) as pipe:
        for mail in cited:
            pipe.exists(keys.inbound(mail))
        kept = [mail for mail, there in zip(cited, pipe.execute(), strict=True) if there]
    noted = store.redis.hmget(keys.INBOUND_CITES, kept) if kept else []
    new = [mail for mail, before in zip(kept, noted, strict=True) if before is None]
    commands: list[Command] = [("HSET", keys.INBOUND_CITES, mail, cited[mail]) for mail in new]
    return Lot(commands, len(new), str(end) if end <= last else "")


def _cited(status: bytes | None, consent: bytes | None) -> int:
    """Return the number of the mail that an active reader's consent cites; 0: none."""
    if status != b"active" or not consent:
        return 0
    said: Any = json.loads(consent)
    return int(said.get("mail") or 0)


def requests(store: Store, _: Known, __: str) -> Lot:
    """Remove the counter of requests."""
    there = int(store.redis.exists(_REQUESTS))
    return Lot([("UNLINK", _REQUESTS)] if there else (), there)


STEP: Final = Step(
    2,
    (
        Part("unmarked", "readers keep the links of mail that they have", unmarked),
        Part("shares", "mails are counted as what takes up room, and whose", shares),
        Part("cites", "mails are kept for as long as a reader's consent cites them", cites),
        Part("requests", "counters that nothing uses are removed", requests),
    ),
)
