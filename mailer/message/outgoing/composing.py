"""Makes messages: each language once, as literal bytes and slots; each recipient by a join."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from email.utils import encode_rfc2231
from html import escape
from string import ascii_lowercase
from typing import Final, NamedTuple
from urllib.parse import quote

from mailer.content.rendering.rendered import CalendarFile, InlineImage, Rendered
from mailer.domain.access.token import Signer
from mailer.domain.subscribers.bearer import sign_standing
from mailer.domain.subscribers.subscribing import Choice, mark
from mailer.message.outgoing import headers, slots
from mailer.message.outgoing.dkim import Key, Seal, Unsigned
from mailer.message.outgoing.headers import Identity, Mailing
from mailer.message.outgoing.slots import SOFT_BREAK, Slot, UnsendableError
from mailer.message.outgoing.tokens import Granted

SLOTS: Final = frozenset(
    {"address", "name", "leave_url", "preferences_url", "rsvp", "attendee"}
    | {f"stop_{letter}" for letter in ascii_lowercase[: headers.MOST_STOPS]}
)

_SAFE_VALUE: Final = re.compile(r"[A-Za-z0-9:/@+_~-][A-Za-z0-9:/@+_~.?-]{0,74}")
"""A value that neither HTML nor quoted-printable changes: one line's worth."""
_CONTENT_TYPE: Final = re.compile(r"image/[a-z0-9.+-]+")
_FILENAME: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,60}")
_CONTENT_ID: Final = re.compile(r"[A-Za-z0-9._+-]+(?:@[A-Za-z0-9.-]+)?")

_METHODS: Final = frozenset({"PUBLISH", "REQUEST", "CANCEL"})
_FOLD_AT: Final = 60
"""Octets of an address on one line of a calendar file: ` mailto:` stands before the first."""

_SIGNATURE, _OWN, _SHARED, BODY = range(4)
"""The positions among the parts of a message; BODY is the first of the body's."""

Piece = bytes | Slot


class Recipient(NamedTuple):
    """The recipient of a message."""

    number: int
    """The subscriber's; 0 for a trial to somebody who is none."""
    address: str
    name: str = ""
    """As the reader is called; empty if that is not known."""


class WireMessage(NamedTuple):
    """A message ready to be handed to a relay.

    Lines end in CRLF, the last one included; none begins with a dot, so it is the same before
    and after dot-stuffing (RFC 5321 section 4.5.2), and can be written to an `.eml` file as it
    is. ASCII throughout, but for the To field where `smtputf8` is set.
    """

    recipient: str
    """For the envelope: the domain in A-labels unless `smtputf8`."""
    smtputf8: bool
    parts: list[bytes]
    """Joined they are the message. `parts[0]` holds the signature fields, if any. The header
    ends, with its empty line, before `parts[BODY]`."""

    @property
    def content(self) -> bytes:
        """The message in one piece."""
        return b"".join(self.parts)

    @property
    def size(self) -> int:
        """Its length in octets (RFC 1870)."""
        return sum(map(len, self.parts))


class Draft(NamedTuple):
    """A message but for its signatures, which are made elsewhere."""

    message: WireMessage
    seal: Seal
    unsigned: Unsigned

    def signed(self, made: Sequence[bytes]) -> WireMessage:
        """Complete it, given the signature of each digest, in their order."""
        self.message.parts[_SIGNATURE] = self.seal.complete(self.unsigned, made)
        return self.message


