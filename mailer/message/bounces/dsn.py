"""Delivery status notifications (RFC 3464, RFC 6533): what they say of each recipient.

Also those that are not well made: without blank lines between recipients, with fields wrapped
without indentation, in a part of another type, or with only some of the fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import dedent
from typing import Final

from mailer.domain.bounces.judge import ENHANCED
from mailer.message.bounces import address_scanning as addresses
from mailer.message.incoming.mime import Part, decode_words

STATUS_TYPES: Final = frozenset(
    {"message/delivery-status", "message/global-delivery-status", "message/delivery-notification"}
)
MOST_RECIPIENTS: Final = 500
"""Recipients of one report that are read."""
_FAILED: Final = frozenset({"error", "undeliverable", "bounced", "rejected", "expired", "returned"})
SUCCESS: Final = frozenset({"delivered", "relayed", "expanded", "deliverable"})

_LONGEST: Final = 128 * 1024
_FIELD: Final = re.compile(r"([A-Za-z][A-Za-z0-9-]{1,40})[ \t]*:[ \t]*(.*)")
_KNOWN: Final = frozenset(
    [
        "original-recipient",
        "final-recipient",
        "action",
        "status",
        "remote-mta",
        "diagnostic-code",
        "arrival-date",
        "last-attempt-date",
        "final-log-id",
        "will-retry-until",
        "reporting-mta",
        "dsn-gateway",
        "received-from-mta",
        "original-envelope-id",
        "x-actual-recipient",
        "x-display-name",
        "original-rcpt-to",
    ]
)
_ADDRESSEES: Final = ("final-recipient", "original-recipient", "x-actual-recipient")
_WHY: Final = ("diagnostic-code", "x-powermta-bouncecategory")
_GIST: Final = re.compile(r"^[ \t]*final-recipient[ \t]*:", re.IGNORECASE | re.MULTILINE)
_GIST_TOO: Final = re.compile(r"^[ \t]*(?:action|status)[ \t]*:", re.IGNORECASE | re.MULTILINE)
_XTEXT: Final = re.compile(r"\+([0-9A-F]{2})")
"""RFC 3461 section 4: some systems hand the parameter on as it came."""
_INTERNAL: Final = re.compile(
    r"@(?:[^.]*|.*\.(?:local|localdomain|lan|internal|intern))$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Recipient:
    """The fields of one recipient (RFC 3464 section 2.3), brought into our words."""

    address: str
    """Original-Recipient where it is given, else the final one; a name alone, or empty."""
    action: str
    """In lower case; made up from the status where the report has none."""
    status: str
    diagnostic: str
    remote_mta: str


def recipients(message: Part) -> list[Recipient]:
    """Read what the delivery status parts of a message say, attached messages left aside."""
    return _read(message.walk())


def nested_recipients(message: Part) -> list[Recipient]:
    """Read what delivery status parts within attached messages say."""
    return _read(message.deep())


def recipients_of_text(text: str) -> list[Recipient]:
    """Read delivery status fields that stand in a text of any kind."""
    if not (_GIST.search(text) and _GIST_TOO.search(text)):
        return []
    return [one for one in map(_recipient, _groups(text)) if one][:MOST_RECIPIENTS]


def _read(parts: Iterator[Part]) -> list[Recipient]:
    found: list[Recipient] = []
    for part in parts:
        if part.type in STATUS_TYPES:
            found += [one for one in map(_recipient, _groups(dedent(part.text[:_LONGEST]))) if one]
        if len(found) >= MOST_RECIPIENTS:
            break
    return found[:MOST_RECIPIENTS]


def _groups(text: str) -> Iterator[dict[str, str]]:
    """Yield the fields of each recipient; those of the message as a whole are passed over."""
    group: dict[str, str] = {}
    ended = False
    name = ""
    for line in text.split("\n"):
        if not line.strip():
            ended, name = True, ""
            continue
        found = _FIELD.match(line.lstrip() if name == "" else line)
        known = found is not None and (
            found[1].lower() in _KNOWN or found[1][:2].lower() == "x-" or not name
        )
        if found is None or not known:
            if name:
                group[name] = f"{group[name]} {line.strip()}"
            continue
        name = found[1].lower()
        begins = name in _ADDRESSEES and (name in group or (ended and "final-recipient" in group))
        begins = begins or (ended and name in group and "final-recipient" in group)
        if begins:
            yield group
            group = {}
        ended = False
        group.setdefault(name, found[2].strip())
    yield group


def _recipient(group: dict[str, str]) -> Recipient | None:
    if not any(name in group for name in _ADDRESSEES):
        return None
    final, original, actual = (_addressee(group.get(name, "")) for name in _ADDRESSEES)
    original = original or _addressee(group.get("original-rcpt-to", ""))
    status = ENHANCED.search(group.get("status", ""))
    return Recipient(
        _whom(original, final, actual),
        _action(group.get("action", ""), status[1] if status else ""),
        status[0] if status else "",
        " ".join(filter(None, (_untyped(group.get(name, "")) for name in _WHY))),
        _untyped(group.get("remote-mta", "")).partition(" ")[0],
    )


def _addressee(value: str) -> str:
    """Return the address of a field; some systems encode it as they would a name (RFC 2047)."""
    return addresses.of_field(decode_words(value))


def _whom(original: str, final: str, actual: str) -> str:
    """Choose the address that the sender wrote to, not whom it was forwarded to.

    A name inside the other's network is only taken where there is no other.
    """
    if _XTEXT.sub(lambda code: chr(int(code[1], 16)), original) == final:
        return final
    complete = [one for one in (original, final, actual) if "@" in one[1:]]
    outside = [one for one in complete if not _INTERNAL.search(one)]
    return next(iter(outside or complete), final or original)


def _action(text: str, kind: str) -> str:
    word = re.split(r"[^a-z]", text.strip().lower(), maxsplit=1)[0]
    if word in SUCCESS or word in {"failed", "delayed"}:
        return word
    if word.startswith("fail") or word in _FAILED:
        return "failed"
    if word.startswith("delay") or word in {"deferred", "transient", "warning"}:
        return "delayed"
    return {"2": "delivered", "4": "delayed"}.get(kind, "failed")


def _untyped(value: str) -> str:
    """Return a typed value without its type: `smtp; 550 …`, `dns; mx.example.org`."""
    kind, semicolon, rest = value.partition(";")
    typed = semicolon and re.fullmatch(r"\s*[A-Za-z0-9-]{1,20}\s*", kind)
    return " ".join((rest if typed else value).split())
