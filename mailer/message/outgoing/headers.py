"""Header fields: those a whole mailing shares, and those that each delivery has for itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import Header
from email.utils import format_datetime
from functools import lru_cache
from typing import Final, NamedTuple

from mailer.domain.access.token import Signer
from mailer.domain.subscribers.address import AddressError, parse_address
from mailer.message.outgoing.slots import UnsendableError, check
from mailer.message.outgoing.tokens import Granted, Tokens

OWN: Final = ("Date", "To", "Message-ID", "CFBL-Feedback-ID", "List-Unsubscribe")
"""The header fields that `own` writes, in that order, each once."""

_FOLD_AT: Final = 76
_LOCAL: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")
_ASCII_ADDRESS: Final = re.compile(rf"{_LOCAL.pattern}@[A-Za-z0-9.-]{{1,253}}")
"""No quoted local parts, no literals, no comments: nothing that a list of addresses could hide
in. Dots may stand anywhere, as some carriers let them."""
_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_DOMAIN: Final = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
_URL: Final = re.compile(r"https?://[!#-;=?-Z_a-z~\[\]]+")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8})*")
_ATOMS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_PRINTABLE: Final = re.compile(r"[ -~]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The sender, and the names for all that comes back."""

    sender_name: str
    """In the language of the mailing; any text."""
    sender_address: str
    list_name: str
    """The mailbox whose extensions are ours: `bulletin` stands for `bulletin-leave@…` etc."""
    list_domain: str
    """The domain of those addresses, the List-Id and the Message-IDs; in A-labels."""
    list_title: str = ""
    reply_to: str = ""
    public_url: str = ""
    """Base of our pages, without a slash at its end; empty where there is no web."""
    archive_url: str = ""

    def __post_init__(self) -> None:
        """Refuse what would break a header; the settings are checked more closely elsewhere."""
        for place in ("sender_name", "list_title"):
            check(place, getattr(self, place))
        for place in ("sender_address", "reply_to"):
            address = getattr(self, place)
            if address and addressee(address).smtputf8:
                raise UnsendableError(
                    place, f"{address!r} is not ASCII before its @", "use an ASCII address"
                )
        for place, pattern in (("list_name", _NAME), ("list_domain", _DOMAIN)):
            value = getattr(self, place)
            if not pattern.fullmatch(value):
                raise UnsendableError(place, f"{value!r} is no name", "use letters, digits and -")
        for place in ("public_url", "archive_url"):
            value = getattr(self, place)
            if value and not _URL.fullmatch(value):
                raise UnsendableError(place, f"{value!r} is no web address", "give an https URL")

    def address(self, extension: str) -> str:
        """Name one of the list's own addresses: `bulletin-leave@…` for `leave`."""
        return f"{self.list_name}-{extension}@{self.list_domain}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailing:
    """The campaign that deliveries belong to, as far as their headers show it."""

    campaign: int
    topic: str
    automatic: bool = False
    """True if no person pressed a button for it: reminders. Sets Auto-Submitted."""
    topics: tuple[str, ...] = ()
    """Of which the reader can stop each by itself, through the slots `stop_a`, `stop_b` and so on;
    the first `MOST_STOPS` of them."""
    mailing: int = 0
    """The identity that the campaign drew when it started, or one of a lot of trials: what its
    deliveries are known by outside, and never another's (law 16). 0: started before there were
    any, or mail outside a campaign."""
    invitation: int = 0
    """Names the calendar entry that readers are invited to, in tokens for their answers."""
    trial: int = 0
    """Tells the messages of one lot of trials apart; 0 for the real one."""

    def tokens(self, signer: Signer) -> Tokens:
        """Return what makes the tokens of its deliveries."""
        return Tokens(
            signer,
            self.campaign,
            self.mailing,
            invitation=self.invitation,
            trial=self.trial,
        )


MOST_STOPS: Final = 8
"""Topics of one campaign that have an address by which to stop them."""


