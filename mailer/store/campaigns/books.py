"""A campaign's books as a whole: counting, closing and cancelling."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from mailer.domain.campaigns.campaign import TRANSITIONS, Action, Counts, State
from mailer.domain.campaigns.delivery import SkipReason
from mailer.domain.events import Event
from mailer.store import events, keys
from mailer.store.campaigns.ledger import SETTLED
from mailer.store.server.connection import Store


def count(store: Store, number: int, languages: Iterable[str] = ()) -> Counts:
    """Count a campaign's books at one instant.

    Args:
        store: the open store.
        number: the campaign's.
        languages: for which delivery languages to count as well.
    """
    reasons = [reason.value for reason in SkipReason]
    flat: list[Any] = store.scripts.run(
        "count",
        keys={
            "campaign": keys.campaign(number),
            **keys.ledgers(number, "audience", *SETTLED, "bounced", "complained"),
            **keys.ledgers(number, "scratch", "scratch2"),
        },
        args={
            "language_bits": keys.delivery_language(number, ""),
            "languages_json": json.dumps(list(languages)),
            "skipped_for": keys.skipped_for(number, ""),
            "reasons_json": json.dumps(reasons),
        },
    )
    found = {flat[i].decode(): flat[i + 1] for i in range(0, len(flat), 2)}
    by_language: dict[str, dict[str, int]] = {}
    by_reason: dict[str, int] = {}
    for name in [name for name in found if ":" in name]:
        kind, _, rest = name.partition(":")
        value = found.pop(name)
        if kind == "skip":
            by_reason[rest] = value
        else:
            language, _, outcome = rest.rpartition(":")
            by_language.setdefault(language, {})[outcome] = value
    found.pop("state")
    return Counts(**found, by_language=by_language, by_skip_reason=by_reason)


def close(store: Store, number: int, counts: Counts, now: datetime) -> bool:
    """End a campaign whose books were counted as complete.

    Returns:
        True if this call ended it; false if it was ended already, or has changed since.
    """
    totals = (counts.accepted, counts.rejected, counts.skipped, counts.unknown)
    names = ("accepted", "rejected", "skipped", "unknown")
    finished = Event(
        "campaign.finished",
        now,
        {"campaign": number, "planned": counts.planned, **dict(zip(names, totals, strict=True))},
    )
    ends = {
        state.value: TRANSITIONS[state, Action.CLOSE].to.value
        for state in (State.SENDING, State.PAUSED, State.CANCELLED)
    }
    ended = store.scripts.run(
        "close",
        keys={
            "campaign": keys.campaign(number),
            "open": keys.CAMPAIGNS_OPEN,
            **keys.ledgers(number, "accepted", "rejected", "skipped", "unknown", "resend"),
            "due": keys.chunks_due(number),
            "events": keys.EVENTS,
            "awaited": keys.awaited(number),
        },
        args={
            "number": number,
            "ends_json": json.dumps(ends),
            "now": now.isoformat(),
            "totals_json": json.dumps(totals),
            "event_json": events.for_script(finished),
        },
    )
    return bool(ended)


def cancel(store: Store, number: int, now: datetime) -> tuple[bool, str]:
    """Skip what has not begun and end the campaign.

    Returns:
        True and the number of deliveries skipped, or false and the state that forbids it.
    """
    allowed = [state.value for state, action in TRANSITIONS if action is Action.CANCEL]
    event = Event("campaign.cancelled", now, {"campaign": number, "skipped": events.COUNT})
    done, what = store.scripts.run(
        "cancel",
        keys={
            "campaign": keys.campaign(number),
            **keys.ledgers(number, "audience", *SETTLED, "scratch", "scratch2"),
            "skipped_cancelled": keys.skipped_for(number, SkipReason.CANCELLED),
            "scheduled": keys.CAMPAIGNS_SCHEDULED,
            "events": keys.EVENTS,
        },
        args={
            "allowed": f",{','.join(allowed)},",
            "event_json": events.for_script(event),
            "number": number,
            "now": now.isoformat(),
        },
    )
    return bool(done), what.decode() if isinstance(what, bytes) else str(what)


def note_imbalance(store: Store, number: int, event: Event) -> None:
    """Tell, once in the life of a campaign, that its books do not balance."""
    if store.redis.hsetnx(keys.campaign(number), "unbalanced", 1):
        events.record(store, event)


def settled_per_second(store: Store, number: int, now: datetime, span: int = 10) -> float:
    """Tell how many deliveries a second were accepted or rejected in the last `span` seconds."""
    second = int(now.timestamp())
    total = 0
    for value in store.redis.hvals(keys.rate(number)):
        at, _, counted = value.partition(b":")
        if second - span <= int(at) < second:
            total += int(counted)
    return total / span


def unfinished_chunks(store: Store, number: int, now: datetime) -> int:
    """Count the chunks that want a worker now."""
    return int(store.redis.zcount(keys.chunks_due(number), "-inf", int(now.timestamp() * 1000)))


def accepted(store: Store, numbers: Sequence[int]) -> list[int]:
    """Count the accepted deliveries of each of some campaigns, in one round trip."""
    with store.redis.pipeline(transaction=False) as pipe:
        for number in numbers:
            pipe.bitcount(keys.ledger(number, "accepted"))
        return [int(count) for count in pipe.execute()]


def chunks_left(store: Store, number: int) -> int:
    """Count the chunks that are not done, whether or not they want a worker now."""
    return int(store.redis.zcard(keys.chunks_due(number)))


def reopen_chunks(store: Store, number: int) -> None:
    """Put all chunks back: each job finds by the ledger what is left in its chunk, if anything."""
    chunks = int(store.redis.llen(keys.chunks(number))) - 1
    if chunks > 0:
        store.redis.zadd(
            keys.chunks_due(number), dict.fromkeys(map(str, range(chunks)), 0), nx=True
        )