class Template:
    """A message in one language for everybody, made by `compile_message`.

    Attributes:
        body_prefix: the octets of the body before its first slot, the same for every recipient.
            Each literal of the body begins and ends a line, so that what a signature does to
            lines can be done once per language.
    """

    def __init__(
        self,
        header: bytes,
        body: Sequence[Piece],
        identity: Identity,
        mailing: Mailing,
        signer: Signer,
        *,
        keys: Sequence[Key],
    ) -> None:
        """Compile a shared header, ended by its empty line, and the body's pieces in order."""
        self._identity, self._mailing, self._signer = identity, mailing, signer
        self._tokens = mailing.tokens(signer)
        self._skeleton = [b"", b"", header]
        places: dict[Slot, list[int]] = {}
        for piece in body:
            if isinstance(piece, Slot):
                places.setdefault(piece, []).append(len(self._skeleton))
                self._skeleton.append(b"")
            else:
                self._skeleton.append(piece)
        self._places = [(slot.name, slot.escaped, tuple(at)) for slot, at in places.items()]
        self._date = (0.0, "")
        self.body_prefix = self._skeleton[BODY]
        self._seal = Seal(keys, headers.OWN, header, self._skeleton[BODY:]) if keys else None

    def draft(self, recipient: Recipient, now: datetime) -> Draft:
        """Make one recipient's message but for its signatures; as `fill`.

        Raises:
            UnsendableError: the address cannot stand in a message.
            RuntimeError: it was compiled without keys.
        """
        if self._seal is None:
            raise RuntimeError("There is no key to sign with.")
        message = self._filled(recipient, now)
        parts = message.parts
        unsigned = self._seal.prepare(parts[_OWN], parts[BODY:], int(now.timestamp()))
        return Draft(message, self._seal, unsigned)

    def fill(self, recipient: Recipient, now: datetime) -> WireMessage:
        """Make one recipient's message; the same arguments give the same octets.

        Args:
            recipient: whom it is for.
            now: the instant for its Date, aware.

        Raises:
            UnsendableError: the address cannot stand in a message.
        """
        message = self._filled(recipient, now)
        if self._seal is not None:
            parts, time = message.parts, int(now.timestamp())
            parts[_SIGNATURE] = self._seal.sign(parts[_OWN], parts[BODY:], time)
        return message

    def _filled(self, recipient: Recipient, now: datetime) -> WireMessage:
        identity = self._identity
        to = headers.addressee(recipient.address)
        granted = self._tokens.of(recipient.number, recipient.address)
        links = headers.links(identity, granted)
        identifier = f"{granted.message}@{identity.list_domain}"
        values = {
            "address": recipient.address,
            "name": recipient.name,
            "leave_url": links.leave_url,
            "preferences_url": links.preferences_url,
        }
        if self._mailing.automatic:
            values |= self._own_values(recipient, granted)
        parts = self._skeleton.copy()
        parts[_OWN] = headers.own(to, self._date_text(now), identifier, granted.feedback, links)
        for name, escaped, places in self._places:
            value = (
                _attendee(values[name])
                if name == "attendee"
                else _encode(name, values[name], escaped)
            )
            for place in places:
                parts[place] = value
        return WireMessage(to.address, to.smtputf8, parts)

    def _own_values(self, recipient: Recipient, granted: Granted) -> dict[str, str]:
        """Return what only reminders and notices hold: ways to stop them, and to answer."""
        number, address = recipient.number, recipient.address
        stops = {
            slot: sign_standing(self._signer, number, address, mark(Choice.DROP, topic))
            for topic, slot in headers.stop_slots(self._mailing.topics).items()
        }
        return {**stops, "rsvp": granted.rsvp, "attendee": address}

    def _date_text(self, now: datetime) -> str:
        second = now.timestamp() // 1
        known, text = self._date  # at once: several threads may fill the same template
        if known != second:
            text = headers.format_date(now)
            self._date = (second, text)
        return text


def compile_message(
    rendered: Rendered,
    identity: Identity,
    mailing: Mailing,
    signer: Signer,
    keys: Sequence[Key] = (),
) -> Template:
    r"""Compose a mailing in one language, once, for all its recipients.

    multipart/alternative of text/plain and text/html, the latter in multipart/related with its
    images if it has any (RFC 2046 section 5.1.4, RFC 2387). Text is quoted-printable, so that
    no relay on the way has a reason to change it. A calendar file is the last alternative, with its
    method (RFC 6047 section 2.4), and the same once more as an attachment in multipart/mixed.

    Args:
        rendered: the content, its newline `\n`.
        identity: who sends it.
        mailing: which campaign it is.
        signer: makes the tokens.
        keys: sign the messages; without any they go out unsigned.

    Raises:
        UnsendableError: the content has unknown slots, or a value that a header cannot hold.
    """
    key = f"{mailing.campaign} {rendered.language}"
    html = _text("html", rendered.html)
    if rendered.images:
        images = [_image(image) for image in rendered.images]
        html = _multipart('related; type="text/html"', f"related {key}", [html, *images])
    alternatives = [_text("plain", rendered.text), html]
    file = rendered.calendar
    if file is not None:
        alternatives.append(_calendar(file))
    whole = _multipart("alternative", f"alternative {key}", alternatives)
    if file is not None:
        whole = _multipart("mixed", f"mixed {key}", [whole, _attached(file)])
    fields = headers.shared(identity, mailing, rendered.language, rendered.subject)
    header = fields + whole.header + b"\r\n"
    body = _merged([*whole.body, b"\r\n"])
    return Template(header, body, identity, mailing, signer, keys=keys)


