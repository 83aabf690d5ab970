"""The facts of a mail that matter to those who act on it: author, words, marks of our own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import getaddresses
from typing import Final

from mailer.domain.subscribers.substance import Writing
from mailer.message.incoming import authentication, automatic, mime
from mailer.message.incoming.authentication import Method, Proofs
from mailer.message.incoming.mime import Part
from mailer.message.incoming.writing import writing_of
from mailer.message.incoming.written import visible_text, written_by_author
from mailer.message.outgoing.service_mail import LOOP

_LONGEST: Final = 4000
"""Characters of a From field that are read: one of a person is far shorter."""


@dataclass(frozen=True, slots=True)
class WrittenMail:
    """One mail."""

    authors: tuple[str, ...]
    """Addresses of its From fields, as written: one in a proper mail (RFC 5322 section 3.6.2 allows
    more, which we do not act on)."""
    writing: Writing
    """The text that its author wrote, without quotation and signature."""
    identifier: str
    """Its Message-ID field, as it came."""
    references: str
    loops: tuple[str, ...]
    """Lists that it went through, by their loop fields."""
    machine: bool
    """True if a machine or a list shows in its header; the reader's word is not asked."""
    proofs: Proofs
    """The findings of our own mail server about its sender."""

    @property
    def authenticated(self) -> bool:
        """Tell whether the author's domain vouches for the mail, aligned as DMARC asks.

        A host that SPF lets pass often sends for strangers too: that alone vouches for nobody.
        """
        return self._is_vouched(Method.DKIM, Method.DMARC)

    @property
    def traced(self) -> bool:
        """Tell whether the author's domain, by any method, is where the mail came from."""
        return self._is_vouched(*Method)

    def _is_vouched(self, *methods: Method) -> bool:
        if len(self.authors) != 1:
            return False
        return self.proofs.vouch(self.authors[0].rpartition("@")[2], *methods)


def read(
    data: bytes, authority: str = "", *, below: bool = False, recipients: Sequence[str] = ()
) -> WrittenMail:
    """Read a mail; never raises, whatever the bytes.

    Args:
        data: the raw mail.
        authority: what our own mail server calls itself in Authentication-Results, if the mail
            came through it; empty: nobody is believed (`mailer.message.incoming.authentication`).
        below: where it writes that; see there.
        recipients: of its envelope.
    """
    message = mime.read(data)
    written = written_by_author(visible_text(message))
    person = automatic.declares_person(message)
    return WrittenMail(
        authors=authors(message.all("from")),
        writing=writing_of(message, message.words("subject"), written, recipients),
        identifier=message.field("message-id"),
        references=message.field("references"),
        loops=tuple(value.strip().lower() for value in message.all(LOOP.lower())),
        machine=automatic.is_sent_to_many(message)
        or automatic.is_bulk(message)
        or _is_suppressing(message)
        or (not person and automatic.has_header_sign(message)),
        proofs=authentication.proofs(message, authority, below=below),
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
