"""Waits for a store that is away for a moment, say because it is being restarted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from mailer.errors import StoreLostError

PATIENCE_SECONDS: Final = 60.0
WAIT_SECONDS: Final = 0.2

Result = TypeVar("Result")


async def patiently(
    ask: Callable[[], Awaitable[Result]], seconds: float = PATIENCE_SECONDS
) -> Result:
    """Ask the store until it answers.

    Args:
        ask: a question that may be repeated when its answer was lost.
        seconds: how long to go on asking.

    Raises:
        StoreError: it was away for that long.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while True:
        try:
            return await ask()
        except StoreLostError as error:
            if loop.time() > deadline:
                raise StoreLostError(
                    f"The store has been away for {seconds:.0f} seconds: {error.said}. "
                    "Is its server running?",
                    error.said,
                ) from error
            await asyncio.sleep(WAIT_SECONDS)
