"""Words by which a report says that the address itself is the reason; see `bounce_rules`."""

from __future__ import annotations

from typing import Final, NamedTuple, Protocol

from mailer.domain.inbound.kinds import Reason
from mailer.domain.text.plain import PLAIN
from mailer.vocabulary.cues import cues


class Searched(Protocol):
    """A finder of words in a text: a list of them, or sets that stand near each other."""

    def search(self, text: str, /) -> object:
        """Return something true if they are there."""


class Rule(NamedTuple):
    """Words by which a reason is known."""

    name: str
    """The subject of the words, for the documentation."""
    reason: Reason
    pattern: Searched


def rule(name: str, reason: Reason, table: str = "refusals") -> Rule:
    """Make a rule of the phrases that stand under its name in a table of `mailer/vocabulary`."""
    return Rule(name, reason, cues(table, name, spelling=PLAIN))


ADDRESS_RULES: Final[tuple[Rule, ...]] = (
    rule("the mailbox is full", Reason.MAILBOX_FULL),
    rule("moved away", Reason.MOVED),
    rule("no mail is accepted there", Reason.NO_MAIL_ACCEPTED),
    rule("the mailbox is closed", Reason.SUSPENDED),
    rule("surely no such domain", Reason.DOMAIN_UNKNOWN),
    rule("no such user", Reason.USER_UNKNOWN),
    rule("no such domain", Reason.DOMAIN_UNKNOWN),
)
"""In the order in which they are tried."""
