"""Keys of the web hooks, by which other systems are told of events."""

from __future__ import annotations

from typing import Final

WEBHOOKS: Final = "mailer:webhooks"
"""Hash: id of an endpoint of web hooks -> JSON."""
WEBHOOKS_DUE: Final = "mailer:webhooks:due"
"""Sorted set: id of an active endpoint -> when a worker looks at it (Unix milliseconds; +inf: when
something happens)."""
WEBHOOKS_WOKEN: Final = "mailer:webhooks:woken"
"""Text: id of the last event that endpoints were woken for."""
WEBHOOK: Final = "mailer:webhook:"
"""What an endpoint's id follows; see `webhook`."""


def webhook(endpoint: str) -> str:
    """Hash: how far an endpoint was told of events, and how it fares; see `store.webhooks`."""
    return f"{WEBHOOK}{endpoint}"


def webhook_waiting(endpoint: str) -> str:
    """Sorted set: event that an endpoint has not taken yet -> its next try (Unix milliseconds)."""
    return f"{WEBHOOK}{endpoint}:waiting"


def webhook_tries(endpoint: str) -> str:
    """Hash: the same event -> tries made, where there were any."""
    return f"{WEBHOOK}{endpoint}:tries"


def webhook_attempts(endpoint: str) -> str:
    """List: the last tries with what came of them (JSON), the newest first."""
    return f"{WEBHOOK}{endpoint}:attempts"
