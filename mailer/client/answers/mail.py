"""What the service tells of mail that came in, and of service mails.

Times are texts (RFC 3339), as in the document of the API; new fields may be added there.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, TypedDict

Way: TypeAlias = Literal["lmtp", "smtp", "pipe", "imap"]
MailState: TypeAlias = Literal["unread", "held", "handled", "waiting", "quarantined", "cited"]
Action: TypeAlias = Literal["failed", "delayed"]
Severity: TypeAlias = Literal["hard", "soft", "sender", "undetermined"]
Reason: TypeAlias = Literal[
    "user-unknown",
    "domain-unknown",
    "moved",
    "no-mail-accepted",
    "mailbox-full",
    "suspended",
    "filtered",
    "policy",
    "reputation",
    "authentication",
    "too-big",
    "network",
    "system",
    "expired",
    "rate-limited",
    "relaying",
    "content",
    "virus",
    "undetermined",
]
Kind: TypeAlias = Literal[
    "bounce",
    "complaint",
    "auto-reply",
    "challenge",
    "receipt",
    "domain-report",
    "command",
    "person",
    "unknown",
]
State: TypeAlias = Literal["queued", "claimed", "deferred", "sent", "failed", "unknown", "skipped"]


class Mail(TypedDict):
    """A mail that came in, and what became of it."""

    mail: int
    """Its number."""
    came_in: str
    by: Way
    peer: str
    sender: str
    """Of the envelope; empty: the null sender."""
    recipients: list[str]
    size: int
    digest: str
    state: MailState
    kind: str
    """Empty until it was read."""
    command: str
    reason: str


class Bounce(TypedDict):
    """What a report says of one recipient."""

    recipient: str
    action: Action
    status: str | None
    severity: Severity
    reason: Reason
    diagnostic: str
    remote_mta: str | None


class Complaint(TypedDict):
    """What a feedback report says."""

    type: str
    recipient: str | None
    message_id: str | None


class Understood(TypedDict):
    """What a message is."""

    kind: Kind
    command: str | None
    language: str | None
    bounces: list[Bounce]
    complaint: Complaint | None


class Dropped(TypedDict):
    """How many mails went."""

    removed: int
    """Unread mail stays, and so does mail that proves a subscriber's consent."""


class ServiceMail(TypedDict):
    """A confirmation, a welcome, an answer. Its recipient is not kept."""

    outbox: int
    """Its number."""
    name: str
    language: str
    subscriber: int | None
    state: State
    at: str
    attempts: int
    reason: str
