"""Consequences of a mail that asks to subscribe, to confirm, to change or to leave.

`decide` is all there is to it: facts in, one decision out. It sends nothing and stores nothing; the
service carries it out, and its script looks once more at what may have changed meanwhile.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum, StrEnum
from typing import Final

from mailer.domain.subscribers.command import Verb
from mailer.domain.subscribers.subscriber import Status

VALID: Final = timedelta(days=7)
"""The time for which a request waits to be confirmed."""
KEPT: Final = timedelta(days=90)
"""The time for which it is known after that: a late confirmation is asked anew, not turned away."""
ONE_DAY: Final = timedelta(days=1)
"""An address gets each kind of service mail at most once in that time (law 6, case 8)."""
_DOTLESS: Final = frozenset({"gmail.com", "googlemail.com"})
"""Providers to whom dots before the @ mean nothing."""


class Mail(StrEnum):
    """The mails that the service writes by itself; their words stand in `service.toml`."""

    CONFIRM = "confirm"
    WELCOME = "welcome"
    GOODBYE = "goodbye"
    ALREADY = "already"
    LEAVE = "leave"
    """Asks whether the owner of the address wants to leave: nobody proved to be that."""
    NOT_MEMBER = "not-member"
    HELP = "help"
    OWN = "own"
    """Says that only one's own address can be subscribed or removed by mail (case 10)."""
    STATUS = "status"
    CHANGED = "changed"
    SUSPENDED = "suspended"
    """Tells a reader whose mail came back for a while how to get it again."""
    LETTER = "letter"
    """To the secretariat: what somebody wrote to people (case 20)."""
    CALENDAR = "calendar"
    """The year's dates, with a calendar file."""
    COUNTER = "counter"
    """To the secretariat: a reader who is invited proposes another time."""
    CLOSED = "closed"
    """To the secretariat: an automatic answer says that an address is not used any more."""
    ALERT = "alert"
    """To the secretariat: mail is refused for our own sake (case 59)."""
    FLOOD = "flood"
    """To the secretariat: somebody asks for many answers, and not all get one now."""
    FULL = "full"
    """To the secretariat: so much mail waits that more of it is turned away."""
    DIRECTORY = "directory"
    """To the secretariat: the list could not be kept in step with a directory."""
    APPROVED = "approved"
    """Tells a reader that the secretariat said yes to a topic."""
    DECLINED = "declined"
    WAITING = "waiting"
    """To the secretariat: readers wait for its yes."""
    REFUSED = "refused"
    """To the secretariat: our own relay refuses all mail, and a campaign waits for it."""
    WEBHOOK = "webhook"
    """To the secretariat: an endpoint of web hooks took nothing for days, and is sent no more."""
    SIGN_IN = "sign-in"
    """To a user: the link to sign in that they asked for."""
    INVITATION = "invitation"
    """To a user who was added: the way to the console."""
    WAYS = "ways"
    """To a user: a way in which they can sign in was added or removed."""
    APPROVAL = "approval"
    """To a user: a campaign was proposed that they may approve."""
    CONSENT = "consent"
    """To a user: their reply approved it."""
    NO_CONSENT = "no-consent"
    """To a user: their reply did not, and why."""
    FINISHED = "finished"
    """To a user: a campaign ended."""
    USER_ALERT = "user-alert"
    """To a user: something stands in the way of our mail, or waits for a person."""


class Act(StrEnum):
    """The act that follows."""

    NOTHING = "nothing"
    ANSWER = "answer"
    """A mail is sent and nothing changes."""
    ASK = "ask"
    """A request is written down, and the owner of the address is asked to confirm."""
    CONFIRM = "confirm"
    LEAVE = "leave"
    CHANGE = "change"
    """Language or topics."""
    CLOSE = "close"
    """A request is closed unconfirmed."""
    WAIT = "wait"
    """A person has to look at it."""


class Proof(StrEnum):
    """The proof of who wants it."""

    TOKEN = "token"  # noqa: S105 - a word, no secret
    """A secret that only the owner of the address can have got (case 45: whoever bears it)."""
    AUTHENTICATED = "authenticated"
    """Our own mail server found that the author's domain vouches for the mail."""
    NONE = "none"
    """By the From field, which anybody can write."""


class Request(StrEnum):
    """The state of a request."""

    OPEN = "open"
    USED = "used"
    CLOSED = "closed"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    """Ours by its token, and forgotten since."""


class Reply(StrEnum):
    """The meaning of a reply to a confirmation."""

    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"


class Choice(IntEnum):
    """The effect of a standing address for its bearer. Never changes: old mail carries it."""

    LANGUAGE = 1
    ADD = 2
    DROP = 3


ASKED: Final = 1
"""Third number of a token to leave that was sent with a question: its answer must be clear."""
STANDING: Final = 0
"""Stands in a token for a request where there is none: the address itself says what to do."""


def mark(choice: Choice, word: str) -> int:
    """Name in 16 bits what a standing address changes: a local part has room for no more."""
    return choice << 12 | zlib.crc32(word.encode()) & 0xFFF


def marked(number: int, choice: Choice, words: Iterable[str]) -> str:
    """Tell which of the words such a number names; another choice, or none any more: empty."""
    return next((word for word in words if mark(choice, word) == number), "")


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a decision depends on."""

    verb: Verb
    status: Status | None = None
    """The status of the token's owner, else of the author; none: not known to us."""
    suppressed: bool = False
    proof: Proof = Proof.NONE
    request: Request | None = None
    """The one that a confirmation is about."""
    reply: Reply = Reply.YES
    changes: bool = False
    """True if a language or topics were named that the list has."""
    topic: bool = False
    """True if one topic alone is to be left, and others stay."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The act that follows, and the reason."""

    act: Act
    code: str
    """A stable word for programs."""
    reason: str
    """For people."""
    mail: Mail | None = None


