"""Limit of the acts of one token's bearer: no person asks more often."""

from __future__ import annotations

from typing import Final

from mailer.store.server.connection import Store
from mailer.store.token_uses import TokenUses

AN_HOUR: Final = 60


class TokenRateLimit:
    """Counts for all processes together."""

    def __init__(self, store: Store) -> None:
        """Use the store."""
        self._uses = TokenUses(store, AN_HOUR)

    def allows(self, what: str, whose: str) -> bool:
        """Count one, and tell whether it is not too many."""
        return self._uses.count(what, whose)
