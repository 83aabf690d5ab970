"""One turn of an endpoint: the log is read on for it, and what waits is sent, one after the other.

It ends with the first try that fails: as long as an endpoint fails, it is tried with one event at a
time, and left alone between.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from mailer.clock import Clock
from mailer.config import Settings
from mailer.domain.events import Event
from mailer.domain.webhooks.answer import Answer, Verdict
from mailer.domain.webhooks.endpoint import Action, Endpoint, State
from mailer.domain.webhooks.retrying import TRIES, WAITS, wait_after
from mailer.hooks.lanes import Place
from mailer.services.webhooks.log_reader import PAGE, LogReader, Page
from mailer.services.webhooks.posting import Poster
from mailer.services.webhooks.stopping import stop
from mailer.store.server.connection import Store
from mailer.store.webhooks import deliveries
from mailer.store.webhooks.deliveries import POSITION, REPLAY, Attempt, End, Standing, Taken
from mailer.store.webhooks.turns import Turns

LEASE: Final = timedelta(seconds=60)
"""Longer than a try may take; each try renews it."""
TURN_SECONDS: Final = 10.0
"""After so long others get the place."""
MOST_PAGES: Final = 4
"""Pages of the log that are read on at once."""
AT_ONCE: Final = 20


@dataclass(frozen=True, slots=True)
class Tools:
    """What all turns of a process share."""

    store: Store
    settings: Settings
    clock: Clock
    turns: Turns
    reader: LogReader
    poster: Poster
    stopping: Callable[[], bool]
    """Tells whether the process is to end."""
    jitter: Callable[[], float] = random.random


class Turn:
    """One turn of one endpoint."""

    def __init__(self, tools: Tools, taken: Taken, place: Place) -> None:
        """Take what all turns share, the endpoint, and its place in the lanes."""
        self._tools, self._id, self._place = tools, taken.endpoint, place
        self._turns, self._now = tools.turns, tools.clock.now
        self._failures = taken.failures

    async def run(self) -> None:
        """Send what is due, and give the endpoint back."""
        try:
            await self._send_all()
        finally:
            await self._turns.release(self._id, self._now())

    async def _send_all(self) -> None:
        late = asyncio.get_running_loop().time() + TURN_SECONDS
        await self._read_on()
        while found := await self._turns.due(self._id, self._now(), AT_ONCE):
            for event, made in found:
                if self._tools.stopping() or asyncio.get_running_loop().time() > late:
                    return
                if not await self._send(event, made):
                    return
            await self._read_on()

    # Reading on.

    async def _read_on(self) -> None:
        """Have events wait that came since, and those of a replay, as far as there is room."""
        standing = await self._turns.standing(self._id)
        endpoint = await self._turns.load(self._id)
        if standing is None or endpoint is None:
            return
        room = deliveries.MOST_WAITING - standing.waiting
        if standing.replay:
            room = await self._replay(endpoint, standing, room)
        position = standing.position
        for _ in range(MOST_PAGES):
            page = await self._tools.reader.after(position)
            if room <= 0 or not page.entries:
                return
            wanted, after = _wanted(endpoint, page, room)
            if not await self._move(POSITION, position, after, wanted, self._gap(position, page)):
                return
            position, room = after, room - len(wanted)

    async def _replay(self, endpoint: Endpoint, standing: Standing, room: int) -> int:
        """Read on in a replay; returns what room is left."""
        place = standing.replay
        for _ in range(MOST_PAGES):
            if room <= 0:
                return 0
            page = await self._tools.reader.between(place, standing.replay_until)
            wanted, after = _wanted(endpoint, page, room)
            done = len(page.entries) < PAGE and (not page.entries or after == page.entries[-1][0])
            if not await self._move(REPLAY, place, "" if done else after, wanted) or done:
                return room - len(wanted)
            place, room = after, room - len(wanted)
        return room

    async def _move(
        self, place: str, before: str, after: str, wanted: list[str], told: Event | None = None
    ) -> bool:
        return await self._turns.read_on(
            self._id,
            place=place,
            before=before,
            after=after,
            wanted=wanted,
            now=self._now(),
            told=told,
        )

    def _gap(self, position: str, page: Page) -> Event | None:
        """Tell, once, that events are gone from the log which the endpoint was not told of."""
        if not page.gap:
            return None
        facts = {"endpoint": self._id, "after": position, "until": page.entries[0][0]}
        return Event("webhook.gap", self._now(), facts)

    # Sending.

    async def _send(self, event: str, made: int) -> bool:
        """Make one try; returns whether the endpoint may get the next event."""
        endpoint = await self._turns.load(self._id)
        if endpoint is None or endpoint.state is not State.ACTIVE:
            return False
        fields = await self._tools.reader.event(event)
        if fields is None:
            reason = "it is gone from the event log, which was cut"
            await self._turns.forget(self._id, event, self._given_up(event, reason))
            return True
        number = await self._claim(event, made)
        if not number:
            return False
        with self._place:
            answer = await self._tools.poster.post(endpoint, event, fields, self._now())
        return await self._settle(event, fields, number, answer)

    async def _claim(self, event: str, made: int) -> int:
        now = self._now()
        wait = wait_after(made + 1, self._tools.jitter()) or WAITS[-1]
        return await self._turns.claim(
            self._id,
            event,
            next_try=now + wait,
            lease_ends=now + LEASE,
        )

    async def _settle(
        self, event: str, fields: Mapping[str, str], number: int, answer: Answer
    ) -> bool:
        now = self._now()
        attempt = _attempt(event, fields, number, answer, now)
        if answer.verdict is Verdict.DELIVERED:
            self._failures = 0
            await self._turns.settle(self._id, End(attempt, kept=False))
            return True
        dead = answer.verdict is Verdict.GONE or self._failures + 1 >= TRIES
        kept = dead or number < TRIES  # what a dead endpoint did not take waits until it is back
        wait = wait_after(min(self._failures + 1, TRIES - 1), self._tools.jitter(), answer.wish)
        told = None if kept else self._given_up(event, answer.reason)
        end = End(attempt, kept=kept, again=now + (wait or WAITS[-1]), told=told)
        self._failures = await self._turns.settle(self._id, end)
        if dead:
            action = Action.GONE if answer.verdict is Verdict.GONE else Action.GIVE_UP
            tools = self._tools
            stop(
                tools.store,
                tools.settings,
                tools.clock,
                identity=self._id,
                action=action,
                reason=answer.reason,
            )
        return False

    def _given_up(self, event: str, reason: str) -> Event:
        facts = {"endpoint": self._id, "event": event, "reason": reason}
        return Event("webhook.given_up", self._now(), facts)


def _wanted(endpoint: Endpoint, page: Page, room: int) -> tuple[list[str], str]:
    """List the events of a page that an endpoint wants, as far as there is room, and how far."""
    wanted: list[str] = []
    after = ""
    for event, fields in page.entries:
        after = event
        if endpoint.wants(fields["type"]):
            wanted.append(event)
            if len(wanted) == room:
                break
    return wanted, after


def _attempt(
    event: str, fields: Mapping[str, str], number: int, answer: Answer, now: datetime
) -> Attempt:
    return Attempt(
        at=now,
        event=event,
        type=fields["type"],
        number=number,
        outcome=answer.verdict.value,
        reason=answer.reason,
        status=answer.status,
        seconds=answer.seconds,
        words=answer.words,
    )
