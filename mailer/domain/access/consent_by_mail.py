"""Approval by a reply: what a mail to an approver's address must show before it counts.

    the request, mailed to one approver -> their reply to its address -> `judge`

The address is one that we signed, for one approver and one proposal; the code stands in the mail's
text alone. A reply counts if both come back from the approver's own address, vouched for by its
domain, with the code where only somebody who writes puts it: in a line of assent of its own. What
was quoted never has such a line, for our mail shows the code and the word apart.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from mailer.domain.access.token import MAILING, Purpose, Signer
from mailer.domain.text.wording import normalised

VALID: Final = timedelta(days=7)
"""The time for which a reply to a request counts."""
MOST_WRONG: Final = 5
"""Wrong codes, after which no reply to that request counts any more."""
CODE_LENGTH: Final = 10
"""Letters of a code, of 5 bits: 50 bits, against five tries."""

_CODE: Final = re.compile(r"[0-9a-z]{5}[\s-]?[0-9a-z]{5}")
_MISREAD: Final = str.maketrans("oil", "011")


class Why(StrEnum):
    """Reasons why a reply does not approve; stable, for programs and for the words of answers."""

    MACHINE = "machine"
    """A machine or a list sent it."""
    NOT_LISTED = "not-listed"
    """Its author is no user who can sign in, or it has several."""
    OFF = "off"
    """The settings do not allow it."""
    UNVOUCHED = "unvouched"
    """Our own mail server did not find that the author's domain vouches for the author."""
    OTHER_PERSON = "other-person"
    """Somebody else was asked."""
    FORGOTTEN = "forgotten"
    """Nobody remembers what was asked: it is weeks ago, or a copy was brought back."""
    EXPIRED = "expired"
    USED = "used"
    """A reply to that request was taken before."""
    LOCKED = "locked"
    """Too many wrong codes came."""
    FORWARDED = "forwarded"
    """It passes on what somebody else wrote."""
    UNCLEAR = "unclear"
    """Its first line is not the word and the code alone."""
    WRONG_CODE = "wrong-code"
    # What follows is found out by the use case, once the reply itself counts.
    CHANGED = "changed"
    """The campaign is not any more as it was proposed, or other terms were proposed since."""
    WITHDRAWN = "withdrawn"
    OWN = "own"
    """The approver proposed it."""
    STARTED = "started"
    """It was started, or ended, before."""
    NO_RIGHT = "no-right"
    """The approver may not approve any more."""


ANSWERED: Final = frozenset(Why) - {Why.MACHINE, Why.NOT_LISTED, Why.FORGOTTEN}
"""What the author is told; the others are for a person to see."""


@dataclass(frozen=True, slots=True)
class ApprovalRequest:
    """One approver who was asked about one proposal, as stored."""

    number: int
    """Random: the address names it."""
    user: int
    campaign: int
    terms: str
    """Digest of the terms that they were asked about."""
    at: datetime
    wrong: int = 0
    """Wrong codes that came."""
    used: int = 0
    """Number of the mail that approved; 0: none did."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The facts about a mail to an approver's address."""

    mail: int
    machine: bool
    """Whether a machine or a list shows in it."""
    author: int
    """Number of the active user whose address is its only author; 0: none."""
    allowed: bool
    """Whether the settings allow it."""
    vouched: bool
    """Whether the author's domain vouches for it, aligned as DMARC asks."""
    passes_on: bool
    lines: Sequence[str]
    """What the author wrote, without quotation; see `message.incoming.written`."""
    now: datetime


def code_of(signer: Signer, request: int) -> str:
    """Return the code of a request, as its mail shows it: two groups of five letters and digits.

    Nothing of it is stored, and the address does not tell it.
    """
    code = signer.pack(Purpose.APPROVE_CODE, request)[MAILING : MAILING + CODE_LENGTH].upper()
    return f"{code[:5]}-{code[5:]}"


def code_in(line: str, words: Collection[str]) -> str:
    """Read a line of assent: a word that approves, then a code, and nothing else.

    Args:
        line: as it was written.
        words: those that approve, in any language.

    Returns:
        The code as it is compared; empty: the line is none.
    """
    text = " ".join(normalised(line).split()).strip(" .!,;:\"'“”«»*")
    for word in sorted(map(normalised, words), key=len, reverse=True):
        rest = text.removeprefix(word)
        if rest != text and rest[:1] in {" ", ":", ","}:
            found = _CODE.fullmatch(rest.strip(" :,"))
            if found:
                return re.sub(r"[\s-]", "", found[0]).translate(_MISREAD)
    return ""


def judge(
    reply: Reply, request: ApprovalRequest | None, code: str, words: Collection[str]
) -> Why | None:
    """Tell why a reply does not approve; None: the reply itself is good.

    Args:
        reply: what came.
        request: the one that its address names; None: it is forgotten.
        code: of that request, as `code_of` writes it.
        words: those that approve.
    """
    own = request is not None and request.user == reply.author
    checks = {
        Why.MACHINE: reply.machine,
        # Whoever is named without having been asked must be known to have written: they get mail.
        Why.NOT_LISTED: not reply.author or not (own or reply.vouched),
        Why.OFF: not reply.allowed,
        Why.UNVOUCHED: not reply.vouched,
        Why.FORGOTTEN: request is None,
        Why.OTHER_PERSON: not own,
    }
    wrong = next((why for why, so in checks.items() if so), None)
    if wrong or request is None:
        return wrong
    return _spent(reply, request) or _unsaid(reply, code, words)


def _spent(reply: Reply, request: ApprovalRequest) -> Why | None:
    """Tell why no reply to a request counts any more; the one that was taken may be read again."""
    if request.used:
        return None if request.used == reply.mail else Why.USED
    if reply.now - request.at >= VALID:
        return Why.EXPIRED
    return Why.LOCKED if request.wrong >= MOST_WRONG else None


def _unsaid(reply: Reply, code: str, words: Collection[str]) -> Why | None:
    """Tell why the words do not approve."""
    if reply.passes_on:
        return Why.FORWARDED
    given = code_in(reply.lines[0], words) if reply.lines else ""
    if not given:
        return Why.UNCLEAR
    right = code.lower().replace("-", "").translate(_MISREAD)
    return None if hmac.compare_digest(given, right) else Why.WRONG_CODE
