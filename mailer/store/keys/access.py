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

TOLD_USERS: Final = "mailer:users:told"
"""Text: id of the last event of which users were told by mail, where they want that."""

API_JOB_NEXT: Final = "mailer:api:jobs:last"
"""Counter: the highest number given to a job that a program asked for."""
API_JOBS_DUE: Final = "mailer:api:jobs:due"
"""Sorted set: such a job that is not done -> when it next wants a worker (Unix seconds)."""


def idempotent_request(record: str) -> str:
    """Hash, expiring: a request with an idempotency key, by token and key."""
    return f"mailer:api:request:{record}"


def api_job(j: int) -> str:
    """Hash, expiring: long work that a program asked for; see `mailer.store.access.jobs`."""
    return f"mailer:api:job:{j}"


def api_job_file(j: int) -> str:
    """List, expiring: the file that such work is about, in compressed pieces."""
    return f"mailer:api:job:{j}:file"


def api_job_refused(j: int) -> str:
    """List, expiring: the lines that such work refused, with the reasons, in compressed pieces."""
    return f"mailer:api:job:{j}:refused"


def approval_request(r: int) -> str:
    """Hash, expiring: an approver who was asked by mail about one proposal."""
    return f"mailer:approval-request:{r}"


def user_mails(what: str) -> str:
    """Counter, expiring: mails that a user got about something in a day, or about anything."""
    return f"mailer:users:mails:{what}"
