"""The ledger: a campaign's record of all its deliveries, as bitmaps by subscriber number.

`audience`   frozen at the start; what is planned
`claimed`    taken by a worker; with no outcome beside it, in flight
`accepted`, `rejected`, `skipped`    how it ended
`unknown`    nobody can tell whether it arrived
`resend`     of those unknown: to be sent again, or being sent again
`resent`     of all: was sent again at least once; never cleared
`deferred`   waits for its next try
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from mailer.domain.campaigns.campaign import State
from mailer.domain.campaigns.delivery import next_try_after
from mailer.domain.events import Event
from mailer.store import events, keys
from mailer.store.campaigns import settling
from mailer.store.campaigns.chunks import (
    Chunk,
    Claims,
    Lost,
    Numbers,
    Work,
    numbers_of,
    pack,
    read_bits,
    read_claimed,
)
from mailer.store.campaigns.settling import Settled
from mailer.store.server.connection import AsyncStore
from mailer.store.subscribers import bounces

LEASE_MS: Final = 30_000
"""The silence of a worker after which its chunk goes to another. Clocks of several machines
must agree far better than this."""
MOST_RESENDS: Final = 5
"""A message that ends as unknown this often stays so: something about it fails every time."""

SETTLED: Final = (
    "claimed",
    "accepted",
    "rejected",
    "skipped",
    "deferred",
    "unknown",
    "resend",
    "resent",
)
"""The bitmaps in which the scripts follow a delivery to its end."""
LONGEST_AFTER: Final = 8
"""The attempt by which the waits have grown to their longest."""


class Ledger:
    """A campaign's ledger, for the worker that sends it."""

    def __init__(
        self,
        store: AsyncStore,
        number: int,
        lease_ms: int = LEASE_MS,
        rules: bounces.Rules = bounces.Rules(),  # noqa: B008  # a value that cannot change
    ) -> None:
        """Open a campaign's ledger on the store of the running loop.

        Args:
            store: the store.
            number: the campaign's.
            lease_ms: how long a worker may be silent.
            rules: what a refusal does to a subscriber.
        """
        self._store, self.number, self._lease_ms = store, number, lease_ms
        self._rules = rules

    @property
    def lease_seconds(self) -> float:
        """Return the seconds of silence after which a worker's chunk goes to another."""
        return self._lease_ms / 1000

    async def take(self, token: str, now: datetime) -> Chunk | int | None:
        """Claim the chunk that has waited longest.

        Returns:
            The chunk; or how many milliseconds until one comes due; or None if none is left or
            the campaign is not sending.
        """
        index, *rest = await self._store.scripts.run(
            "take_chunk",
            keys={
                "campaign": keys.campaign(self.number),
                "due": keys.chunks_due(self.number),
                "owners": keys.chunk_owners(self.number),
            },
            args={"token": token, "lease_ms": self._lease_ms, "now_ms": _ms(now)},
        )
        if index < 0:
            return int(rest[0]) if rest[0] >= 0 else None
        await self._store.durable()
        borders = self._store.redis.lrange(keys.chunks(self.number), index, index + 1)
        first, end = map(int, await borders)
        return Chunk(self.number, index, first, end, token)

    async def read(self, chunk: Chunk, languages: Sequence[str], now: datetime) -> Work:
        """Read what is to be done in a chunk that we hold; `languages` are the campaign's."""
        names = ("audience", "claimed", "accepted", "rejected", "skipped", "unknown", "resend")
        pipe = self._store.redis.pipeline(transaction=True)
        first, last = chunk.first // 8, chunk.end // 8 - 1
        for name in (*names, "deferred"):
            pipe.getrange(keys.ledger(self.number, name), first, last)
        for language in languages:
            pipe.getrange(keys.delivery_language(self.number, language), first, last)
        pipe.zrange(keys.awaited(self.number), f"({_ms(now)}", "+inf", byscore=True)
        *parts, late = await pipe.execute()
        bits = [read_bits(octets, last - first + 1) for octets in parts]
        audience, claimed, accepted, rejected, skipped, unknown, resend, deferred = bits[:8]
        over = accepted | rejected | skipped | (unknown & ~resend)
        awaited = frozenset(map(int, late))
        orphans = [n for n in numbers_of(claimed & ~over, chunk) if n not in awaited]
        todo = audience & ~over & ~claimed & ~deferred
        spoken = {
            number: language
            for language, theirs in zip(languages, bits[8:], strict=True)
            for number in numbers_of(theirs, chunk)
        }
        return Work(tuple(orphans), numbers_of(todo, chunk), spoken, awaited)

    async def due(self, chunk: Chunk, now: datetime) -> list[int]:
        """List the deferred deliveries of a chunk whose next try has come."""
        found = self._store.redis.zrangebyscore(
            keys.chunk_retries(self.number, chunk.index), "-inf", _ms(now)
        )
        return [int(member) for member in await found]

    async def abandon(self, chunk: Chunk, orphans: Numbers, now: datetime) -> None:
        """Settle what a worker that is gone had claimed, by the campaign's policy (law 3).

        Raises:
            Lost: the chunk is not ours any more.
        """
        campaign, reason = self.number, "the worker ended before it could tell"
        unknown = Event(
            "delivery.unknown",
            now,
            {"campaign": campaign, "count": events.COUNT, "reason": reason},
        )
        resent = Event("delivery.resent", now, {"campaign": campaign, "count": events.COUNT})
        lists = [json.loads(events.for_script(event)) for event in (unknown, resent)]
        again, _ = await self._store.scripts.run(
            "abandon",
            keys={
                "campaign": keys.campaign(campaign),
                "owners": keys.chunk_owners(campaign),
                **keys.ledgers(campaign, *SETTLED),
                "attempts": keys.attempts(campaign),
                "events": keys.EVENTS,
                "retries": keys.chunk_retries(campaign, chunk.index),
            },
            args={
                "chunk": chunk.index,
                "token": chunk.token,
                "numbers": pack(orphans),
                "most_resends": MOST_RESENDS,
                "events_json": json.dumps(lists),
            },
        )
        if again < 0:
            raise Lost
        await self._store.durable()

    async def claim(
        self,
        chunk: Chunk,
        numbers: Numbers,
        now: datetime,
        *,
        limits: str = "",
        jitter: float = 0.5,
    ) -> Claims:
        """Claim deliveries, after asking once more for consent; durable when it returns.

        Of those that were tried before, the attempt and its next try are written down with it.

        Args:
            chunk: held by us.
            numbers: deliveries of the chunk, in the order in which they should go.
            now: the time.
            limits: the rate limits, as `throttle.Throttle.plan` writes them. A delivery whose
                domain has no permit now is put to wait in the ledger, for its place in the queue.
            jitter: a random number in [0, 1) for the next tries.

        Raises:
            Lost: the chunk is not ours any more.
        """
        campaign = self.number
        answer = await self._store.scripts.run(
            "claim",
            keys={
                "campaign": keys.campaign(campaign),
                "due": keys.chunks_due(campaign),
                "owners": keys.chunk_owners(campaign),
                **keys.ledgers(campaign, *SETTLED),
                "active": keys.status_bits("active"),
                "suppressed": keys.SUPPRESSED,
                "retries": keys.chunk_retries(campaign, chunk.index),
                "attempts": keys.attempts(campaign),
                "throttles": keys.THROTTLES,
                "queues": keys.queues(campaign),
            },
            args={
                "chunk": chunk.index,
                "token": chunk.token,
                "lease_ms": self._lease_ms,
                "numbers": pack(numbers),
                "subscribers": keys.SUBSCRIBER,
                "skipped_for": keys.skipped_for(campaign, ""),
                "now_ms": _ms(now),
                "waits_json": _waits(jitter),
                "limits_json": limits,
                "waiting_for": keys.waiting_for(campaign, ""),
            },
        )
        if answer[0] == b"lost":
            raise Lost
        await self._store.durable()
        taken = read_claimed(answer[1], answer[2])
        return Claims(State(answer[0].decode()), taken, answer[3], answer[4] / 1000)

    async def settle(
        self, chunk: Chunk, accepted: Numbers, others: Sequence[Settled], now: datetime
    ) -> State:
        """Write down outcomes, and what refusals do to subscribers; may be repeated.

        Returns:
            The campaign's state.
        """
        campaign = self.number
        told = [settling.for_script(campaign, other, now, self._rules.desk) for other in others]
        state = await self._store.scripts.run(
            "settle",
            keys={
                "campaign": keys.campaign(campaign),
                **keys.ledgers(campaign, *SETTLED),
                "details": keys.details(campaign),
                "attempts": keys.attempts(campaign),
                "retries": keys.chunk_retries(campaign, chunk.index),
                "rate": keys.rate(campaign),
                "over_time": keys.over_time(campaign),
                **bounces.KEYS,
            },
            args={
                "numbers": pack(accepted),
                "skipped_for": keys.skipped_for(campaign, ""),
                "most_resends": MOST_RESENDS,
                "others_json": json.dumps(told),
                "now": int(now.timestamp()),
                "prefixes_json": bounces.PREFIXES,
                "options_json": bounces.options(self._rules.policy, now) if others else "",
            },
        )
        await self._store.durable()
        return State(state.decode())

    async def finish(
        self, chunk: Chunk, now: datetime, *, left: bool, awaited: Numbers = ()
    ) -> bool:
        """Give a chunk back.

        Args:
            chunk: held by us.
            now: the time.
            left: deliveries in it may be tried at once.
            awaited: deliveries whose answers we still await; they stay ours while we `keep` them.

        Returns:
            True if the chunk is done for good.
        """
        done = await self._store.scripts.run(
            "finish_chunk",
            keys={
                "due": keys.chunks_due(self.number),
                "owners": keys.chunk_owners(self.number),
                "retries": keys.chunk_retries(self.number, chunk.index),
                "awaited": keys.awaited(self.number),
            },
            args={
                "chunk": chunk.index,
                "token": chunk.token,
                "left": int(left),
                "first": chunk.first,
                "stop": chunk.end,
                "numbers": pack(awaited),
                "lease_ends": _ms(now) + self._lease_ms,
            },
        )
        if awaited:
            await self._store.durable()
        return bool(done == 1)

    async def keep(self, awaited: Iterable[int], now: datetime) -> None:
        """Record that we still await those answers, after their chunk was given back."""
        until = _ms(now) + self._lease_ms
        places = dict.fromkeys(map(str, awaited), until)
        if places:
            await self._store.redis.zadd(keys.awaited(self.number), places, xx=True)

    async def settle_late(self, chunk: Chunk, awaited: Numbers, *, left: bool) -> None:
        """Record that answers came, and are written down, after their chunk was given back.

        Args:
            chunk: the one given back.
            awaited: the deliveries.
            left: some of them may be tried at once.
        """
        await self._store.scripts.run(
            "settle_late",
            keys={
                "due": keys.chunks_due(self.number),
                "owners": keys.chunk_owners(self.number),
                "retries": keys.chunk_retries(self.number, chunk.index),
                "awaited": keys.awaited(self.number),
            },
            args={
                "chunk": chunk.index,
                "left": int(left),
                "first": chunk.first,
                "stop": chunk.end,
                "numbers": pack(awaited),
            },
        )


def _waits(jitter: float) -> str:
    """Write the waits after each attempt in milliseconds; the last holds for all after it."""
    waits = [next_try_after(attempt, jitter) for attempt in range(1, LONGEST_AFTER + 1)]
    return json.dumps([wait // timedelta(milliseconds=1) for wait in waits])


def _ms(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)
