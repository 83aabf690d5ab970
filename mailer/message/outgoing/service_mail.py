"""Makes the mails that the service writes by itself, one for one recipient."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mailer.content.rendering.rendered import Rendered
from mailer.domain.access.token import Purpose, Signer
from mailer.domain.subscribers.bearer import sign_service_mail
from mailer.message.outgoing import headers, slots
from mailer.message.outgoing.composing import WireMessage
from mailer.message.outgoing.dkim import Key, Seal
from mailer.message.outgoing.headers import Identity

LOOP: Final = "X-Loop"
"""Names the list that a mail comes from: what carries our own is never acted on (law 8)."""
_IDENTIFIER: Final = re.compile(r"<[!#-;=?-Z^-~]{1,120}@[A-Za-z0-9.\[\]:-]{1,120}>")
MOST_REFERENCES: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceMail:
    """One mail, but for its sender."""

    identity: int
    """Its own, of 64 bits at most, and never another's: the outbox's numbers repeat where a copy is
    brought back."""
    subscriber: int
    """The number of its recipient; 0 for somebody who is no subscriber."""
    address: str
    rendered: Rendered
    reply_to: str = ""
    answers: str = ""
    """The Message-ID field of the mail that caused it; empty if none did."""
    references: str = ""
    """The References field of that mail."""
    attached: bytes = b""
    """A file to go along; none if empty."""
    filename: str = "letter.eml"
    """Its name, ASCII: a mail that goes along as it came, or another file by its ending."""
    asked_by_program: bool = False
    """True if a program of the institution caused it, not the mail or the form of a reader."""
    unsubscribe: tuple[str, ...] = ()
    """Addresses to get no more of its topic, the better way first (RFC 2369); none: it has none."""
    one_click: bool = False
    """True if the first of them takes the one click of mail programs (RFC 8058)."""


def compose(
    mail: ServiceMail, identity: Identity, signer: Signer, now: datetime, keys: Sequence[Key] = ()
) -> WireMessage:
    """Compose a service mail: HTML and plain text, sent automatically (RFC 3834).

    The same arguments give the same octets. What answers a mail is to be sent with a null envelope
    sender.

    Args:
        mail: what to say to whom.
        identity: who sends it.
        signer: makes its Message-ID.
        now: the instant for its Date, aware.
        keys: sign it; without any it goes out unsigned.

    Raises:
        UnsendableError: the address, or a value of a header field, cannot stand in a message.
    """
    to = headers.addressee(mail.address)
    whose = (mail.identity, mail.subscriber, mail.address)
    token = sign_service_mail(signer, Purpose.MESSAGE, *whose)
    own = (
        f"Date: {headers.format_date(now)}\r\nTo: {to.address}\r\n"
        f"Message-ID: <{token}@{identity.list_domain}>\r\n"
    ).encode()
    boundary = f"=_{hashlib.sha256(token.encode()).hexdigest()[:32]}"
    feedback = sign_service_mail(signer, Purpose.FEEDBACK, *whose) if mail.subscriber else ""
    fields = _fields(mail, identity, boundary, feedback).encode("ascii")
    body = _body(mail.rendered, boundary)
    if mail.attached:
        body = _with_file(body, boundary, mail.attached, mail.filename)
    seal = b""
    if keys:
        signing = Seal(keys, ("Date", "To", "Message-ID"), fields, [body])
        seal = signing.sign(own, [body], int(now.timestamp()))
    return WireMessage(to.address, to.smtputf8, [seal, own, fields + b"\r\n", body])


def identifiers(field: str) -> list[str]:
    """Return the message ids of a field, with angle brackets; what has another form is left out.

    They come from outside: only plain ones are ever repeated to anybody (law 6).
    """
    return _IDENTIFIER.findall(field[:4000])


def _fields(mail: ServiceMail, identity: Identity, boundary: str, feedback: str) -> str:
    rendered = mail.rendered
    list_id = f"<{identity.list_name}.{identity.list_domain}>"
    answered = identifiers(mail.answers)[:1]
    thread = [*identifiers(mail.references)[-MOST_REFERENCES:], *answered]  # RFC 5322 3.6.4
    reply_to = mail.reply_to or identity.reply_to
    listed = bool(mail.unsubscribe) or not mail.asked_by_program  # else it is of no list
    fields = [
        ("From", headers.mailbox("From", identity.sender_name, identity.sender_address)),
        ("Reply-To", headers.addressee(reply_to).address if reply_to else ""),
        ("Subject", headers.unstructured("Subject", rendered.subject)),
        ("In-Reply-To", "".join(answered)),
        ("References", "\r\n ".join(dict.fromkeys(thread)) if answered else ""),
        ("MIME-Version", "1.0"),
        ("Content-Language", rendered.language),
        # RFC 3834 section 5
        ("Auto-Submitted", "auto-generated" if mail.asked_by_program else "auto-replied"),
        ("X-Auto-Response-Suppress", "OOF, AutoReply" if mail.asked_by_program else "All"),
        ("List-Id", list_id if listed else ""),
        ("List-Unsubscribe", ",\r\n ".join(f"<{target}>" for target in mail.unsubscribe)),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click" if mail.one_click else ""),
        # RFC 9477 section 3: a complaint about a mail to a reader is proved by this.
        ("CFBL-Address", f"{identity.address('complaints')}; report=arf" if feedback else ""),
        ("CFBL-Feedback-ID", feedback),
        ("List-Help", f"<mailto:{identity.address('help')}?subject=help>" if listed else ""),
        (LOOP, f"{identity.list_name}@{identity.list_domain}"),
        ("Content-Type", _type(boundary, mixed=bool(mail.attached))),
    ]
    return "".join([f"{name}: {value}\r\n" for name, value in fields if value])


def _type(boundary: str, *, mixed: bool) -> str:
    if mixed:
        return f'multipart/mixed;\r\n boundary="{boundary}.m"'
    return f'multipart/alternative;\r\n boundary="{boundary}"'


def _with_file(body: bytes, boundary: str, content: bytes, filename: str) -> bytes:
    """Attach a file in base64, so that nothing on the way changes it.

    A mail not as message/rfc822, which may not be encoded (RFC 2046 section 5.2.1).
    """
    media = (
        "text/calendar; charset=utf-8" if filename.endswith(".ics") else "application/octet-stream"
    )
    delimiter = f"--{boundary}.m".encode("ascii")
    kind = _type(boundary, mixed=False)
    data = base64.encodebytes(content).rstrip().replace(b"\n", b"\r\n")
    return b"".join(
        [
            delimiter + f"\r\nContent-Type: {kind}\r\n\r\n".encode("ascii"),
            body,
            b"\r\n" + delimiter + b"\r\n",
            f'Content-Type: {media}; name="{filename}"\r\n'.encode("ascii"),
            f'Content-Disposition: attachment; filename="{filename}"\r\n'.encode("ascii"),
            b"Content-Transfer-Encoding: base64\r\n\r\n",
            data + b"\r\n" + delimiter + b"--\r\n",
        ]
    )


def _body(rendered: Rendered, boundary: str) -> bytes:
    parts = []
    for subtype, text in (("plain", rendered.text), ("html", rendered.html)):
        parts.append(
            f"--{boundary}\r\nContent-Type: text/{subtype}; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n\r\n".encode("ascii")
        )
        parts.append(slots.quote(text) + b"\r\n")
    return b"".join([*parts, f"--{boundary}--\r\n".encode("ascii")])
