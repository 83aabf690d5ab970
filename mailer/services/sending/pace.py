"""Pacing of a chunk's claims: as many deliveries ahead as the relays take soon.

No more than they take in a fraction of a second, so that consent is asked for at the last moment
(law 4), a pause takes effect at once, and a killed worker leaves little open.
"""

from __future__ import annotations

from typing import Final

from mailer.services.sending.worker_context import LEAST_AHEAD, WorkerContext

AHEAD_SECONDS: Final = 0.25
"""The share of the relays' present speed that is claimed ahead; one claim is for half of it."""
MOST_AHEAD: Final = 500
FIRST: Final = 50
"""The size of a claim where nothing is in flight, so that the relays soon have work."""
MEASURE_SECONDS: Final = 0.25
"""The interval at which the relays' speed is measured."""
SOON_SECONDS: Final = 0.02
"""The time after a chunk's begin at which it is measured first."""
PACE_SECONDS: Final = 0.05
"""The least time between claims where a rate limit paces all mail, so that each is for what
may go by then."""


class Pace:
    """The pace of one chunk's claims; how much is claimed ahead is kept from chunk to chunk."""

    def __init__(self, context: WorkerContext) -> None:
        """Start with nothing measured and nothing claimed."""
        self._context = context
        self.low_water = 0
        """With no more than that claimed and not handed out, more is to be claimed."""
        self.settled = 0
        """Outcomes by now."""
        self.again_at = 0.0
        """The instant for the next claim (Unix seconds), if a rate limit paces all mail."""
        self._measured = 0
        self._measured_at = 0.0

    def begin(self, now: float) -> None:
        """Measure the relays' speed from now on."""
        self._measured_at = now

    def measure(self, now: float) -> None:
        """See now and then how fast the relays are, and the first time soon."""
        wait = MEASURE_SECONDS if self._measured else SOON_SECONDS
        if now - self._measured_at < wait:
            return
        rate = (self.settled - self._measured) / (now - self._measured_at)
        self._measured, self._measured_at = self.settled, now
        ahead = (self._context.ahead + rate * AHEAD_SECONDS) / 2
        self._context.ahead = max(LEAST_AHEAD, min(ahead, MOST_AHEAD))

    def batch(self, waiting: int) -> int:
        """Tell how many to claim now, and set the mark below which to claim again.

        The mark is high, so that the relays have enough to do until the store has answered. If
        they had not, twice as many are claimed ahead from then on.

        Args:
            waiting: how many are claimed and not handed out.
        """
        pool = self._context.pool
        if pool.problem:
            return 1  # enough to see whether that is over
        if self.low_water and not waiting:
            self._context.ahead = min(self._context.ahead * 2, MOST_AHEAD)
        self.low_water = int(self._context.ahead)
        return min(self.low_water // 2, MOST_AHEAD if pool.in_flight else FIRST)

    def is_ending(self, waiting: int) -> bool:
        """Tell, with all claimed, whether so little is left that the next chunk may begin."""
        self.low_water = int(self._context.ahead) // 2
        if waiting > self.low_water:
            return False
        self.low_water = 0
        return True

    def paused(self) -> bool:
        """Tell whether a rate limit forbids to claim now."""
        return self.again_at > 0 and self._context.clock.now().timestamp() < self.again_at

    async def sleep(self, longest: float) -> None:
        """Wait until the rate limit allows more, but not for longer than so many seconds."""
        left = self.again_at - self._context.clock.now().timestamp()
        await self._context.clock.sleep(min(max(left, PACE_SECONDS), longest))