_SAME_FOR_ALL: Final = {
    Verb.HELP: Decision(Act.ANSWER, "help", "asked for help", Mail.HELP),
    Verb.REFUSED: Decision(
        Act.ANSWER,
        "somebody-else",
        "only one's own address can be subscribed or removed by mail",
        Mail.OWN,
    ),
    Verb.CALENDAR: Decision(Act.ANSWER, "calendar", "asked for the calendar", Mail.CALENDAR),
}


def decide(facts: Facts) -> Decision:
    """Decide what follows."""
    if facts.suppressed or facts.status is Status.COMPLAINED:  # case 12
        return Decision(Act.NOTHING, "suppressed", "the address is never mailed again")
    if facts.verb in _SAME_FOR_ALL:
        return _SAME_FOR_ALL[facts.verb]
    ways = {Verb.CONFIRM: _confirm, Verb.SUBSCRIBE: _subscribe, Verb.LEAVE: _leave}
    return ways.get(facts.verb, _preferences)(facts)


def _subscribe(facts: Facts) -> Decision:
    if facts.status is Status.ACTIVE:  # case 11: told to that address alone
        return Decision(Act.ANSWER, "already", "is subscribed already", Mail.ALREADY)
    return Decision(Act.ASK, "asked", "asked to subscribe; has to confirm", Mail.CONFIRM)


def _confirm(facts: Facts) -> Decision:
    if facts.request is Request.OPEN or facts.reply is Reply.UNCLEAR:
        return _answered(facts.reply)
    if facts.reply is Reply.NO:
        return _refused(facts.status)
    if facts.request is None:
        return Decision(Act.ANSWER, "no-token", "confirms, and does not say what", Mail.HELP)
    if facts.status is Status.ACTIVE:  # case 44
        return Decision(Act.ANSWER, "confirmed-before", "had confirmed already", Mail.ALREADY)
    if facts.request is Request.UNKNOWN:
        return Decision(Act.ANSWER, "forgotten", "the request is long over", Mail.HELP)
    reason = f"the request is {facts.request.value}: asked anew"
    return Decision(Act.ASK, "asked-anew", reason, Mail.CONFIRM)


def _refused(status: Status | None) -> Decision:
    """Decide about a refusal where no request is open: asking anew would be an insult."""
    if status is Status.ACTIVE:
        return Decision(Act.WAIT, "refused-late", "refuses what was confirmed before")
    return Decision(Act.NOTHING, "refused-before", "does not want it; there is no request")


def _answered(reply: Reply) -> Decision:
    if reply is Reply.YES:
        return Decision(Act.CONFIRM, "confirmed", "the owner of the address agreed", Mail.WELCOME)
    if reply is Reply.NO:
        return Decision(Act.CLOSE, "refused", "the owner of the address does not want it")
    reason = "answers a confirmation, but does not clearly agree"  # law 17, case 41
    return Decision(Act.WAIT, "unclear", reason)


_HOW_WE_KNOW: Final = {
    Proof.TOKEN: "by a link or an address that is the reader's own",
    Proof.AUTHENTICATED: "by a mail that the author's domain vouches for",
}


def _leave(facts: Facts) -> Decision:
    # Whom a directory withdrew may still say that no directory shall bring them back.
    withdrawn = facts.status is Status.WITHDRAWN and facts.proof is Proof.NONE
    if withdrawn or facts.status in {None, Status.UNSUBSCRIBED}:
        if facts.proof is Proof.TOKEN:  # twice, or late: nothing is left to be said
            return Decision(Act.NOTHING, "left-before", "had left already")
        return Decision(Act.ANSWER, "not-member", "is not subscribed", Mail.NOT_MEMBER)  # case 51
    if facts.proof is Proof.NONE:
        return _unproven(facts)
    if facts.reply is not Reply.YES:
        return _stays(facts.reply)
    if facts.topic:
        return Decision(Act.CHANGE, "changed", "left a topic", Mail.CHANGED)
    return Decision(Act.LEAVE, "left", f"left, {_HOW_WE_KNOW[facts.proof]}", Mail.GOODBYE)


def _stays(reply: Reply) -> Decision:
    if reply is Reply.NO:
        return Decision(Act.NOTHING, "stays", "was asked whether to leave, and stays")
    return Decision(Act.WAIT, "unclear", "answers a question, but not clearly")  # case 41


def _unproven(facts: Facts) -> Decision:
    """Decide about one who wants to leave, or is said to (case 50)."""
    if facts.status is Status.PENDING:  # who does nothing is not subscribed
        return Decision(Act.ANSWER, "not-member", "has not confirmed", Mail.NOT_MEMBER)
    reason = "nothing shows that the owner of the address wants it: asked"
    return Decision(Act.ANSWER, "asked-to-leave", reason, Mail.LEAVE)


def _preferences(facts: Facts) -> Decision:
    """Decide about language, topics and status, which only members have."""
    if facts.status is not Status.ACTIVE:
        return Decision(Act.ANSWER, "not-member", "is not subscribed", Mail.NOT_MEMBER)
    if facts.changes and facts.proof is not Proof.NONE:
        return Decision(Act.CHANGE, "changed", "changed language or topics", Mail.CHANGED)
    return Decision(Act.ANSWER, "status", "is told language, topics and ways", Mail.STATUS)


def abuse_key(key: str) -> str:
    """Return what stands for all spellings of one mailbox, for limits only (case 15).

    Args:
        key: the normalised address.
    """
    local, _, domain = key.rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _DOTLESS:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"
