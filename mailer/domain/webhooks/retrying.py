"""When a delivery that failed is tried again: ten tries, over three days less some hours."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

WAITS: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=20),
)
"""As the Standard Webhooks specification proposes, cut off at three days (71 h 35 min together)."""
TRIES: Final = len(WAITS) + 1
SPREAD: Final = 0.1
"""By up to that share a wait is shorter, so that endpoints do not march in step."""
LONGEST_WISH: Final = timedelta(hours=1)
"""How long an endpoint may have us wait (Retry-After): a slip must not silence it for days."""


def wait_after(tries: int, jitter: float, wish: timedelta = timedelta()) -> timedelta | None:
    """Tell how long to wait after the try of that number failed; none: it was the last.

    Args:
        tries: how many were made, 1 or more.
        jitter: a random number in [0, 1), drawn by the caller.
        wish: for how long the endpoint asked to be left alone (RFC 9110 section 10.2.3).
    """
    if tries < 1:
        raise ValueError("The first wait follows the first try.")
    if tries >= TRIES:
        return None
    return max(WAITS[tries - 1] * (1 - SPREAD * jitter), min(wish, LONGEST_WISH))
