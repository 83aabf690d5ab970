"""The recipients that a report could not reach, and why: from its structure, header or words."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from mailer.domain.bounces.judge import SEVERITIES, Verdict, judge, reply_code, telling_status
from mailer.domain.bounces.lifetime import after_days
from mailer.domain.inbound.kinds import Action, Bounce, Reason, Severity
from mailer.domain.text.plain import flowing, plain
from mailer.message.bounces import address_scanning as addresses
from mailer.message.bounces import dsn
from mailer.message.bounces.bare_names import Called, bare_names, dotted_names, is_of_users
from mailer.message.bounces.blocks import squeezed
from mailer.message.bounces.delays import DELAYED_SUBJECT, GIVEN_UP, is_delay
from mailer.message.bounces.dsn import Recipient
from mailer.message.bounces.notices import Notice
from mailer.message.bounces.replies import continued, is_cut, prose_of, replies_of, whole
from mailer.message.bounces.report import Report
from mailer.message.bounces.signs import Envelope, Signs, names_surely
from mailer.message.bounces.text import (
    Named,
    meant_by,
    named_recipients,
    only_recipient,
)
from mailer.message.incoming.mime import Part, read_fields
from mailer.message.phrases import bounce_cues

_OWN: Final = (
    "from",
    "to",
    "sender",
    "reply-to",
    "return-path",
    "delivered-to",
    "x-original-to",
    "cc",
    "envelope-to",
    "errors-to",
    "message-id",
    "in-reply-to",
    "references",
    "x-envelope-to",
    "x-envelope-from",
)
DISPOSITION_TYPES: Final = frozenset(
    {"message/disposition-notification", "message/global-disposition-notification"}
)
_SURELY_OWN: Final = ("from", "to", "return-path", "message-id")
_HOST: Final = re.compile(
    (
        r"(?:remote (?:mail )?server|host|server|while talking to|connect(?:ed|ion|ing)? to|"
        r"said by|mx|from)\s+[<\[(\"']?((?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24})\b"
    ),
    re.IGNORECASE,
)
_TALKING: Final = re.compile(
    r"while talking to ((?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24})\b", re.IGNORECASE
)


def bounces_of(signs: Signs) -> tuple[bool, list[Bounce]]:
    """Return whether the report tells of success, and the bounces that it lists.

    Structure is believed first (RFC 3464), then `X-Failed-Recipients`, then words.
    """
    message, report, envelope = signs.message, signs.report, signs.envelope
    found = dsn.recipients(message)
    if not found and (envelope.sure or envelope.announced or envelope.null):
        found = dsn.recipients_of_text(report.text)
    if found:
        failed = [one for one in found if one.action not in dsn.SUCCESS]
        return not failed, _of_status(failed, message, report)
    if envelope.absent and not envelope.sure:
        return False, []
    if _is_wrapped(message, report, envelope):
        inner = dsn.nested_recipients(message)
        return False, _of_status(
            [one for one in inner if one.action not in dsn.SUCCESS], message, report
        )
    if failed_field := addresses.every(message.all_words("x-failed-recipients")):
        return False, _of_words(failed_field, message, report)
    if signs.is_report:
        return False, _of_words([], message, report)
    nested = dsn.nested_recipients(message) if envelope.daemon or envelope.announced else []
    failed = [one for one in nested if one.action not in dsn.SUCCESS]
    return bool(nested and not failed), _of_status(failed, message, report)


def _is_wrapped(message: Part, report: Report, envelope: Envelope) -> bool:
    """Tell whether a gateway attached a report to a message of its own that says nothing more."""
    inner = report.original
    if inner is None or inner.type != "multipart/report":
        return False
    if addresses.first(inner.field("from")) == addresses.first(message.field("from")):
        return True
    sure = bool(bounce_cues.SURE_DAEMON.search(inner.words("from")[:1000]))
    return envelope.sure and sure and not names_surely(report)


def bounces_of_notice(notice: Notice) -> list[Bounce]:
    """Make bounces of a provider's notice; its own classes count where no words tell."""
    told = [_bounce(one, "", Report("", None), None) for one in notice.recipients]
    return [
        replace(one, reason=notice.otherwise, severity=SEVERITIES[notice.otherwise])
        if one.reason is Reason.UNDETERMINED and one.action is Action.FAILED
        else one
        for one in told
    ]


