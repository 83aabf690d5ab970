"""The decision about a message: bytes in, what it is and what it says out. Pure, and never fails.

The order matters. A complaint quotes a whole message and may look like anything, so it comes
first; a challenge may be shaped like a bounce (case 69), so it comes before; a bounce may carry
`Auto-Submitted: auto-replied` (case 54), so the structure of a report wins over signs of
automatic mail; these win over a person's words; a command is only ever a person's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mailer.domain.inbound.kinds import Complaint, Kind, Understanding
from mailer.domain.subscribers import command as commands
from mailer.domain.subscribers.command import Command, Verb, Vocabularies
from mailer.message.bounces import address_scanning as addresses
from mailer.message.bounces import notices
from mailer.message.bounces.failures import (
    DISPOSITION_TYPES,
    bounces_of,
    bounces_of_notice,
    is_rejection,
    rejections_of,
)
from mailer.message.bounces.notices import Notice
from mailer.message.bounces.report import Report, take_apart
from mailer.message.bounces.signs import Envelope, Signs
from mailer.message.incoming import automatic, mime, receipts
from mailer.message.incoming.arf import complaint_of
from mailer.message.incoming.mime import Part
from mailer.message.incoming.writing import writing_of
from mailer.message.incoming.written import Written, visible_text, written_by_author
from mailer.message.reports.attached import kind_of as reported_kind

LARGEST: Final = 64 * 1024 * 1024
"""Octets that are looked at."""

LONGEST_SUBJECT: Final = 998
"""Characters that are looked at (RFC 5322 section 2.1.1)."""

_RECIPIENTS: Final = ("to", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to")


def understand(
    data: bytes, vocabularies: Vocabularies, recipients: Iterable[str] = ()
) -> Understanding:
    """Classify a message and read its contents; whatever happens, there is a decision.

    Args:
        data: the raw message; any bytes.
        vocabularies: the words of the commands that are understood.
        recipients: its envelope recipients; without them its header fields tell.
    """
    try:
        return decide(data, vocabularies, recipients)
    except Exception:  # noqa: BLE001  # a defect here must not stop the mail that comes after
        return Understanding(Kind.UNKNOWN)


def decide(
    data: bytes, vocabularies: Vocabularies, recipients: Iterable[str] = ()
) -> Understanding:
    """Decide as `understand` does, but let an error of ours fly, so that tests see it."""
    message = mime.read(data[:LARGEST])
    if notice := notices.read(message):
        return _notified(notice)
    subject = message.words("subject")[:LONGEST_SUBJECT]
    if kind := reported_kind(message, subject):
        return Understanding(Kind.DOMAIN_REPORT, report=kind)
    report = take_apart(message)
    return _reported(message, subject, report) or _written(
        message, subject, vocabularies, list(recipients)
    )


def _notified(notice: Notice) -> Understanding:
    """Decide about what a provider reports as data."""
    if notice.kind == "Complaint":
        whom = [one.address for one in notice.recipients]
        original = notice.original
        complaint = Complaint(
            notice.feedback,
            whom[0] if len(whom) == 1 else "",
            original.field("message-id").strip(" <>")[:LONGEST_SUBJECT],
        )
        return Understanding(Kind.COMPLAINT, complaint=complaint)
    bounces = bounces_of_notice(notice)
    return Understanding(Kind.BOUNCE if bounces else Kind.RECEIPT, bounces=tuple(bounces))


def _reported(message: Part, subject: str, report: Report) -> Understanding | None:
    """Decide about what machines report; None if it is no report."""
    complaint = complaint_of(message, report, subject)
    if complaint:
        return Understanding(Kind.COMPLAINT, complaint=complaint)
    if _is_disposition(message):
        thrown = rejections_of(message, report) if is_rejection(message, subject) else []
        return Understanding(Kind.BOUNCE if thrown else Kind.RECEIPT, bounces=tuple(thrown))
    asks = automatic.is_challenge(message, subject, report.text)
    if asks and not automatic.declares_person(message):
        return Understanding(Kind.CHALLENGE)
    return _of_delivery(message, subject, report)


def _of_delivery(message: Part, subject: str, report: Report) -> Understanding | None:
    """Decide about reports of what became of a message; None if it is none."""
    envelope = Envelope.of(message, subject)
    if receipts.tells_success(subject, report.text[:3000], envelope):
        return Understanding(Kind.RECEIPT)
    signs = Signs(message, report, envelope)
    success, bounces = bounces_of(signs)
    if bounces:
        return Understanding(Kind.BOUNCE, bounces=tuple(bounces))
    if success:
        return Understanding(Kind.RECEIPT)
    if signs.is_report:
        return Understanding(Kind.BOUNCE)
    return None


def _is_disposition(message: Part) -> bool:
    """Tell whether it is a message disposition notification (RFC 8098)."""
    return message.parameter("report-type").lower() == "disposition-notification" or any(
        part.type in DISPOSITION_TYPES for part in message.walk()
    )


def _written(
    message: Part, subject: str, vocabularies: Vocabularies, recipients: list[str]
) -> Understanding:
    """Decide about what was written by a person, or by a machine in a person's name."""
    text = visible_text(message)
    written = written_by_author(text)
    to = recipients or recipients_of(message)
    writing = writing_of(message, subject, written, to)
    said = commands.of_text(writing, vocabularies)
    asked = _command(said, to)
    leaves = asked is not None and asked.verb is Verb.LEAVE
    machine = _machine(message, subject, written, said=said is not None, leaves=leaves)
    if machine:
        return Understanding(machine)
    if asked:
        language = asked.language or _language(message, written, vocabularies)
        return Understanding(Kind.COMMAND, str(asked), language)
    if not addresses.every(message.all("from")[:1]) or not (
        subject.strip() or text.strip() or written.lines
    ):
        return Understanding(Kind.UNKNOWN)
    return Understanding(Kind.PERSON, language=_language(message, written, vocabularies))


