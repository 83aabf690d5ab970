"""Keys of those who act for the institution, and of what they did."""

from __future__ import annotations

from typing import Final

AUDIT: Final = "mailer:audit"
"""Stream: the audit log; the number of an entry is its id."""
AUDIT_HEAD: Final = "mailer:audit:head"
"""Hash: `number` and `mac` of the last entry; `first` that is kept, and the `mac` `before` it."""

USERS: Final = "mailer:users"
"""Hash: number of a user -> the user (JSON, see `mailer.store.access.users`)."""
USERS_BY_ADDRESS: Final = "mailer:users:by-address"
"""Hash: normalised address -> number of the user."""
USER_NEXT: Final = "mailer:users:last"
API_TOKENS: Final = "mailer:api-tokens"
"""Hash: id of an API token -> the token (JSON), without its secret."""
API_TOKEN_USES: Final = "mailer:api-tokens:used"  # noqa: S105 - a key, no secret
"""Hash: id of an API token -> about when it was used last (ISO 8601)."""


def idempotent_request(record: str) -> str:
    """Hash, expiring: a request with an idempotency key, by token and key."""
    return f"mailer:api:request:{record}"
