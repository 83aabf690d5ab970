"""What a pool has open to its relays; it tells nobody, for nobody but a test asks."""

from __future__ import annotations

from mailer.relay.smtp.pool import RelayPool


def open_connections(pool: RelayPool) -> dict[str, int]:
    """Count the connections that are open, by the relay's name."""
    return {relay.url.name: len(relay.sessions) for relay in pool._relays}