class _Entity(NamedTuple):
    """A MIME entity (RFC 2045 section 2.4)."""

    header: bytes
    """Its Content fields, each ended by CRLF."""
    body: list[Piece]
    """Without a line break at its end."""


def _text(subtype: str, body: str, parameters: str = "") -> _Entity:
    return _quoted(f"text/{subtype}; charset=utf-8{parameters}", subtype, body)


def _calendar(file: CalendarFile) -> _Entity:
    """Write the calendar file as what mail programs show: an invitation, or news of one."""
    if file.method not in _METHODS or f"\nMETHOD:{file.method}\n" not in file.text:
        raise UnsendableError("calendar", f"{file.method!r} is not its method", "name its own")
    return _text("calendar", file.text, f"; method={file.method}")


def _attached(file: CalendarFile) -> _Entity:
    """Write the calendar file as what a reader saves, and older programs open."""
    if not _FILENAME.fullmatch(file.filename):
        raise UnsendableError("calendar", f"{file.filename!r} is no file name", "use ASCII")
    name = f'"{file.filename}"'
    entity = _quoted(f"application/ics; name={name}", "calendar", file.text)
    disposition = f"Content-Disposition: attachment; filename={name}\r\n"
    return _Entity(entity.header + disposition.encode("ascii"), entity.body)


def _quoted(content_type: str, subtype: str, body: str) -> _Entity:
    pieces: list[Piece] = []
    for piece in slots.split(_newlines(body), html=subtype == "html"):
        if isinstance(piece, str):
            pieces.append(slots.quote(piece))
        elif piece.name in SLOTS:
            pieces += [SOFT_BREAK, piece, SOFT_BREAK]
        else:
            raise UnsendableError(subtype, f"has an unknown slot {piece.name!r}", "remove it")
    fields = f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: quoted-printable\r\n"
    return _Entity(fields.encode("ascii"), pieces)


def _newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _image(image: InlineImage) -> _Entity:
    if not _CONTENT_TYPE.fullmatch(image.content_type) or not _CONTENT_ID.fullmatch(image.cid):
        raise UnsendableError(
            f"image {image.filename!r}", "has no proper type or content id", "use PNG or JPEG"
        )
    if _FILENAME.fullmatch(image.filename):
        filename = f'filename="{image.filename}"'
    else:
        filename = f"filename*={encode_rfc2231(slots.check('filename', image.filename), 'utf-8')}"
    fields = (
        f"Content-Type: {image.content_type}\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        f"Content-ID: <{image.cid}>\r\n"
        f"Content-Disposition: inline;\r\n {filename}\r\n"
    )
    data = base64.encodebytes(image.data).rstrip().replace(b"\n", b"\r\n")
    return _Entity(fields.encode("ascii"), [data])


def _multipart(subtype: str, key: str, entities: Sequence[_Entity]) -> _Entity:
    """Put entities together (RFC 2046 section 5.1).

    The boundary begins with `=_`, which neither quoted-printable nor base64 ever produces, so
    that no content and no value can hold it. It is the same each time for the same key.
    """
    boundary = f"=_{hashlib.sha256(key.encode()).hexdigest()[:32]}"
    fields = f'Content-Type: multipart/{subtype};\r\n boundary="{boundary}"\r\n'
    delimiter = f"--{boundary}".encode("ascii")
    pieces: list[Piece] = []
    for entity in entities:
        pieces += [delimiter + b"\r\n" + entity.header + b"\r\n", *entity.body, b"\r\n"]
    pieces.append(delimiter + b"--")
    return _Entity(fields.encode("ascii"), pieces)


def _merged(pieces: Sequence[Piece]) -> list[Piece]:
    """Join the literals that stand side by side, so that a recipient costs few parts."""
    merged: list[Piece] = []
    for piece in pieces:
        last = merged[-1] if merged else None
        if isinstance(piece, bytes) and isinstance(last, bytes):
            merged[-1] = last + piece
        else:
            merged.append(piece)
    return merged


def _attendee(address: str) -> bytes:
    """Write an address as the end of a `mailto:` in a calendar file, folded.

    RFC 5545 section 3.1: no line is longer than 75 octets; RFC 6068 section 2: escaped.
    """
    written = quote(headers.addressee(address).address, safe="@!$'*+-._~")
    lines = [written[at : at + _FOLD_AT] for at in range(0, len(written), _FOLD_AT)]
    return slots.quote("\n ".join(lines))


def _encode(name: str, value: str, escaped: bool) -> bytes:
    if _SAFE_VALUE.fullmatch(value):
        return value.encode("ascii")
    return slots.quote_value(name, escape(value) if escaped else value)
