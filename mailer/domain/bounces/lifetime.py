"""Judgement of a temporary refusal that lasted until the mail's time was over.

A server that greets strangers with "user unknown" and a code that begins with 4 takes the mail at a
later try; one that cannot look its users up finds them again. Neither says so for days. A report
says `failed` of such a code only when its system has given up, after days as a rule, and then the
words are believed, if nothing in them is for now. A relay's own reply is no report: it may be the
first one.
"""

from __future__ import annotations

import re
from typing import Final

from mailer.domain.bounces import sets
from mailer.domain.bounces.judge import Verdict, reason_of_text
from mailer.domain.inbound.kinds import Reason, Severity
from mailer.domain.text.plain import flowing

_LASTING: Final = frozenset(
    {
        Reason.USER_UNKNOWN,
        Reason.DOMAIN_UNKNOWN,
        Reason.MOVED,
        Reason.NO_MAIL_ACCEPTED,
        Reason.SUSPENDED,
    }
)
_NO_WAY: Final = frozenset({Reason.NETWORK, Reason.EXPIRED, Reason.UNDETERMINED})
_AGAIN: Final = re.compile(
    r"\btemporar|try (?:again|later)|\bfor now\b|lookup fail|(?:please|later) retry|retry later|"
    r"\bis (?:down|unavailable)|\bverif"
)
_NOT_FOUND: Final = re.compile(
    r"host (?:or domain name )?not found|name service error for name=\S+ type=\w+: host not found|"
    r"no address associated with (?:host)?name|name or service not known|nodename nor servname|"
    r"\bno (?:mx|mail exchanger)\b"
)
_NOT_THERE: Final = re.compile(
    r"\bdomain(?: name)? (?:<?[\w.-]{1,80}>? )?(?:is |was )?(?:not reachable|unreachable)"
)
_SERVER_FAILED: Final = re.compile(r"servfail|server failure|timed? ?out|refused|malformed")
_LONGEST: Final = 4000


def after_days(verdict: Verdict, text: str) -> Verdict:
    """Judge again what was refused for now, in a report that has given up.

    Args:
        verdict: as for a refusal that may be the first one.
        text: the words on which it was reached.
    """
    said = flowing(text[:_LONGEST])
    if verdict.severity is Severity.SOFT and verdict.reason in _LASTING:
        lasts = not (_AGAIN.search(said) or sets.FOR_NOW.search(said))
        # What a code alone stands for is no more than that.
        lasts = lasts and reason_of_text(text) is verdict.reason
        return Verdict(verdict.reason, Severity.HARD) if lasts else verdict
    if verdict.reason in _NO_WAY and _is_gone(said):
        return Verdict(Reason.DOMAIN_UNKNOWN, Severity.HARD)
    return verdict


def _is_gone(said: str) -> bool:
    """Tell whether no name server knew the domain all the time, or no way led there."""
    if _SERVER_FAILED.search(said):
        return False
    return bool(_NOT_FOUND.search(said) or _NOT_THERE.search(said))
