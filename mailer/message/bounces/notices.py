"""Providers' reports as JSON in a mail: Amazon SES, alone or in an Amazon SNS envelope.

The mail comes from the provider to whatever address was given there, not to a return path of
ours. So whose delivery it is about stands in it: `mail.source` is the envelope sender that we gave
to the provider, and `mail.headers` is the header of our message. Anybody can write such a mail. It
may act only by what we signed in those fields; this module reads them and checks nothing.

Source: "Amazon SNS notification contents for Amazon SES" and "Contents of event data" in Amazon's
developer guide.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mailer.domain.inbound.kinds import Reason
from mailer.message.bounces import address_scanning as addresses
from mailer.message.bounces.dsn import Recipient
from mailer.message.incoming.mime import Part

LONGEST: Final = 256 * 1024
"""Characters; SNS sends no longer ones."""
_MOST_RECIPIENTS: Final = 500
_MOST_FIELDS: Final = 200
_BROKEN: Final = re.compile(r"!\n[ ]?(?=.)")
"""A break that a mail server put into a line that was too long for it."""
_KINDS: Final = frozenset({"Bounce", "Complaint", "Delivery", "DeliveryDelay", "Reject", "Send"})
_SUBTYPES: Final[Mapping[str, Reason]] = {
    "NoEmail": Reason.USER_UNKNOWN,
    "Suppressed": Reason.USER_UNKNOWN,
    "OnAccountSuppressionList": Reason.USER_UNKNOWN,
    "UnsubscribedRecipient": Reason.FILTERED,
    "MailboxFull": Reason.MAILBOX_FULL,
    "MessageTooLarge": Reason.TOO_BIG,
    "ContentRejected": Reason.CONTENT,
    "AttachmentRejected": Reason.CONTENT,
    "CustomTimeoutExceeded": Reason.EXPIRED,
}
"""The subtypes beside a bounce where the provider hands no words on."""


@dataclass(frozen=True, slots=True)
class Notice:
    """The facts that a provider gives about one message of ours."""

    kind: str
    """One of Amazon's types of event: `Bounce`, `Complaint`, `Delivery` …"""
    recipients: tuple[Recipient, ...]
    """The recipients it is about; for a complaint, each who may have made it."""
    otherwise: Reason
    """The reason why a recipient was not reached, where neither code nor words tell."""
    feedback: str
    """The complaint's type (RFC 5965 section 7.3); `abuse` if it does not say."""
    original: Part
    """The header of our message, with the envelope sender as its Return-Path."""


def read(message: Part) -> Notice | None:
    """Read a notice, or None if the mail is none; never raises, whatever the bytes."""
    part = next((one for one in message.walk() if one.type == "text/plain"), None)
    text = part.text[:LONGEST].lstrip() if part is not None else ""
    if not text.startswith("{") or '"' not in text[:40]:
        return None
    facts = _parsed(_BROKEN.sub("", text))
    if facts.get("Type") == "Notification":
        facts = _parsed(_text(facts, "Message").lstrip())
    kind = "".join((_text(facts, "notificationType") or _text(facts, "eventType")).split())
    return _notice(kind, facts) if kind in _KINDS and _mapping(facts, "mail") else None


def envelope_sender(message: Part) -> str:
    """Return the envelope sender of the mail that a notice is about, or nothing."""
    notice = read(message)
    return addresses.first(notice.original.field("return-path")) if notice else ""


def _parsed(text: str) -> Mapping[str, Any]:
    """Read the object that a text begins with; what follows it is for people."""
    try:
        found, _ = json.JSONDecoder(strict=False).raw_decode(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _notice(kind: str, facts: Mapping[str, Any]) -> Notice:
    mail = _mapping(facts, "mail")
    said = _mapping(facts, kind[0].lower() + kind[1:])
    return Notice(
        kind,
        tuple(_recipients(kind, said, mail)),
        _otherwise(kind, said),
        _text(said, "complaintFeedbackType").strip().lower() or "abuse",
        Part(tuple(_fields(mail)), b""),
    )


def _otherwise(kind: str, said: Mapping[str, Any]) -> Reason:
    if kind == "Reject":
        # SES sends nothing in which it has found one.
        return Reason.VIRUS
    if found := _SUBTYPES.get(_text(said, "bounceSubType")):
        return found
    return Reason.SYSTEM if _text(said, "bounceType") == "Transient" else Reason.UNDETERMINED


def _recipients(kind: str, said: Mapping[str, Any], mail: Mapping[str, Any]) -> Iterator[Recipient]:
    places = {
        "Bounce": (said, "bouncedRecipients"),
        "Complaint": (said, "complainedRecipients"),
        "DeliveryDelay": (said, "delayedRecipients"),
        "Reject": (mail, "destination"),
    }
    if kind not in places:
        return
    action = "delayed" if kind == "DeliveryDelay" else "failed"
    for one in _items(*places[kind])[:_MOST_RECIPIENTS]:
        facts = one if isinstance(one, dict) else {"emailAddress": one}
        address = addresses.first(_text(facts, "emailAddress"))
        diagnostic = _text(facts, "diagnosticCode") or _text(said, "delayType")
        if address:
            words = " ".join(re.sub(r"^\s*[\w-]{1,20};", "", diagnostic).split())
            yield Recipient(address, action, _text(facts, "status"), words, "")


def _fields(mail: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what the provider tells of our message's header, and the envelope sender."""
    if source := _text(mail, "source"):
        yield "return-path", source
    for one in _items(mail, "headers")[:_MOST_FIELDS]:
        name = _text(one, "name").strip().lower() if isinstance(one, dict) else ""
        if name and name != "return-path":
            yield name, _text(one, "value")


def _mapping(facts: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = facts.get(name)
    return found if isinstance(found, dict) else {}


def _items(facts: Mapping[str, Any], name: str) -> list[Any]:
    found = facts.get(name)
    return found if isinstance(found, list) else []


def _text(facts: Mapping[str, Any], name: str) -> str:
    found = facts.get(name)
    return found if isinstance(found, str) else ""
