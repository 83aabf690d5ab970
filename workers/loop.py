"""The worker's event loop, which gathers what comes in thick and fast.

A busy relay answers some connection every few hundred microseconds. A process that sleeps until the
next answer is woken for each, which costs it, and whoever has to wake it, more than the answer
itself. So while many connections are busy, and news is thick, it looks again after a moment instead
of asking to be woken, and often finds several. The kernel's network drivers do likewise.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Callable
from typing import Final

GATHER_SECONDS: Final = 0.0001
"""For so long news may wait for more. None but that which found this process idle."""
THICK_SECONDS: Final = 0.001
"""News is thick while one piece comes within that time of another."""
CROWD: Final = 8
"""The least number of files: with few connections, each would wait for its own answer."""

Events = list[tuple[selectors.SelectorKey, int]]


class GatheringSelector(selectors.DefaultSelector):
    """The system's selector, which lets news gather for a moment where that saves work."""

    def __init__(
        self,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Use `sleep` to wait, and `clock` to tell seconds."""
        super().__init__()
        self._sleep, self._clock = sleep, clock
        self._heard = -THICK_SECONDS
        """The instant of the last news."""

    def select(self, timeout: float | None = None) -> Events:
        """Return what can be read or written; as any selector, but see this module's head.

        Args:
            timeout: seconds to wait for news at most; none: for ever; 0 or less: not at all.
        """
        wait = timeout is None or timeout > GATHER_SECONDS
        if not wait or len(self.get_map()) < CROWD:
            return super().select(timeout)
        found = super().select(0)
        if not found and self._clock() - self._heard < THICK_SECONDS:
            self._sleep(GATHER_SECONDS)
            found = super().select(0)
        if not found:
            found = super().select(timeout)
        if found:
            self._heard = self._clock()
        return found


def new_event_loop() -> asyncio.AbstractEventLoop:
    """Make the loop of a worker process."""
    return asyncio.SelectorEventLoop(GatheringSelector())