def _machine(
    message: Part, subject: str, written: Written, *, said: bool, leaves: bool
) -> Kind | None:
    """Return what a machine's message is, or None if a person wrote it.

    Args:
        message: the message.
        subject: its subject.
        written: its own words.
        said: true if these words, or the subject, are a command: then a person wrote them.
        leaves: true if it is sent to an address by which one leaves. Mail programs do so in a
            person's name and say that they are machines (RFC 8058 has it otherwise, not all do).
    """
    if automatic.declares_person(message):
        return None
    if automatic.has_header_sign(message):
        return Kind.AUTO_REPLY
    text = "\n".join(written.lines)
    if automatic.is_sent_to_many(message) or automatic.is_statistics(subject):
        absent = automatic.is_bulk(message) and automatic.is_absence(subject, text, bare=True)
        return Kind.AUTO_REPLY if absent else Kind.UNKNOWN
    if automatic.is_bulk(message) or Envelope.of(message, subject).null:
        return Kind.AUTO_REPLY if written.lines or subject else Kind.UNKNOWN
    loose = automatic.is_reply(subject) and not (
        message.field("in-reply-to") or message.field("references")
    )
    own = "" if leaves else text
    if said or not automatic.is_absence(subject, own, bare=written.bare, loose=loose):
        return None
    return Kind.AUTO_REPLY


def recipients_of(message: Part) -> list[str]:
    """Return whom a message is to by its fields, where no envelope tells."""
    return [one for name in _RECIPIENTS for one in addresses.every(message.all(name))]


def _command(said: Command | None, to: list[str]) -> Command | None:
    """Return what a mail asks for: what its address says, else its words (case 33)."""
    addressed = commands.of_address(to[:50])
    if not addressed.ours:
        return said
    subscribes = addressed.command and addressed.command.verb is Verb.SUBSCRIBE
    refused = said is not None and said.verb is Verb.REFUSED
    return said if subscribes and refused else addressed.command


def _language(message: Part, written: Written, vocabularies: Vocabularies) -> str:
    declared = message.field("content-language") or message.field("accept-language")
    return commands.language_of(declared, "\n".join(written.lines), vocabularies)
