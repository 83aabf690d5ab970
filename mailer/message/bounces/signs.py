"""Signs that a message is a report of failure: its outside, its words and whom it names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from mailer.domain.bounces.judge import REPLY, judge
from mailer.domain.inbound.kinds import Reason
from mailer.domain.text.plain import flowing, unquoted
from mailer.message.bounces import address_scanning as addresses
from mailer.message.bounces.bare_names import bare_names
from mailer.message.bounces.replies import replies_of
from mailer.message.bounces.report import LONGEST_REPORT, Report
from mailer.message.incoming.automatic import is_reply
from mailer.message.incoming.mime import Part
from mailer.message.phrases import absence_words, automatic_words, bounce_cues

_FORWARDED: Final = re.compile(r"^\s*(?:fwd?|tr|wg|enc|doorst|转发|轉寄)\s?[:：]", re.IGNORECASE)
_OWN_MAIL: Final = re.compile(
    r"\bmy (?:last |own |previous )?(?:e?-?mails?|messages?|letters?|repl(?:y|ies))\b",
    re.IGNORECASE,
)
_GREETS: Final = re.compile(
    r"(?:dear (?!sender|user|customer|sir)|hi\b|hello|hallo|bonjour|hola|guten tag|liebe|"
    r"sehr geehrte)",
    re.IGNORECASE,
)
_BRIEF: Final = 300
"""Characters of a report that says nothing but whom and why."""
_TOLD: Final = 6
"""The weight of an address that stands alone, or beside a reason."""
_CLOSES: Final = re.compile(
    r"\b(?:regards|thanks|thank you|cheers|sincerely|grüßen?|cordialement|saludos|best wishes)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Envelope:
    """The signs on the outside of a message that it is a report."""

    null: bool
    """True if its envelope sender is empty: it asks for no answer (RFC 5321 section 4.5.5)."""
    daemon: bool
    """True if its author writes reports."""
    service: bool
    """True if its author writes reports, and as well may write of parcels."""
    sure: bool
    """True if its author writes nothing else."""
    announced: bool
    """True if its subject tells of a failure."""
    absent: bool
    """True if its subject tells of an absence."""
    machine: bool
    """True if its author has a name that no person has; people sign as postmaster, too."""
    answerable: bool
    """True if it is known to have a sender who can be answered."""
    answers: bool
    """True if it is marked as an answer to a message."""

    @classmethod
    def of(cls, message: Part, subject: str) -> Envelope:
        """Read it from the header."""
        author = " ".join([message.words("from"), message.words("sender")])[:1000]
        # `From: <>` is what some systems make of the empty envelope sender.
        nobody = not author.strip("<>@\"' ") and bool(message.fields)
        path = message.field("return-path").strip()
        null = path in {"<>", "< >"} or path.lower().strip("<>").startswith("mailer-daemon")
        mails = nobody or bool(bounce_cues.DAEMON.search(author))
        service = not mails and bool(bounce_cues.SERVICE.search(author))
        daemon = mails or service
        failure = bool(bounce_cues.SUBJECT.search(subject))
        announced = failure and not _answers_ours(message, subject)
        # `Automatic notification` may be one of failure.
        absent = bool(automatic_words.ABSENT_SUBJECT.search(subject)) and (
            bool(automatic_words.MACHINE_SUBJECT.search(subject))
            or not (null and daemon and announced)
        )
        sure = nobody or bool(bounce_cues.SURE_DAEMON.search(author))
        machine = nobody or bool(bounce_cues.MACHINE.search(author))
        answers = is_reply(subject) and _is_threaded(message)
        answerable = bool(path) and not null
        return cls(null, daemon, service, sure, announced, absent, machine, answerable, answers)


@dataclass(frozen=True)
class Signs:
    """All by which a message may be known as a report of failure, but for its status fields."""

    message: Part
    report: Report
    envelope: Envelope

    @cached_property
    def is_report(self) -> bool:
        """True if it is one."""
        return _is_report(self.message, self.report, self.envelope)


def _is_report(message: Part, report: Report, envelope: Envelope) -> bool:
    if message.field("x-failed-recipients"):
        return True
    if envelope.absent and not envelope.sure:
        return False
    if message.parameter("report-type").lower() == "delivery-status":
        return True
    if envelope.null and not envelope.absent and _is_brief(report, message, envelope):
        return True
    tells = envelope.sure or envelope.announced or report.original is not None
    if not tells or _is_letter(report, envelope):
        return False
    sure = envelope.sure and envelope.announced
    return sure or _reads_like_report(message, report, envelope)


def _is_brief(report: Report, message: Part, envelope: Envelope) -> bool:
    """Tell whether a report names somebody and a reason, and says nothing more.

    Gateways to mobile phones write so. An address that its owner does not use any more is told of
    by an automatic answer, which gives advice besides.
    """
    text = report.text.strip()
    surely = envelope.announced or REPLY.search(text) or report.weight >= _TOLD
    if len(text) > _BRIEF or not surely or len(addresses.every([text])) != 1:
        return False
    said = " ".join(f"{message.words('subject')[:_BRIEF]}: {text}".split())
    if any(sign.search(said) for sign in (*absence_words.SIGNS, absence_words.ASKS)):
        return False
    return judge(said).reason is not Reason.UNDETERMINED


def _is_letter(report: Report, envelope: Envelope) -> bool:
    """Tell whether a person whose address is a mail system's wrote about refused mail.

    A report names whom it could not reach, or returns the message; a letter does so by chance.
    """
    if envelope.null or envelope.machine:
        return False
    named = names_surely(report.own)
    if envelope.answers:
        return not named or speaks(report.text)
    if named or report.original is not None:
        return False
    if speaks(report.text):
        return True
    least = 5 if envelope.announced else 8
    return envelope.answerable and not (report.own.weight >= least or bare_names(report.own.text))


def _reads_like_report(message: Part, report: Report, envelope: Envelope) -> bool:
    """Weigh the words of a message whose outside alone does not make it a report."""
    if not (envelope.sure or envelope.null):
        if speaks(report.text):
            return False
        # People quote what they tell of.
        report = report.own
    text = flowing(report.text[: LONGEST_REPORT // 4])
    told = bool(bounce_cues.INTRO.search(text))
    replied = bool(replies_of(report.text))
    returned = report.original is not None
    if not envelope.sure and _answers(message):
        return envelope.announced and told and (returned or names_surely(report))
    if not (envelope.sure or returned or replied) and automatic_words.ABSENT_TEXT.search(
        text[:500]
    ):
        return names_surely(report) and envelope.announced
    if envelope.sure or (envelope.announced and (envelope.null or envelope.daemon)):
        # Who writes nothing but reports has written one, in whatever language.
        least = 2 if envelope.machine else 6
        surely = envelope.sure and envelope.null and (returned or report.weight >= least)
        whose = envelope.sure or returned or report.weight >= 4
        whose = whose or (envelope.daemon and not envelope.service)
        return (whose or replied or _names(report)) and (told or replied or surely)
    if envelope.announced:
        named = names_surely(report) or (replied and report.weight >= 5)
        return told and (returned or named)
    # Without a telling outside, only a returned message and words of failure make a report.
    return returned and told and (replied or envelope.daemon or envelope.null)


def speaks(text: str) -> bool:
    """Tell whether a text is a letter about a failure: its author asks, or tells of own mail."""
    line = " ".join(unquoted(text[:1500]).split())
    if automatic_words.MACHINE_SELF.search(line[:600]):
        return False
    if absence_words.ASKS.search(line, 800) or _OWN_MAIL.search(line, 0, 800):
        return True
    return bool(_GREETS.match(line) and _CLOSES.search(line))


def _names(report: Report) -> bool:
    """Tell whether a report names anybody, even without a domain."""
    return bool(bare_names(report.text))


def names_surely(report: Report) -> bool:
    """Tell whether a report's words leave no doubt about whom they name as not reached."""
    return report.weight >= 8.5


def _answers_ours(message: Part, subject: str) -> bool:
    """Tell whether a subject's words are those of a message that a person answers or hands on."""
    if _FORWARDED.match(subject):
        author = message.words("from")[:1000]
        return not (bounce_cues.DAEMON.search(author) or bounce_cues.SERVICE.search(author))
    return is_reply(subject) and _is_threaded(message)


def _is_threaded(message: Part) -> bool:
    return bool(message.field("in-reply-to") or message.field("references"))


def _answers(message: Part) -> bool:
    """Tell whether it says that it answers a message automatically."""
    return message.field("auto-submitted").strip().lower().startswith("auto-replied") or any(
        message.field(name) for name in ("x-autoreply", "x-autorespond", "x-mail-autoreply")
    )
