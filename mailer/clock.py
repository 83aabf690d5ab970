"""The time, handed to whoever needs it, so that tests and the demo can set it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time and waits; nothing else in the house asks the system for either."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""

    async def sleep(self, seconds: float) -> None:
        """Wait for that long by this clock."""


class SystemClock:
    """The machine's time, shifted by a constant (none but in demonstrations)."""

    def __init__(self, offset: timedelta = timedelta()) -> None:
        """Create a clock that is ahead of the machine's by an offset."""
        self.offset = offset

    def now(self) -> datetime:
        """Return the machine's time plus the offset."""
        return datetime.now(UTC) + self.offset

    async def sleep(self, seconds: float) -> None:
        """Wait in real time."""
        await asyncio.sleep(seconds)


class SimulatedClock:
    """Stands still until it is told to move; waiting moves it."""

    def __init__(self, start: datetime) -> None:
        """Start the clock at an instant, which must be aware of its zone."""
        if start.tzinfo is None:
            raise ValueError("A clock needs an aware start: give it a time zone.")
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """Return the simulated instant."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move forward by a span, which must not be negative."""
        if by < timedelta():
            raise ValueError("Time does not go back.")
        self._now += by

    async def sleep(self, seconds: float) -> None:
        """Move forward by that many seconds, and let other tasks run."""
        self.advance(timedelta(seconds=seconds))
        await asyncio.sleep(0)
