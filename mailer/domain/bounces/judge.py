"""Reasons of refusals, and what they say about the address: codes and words weighed together.

The words win over the codes: `5.0.0` and `5.7.1` are what many systems send for anything, and
`550` stands as well for an unknown user as for a block list.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from mailer.domain.bounces import sets
from mailer.domain.bounces.refusal import About, Stage, stage_in
from mailer.domain.bounces.refusal_words import ABOUT_US, LIMIT, OWN_RELAY, SESSION, THEIRS
from mailer.domain.bounces.rules import CODE_RULES, TEXT_RULES
from mailer.domain.inbound.kinds import Reason, Severity
from mailer.domain.text.plain import flowing

SEVERITIES: Final[dict[Reason, Severity]] = {
    Reason.USER_UNKNOWN: Severity.HARD,
    Reason.DOMAIN_UNKNOWN: Severity.HARD,
    Reason.MOVED: Severity.HARD,
    Reason.NO_MAIL_ACCEPTED: Severity.HARD,
    Reason.SUSPENDED: Severity.HARD,
    Reason.MAILBOX_FULL: Severity.SOFT,
    Reason.NETWORK: Severity.SOFT,
    Reason.SYSTEM: Severity.SOFT,
    Reason.EXPIRED: Severity.SOFT,
    Reason.RATE_LIMITED: Severity.SOFT,
    Reason.POLICY: Severity.SENDER,
    Reason.REPUTATION: Severity.SENDER,
    Reason.AUTHENTICATION: Severity.SENDER,
    Reason.RELAYING: Severity.SENDER,
    Reason.TOO_BIG: Severity.SENDER,
    Reason.CONTENT: Severity.SENDER,
    Reason.VIRUS: Severity.SENDER,
    Reason.FILTERED: Severity.UNDETERMINED,
    Reason.UNDETERMINED: Severity.UNDETERMINED,
}
"""The severity of each reason for the address."""

ENHANCED: Final = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d|\.\d)")
"""An enhanced status code (RFC 3463), and no part of a number of an IP address."""
REPLY: Final = re.compile(
    r"(?<![\w.,:/@+-])([45]\d\d)(?=[ :;,#]|-(?!\d{3})|$)(?![ -]?(?:octets|bytes|kb))", re.IGNORECASE
)
"""A reply code (RFC 5321 section 4.2)."""

_ADDRESS: Final = re.compile(r"(?<![\w.+=-])[\w.+=-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}")
_HURRIED: Final = re.compile(r"\b(do|does|did|is|are|was|were|has|have|could|would)nt\b")
_FILLER: Final = re.compile(
    r"\b5\d\d[ -]5\.0\.0 service unavailable\.?|remote (?:host|server) said: ?|"
    r"\S+ does not like recipient\. (?=remote host said: ?\d)|"
    r"\b503 5\.0\.0 need rcpt\b[^.;]{0,20}|automatically take action on incorrect addresses"
)
"""Phrases that the reporting system adds to any refusal by another."""
_HUMPS: Final = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])")
_LONGEST: Final = 4000
_GENERIC: Final = frozenset({"0.0", "5.0", "3.0", "7.1", "2.0", "1.0", "4.0", "7.0"})
_FOR_A_TIME: Final = re.compile(r"\btemporar|try (?:again|later)|for now\b", re.IGNORECASE)
_GIVEN_UP: Final = re.compile(
    r"\b(?:giv(?:en|ing)|gave) up\b|retry (?:time ?out|time) (?:has been )?(?:exceeded|expired)|"
    r"\b(?:in|on) (?:the|my|our) queue (?:for )?too long|(?:not going to|will not) (?:re)?try|"
    r"(?:^|\D)[45]\.4\.7(?:\D|$)|(?:message|delivery|queue|retry) (?:time |period )?expired"
)
"""Phrases about mail that was tried until its time was over."""


_SURELY_OURS: Final = frozenset(
    {Reason.AUTHENTICATION, Reason.REPUTATION, Reason.RELAYING, Reason.RATE_LIMITED}
)
"""Said by our own relay, these are about us and no single message."""
_VAGUE: Final = frozenset(
    {Reason.SYSTEM, Reason.NETWORK, Reason.EXPIRED, Reason.MAILBOX_FULL, Reason.UNDETERMINED}
)
"""Reasons so vague that the code of our own relay decides whom the refusal is about."""
_OUR_STATUS: Final = re.compile(r"[45]\.(?:7|5|3)\.\d+|[45]\.1\.[78]")
"""RFC 3463: security or policy, protocol, mail system; X.1.7 and X.1.8 are the sender's address."""
_DISORDER: Final = frozenset({500, 502, 503, 504})
"""The relay did not understand us (RFC 5321 section 4.2.4): never a reader's fault."""
_OUR_CODES: Final = frozenset({421, 451, 452, 454, 521, 530, 534, 535, 538})
"""Codes without an enhanced code: about the service or the login (RFC 5321 4.2.3, RFC 4954 6)."""
_BOX: Final = re.compile(
    r"\b(?:mail ?box|user|recipient|addressee|address|subscriber)\w*\b|\btried to \w+"
)


