"""A mail as a person reads it: its fields as facts, its text, its HTML made safe, its files.

Everything here was written by strangers. Texts are cleaned of what moves a cursor or turns the
direction of writing; they are escaped by whoever shows them.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parseaddr, parsedate_to_datetime
from typing import Final

from mailer.message.bounces.report import chosen
from mailer.message.incoming import mime
from mailer.message.incoming.enclosed import Enclosed, enclosed_in
from mailer.message.incoming.mime import Part
from mailer.message.incoming.safe_html import Safe, safe
from mailer.message.outgoing.service_mail import MOST_REFERENCES, identifiers

LONGEST_TEXT: Final = 100_000
"""Characters of a text that are shown."""
LONGEST_FIELD: Final = 500
"""Characters of a field that are shown."""
_KEPT: Final = frozenset("\n\t")
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_JOINERS: Final = frozenset("\u200c\u200d")
"""Scripts such as Persian, and some emoji, need them."""


@dataclass(frozen=True, slots=True)
class Heading:
    """What a list shows of a mail, and what it is known by."""

    name: str
    """Beside the author's address; anybody can write it."""
    subject: str
    identifier: str
    """Its Message-ID, in angle brackets; empty if it has none of a plain form."""
    answers: tuple[str, ...]
    """The Message-IDs that it answers or refers to, the nearest first."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to be read."""

    fields: tuple[tuple[str, str], ...]
    """Name -> value of the fields that tell people something, in order."""
    date: datetime | None
    """Of its Date field, which its sender wrote; None: it has none that can be read."""
    text: str
    """As plain text; of HTML its text. Quotation included."""
    cut: bool
    """True if the text is longer than what is shown."""
    page: Safe | None
    """Its HTML, made safe; None: it has none."""
    enclosed: tuple[Enclosed, ...]
    """The files that go with it."""


_SHOWN: Final = ("From", "Reply-To", "To", "Cc", "Subject", "Date", "Message-ID", "List-Id")


def heading(data: bytes) -> Heading:
    """Read what a list shows of a mail; never raises, whatever the bytes."""
    message = mime.read(data)
    answers = [
        *identifiers(message.field("in-reply-to"))[:1],
        *reversed(identifiers(message.field("references"))[-MOST_REFERENCES:]),
    ]
    return Heading(
        name=name_in(message.field("from")),
        subject=one_line(message.words("subject"), 200),
        identifier="".join(identifiers(message.field("message-id"))[:1]),
        answers=tuple(dict.fromkeys(answers)),
    )


def letter(data: bytes) -> Letter:
    """Read a mail for a person; never raises, whatever the bytes."""
    message = mime.read_whole(data)
    parts = chosen(message)
    text = clean("\n".join(part.text for part in parts if part.type.startswith("text/")))
    markup = _markup(message)
    return Letter(
        fields=tuple(_fields(message)),
        date=_date(message.field("date")),
        text=text[:LONGEST_TEXT],
        cut=len(text) > LONGEST_TEXT,
        page=safe(markup) if markup.strip() else None,
        enclosed=enclosed_in(message),
    )


def file(data: bytes, number: int) -> tuple[Enclosed, bytes] | None:
    """Take a file out of a mail, with what is known of it; None: there is none of that number."""
    message = mime.read_whole(data)
    known = next((one for one in enclosed_in(message) if one.number == number), None)
    if known is None:
        return None
    part = next(part for place, part in enumerate(message.walk(), 1) if place == number)
    return known, part.decoded


def name_in(field: str) -> str:
    """Return the display name in a From field: parsed before it is decoded (case 18)."""
    try:
        name, _ = parseaddr(field[:4000])
    except (ValueError, IndexError, TypeError, RecursionError):  # the parser has its defects
        return ""
    return one_line(mime.decode_words(name), 200)


def clean(text: str) -> str:
    """Take out of a text what no reader sees and what turns its direction; lines stay."""
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        one
        for one in text
        if one in _KEPT or one in _JOINERS or unicodedata.category(one) not in _UNSEEN
    )


def one_line(text: str, most: int = LONGEST_FIELD) -> str:
    """Return a text in one line of so many characters at most."""
    line = " ".join(clean(text[: 4 * most]).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _fields(message: Part) -> list[tuple[str, str]]:
    return [
        (name, line)
        for name in _SHOWN
        for value in message.all_words(name.lower(), 3)
        if (line := one_line(value))
    ]


def _date(field: str) -> datetime | None:
    try:
        read = parsedate_to_datetime(field[:200])
        return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _markup(message: Part) -> str:
    """Return the HTML that the reader would see, of all alternatives; empty if there is none."""
    return "\n".join(
        mime.decode_text(part.decoded, part.parameter("charset"))
        for part in message.walk()
        if part.type == "text/html" and not part.parts and not _attached(part)
    )


def _attached(part: Part) -> bool:
    disposition = part.field("content-disposition").partition(";")[0].strip().lower()
    return disposition == "attachment"