def is_rejection(message: Part, subject: str) -> bool:
    """Tell whether a disposition notification says that mail was thrown away unseen.

    Mailbox filters reject in this way (RFC 5429 section 2.1.2, Dovecot's full mailboxes).
    """
    for part in message.walk():
        if part.type in DISPOSITION_TYPES and re.search(
            r"^disposition:\s*automatic-action.*;\s*deleted",
            part.text,
            re.IGNORECASE | re.MULTILINE,
        ):
            return bool(re.search(r"reject", subject, re.IGNORECASE))
    return False


def rejections_of(message: Part, report: Report) -> list[Bounce]:
    """Make bounces of a disposition notification that `is_rejection`."""
    found = [
        addresses.of_field(dict(read_fields(part.text.strip("\n"))).get("final-recipient", ""))
        for part in message.walk()
        if part.type in DISPOSITION_TYPES
    ]
    thrown = _of_words([one for one in found if one], message, report)
    # Its words are those of the reader who wrote it: where they speak of us, it is a wish.
    return [
        replace(one, reason=Reason.FILTERED, severity=SEVERITIES[Reason.FILTERED])
        if one.severity in {Severity.SENDER, Severity.UNDETERMINED}
        else one
        for one in thrown
    ]


def _named(message: Part, report: Report) -> list[Named]:
    """Find whom the words name; first without any address that the header holds."""
    for names in (_OWN, _SURELY_OWN):
        own = addresses.every(value for name in names for value in message.all(name)[:5])
        if named := named_recipients(report.text, report.original, own):
            return named + _of_the_same(named, message, report)
    return _of_names(
        bare_names(f"{report.text}\n{message.words('subject')[:998]}"), message, report
    )


def _of_the_same(named: list[Named], message: Part, report: Report) -> list[Named]:
    """Find those beside named recipients that sendmail calls by their names alone.

    Only names of recipients of the returned message are believed.
    """
    if report.original is None or not (called := dotted_names(report.text)):
        return []
    there = {one.address.lower() for one in named}
    meant = {one.lower() for one in meant_by(report.original)} - there
    return [one for one in _of_names(called, message, report) if one.address.lower() in meant]


def _of_names(called: list[Called], message: Part, report: Report) -> list[Named]:
    """Complete names without a domain; those of which nothing tells where they are, are left out.

    Where a message is returned, it tells, or an address elsewhere in the report. Else the names are
    at the domain that the report is from, unless that is our own, or a machine.
    """
    ours = _ours(message)
    written = addresses.every([report.text, message.words("subject")[:998]])
    known = [*meant_by(report.original), *written]
    home = addresses.first(message.field("from")).rpartition("@")[2]
    of_ours = home.lower() in {one.rpartition("@")[2].lower() for one in ours}
    if report.original is not None or of_ours or not is_of_users(home):
        home = ""
    named = []
    for name, said in called:
        key = name.lower() + "@"
        whom = next((one for one in known if one.lower().startswith(key)), "")
        whom = whom or (f"{name}@{home}" if home else "")
        if whom and whom.lower() not in {one.lower() for one in ours}:
            named.append(Named(whom, said))
    return named


def _of_status(found: list[Recipient], message: Part, report: Report) -> list[Bounce]:
    """Make bounces of status fields; what they leave out is looked for in the words."""
    named: list[Named] = []
    if any(
        not _is_complete(one.address) or not one.diagnostic or is_cut(one.diagnostic)
        for one in found
    ):
        named = _named(message, report)
    words = {one.address.lower(): one.diagnostic for one in reversed(named)}
    bounces: dict[str, Bounce] = {}
    for one in found:
        address = one.address
        if not _is_complete(address):
            bare = "" if "@" in address[1:] else address
            other = "" if bare.startswith("@") else address
            address = _completed(bare, named, report, _ours(message)) or other
        if not address:
            continue
        said = words.get(address.lower(), "")
        whole = replace(one, address=address)
        subject = message.words("subject")[:998] if len(found) == 1 else None
        known = bounces.get(address.lower())
        if known is None or (known.action, one.action) == (Action.DELAYED, Action.FAILED):
            bounces[address.lower()] = _bounce(whole, said, report, subject)
    return list(bounces.values())


def _is_complete(address: str) -> bool:
    """Tell whether it is an address of the internet, not one that a directory made up."""
    return "@" in address[1:] and address[:8].lower() != "imceaex-"