def stop_slots(topics: Sequence[str]) -> dict[str, str]:
    """Name the slot that holds each topic's token: topic -> slot."""
    return {topic: f"stop_{chr(97 + place)}" for place, topic in enumerate(topics[:MOST_STOPS])}


class Addressee(NamedTuple):
    """One recipient's address in the form that header and envelope need."""

    address: str
    """With the domain in A-labels, unless the local part is not ASCII."""
    smtputf8: bool
    """True if only a relay with SMTPUTF8 (RFC 6531) can take it."""


class Links(NamedTuple):
    """The acts that a delivery's reader may take; the values of the slots except the address."""

    leave_url: str
    leave_address: str
    preferences_url: str


def addressee(address: str) -> Addressee:
    """Bring an address into the form that a message needs.

    Does not check that the address or its domain exist.

    Raises:
        UnsendableError: it has a form that could be mistaken for more than one address, or that
            no mail system takes.
    """
    if _ASCII_ADDRESS.fullmatch(address):
        return Addressee(address, smtputf8=False)
    if address.isascii() or address != address.strip():
        raise UnsendableError("address", f"{address!r} is not one plain address", "correct it")
    local, _, domain = address.rpartition("@")
    try:
        if _LOCAL.fullmatch(local):
            return Addressee(f"{local}@{_a_labels(domain)}", smtputf8=False)
        read = parse_address(address)
    except AddressError as error:
        raise UnsendableError("address", f"{address!r} {error.reason}", error.remedy) from error
    return Addressee(read.ascii or read.given, read.needs_smtputf8)


@lru_cache(maxsize=4096)
def _a_labels(domain: str) -> str:
    """Write a domain in ASCII (RFC 5890); readers share few, so that most are remembered."""
    return parse_address(f"a@{domain}").ascii.removeprefix("a@")


def links(identity: Identity, granted: Granted) -> Links:
    """Make the links of one delivery from its tokens; mailto ones where there is no web."""
    leave_address = f"{identity.list_name}-leave+{granted.leave}@{identity.list_domain}"
    if not identity.public_url:
        return Links(
            f"mailto:{leave_address}?subject=leave",
            leave_address,
            f"mailto:{identity.address('help')}?subject=help",
        )
    return Links(
        f"{identity.public_url}/leave/{granted.leave}",
        leave_address,
        f"{identity.public_url}/preferences/{granted.preferences}",
    )


def own(to: Addressee, date: str, identifier: str, feedback: str, links: Links) -> bytes:
    """Write the header fields of one delivery (`OWN`), each ended by CRLF.

    In UTF-8 where the address demands it (RFC 6532), else in ASCII.
    """
    mailto = f"<mailto:{links.leave_address}?subject=leave>"
    if links.leave_url.startswith("http"):
        mailto = f"<{links.leave_url}>,\r\n {mailto}"
    return (
        f"Date: {date}\r\nTo: {to.address}\r\nMessage-ID: <{identifier}>\r\n"
        f"CFBL-Feedback-ID: {feedback}\r\n"
        f"List-Unsubscribe: {mailto}\r\n"  # RFC 2369 section 3.2: the better way first
    ).encode()


def shared(identity: Identity, mailing: Mailing, language: str, subject: str) -> bytes:
    """Write the header fields that all deliveries in a language share, each ended by CRLF.

    All but those of the body. No X-Mailer: it helps nobody but who looks for old versions.

    Raises:
        UnsendableError: a value holds control characters, or is no language.
    """
    tag = language.replace("_", "-")
    if not _LANGUAGE.fullmatch(tag):
        raise UnsendableError("language", f"{language!r} is no language tag", "use one like fr")
    fields = [
        ("From", mailbox("From", identity.sender_name, identity.sender_address)),
        ("Reply-To", addressee(identity.reply_to).address if identity.reply_to else ""),
        ("Subject", unstructured("Subject", subject)),
        ("MIME-Version", "1.0"),
        ("Content-Language", tag),  # RFC 3282
        *_list_fields(identity),
        # RFC 9477 section 3.1: where readers' carriers report what they call spam.
        ("CFBL-Address", f"{identity.address('complaints')}; report=arf"),
        ("Feedback-ID", _feedback_id(identity, mailing, tag)),
        # Neither is a standard; vacation programs that know nothing of List-Id know the first,
        # Exchange the second. Without them each edition draws a thousand out-of-office notes.
        ("Precedence", "bulk"),
        ("X-Auto-Response-Suppress", "OOF, AutoReply"),
        ("Auto-Submitted", "auto-generated" if mailing.automatic else ""),  # RFC 3834 section 5
    ]
    return "".join([f"{name}: {value}\r\n" for name, value in fields if value]).encode("ascii")