class Verdict(NamedTuple):
    """The reason, and its severity."""

    reason: Reason
    severity: Severity


class Judgement(NamedTuple):
    """The judgement of a refusal: whom it is about, how bad it is, and why."""

    about: About
    severity: Severity
    reason: Reason
    sure: bool = False
    """It says of itself that it is about us; else that follows from its kind."""


def judge(text: str, status: str = "", code: int = 0) -> Verdict:
    """Return the reason why a recipient was refused, as a report by mail tells it.

    Args:
        text: the words of the report about it; its first 4,000 characters count.
        status: the enhanced status code that the report gives, or empty.
        code: the SMTP reply code, or 0.
    """
    found = weigh(text, status, code, stage_in(text))
    return Verdict(found.reason, found.severity)


@lru_cache(maxsize=256)
def weigh(
    text: str,
    status: str = "",
    code: int = 0,
    stage: Stage = Stage.UNKNOWN,
    *,
    own: bool = False,
    repeated: bool = False,
) -> Judgement:
    """Judge whom a refusal is about, and why: the one judge of all refusals (law 14).

    Args:
        text: the words of the refusal.
        status: the enhanced status code, or empty.
        code: the SMTP reply code, or 0.
        stage: the command that was answered; before RCPT it is never the recipient's.
        own: true if our own relay said it to us, false if another server did, in a report.
        repeated: true if the same was answered to too many different recipients in a row, with
            nothing accepted between: then it is ours, whatever the words.
    """
    ours = _our_reason(text, own=own)
    verdict = _of_words(text, status, code)
    if verdict.reason is Reason.FILTERED and not (own and stage.names_nobody):
        ours = None
    reason, severity = verdict
    if severity is Severity.SENDER or reason in {Reason.RATE_LIMITED, Reason.SYSTEM}:
        blamed = reason
    else:
        blamed = ours or Reason.POLICY
    if _is_of_session(text, code, stage, own=own):
        return Judgement(About.CONNECTION, Severity.SENDER, blamed, sure=True)
    if repeated or stage.names_nobody or ours:
        return Judgement(About.US, Severity.SENDER, blamed, sure=True)
    if severity is Severity.SENDER:
        return Judgement(About.US, severity, reason, sure=reason in _SURELY_OURS)
    if own:
        return _of_own_relay(text, status, code, stage, verdict)
    return Judgement(About.RECIPIENT, severity, reason)


def _of_own_relay(text: str, status: str, code: int, stage: Stage, verdict: Verdict) -> Judgement:
    """Weigh what our relay says to us where its words do not say expressly whom it is about."""
    reason, severity = verdict
    words = _squeezed(text)
    limits = LIMIT.search(words) or reason is Reason.RATE_LIMITED
    # An account that is over its quota is a mailbox, where nothing speaks of mail that is sent.
    theirs = reason is Reason.MAILBOX_FULL or THEIRS.search(words)
    if severity is not Severity.HARD and limits and not theirs:
        return Judgement(About.US, Severity.SENDER, Reason.RATE_LIMITED, sure=True)
    coded = _OUR_STATUS.fullmatch(status) if status else code in _OUR_CODES
    if coded and reason in _VAGUE:
        blamed = Reason.SYSTEM if reason is Reason.MAILBOX_FULL else reason
        return Judgement(About.US, Severity.SENDER, blamed)
    later = stage in {Stage.DATA, Stage.DOT}
    if reason is Reason.SUSPENDED and later and not _BOX.search(words):
        # Its recipient was accepted before; the account may as well be ours.
        return Judgement(About.RECIPIENT, Severity.UNDETERMINED, reason)
    return Judgement(About.RECIPIENT, severity, reason)


def _is_of_session(text: str, code: int, stage: Stage, *, own: bool) -> bool:
    """Tell whether a refusal is about the connection alone, so that another one may do."""
    if not own:
        return False
    if code == 421 or code in _DISORDER:  # RFC 5321 section 3.8
        return True
    return bool(SESSION.search(_squeezed(text))) and stage is not Stage.UNKNOWN