def _ours(message: Part) -> list[str]:
    """Return the addresses that a report came to."""
    names = ("to", "delivered-to", "x-original-to", "envelope-to")
    return addresses.every(value for name in names for value in message.all(name)[:5])


def _completed(bare: str, named: list[Named], report: Report, ours: list[str]) -> str:
    """Find the address that a name without a domain, or a domain without a name, stands for."""
    written = [one.address for one in named if _is_complete(one.address)]
    for address in written + meant_by(report.original):
        name, _, domain = address.lower().rpartition("@")
        if bare and bare.lower() in {name, "@" + domain}:
            return address
    if len(written) == 1:
        return written[0]
    return only_recipient(report.original, report.text, ours) or bare.partition("@")[0]


def _of_words(failed: list[str], message: Part, report: Report) -> list[Bounce]:
    """Make bounces of a report's words; `failed` are the recipients, if something tells them."""
    named = _named(message, report)
    by_key = {one.address.lower(): one for one in named}
    whom = [by_key.get(one.lower(), Named(one, "")) for one in failed] or named
    subject = message.words("subject")[:998]
    if not whom:
        home = addresses.first(message.field("from")).rpartition("@")[2].lower()
        last = only_recipient(report.original, report.text, _ours(message), home)
        last = last or _of_subject(subject, message)
        whom = [Named(last, "")] if last else []
    delayed = [_is_late(one.diagnostic) for one in whom]
    if all(delayed) or not any(delayed) or DELAYED_SUBJECT.search(plain(subject)):
        delayed = [is_delay(report.text, subject)] * len(whom)
    return [
        _bounce(
            Recipient(one.address, "delayed" if late else "failed", "", "", ""),
            one.diagnostic,
            report,
            subject if len(whom) == 1 else None,
        )
        for one, late in zip(whom, delayed, strict=True)
    ]


def _is_late(said: str) -> bool:
    """Tell whether what is said of one recipient is that its mail waits."""
    text = flowing(said)
    return bool(bounce_cues.STILL_TRIED.search(text)) and not GIVEN_UP.search(text)


def _of_subject(subject: str, message: Part) -> str:
    """Return the one address in a subject that is not the sender's or ours."""
    own = {one.lower() for name in _OWN for one in addresses.every(message.all(name)[:5])}
    named = [one for one in addresses.every([subject]) if one.lower() not in own]
    return named[0] if len(named) == 1 else ""


def _bounce(one: Recipient, said: str, report: Report, subject: str | None) -> Bounce:
    """Weigh what is known of a recipient: its own diagnostic first, the whole report last.

    Args:
        one: its status fields; its address is complete.
        said: what the report's words say about it.
        report: the whole report.
        subject: of the report, if it is the only one there, so that all words are about it.
    """
    diagnostic = continued(whole(one.diagnostic, report.text, one.address), said)
    near = [text for text in (diagnostic, whole(said, report.text, one.address)) if text]
    far = ["", _lead(report.text)]
    if subject is not None:
        far = [replies_of(report.text), prose_of(report.text), subject]
    reason, severity, told = Reason.UNDETERMINED, Severity.UNDETERMINED, ""
    # A code of its own tells more about a recipient than the prose around it. How long a delay
    # lasts is no reason for it.
    for text in [*near, *far[:1], "", *far[1:]]:
        found = judge(text, one.status, reply_code(text))
        if found.reason is not Reason.UNDETERMINED and (text or not told):
            (reason, severity), told = found, told if reason is Reason.EXPIRED else text
        if reason is Reason.EXPIRED and one.action == Action.DELAYED:
            continue
        if reason is not Reason.UNDETERMINED:
            break
    if one.action == Action.FAILED:
        reason, severity = after_days(Verdict(reason, severity), told or next(iter(near), ""))
    told = diagnostic or told or next(iter([*near, *filter(None, far)]), "")
    status = telling_status(one.status, " ".join(near)) or telling_status("", told)
    if one.action == Action.DELAYED:
        severity = Severity.SOFT
    host = one.remote_mta or _host(" ".join(near))
    if not host and subject is not None and (met := _TALKING.search(report.text)):
        host = met[1].lower()
    return Bounce(one.address, Action(one.action), status, severity, reason, squeezed(told), host)


def _lead(text: str) -> str:
    """Return what a report says before its first address: it may be about all of them."""
    return text[: text.find("@")].rpartition("\n")[0][-600:] if "@" in text else ""


def _host(text: str) -> str:
    found = _HOST.search(text)
    return found[1].lower() if found else ""
