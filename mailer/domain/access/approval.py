"""Approval: whether a campaign needs a second person's consent, and whether it has it.

A consent binds to exactly what was proposed: the content, who gets it, and when. Whatever of that
changes afterwards makes it void, whoever changes it and however.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from mailer.domain.access.actor import is_operator

GOOD_FOR: Final = timedelta(days=3)
"""How long the consent to send at once is good, and that to a time after it."""


class Kind(StrEnum):
    """Kinds of campaigns, as the setting `approval_for` names them."""

    BULLETIN = "bulletin"
    NOTICE = "notice"
    REMINDER = "reminder"


class Lack(StrEnum):
    """Reasons why a campaign has no consent; stable, for programs."""

    NOT_PROPOSED = "not_proposed"
    NOT_APPROVED = "not_approved"
    OTHER_CONTENT = "other_content"
    OTHER_AUDIENCE = "other_audience"
    OTHER_TIME = "other_time"
    TOO_OLD = "too_old"
    APPROVER_GONE = "approver_gone"


WORDS: Final = {
    Lack.NOT_PROPOSED: "not proposed yet to a second person, who must approve it",
    Lack.NOT_APPROVED: "proposed, and not approved by a second person yet",
    Lack.OTHER_CONTENT: "not what a second person approved, for its content has changed since",
    Lack.OTHER_AUDIENCE: "not what a second person approved, for its readers are others",
    Lack.OTHER_TIME: "approved for another time",
    Lack.TOO_OLD: "approved over three days ago, which is too long",
    Lack.APPROVER_GONE: "approved by somebody who may not approve any more",
}
"""In English, after "it is"."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The campaigns that need a second person, by the settings."""

    kinds: Collection[Kind] = ()
    over: int = 0
    """Also those of any kind to more readers than this; 0: however many."""

    def asks_for(self, kind: Kind, planned: int) -> bool:
        """Tell whether a campaign of a kind to so many readers needs it."""
        return kind in self.kinds or bool(self.over and planned > self.over)


@dataclass(frozen=True, slots=True)
class Terms:
    """The exact thing that is consented to."""

    content: str
    """Version of the content: the digest of an edition's files, the sequence of an entry."""
    audience: str
    """The rule of who gets it, in a form that changes whenever the rule does."""
    at: str
    """The instant in UTC (ISO 8601); empty: at once."""

    @property
    def digest(self) -> str:
        """Return what tells these terms from any others; 64 hexadecimal digits."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Said:
    """One person's word."""

    person: str
    """See `mailer.domain.access.actor.Actor.person`; empty: the service itself."""
    name: str
    at: datetime
    makers: frozenset[str] = frozenset()
    """See `Actor.makers`."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody proposed, and who consented."""

    terms: Terms
    proposed: Said
    planned: int
    """Readers who would have got it then."""
    approved: Said | None = None


def is_second(proposal: Proposal, said: Said) -> bool:
    """Tell whether a person may consent: whoever proposed may not, by whatever way they come.

    Whoever makes a token has its text and can use it, whichever user it acts for: they are behind
    what it says, too. Only that the operator made the tokens of both does not make them one, as
    all first tokens are made so.
    """
    first = proposal.proposed
    shared = {said.person, *said.makers} & {first.person, *first.makers}
    of_both = {one for one in said.makers & first.makers if is_operator(one)}
    return bool(said.person) and not shared - of_both


def lack_of(proposal: Proposal | None, terms: Terms, now: datetime) -> Lack | None:
    """Tell why a campaign has no consent to go out on these terms; None: it has."""
    if proposal is None:
        return Lack.NOT_PROPOSED
    if proposal.approved is None:
        return Lack.NOT_APPROVED
    agreed = proposal.terms
    changed = {
        Lack.OTHER_CONTENT: agreed.content != terms.content,
        Lack.OTHER_AUDIENCE: agreed.audience != terms.audience,
        Lack.OTHER_TIME: agreed.at != terms.at or _is_past(terms.at, now),
        Lack.TOO_OLD: not terms.at and now - proposal.approved.at > GOOD_FOR,
    }
    return next((lack for lack, so in changed.items() if so), None)


def _is_past(at: str, now: datetime) -> bool:
    """Tell whether a time is so long ago that the consent was to something else."""
    return bool(at) and now - datetime.fromisoformat(at) > GOOD_FOR
