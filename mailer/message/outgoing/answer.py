"""Makes the mail by which a person of the secretariat answers a letter: plain text, as typed.

It is a person's mail and not an automatic one: `Auto-Submitted: no` says so (RFC 3834 section 5.2).
It bears the loop field all the same, so that what is passed back to the list is never acted on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mailer.domain.access.token import Purpose, Signer
from mailer.domain.subscribers.bearer import sign_service_mail
from mailer.message.outgoing import headers, slots
from mailer.message.outgoing.composing import WireMessage
from mailer.message.outgoing.dkim import Key, Seal
from mailer.message.outgoing.headers import Identity
from mailer.message.outgoing.service_mail import LOOP, MOST_REFERENCES, identifiers


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerMail:
    """One answer."""

    identity: int
    """Its own, of 64 bits at most, and never another's."""
    address: str
    """Whom it is to."""
    subject: str
    text: str
    """All of it, quotation included; lines end in a bare newline."""
    language: str
    answers: str = ""
    """The Message-ID field of the mail that it answers."""
    references: str = ""
    """The References field of that mail."""


def message_id(signer: Signer, identity: int, address: str, domain: str) -> str:
    """Return the Message-ID of an answer, in angle brackets: replies refer to it."""
    token = sign_service_mail(signer, Purpose.MESSAGE, identity, 0, address)
    return f"<{token}@{domain}>"


def reply_address(signer: Signer, identity: int, list_name: str, list_domain: str) -> str:
    """Return the address that replies to an answer come to, and what returns it."""
    return f"{list_name}-owner+{signer.pack(Purpose.ANSWER, identity)}@{list_domain}"


def compose(
    mail: AnswerMail, identity: Identity, signer: Signer, now: datetime, keys: Sequence[Key] = ()
) -> WireMessage:
    """Compose an answer; the same arguments give the same octets.

    Args:
        mail: what to say to whom.
        identity: who sends it.
        signer: makes its Message-ID and the address for replies.
        now: the instant for its Date, aware.
        keys: sign it; without any it goes out unsigned.

    Raises:
        UnsendableError: the address or the subject cannot stand in a message.
    """
    to = headers.addressee(mail.address)
    named = message_id(signer, mail.identity, mail.address, identity.list_domain)
    date = headers.format_date(now)
    own = f"Date: {date}\r\nTo: {to.address}\r\nMessage-ID: {named}\r\n".encode()
    fields = _fields(mail, identity, signer).encode("ascii")
    body = slots.quote(mail.text) + b"\r\n"
    seal = b""
    if keys:
        signing = Seal(keys, ("Date", "To", "Message-ID"), fields, [body])
        seal = signing.sign(own, [body], int(now.timestamp()))
    return WireMessage(to.address, to.smtputf8, [seal, own, fields + b"\r\n", body])


def _fields(mail: AnswerMail, identity: Identity, signer: Signer) -> str:
    answered = identifiers(mail.answers)[:1]
    thread = [*identifiers(mail.references)[-MOST_REFERENCES:], *answered]  # RFC 5322 3.6.4
    fields = [
        ("From", headers.mailbox("From", identity.sender_name, identity.sender_address)),
        (
            "Reply-To",
            reply_address(signer, mail.identity, identity.list_name, identity.list_domain),
        ),
        ("Subject", headers.unstructured("Subject", mail.subject)),
        ("In-Reply-To", "".join(answered)),
        ("References", "\r\n ".join(dict.fromkeys(thread)) if answered else ""),
        ("MIME-Version", "1.0"),
        ("Content-Language", mail.language),
        ("Auto-Submitted", "no"),
        (LOOP, f"{identity.list_name}@{identity.list_domain}"),
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Transfer-Encoding", "quoted-printable"),
    ]
    return "".join([f"{name}: {value}\r\n" for name, value in fields if value])
