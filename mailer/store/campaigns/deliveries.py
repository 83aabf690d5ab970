"""Whether a delivery was made: what the ledgers say of one subscriber."""

from __future__ import annotations

from typing import Final

from mailer.store import keys
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store

_LEFT_US: Final = ("accepted", "unknown")
"""Of the ledger's bitmaps, those whose messages a relay took, or may have taken."""
MOST_CAMPAIGNS: Final = 1_000
"""The newest ones, which are looked at: nobody reports older mail."""


def was_sent(store: Store, campaign: int, number: int) -> bool:
    """Tell whether a subscriber was sent a campaign."""
    return _is_any_set(store, [campaign], number)


def was_mailed(store: Store, number: int) -> bool:
    """Tell whether a subscriber was sent any of the newest campaigns."""
    last = campaigns.last_number(store)
    newest = range(last, max(0, last - MOST_CAMPAIGNS), -1)
    return _is_any_set(store, list(newest), number)


def _is_any_set(store: Store, numbers: list[int], subscriber: int) -> bool:
    with store.redis.pipeline(transaction=False) as pipe:
        for campaign in numbers:
            for name in _LEFT_US:
                pipe.getbit(keys.ledger(campaign, name), subscriber)
        return any(pipe.execute())