@lru_cache(maxsize=512)
def _our_reason(text: str, *, own: bool) -> Reason | None:
    """Return why, if the words say expressly that it is about us."""
    words = _squeezed(text)
    for one in ABOUT_US + OWN_RELAY if own else ABOUT_US:
        if one.pattern.search(words) and not (
            one.reason is Reason.RATE_LIMITED and THEIRS.search(words)
        ):
            return one.reason
    return None


def _squeezed(text: str) -> str:
    return _ADDRESS.sub("a@b", flowing(text[:_LONGEST]))


def _of_words(text: str, status: str, code: int) -> Verdict:
    """Return the reason, by words and codes alone."""
    reason = reason_of_text(text)
    status = telling_status(status, text)
    if reason is Reason.UNDETERMINED:
        reason = reason_of_code(status, code or reply_code(text))
    severity = SEVERITIES[reason]
    if severity is Severity.HARD and _may_heal(reason, text[:_LONGEST], status, code):
        severity = Severity.SOFT
    return Verdict(reason, severity)


def _may_heal(reason: Reason, text: str, status: str, code: int) -> bool:
    """Tell whether what sounds permanent was only said for now.

    A server that cannot look its users up, or greets strangers with a refusal, says "user unknown"
    with a code that begins with 4: hard would take a reader away who is there. It is believed where
    mail was tried until its time was over, and nothing in the words is for now. Without any code
    the words decide; a code that begins with 5 outweighs them, but for a closed mailbox.
    """
    for_now = bool(_FOR_A_TIME.search(text) or sets.FOR_NOW.search(flowing(text)))
    if reason is Reason.SUSPENDED and (status.startswith("4.") or for_now):
        return True
    kinds = {found[1][0] for found in REPLY.finditer(text)} or {str(code)[0]} & {"4", "5"}
    details = {found[1] for found in ENHANCED.finditer(text)}
    if not kinds | details:
        details = {status[:1]}
    if "4" not in kinds | details:
        return for_now and "5" not in kinds | details
    if for_now:
        return True
    permanent = "5" in details or ("5" in kinds and "4" not in details)
    return not permanent and not _GIVEN_UP.search(flowing(text))


@lru_cache(maxsize=512)
def reason_of_text(text: str) -> Reason:
    """Return the reason of the first rule whose words occur in the text."""
    reason = _first_reason(text[:_LONGEST])
    if reason is Reason.UNDETERMINED and _HUMPS.search(text[:_LONGEST]):
        # `RecipientEmailAddressNotFound`
        reason = _first_reason(_HUMPS.sub(" ", text[:_LONGEST]))
    return reason


def _first_reason(text: str) -> Reason:
    # What an address is called says nothing, and its dots end no sentence.
    squeezed = _ADDRESS.sub("a@b", flowing(text))
    squeezed = _FILLER.sub(" ", _HURRIED.sub(r"\1n't", squeezed))
    if not squeezed:
        return Reason.UNDETERMINED
    return next(
        (rule.reason for rule in TEXT_RULES if rule.pattern.search(squeezed)), Reason.UNDETERMINED
    )


def reason_of_code(status: str, code: int) -> Reason:
    """Return the reason that a code alone stands for; the enhanced one tells more."""
    found = ENHANCED.search(status)
    keys = []
    if found:
        kind, subject, detail = found.groups()
        keys = [f"{kind}.{subject}.{detail}", f"x.{subject}.{detail}", f"x.{subject}.*"]
    if code:
        keys.append(str(code))
    return next((CODE_RULES[key] for key in keys if key in CODE_RULES), Reason.UNDETERMINED)


def telling_status(status: str, text: str) -> str:
    """Return the most telling enhanced status code of a status field and a reply's text.

    A generic code such as `5.0.0` gives way to a specific one in the text; both may be missing.
    """
    given = _status(status)
    if given and not _is_generic(given):
        return given
    seen = [_written(found) for found in ENHANCED.finditer(text[:_LONGEST])]
    seen = [one for one in seen if not one.startswith("2.")]
    specific = [one for one in seen if not _is_generic(one)]
    if given and not specific:
        return given
    return next(iter(specific or seen), given)


def reply_code(text: str) -> int:
    """Return the first SMTP reply code of a text that tells of a failure, or 0."""
    found = REPLY.search(text[:_LONGEST])
    return int(found[1]) if found else 0


def _status(text: str) -> str:
    found = ENHANCED.search(text)
    return _written(found) if found else ""


def _written(found: re.Match[str]) -> str:
    return f"{found[1]}.{int(found[2])}.{int(found[3])}"


def _is_generic(status: str) -> bool:
    return status[2:] in _GENERIC
