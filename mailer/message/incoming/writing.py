"""A person's text, ready to be read for its request: words, name, and attachments.

A message that is passed on is told here, as the text alone does not show it: programs put the same
block of fields above what they quote and above what they forward. Who answers, answers its author,
so what is quoted in an answer comes from one of those the mail is to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from mailer.domain.inbound.marks import subject_of
from mailer.domain.subscribers.substance import Writing, key, names_of
from mailer.message.bounces import address_scanning as addresses
from mailer.message.incoming.mime import Part
from mailer.message.incoming.written import Written

_ENVELOPES: Final = frozenset({"message/rfc822", "message/global"})
_HARMLESS: Final = frozenset(
    {
        "application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature",
        "application/pgp-keys", "application/ms-tnef", "application/vnd.ms-tnef", "text/vcard",
        "text/x-vcard", "text/directory", "text/calendar",
    }
)  # fmt: skip
"""The parts that programs attach by themselves."""
_READ: Final = ("text/", "multipart/")
_EXTENSION: Final = re.compile(
    r"-(?:subscribe|unsubscribe|leave|confirm|calendar|help|owner|rsvp|approve|request)$"
)
_BEARS_TOKEN: Final = re.compile(r"-(?:confirm|leave|approve)\+.*@")
"""Only answers to our own mail come there."""
_MOST: Final = 50
"""Recipients that are looked at."""


def writing_of(
    message: Part, subject: str, written: Written, recipients: Iterable[str] = ()
) -> Writing:
    """Gather what a person wrote.

    Args:
        message: the message.
        subject: its subject, decoded.
        written: the person's own words in it.
        recipients: its envelope recipients, or those that its fields name.
    """
    author, names = _author(message)
    lists = _lists(recipients)
    return Writing(
        subject=subject,
        lines=written.lines,
        author=author,
        names=names,
        lists=lists,
        passed_on=_passes_on(message, subject, written, lists),
        encloses=_encloses(message),
    )


def _author(message: Part) -> tuple[str, frozenset[str]]:
    field = message.field("from")[:1000]
    address = addresses.first(field)
    local = address.partition("@")[0]
    return address, names_of(message.words("from")[:1000].replace(address, " "), local)


def _lists(recipients: Iterable[str]) -> frozenset[str]:
    found: set[str] = set()
    for recipient in list(recipients)[:_MOST]:
        address = key(recipient)
        local, _, domain = address.partition("@")
        name = _EXTENSION.sub("", local.partition("+")[0])
        found |= {address, f"{name}@{domain}", local, name}
    return frozenset(found)


def _passes_on(message: Part, subject: str, written: Written, lists: frozenset[str]) -> bool:
    if written.forwards or any(part.type in _ENVELOPES for part in message.walk()):
        return True
    if written.quoted_from is None:
        return False
    mark = subject_of(subject)
    quoted = [key(one) for one in written.quoted_from]
    if mark.forward or not (mark.reply or message.field("in-reply-to")):
        return lists.isdisjoint(quoted)
    if any(_BEARS_TOKEN.search(one) for one in lists):
        return False
    # An answer to somebody else, under that person's subject, is no wish of its author's.
    ours = {one.rpartition("@")[2] for one in lists if "@" in one}
    return not written.lines and any(not _is_near(one, ours) for one in quoted)


def _is_near(address: str, domains: Iterable[str]) -> bool:
    """Tell whether an address is in one of some domains, or in one above or below it."""
    own = f".{address.rpartition('@')[2]}"
    return any(own.endswith(f".{one}") or f".{one}".endswith(own) for one in domains)


def _encloses(message: Part) -> bool:
    """Tell whether a document goes with the words, or some of them cannot be read."""
    if message.type.startswith("application/"):
        return True
    parts = [part for part in message.walk() if not part.parts]
    return any(_is_document(part) for part in parts) and not (
        len(parts) == 1 and parts[0].type.startswith(_READ)
    )


def _is_document(part: Part) -> bool:
    if part.type in _HARMLESS or part.type in _ENVELOPES:
        return False
    disposition = part.field("content-disposition").partition(";")[0].strip().lower()
    if part.type.startswith(_READ):
        return disposition == "attachment"
    # Signatures hold pictures: of a part of the text they have a name to be shown by (RFC 2392).
    if part.type.startswith("image/"):
        return disposition == "attachment" and not part.field("content-id")
    return True
