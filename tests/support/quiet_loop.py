"""An event loop for tests of time-outs: they come when nothing happens any more, not when we are slow."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, Final

QUIET: Final = 0.1
"""If nothing happened for so many seconds, nothing will until the next timer."""
LONG: Final = 600.0
"""Seconds by the loop's clock after which a test is given up."""


class _Selector(selectors.DefaultSelector):
    """Waits for sockets, but not long: what no socket brings soon, only time can bring."""

    loop: QuietLoop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready, and skip the rest of the wait if nothing is."""
        if timeout is None or timeout <= QUIET:
            return super().select(timeout)
        found = super().select(QUIET)
        if not found:
            self.loop.leap(timeout - QUIET)
        return found


class LeapingLoop(asyncio.SelectorEventLoop):
    """Its clock leaps when it is told to."""

    def __init__(self, selector: selectors.BaseSelector | None = None) -> None:
        """Begin at the system's time."""
        self._skipped = 0.0
        super().__init__(selector)

    def leap(self, seconds: float) -> None:
        """Let so much time have passed; call it in the loop."""
        self._skipped += seconds

    def time(self) -> float:
        """Tell the time, with what was leapt over."""
        return super().time() + self._skipped


class QuietLoop(LeapingLoop):
    """Its clock leaps over waits in which nothing happens, so that time-outs can be generous.

    With short ones, a machine that stands still for a moment would bring them about. Everything
    that a test waits for must come by sockets of this loop, or by timers.
    """

    def __init__(self) -> None:
        """Begin at the system's time."""
        selector = _Selector()
        selector.loop = self
        super().__init__(selector)


def run_quietly(main: Coroutine[Any, Any, None]) -> None:
    """Run a test's coroutine; nothing that it forgets to await may pass unseen."""

    async def bounded() -> None:
        await asyncio.wait_for(main, LONG)

    with asyncio.Runner(loop_factory=QuietLoop) as runner:
        runner.run(bounded())
