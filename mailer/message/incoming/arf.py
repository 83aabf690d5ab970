"""Feedback reports: ARF (RFC 5965), CFBL (RFC 9477) which rides on it, and Outlook.com's form."""

from __future__ import annotations

import re
from typing import Final

from mailer.domain.inbound.kinds import Complaint
from mailer.message.bounces import address_scanning as addresses
from mailer.message.bounces.report import Report
from mailer.message.bounces.text import meant_by
from mailer.message.incoming.mime import Part, decode_words, read_fields

_TYPE: Final = re.compile(r"[a-z][a-z0-9-]{1,30}")
_INLINE: Final = re.compile(r"^[ \t]*feedback-type[ \t]*:", re.IGNORECASE | re.MULTILINE)
_INLINE_TOO: Final = re.compile(
    r"^[ \t]*(?:user-agent|version)[ \t]*:", re.IGNORECASE | re.MULTILINE
)
_TOLD_BY_SUBJECT: Final = re.compile(
    r"^(?:complaint about message from|\[?spamcop\b|(?:e-?mail )?(?:feedback|abuse|complaint|"
    r"spam) report(?: for|:| from)|client tos notification|\[?abuse report|e-?mail abuse report|"
    r"fbl report|abuse complaint|spam complaint)",
    re.IGNORECASE,
)
_TOLD_BY_TEXT: Final = re.compile(
    r"this is an? (?:e-?mail )?(?:abuse|spam|feedback) (?:report|complaint|notif)|marked (?:as|"
    r"this (?:message|e-?mail) as) (?:junk|spam)|reported (?:this|your) (?:message|"
    r"e-?mail) as (?:junk|spam)|user complained about|complaint about (?:an? )?(?:e-?mail|"
    r"message|spam)",
    re.IGNORECASE,
)
_DESK: Final = re.compile(
    r"abuse|feedback|\bfbl\b|complain|spam|staff|no-?reply|postmaster|scomp|junk", re.IGNORECASE
)
"""Authors that report for others; a person who says that our mail was marked just tells us."""
_OUTLOOK: Final = "x-hmxmroriginalrecipient"
_REDACTED: Final = re.compile(
    r"redact|\bx{5,}@|hidden|suppressed|^[0-9a-f]{32,}@|^undisclosed|@\[|^anonymous", re.IGNORECASE
)


def complaint_of(message: Part, report: Report, subject: str) -> Complaint | None:
    """Read a complaint, or None if the message is not one.

    A recipient that the report hides is left empty: VERP, the Message-ID or the feedback id
    tell whose it is (case 65).
    """
    fields = _feedback_fields(message, report)
    original = report.original
    if fields is None and not _told(message, report, subject):
        return None
    facts = Part(fields or (), b"")
    kind = _TYPE.match(facts.field("feedback-type").strip().lower())
    return Complaint(
        _kind(kind[0] if kind else "", facts),
        _recipient(facts, message, original),
        _bare(original.field("message-id") if original else ""),
    )


def _feedback_fields(message: Part, report: Report) -> tuple[tuple[str, str], ...] | None:
    for part in message.walk():
        if part.type == "message/feedback-report":
            return read_fields(part.text.strip("\n"))
    if message.parameter("report-type").lower() == "feedback-report":
        return _inline(report.text) or ()
    return _inline(report.text) if _INLINE_TOO.search(report.text) else None


def _inline(text: str) -> tuple[tuple[str, str], ...] | None:
    """Read the fields of a report that has them in its text."""
    found = _INLINE.search(text)
    return read_fields(text[found.start() :].lstrip()) if found else None


def _kind(named: str, facts: Part) -> str:
    if named in {"not-spam", "notspam"}:
        return "not-spam"
    if named in {"auth-failure", "dmarc", "dkim", "spf"} or (
        not named and facts.field("auth-failure")
    ):
        return "auth-failure"
    return named or "abuse"


def _told(message: Part, report: Report, subject: str) -> bool:
    """Tell whether a report without feedback fields is a complaint all the same: case 66."""
    if message.field(_OUTLOOK) or any(part.field(_OUTLOOK) for part in message.deep()):
        return True
    if report.original is None:
        return False
    if _TOLD_BY_SUBJECT.search(subject):
        return True
    author = message.words("from")[:1000]
    return bool(_DESK.search(author) and _TOLD_BY_TEXT.search(report.text[:2000]))


def _recipient(facts: Part, message: Part, original: Part | None) -> str:
    named = [
        facts.field("original-rcpt-to"),
        facts.field("removal-recipient"),
        facts.field("original-recipient"),
    ]
    named += [part.field(_OUTLOOK) for part in message.deep()]
    if original:
        named += [original.field(name) for name in ("x-original-to", "delivered-to", "x-rcpt-to")]
    found = [addresses.of_field(decode_words(value, message.budget)) for value in named if value]
    found += meant_by(original)
    return next((one for one in found if "@" in one and not _REDACTED.search(one)), "")


def _bare(message_id: str) -> str:
    found = re.search(r"<([^<>\s]+)>", message_id)
    return found[1] if found else message_id.strip()
