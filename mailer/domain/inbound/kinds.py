"""Kinds of inbound mail, bounces and complaints, and the words that reports use."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mailer.domain.deliverability.reports import Kind as ReportKind


class Kind(StrEnum):
    """The kind of a message; exactly one applies."""

    BOUNCE = "bounce"
    """A report that something was not delivered, or not yet."""
    COMPLAINT = "complaint"
    """A feedback report (RFC 5965): a reader called our mail spam, or took that back."""
    AUTO_REPLY = "auto-reply"
    """A machine answered for a person or a desk: absence, acknowledgement, change of address."""
    CHALLENGE = "challenge"
    """A machine asks the sender to prove to be a person. Never answered."""
    RECEIPT = "receipt"
    """A report of success: delivered, relayed, expanded, displayed (RFC 3464, RFC 8098)."""
    DOMAIN_REPORT = "domain-report"
    """A mail system reports how mail in our name (DMARC), or mail to us (TLS), fared."""
    COMMAND = "command"
    """A person asks the list to do something that it does by itself."""
    PERSON = "person"
    """A person writes to people."""
    UNKNOWN = "unknown"
    """None of these: kept, and shown to the secretariat (law 11)."""


class Action(StrEnum):
    """The action on a recipient; success is not listed, because it makes no bounce."""

    FAILED = "failed"
    DELAYED = "delayed"


class Severity(StrEnum):
    """The meaning of a bounce for the address."""

    HARD = "hard"
    """The address or its domain does not exist, has moved, or accepts no mail."""
    SOFT = "soft"
    """It may work another time."""
    SENDER = "sender"
    """It is about us or our mail, and never counts against the subscriber."""
    UNDETERMINED = "undetermined"


class Reason(StrEnum):
    """The reason why a recipient was not reached; `SEVERITIES` in `bounces.judge` weighs them."""

    USER_UNKNOWN = "user-unknown"
    DOMAIN_UNKNOWN = "domain-unknown"
    MOVED = "moved"
    NO_MAIL_ACCEPTED = "no-mail-accepted"
    MAILBOX_FULL = "mailbox-full"
    SUSPENDED = "suspended"
    FILTERED = "filtered"
    POLICY = "policy"
    REPUTATION = "reputation"
    AUTHENTICATION = "authentication"
    TOO_BIG = "too-big"
    NETWORK = "network"
    SYSTEM = "system"
    EXPIRED = "expired"
    RATE_LIMITED = "rate-limited"
    RELAYING = "relaying"
    CONTENT = "content"
    VIRUS = "virus"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True)
class Bounce:
    """The facts that a report gives about one recipient."""

    recipient: str
    """As the report writes it; not checked to be an address that mail can be sent to."""
    action: Action
    status: str
    """Enhanced status code (RFC 3463), the most telling one that the report holds; or empty."""
    severity: Severity
    reason: Reason
    diagnostic: str
    """The words of the system that refused, in one line; or empty."""
    remote_mta: str
    """The host that refused, or empty."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """The facts that a feedback report gives."""

    type: str
    """`abuse`, `fraud`, `virus`, `not-spam`, `auth-failure`, `opt-out`, `other` (RFC 5965 7.3)."""
    recipient: str
    """The reader who complained; empty if the report hides it."""
    message_id: str
    """The Message-ID of the message complained about, without its angle brackets; or empty."""

    @property
    def suppresses(self) -> bool:
        """Tell whether its reader wants no more mail."""
        return self.type in {"abuse", "fraud", "virus", "opt-out", "opt-out-list", "other"}


@dataclass(frozen=True, slots=True)
class Understanding:
    """The whole decision about one message."""

    kind: Kind
    command: str = ""
    """The command and its argument, such as `subscribe fr`; empty if the kind is not `command`."""
    language: str = ""
    """The language of its writer as far as the message shows it, or empty."""
    bounces: tuple[Bounce, ...] = ()
    complaint: Complaint | None = None
    report: ReportKind | None = None
    """What a domain report is of."""
