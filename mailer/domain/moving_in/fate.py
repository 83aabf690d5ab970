"""What becomes here of a reader who moves in: by where they stood there, and where they stand here.

One table. It never puts anybody on the list who left, bounced or complained here (law 7), and never
overrides what somebody agreed to here by themselves.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import product
from typing import Final, NamedTuple

from mailer.domain.moving_in.mover import Theirs
from mailer.domain.subscribers.subscriber import Action, Status, Subscriber


class Here(StrEnum):
    """Where an address stands here."""

    UNKNOWN = "unknown"
    PENDING = "pending"
    OWN = "own"
    """Active, by a wish of its owner that was said here."""
    VOUCHED = "vouched"
    """Active, and the secretariat answers for the consent."""
    SUSPENDED = "suspended"
    UNSUBSCRIBED = "unsubscribed"
    WITHDRAWN = "withdrawn"
    COMPLAINED = "complained"
    SUPPRESSED = "suppressed"


class Act(StrEnum):
    """What is done."""

    ADD = "add"
    JOIN = "join"
    """Is on the list already, and gets the topics that no file gave before."""
    RECORD = "record"
    """Is kept as one who is not mailed."""
    SUPPRESS = "suppress"
    NOTHING = "nothing"
    """Stands here already as the export says, or gets no mail anyway."""
    SKIP = "skip"


class Fate(NamedTuple):
    """What becomes of one, and why."""

    act: Act
    reason: str
    """In words, for the report."""
    action: Action | None = None
    """What happens to the subscriber, by the table of statuses."""


def here_of(subscriber: Subscriber | None, *, suppressed: bool) -> Here:
    """Tell where an address stands here."""
    if suppressed:
        return Here.SUPPRESSED
    if subscriber is None:
        return Here.UNKNOWN
    if subscriber.status is Status.ACTIVE:
        return Here.OWN if subscriber.is_by_own_wish else Here.VOUCHED
    return Here(subscriber.status.value)


_ADD: Final = Fate(Act.ADD, "was on the list there", Action.VOUCH)
_OWN: Final = Fate(Act.SKIP, "is subscribed here by their own wish, which counts")
_ASKED: Final = Fate(Act.SKIP, "has asked for our mail here, and is yet to confirm")
_ALREADY: Final = Fate(Act.NOTHING, "gets no mail here already")
_LEFT: Final = Fate(Act.RECORD, "left there", Action.REMOVE)
_BOUNCED: Final = Fate(Act.RECORD, "mail to them came back there", Action.SUSPEND)
_COMPLAINED: Final = Fate(Act.SUPPRESS, "complained there", Action.COMPLAIN)
_BLOCKED: Final = Fate(Act.SUPPRESS, "was blocked there", Action.REMOVE)
_UNCONFIRMED: Final = Fate(Act.SKIP, "had not confirmed there: there is no consent to move in")
_NOMAIL: Final = Fate(Act.SKIP, "wanted no mail there")

_OF_ACTIVE: Final[dict[Here, Fate]] = {
    Here.UNKNOWN: _ADD,
    Here.PENDING: _ADD,
    Here.WITHDRAWN: _ADD,
    Here.VOUCHED: Fate(Act.JOIN, "is on the list here already"),
    Here.OWN: _OWN,
    Here.SUSPENDED: Fate(Act.SKIP, "mail to them came back here; they must subscribe again"),
    Here.UNSUBSCRIBED: Fate(Act.SKIP, "left here; only they can come back"),
    Here.COMPLAINED: Fate(Act.SKIP, "complained here; must not be mailed again"),
    Here.SUPPRESSED: Fate(Act.SKIP, "is suppressed here; must not be mailed again"),
}


def _against(fate: Fate, already: frozenset[Here], *, asked: Fate) -> dict[Here, Fate]:
    others = {Here.OWN: _OWN, Here.PENDING: asked}
    return {here: others.get(here, _ALREADY if here in already else fate) for here in Here}


_NEVER: Final = frozenset({Here.UNSUBSCRIBED, Here.COMPLAINED, Here.SUPPRESSED})
_TABLES: Final[dict[Theirs, dict[Here, Fate]]] = {
    Theirs.ACTIVE: _OF_ACTIVE,
    Theirs.LEFT: _against(_LEFT, _NEVER, asked=_ASKED),
    Theirs.BOUNCED: _against(_BOUNCED, _NEVER | {Here.SUSPENDED}, asked=_ASKED),
    Theirs.COMPLAINED: _against(_COMPLAINED, frozenset({Here.SUPPRESSED}), asked=_COMPLAINED),
    Theirs.BLOCKED: _against(_BLOCKED, frozenset({Here.SUPPRESSED}), asked=_BLOCKED),
    Theirs.NOMAIL: dict.fromkeys(Here, _NOMAIL),
    Theirs.PENDING: dict.fromkeys(Here, _UNCONFIRMED),
}
FATES: Final[dict[tuple[Theirs, Here], Fate]] = {
    (theirs, here): _TABLES[theirs][here] for theirs, here in product(Theirs, Here)
}
