"""State that a worker keeps from job to job, and the verdict of a job that ends."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Final

from mailer.clock import Clock
from mailer.relay.transport import Transport
from mailer.services.sending.composing import Composer
from mailer.services.sending.prewriting.signing import Signing
from mailer.store.campaigns.throttle import Throttle
from mailer.store.subscribers.bounces import Rules

LEAST_AHEAD: Final = 16
"""Deliveries that are claimed ahead at least, however slow the relays are."""


class Verdict(StrEnum):
    """The reason why a job ended."""

    FINISHED = "finished"
    """No chunk is left that could be done now."""
    SLICE_OVER = "slice over"
    """There is more; other campaigns have their turn first."""
    STOPPED = "stopped"
    """The worker was asked to stop."""
    HALTED = "halted"
    """The campaign is not sending any more: paused, or cancelled."""
    NO_RELAY = "no relay"
    """Nothing can be handed over at present."""


class Turn:
    """The turn of a campaign at a worker: it ends when others wait, which is asked now and then."""

    def __init__(
        self,
        seconds: float,
        longest: float = math.inf,
        others_wait: Callable[[], bool] = lambda: True,
    ) -> None:
        """Begin now, by the running loop's clock.

        Args:
            seconds: after that long, and again as long after that, it is asked whether others wait.
            longest: after that many seconds the turn is over even if nobody does.
            others_wait: may block for some milliseconds.
        """
        self._clock = asyncio.get_running_loop().time
        self._seconds, self._others_wait = seconds, others_wait
        self._until = self._clock() + seconds
        self._last = self._clock() + longest
        self._over = False

    def overdue(self) -> float | None:
        """Return for how many seconds the turn has been over; None if it is not."""
        now = self._clock()
        if now <= self._until:
            return None
        if not self._over:
            self._over = now > self._last or self._others_wait()
            if not self._over:
                self._until = now + self._seconds
                return None
        return now - self._until


@dataclass
class WorkerContext:
    """The things that a worker keeps from job to job."""

    composer: Composer
    pool: Transport
    clock: Clock
    retry_limit: timedelta
    signing: Signing | None = None
    """Makes the signatures, if they take long."""
    jitter: Callable[[], float] = random.random
    throttle: Throttle = field(default_factory=Throttle)
    rules: Rules = field(default_factory=Rules)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    ahead: float = LEAST_AHEAD
    """The number of deliveries claimed ahead: what the relays took lately in `AHEAD_SECONDS`."""
