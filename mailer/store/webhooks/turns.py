"""What a worker writes down while it has endpoints; for one event loop.

Many endpoints are told at once, and each write waits for the disk: here those waits overlap, as
many as leave connections for what else the loop does with the store.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from mailer.domain.events import Event
from mailer.domain.webhooks.endpoint import Endpoint
from mailer.store import events, keys
from mailer.store.server.connection import AsyncStore
from mailer.store.webhooks import endpoints
from mailer.store.webhooks.deliveries import (
    MOST_ATTEMPTS,
    MOST_WAITING,
    End,
    Standing,
    Taken,
    ms,
    parse_standing,
)

AT_ONCE: Final = 32
"""Commands that wait for the store at once; its client has a hundred connections for all."""


class Turns:
    """The endpoints that one worker has."""

    def __init__(self, store: AsyncStore, token: str) -> None:
        """Take the store, and what names this worker among those who have endpoints."""
        self._store, self._token = store, token
        self._gate = asyncio.Semaphore(AT_ONCE)

    async def take(self, now: datetime, lease: timedelta, most: int) -> list[Taken]:
        """Take endpoints whose time has come.

        Args:
            now: the present.
            lease: how long nobody else takes them.
            most: how many.
        """
        found = await self._gated(
            self._store.scripts.run(
                "take_hooks",
                keys={"due": keys.WEBHOOKS_DUE},
                args={
                    "prefix": keys.WEBHOOK,
                    "token": self._token,
                    "now": ms(now),
                    "lease_ends": ms(now + lease),
                    "most": most,
                },
            )
        )
        pairs = zip(found[::2], found[1::2], strict=True)
        return [Taken(endpoint.decode(), int(failures)) for endpoint, failures in pairs]

    async def load(self, endpoint: str) -> Endpoint | None:
        """Load an endpoint as it is now, or none."""
        found = await self._gated(self._store.redis.hget(keys.WEBHOOKS, endpoint))
        return endpoints.parse(endpoint, found) if found else None

    async def standing(self, endpoint: str) -> Standing | None:
        """Tell how an endpoint fares; none: there is no such endpoint."""
        async with self._store.redis.pipeline(transaction=True) as pipe:
            pipe.hgetall(keys.webhook(endpoint))
            pipe.zcard(keys.webhook_waiting(endpoint))
            pipe.zrange(keys.webhook_waiting(endpoint), 0, 0, withscores=True)
            return parse_standing(*await self._gated(pipe.execute()))

    async def page(
        self, first: str, most: int, last: str = "+"
    ) -> list[tuple[str, dict[str, str]]]:
        """Return some entries of the event log; see `events.page`."""
        found = await self._gated(self._store.redis.xrange(keys.EVENTS, first, last, count=most))
        return [(entry.decode(), events.texts(fields)) for entry, fields in found]

    async def log_was_trimmed(self) -> bool:
        """Tell whether entries were ever taken from the event log."""
        if not await self._gated(self._store.redis.exists(keys.EVENTS)):
            return False
        known = await self._gated(self._store.redis.xinfo_stream(keys.EVENTS))
        return bool(known["entries-added"] > known["length"])

    async def read_on(
        self,
        endpoint: str,
        *,
        place: str,
        before: str,
        after: str,
        wanted: Sequence[str],
        now: datetime,
        told: Event | None = None,
    ) -> bool:
        """Move one of an endpoint's places in the log on, and have the events wait that it wants.

        Args:
            endpoint: its id.
            place: `POSITION` or `REPLAY`.
            before: where that is.
            after: where it is then; empty for a replay that is done.
            wanted: ids of events.
            now: the present.
            told: tells of a gap in the log, if there is one.

        Returns:
            False if the endpoint is not this worker's any more.
        """
        done = await self._gated(
            self._store.scripts.run(
                "read_on_hook",
                keys={
                    "hook": keys.webhook(endpoint),
                    "waiting": keys.webhook_waiting(endpoint),
                    "events": keys.EVENTS,
                },
                args={
                    "token": self._token,
                    "place": place,
                    "before": before,
                    "after": after,
                    "now": ms(now),
                    "told_json": events.for_script(told) if told else "",
                    "wanted": list(wanted),
                },
            )
        )
        return bool(done)

    async def due(self, endpoint: str, now: datetime, most: int) -> list[tuple[str, int]]:
        """List events whose try has come, with the tries that were made of each."""
        waiting = keys.webhook_waiting(endpoint)
        found = await self._gated(
            self._store.redis.zrange(waiting, "-inf", ms(now), byscore=True, offset=0, num=most)
        )
        if not found:
            return []
        tries = await self._gated(self._store.redis.hmget(keys.webhook_tries(endpoint), found))
        return [(event.decode(), int(made or 0)) for event, made in zip(found, tries, strict=True)]

    async def claim(
        self, endpoint: str, event: str, *, next_try: datetime, lease_ends: datetime
    ) -> int:
        """Claim an event for one try; returns its number, 0: it is not ours to make."""
        number = await self._gated(
            self._store.scripts.run(
                "claim_hook",
                keys={
                    "hook": keys.webhook(endpoint),
                    "due": keys.WEBHOOKS_DUE,
                    "waiting": keys.webhook_waiting(endpoint),
                    "tries": keys.webhook_tries(endpoint),
                },
                args={
                    "token": self._token,
                    "endpoint": endpoint,
                    "event": event,
                    "next_try": ms(next_try),
                    "lease_ends": ms(lease_ends),
                },
            )
        )
        return int(number)

    async def settle(self, endpoint: str, end: End) -> int:
        """Write down what a try came to; returns how many failed in a row, -1: it is removed."""
        attempt = end.attempt
        kept: dict[str, Any] = {
            "at": attempt.at.isoformat(timespec="milliseconds"),
            "event": attempt.event,
            "type": attempt.type,
            "number": attempt.number,
            "outcome": attempt.outcome,
            "reason": attempt.reason,
            "status": attempt.status,
            "seconds": round(attempt.seconds, 3),
            "words": attempt.words,
        }
        taken = end.again is None
        failures = await self._gated(
            self._store.scripts.run(
                "settle_hook",
                keys={
                    "hook": keys.webhook(endpoint),
                    "waiting": keys.webhook_waiting(endpoint),
                    "tries": keys.webhook_tries(endpoint),
                    "attempts": keys.webhook_attempts(endpoint),
                    "events": keys.EVENTS,
                },
                args={
                    "event": attempt.event,
                    "end_": "taken" if taken else "failed" if end.kept else "dropped",
                    "now": ms(attempt.at),
                    "again": ms(end.again) if end.again else 0,
                    "attempt_json": json.dumps(kept, ensure_ascii=False),
                    "most_attempts": MOST_ATTEMPTS,
                    "told_json": events.for_script(end.told) if end.told else "",
                },
            )
        )
        return int(failures)

    async def forget(self, endpoint: str, event: str, told: Event) -> None:
        """Let an event wait no longer that is gone from the log, with an event that tells of it."""
        async with self._store.redis.pipeline(transaction=True) as pipe:
            pipe.zrem(keys.webhook_waiting(endpoint), event)
            pipe.hdel(keys.webhook_tries(endpoint), event)
            events.append(pipe, told)
            await self._gated(pipe.execute())

    async def release(self, endpoint: str, now: datetime) -> None:
        """Give an endpoint back; what the script finds decides when somebody looks at it next."""
        await self._gated(
            self._store.scripts.run(
                "release_hook",
                keys={
                    "hook": keys.webhook(endpoint),
                    "due": keys.WEBHOOKS_DUE,
                    "waiting": keys.webhook_waiting(endpoint),
                    "events": keys.EVENTS,
                },
                args={
                    "token": self._token,
                    "endpoint": endpoint,
                    "now": ms(now),
                    "most_waiting": MOST_WAITING,
                },
            )
        )

    async def _gated(self, command: Awaitable[Any]) -> Any:
        async with self._gate:
            return await command
