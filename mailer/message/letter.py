"""What of a mail matters to who acts on it: its author, its words, and marks of our own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import getaddresses
from typing import Final

from mailer.message import automatic, mime
from mailer.message.mime import Part
from mailer.message.service import LOOP
from mailer.message.written import visible_text, written_by_author

_LONGEST: Final = 4000
"""Characters of a From field that are read: one of a person is far shorter."""
_COMMENT: Final = re.compile(r"\((?:[^()\\]|\\.){0,500}\)")
_RESULT: Final = re.compile(
    r"(?:^|;)\s*(?P<method>dkim|dmarc)\s*=\s*pass\b(?P<properties>[^;]*)", re.IGNORECASE
)
_PROPERTY: Final = re.compile(
    r"\bheader\.(?:d|i|from)\s*=\s*\"?(?:[^\s;\"@]*@)?([^\s;\"]+)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail."""

    authors: tuple[str, ...]
    """Addresses of its From fields, as written: one in a proper mail (RFC 5322 section 3.6.2 allows
    more, which we do not act on)."""
    subject: str
    lines: tuple[str, ...]
    """What its author wrote, without quotation and signature."""
    bare: bool
    """True if nothing was quoted."""
    identifier: str
    """Its Message-ID field, as it came."""
    references: str
    loops: tuple[str, ...]
    """Lists that it went through, by their loop fields."""
    machine: bool
    """True if a machine or a list shows in its header; the reader's word is not asked."""
    vouched: frozenset[str]
    """Domains for which our own mail server found a proof, in lower case."""

    @property
    def first_line(self) -> str:
        """The first line, or nothing."""
        return self.lines[0] if self.lines else ""

    @property
    def words(self) -> int:
        """How many words its author wrote."""
        return sum(len(line.split()) for line in self.lines)

    @property
    def authenticated(self) -> bool:
        """Tell whether the author's domain vouches for the mail."""
        if len(self.authors) != 1:
            return False
        return self.authors[0].rpartition("@")[2].lower() in self.vouched


def read(data: bytes, authority: str = "") -> Letter:
    """Read a mail; never raises, whatever the bytes.

    Args:
        data: the raw mail.
        authority: what our own mail server calls itself in Authentication-Results (RFC 8601); what
            others say there is not believed. Empty: nobody is.
    """
    message = mime.read(data)
    written = written_by_author(visible_text(message))
    person = automatic.declares_person(message)
    return Letter(
        authors=authors(message.all("from")),
        subject=message.words("subject"),
        lines=written.lines,
        bare=written.bare,
        identifier=message.field("message-id"),
        references=message.field("references"),
        loops=tuple(value.strip().lower() for value in message.all(LOOP.lower())),
        machine=automatic.is_sent_to_many(message)
        or automatic.is_bulk(message)
        or _is_suppressing(message)
        or (not person and automatic.has_header_sign(message)),
        vouched=_vouched(message, authority.lower()),
    )


def authors(fields: list[str]) -> tuple[str, ...]:
    """Read the addresses of From fields; names are never decoded, so nothing hides in them."""
    found: list[str] = []
    for value in fields:
        try:
            pairs = getaddresses([value[:_LONGEST]])
        except (ValueError, IndexError, TypeError, RecursionError):  # the parser has its defects
            continue
        found += [address for _, address in pairs if address]
    return tuple(dict.fromkeys(found))


def _is_suppressing(message: Part) -> bool:
    """Tell whether it asks that no machine answer it; people's programs do not."""
    value = message.field("x-auto-response-suppress").strip().lower()
    return value not in {"", "none"}


def _vouched(message: Part, authority: str) -> frozenset[str]:
    """Read what our own server found: the domains that signed, or that DMARC let pass."""
    found: set[str] = set()
    if not authority:
        return frozenset()
    for value in message.all("authentication-results")[:20]:
        plain = _COMMENT.sub(" ", value[:_LONGEST])
        server, _, results = plain.partition(";")
        if server.split()[:1] != [server.strip()] or server.strip().lower() != authority:
            continue
        for result in _RESULT.finditer(";" + results):
            found |= {domain.lower() for domain in _PROPERTY.findall(result["properties"])}
    return frozenset(found)
