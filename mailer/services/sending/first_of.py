"""Waits for whichever of several things comes first."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable


async def first_of(events: Iterable[Awaitable[object]], seconds: float) -> None:
    """Wait for the first of several, but not for longer than that; the others are given up."""
    waiting = {asyncio.ensure_future(event) for event in events}
    _, pending = await asyncio.wait(waiting, timeout=seconds, return_when="FIRST_COMPLETED")
    for task in pending:
        task.cancel()
