"""Counts the connections of a pool, which only tests ask for."""

from __future__ import annotations

from mailer.relay.smtp.pool import RelayPool


def open_connections(pool: RelayPool) -> dict[str, int]:
    """Count the connections that are open, by the relay's name."""
    return {relay.url.name: len(relay.sessions) for relay in pool._relays}