def _list_fields(identity: Identity) -> list[tuple[str, str]]:
    """List the fields of RFC 2369, 2919 and 8058 that are the same for all."""
    one_click = identity.public_url.startswith("https:")  # RFC 8058 section 3.1 wants https
    list_id = f"<{identity.list_name}.{identity.list_domain}>"
    return [
        ("List-Id", _phrase("List-Id", identity.list_title, list_id)),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click" if one_click else ""),
        ("List-Help", f"<mailto:{identity.address('help')}?subject=help>"),
        ("List-Subscribe", f"<mailto:{identity.address('subscribe')}?subject=subscribe>"),
        ("List-Owner", f"<mailto:{identity.address('owner')}>"),
        ("List-Archive", f"<{identity.archive_url}>" if identity.archive_url else ""),
        ("List-Post", "NO"),  # RFC 2369 section 3.4: readers cannot write to the list
    ]


def _feedback_id(identity: Identity, mailing: Mailing, language: str) -> str:
    """Group complaints by campaign, topic and language; the last field names us, 5 to 15 long.

    Gmail's convention; it must not tell readers apart.
    """
    parts = (str(mailing.campaign), mailing.topic, language, f"{identity.list_name:_<5}"[:15])
    return ":".join([re.sub(r"[^A-Za-z0-9_-]", "_", part) for part in parts])


def mailbox(field: str, name: str, address: str) -> str:
    """Write a display name and an address (RFC 5322 section 3.4), folded for that field."""
    return _phrase(field, name, f"<{addressee(address).address}>")


def _phrase(field: str, text: str, rest: str) -> str:
    if not text:
        return rest
    if not _PRINTABLE.fullmatch(text) or "=?" in text or len(text) > _FOLD_AT - len(field) - 4:
        written = _encoded(field, text)
    elif _ATOMS.fullmatch(text) and text == " ".join(text.split()):
        written = text
    else:
        written = '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
    last = len(written.rpartition("\r\n")[2]) + (0 if "\r\n" in written else len(field) + 2)
    space = " " if last + 1 + len(rest) <= _FOLD_AT else "\r\n "
    return f"{written}{space}{rest}"


def unstructured(field: str, text: str) -> str:
    """Write free text such as a subject: encoded where it must be, folded at 76 characters.

    Raises:
        UnsendableError: it is empty or holds control characters (a line break among them).
    """
    check(field, text)
    if not text.strip():
        raise UnsendableError(field, "is empty", "write one")
    plain = _PRINTABLE.fullmatch(text) and "=?" not in text
    if plain and len(text) <= _FOLD_AT - len(field) - 2 and text == text.strip():
        return text
    return _encoded(field, text)


def _encoded(field: str, text: str) -> str:
    """Encode as RFC 2047 words of at most 75 characters, on lines of at most 76."""
    return Header(text, "utf-8", maxlinelen=_FOLD_AT, header_name=field).encode(linesep="\r\n")


def format_date(instant: datetime) -> str:
    """Write an instant for the Date field (RFC 5322 section 3.3), in UTC.

    Raises:
        ValueError: the instant is not aware.
    """
    if instant.tzinfo is None:
        raise ValueError("A message needs an aware date: give it a time zone.")
    return format_datetime(instant.astimezone(UTC))
