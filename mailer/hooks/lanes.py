"""Shares out what goes on at once between endpoints that answer and endpoints that hang.

There are few places in the quick lane. An endpoint that does not answer for a second gives its
place there to another, and waits on in the slow lane, which has more places; one that failed the
last time waits there from the start. Only when the slow lane is full does one that hangs keep its
quick place, until one of the slow ones is done.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final, Self

QUICK: Final = 64
SLOW: Final = 192
SLOW_SECONDS: Final = 1.0
"""After so long without an answer somebody is slow."""


class Place:
    """Where one endpoint stands."""

    __slots__ = ("_lanes", "_timer", "slow")

    def __init__(self, lanes: Lanes, *, slow: bool) -> None:
        self._lanes, self.slow = lanes, slow
        self._timer: asyncio.TimerHandle | None = None

    def __enter__(self) -> Self:
        """Begin to wait for an answer."""
        if not self.slow:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(SLOW_SECONDS, self._lanes.demote, self)
        return self

    def __exit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._lanes.take_back(self)


class Lanes:
    """The places of one process; belongs to one event loop."""

    def __init__(self, freed: Callable[[], None], *, quick: int = QUICK, slow: int = SLOW) -> None:
        """Make the lanes.

        Args:
            freed: called when there is a quick place again.
            quick: places of the quick lane.
            slow: places of the slow lane.
        """
        self._freed = freed
        self._free = {False: quick, True: slow}
        self._waiting: deque[Place] = deque()
        """Places that are slow, but stay in the quick lane until there is room."""

    @property
    def free(self) -> int:
        """Return how many places of the quick lane are free."""
        return self._free[False]

    def place(self, *, failed: bool) -> Place:
        """Take a place; in the slow lane, if there is room, for one that failed the last time."""
        slow = failed and self._free[True] > 0
        self._free[slow] -= 1
        return Place(self, slow=slow)

    def leave(self, place: Place) -> None:
        """Give a place back."""
        self._give_back(slow=place.slow)

    def demote(self, place: Place) -> None:
        """Move a place to the slow lane, as soon as there is room."""
        if self._free[True] > 0:
            self._move(place)
        else:
            self._waiting.append(place)

    def take_back(self, place: Place) -> None:
        """Let a place that answered stay where it is."""
        if place in self._waiting:
            self._waiting.remove(place)

    def _move(self, place: Place) -> None:
        place.slow = True
        self._free[True] -= 1
        self._give_back(slow=False)

    def _give_back(self, *, slow: bool) -> None:
        self._free[slow] += 1
        if slow and self._waiting:
            self._move(self._waiting.popleft())
        elif not slow:
            self._freed()
