"""A subscriber: what is known of one, the statuses, and one table of the ways between them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from mailer.domain.transitions import Transitions


class Status(StrEnum):
    """The status of a subscriber. Only an active one ever gets mail (law 4)."""

    PENDING = "pending"
    """Asked to subscribe; has not confirmed yet."""
    ACTIVE = "active"
    SUSPENDED = "suspended"
    """Mail came back: nothing is sent until its owner shows that the address works."""
    UNSUBSCRIBED = "unsubscribed"
    WITHDRAWN = "withdrawn"
    """The directory that brought the reader in does not hold them any more; it may again."""
    COMPLAINED = "complained"
    """Reported our mail as unwanted; the address is suppressed as well."""


class Action(StrEnum):
    """The actions that are possible on a subscriber."""

    REQUEST = "request"
    """A request to subscribe the address, perhaps by a stranger."""
    CONFIRM = "confirm"
    """The owner of the address agrees, by what only the owner can have got."""
    VOUCH = "vouch"
    """The secretariat adds the address, by import or by hand, and answers for the consent."""
    LEAVE = "leave"
    RETURN = "return"
    """A reader who left declares, by the link they left with, that it was a mistake."""
    REMOVE = "remove"
    """The secretariat takes the subscriber off the list."""
    WITHDRAW = "withdraw"
    """The directory that the list is kept in step with does not hold the reader any more."""
    REINSTATE = "reinstate"
    """The secretariat knows that the address works again, and lifts a suspension."""
    SUSPEND = "suspend"
    """The bounce policy has had enough."""
    COMPLAIN = "complain"


FIRST: Final[dict[Action, Status]] = {
    Action.REQUEST: Status.PENDING,
    Action.VOUCH: Status.ACTIVE,
    Action.REMOVE: Status.UNSUBSCRIBED,
    Action.SUSPEND: Status.SUSPENDED,
}
"""The first status of an address that is not known yet. The last two are of readers who left, or
whose mail came back, in the program that the list was moved in from."""

TRANSITIONS: Final = Transitions[Status, Action](
    "subscriber",
    {
        (Status.PENDING, Action.REQUEST): (Status.PENDING, "asked again before confirming"),
        (Status.PENDING, Action.CONFIRM): (Status.ACTIVE, "its owner agreed"),
        (Status.PENDING, Action.VOUCH): (Status.ACTIVE, "the secretariat has the consent"),
        (Status.PENDING, Action.LEAVE): (Status.UNSUBSCRIBED, "thought better of it"),
        (Status.PENDING, Action.REMOVE): (Status.UNSUBSCRIBED, "refused by the secretariat"),
        (Status.PENDING, Action.SUSPEND): (Status.SUSPENDED, "the confirmation came back"),
        (Status.PENDING, Action.COMPLAIN): (Status.COMPLAINED, "did not ask for the confirmation"),
        (Status.ACTIVE, Action.REQUEST): (Status.ACTIVE, "is subscribed already"),
        (Status.ACTIVE, Action.CONFIRM): (Status.ACTIVE, "confirmed twice"),
        (Status.ACTIVE, Action.VOUCH): (Status.ACTIVE, "was in an earlier file"),
        (Status.ACTIVE, Action.LEAVE): (Status.UNSUBSCRIBED, "left"),
        (Status.ACTIVE, Action.REMOVE): (Status.UNSUBSCRIBED, "removed by the secretariat"),
        (Status.ACTIVE, Action.SUSPEND): (Status.SUSPENDED, "mail came back"),
        (Status.ACTIVE, Action.COMPLAIN): (Status.COMPLAINED, "reported as unwanted"),
        (Status.PENDING, Action.WITHDRAW): (Status.PENDING, "asks by itself, whatever it is in"),
        (Status.ACTIVE, Action.WITHDRAW): (Status.WITHDRAWN, "is no longer in the directory"),
        (Status.SUSPENDED, Action.WITHDRAW): (Status.SUSPENDED, "gets nothing already"),
        (Status.UNSUBSCRIBED, Action.WITHDRAW): (Status.UNSUBSCRIBED, "gets nothing already"),
        (Status.COMPLAINED, Action.WITHDRAW): (Status.COMPLAINED, "gets nothing already"),
        (Status.WITHDRAWN, Action.WITHDRAW): (Status.WITHDRAWN, "gets nothing already"),
        (Status.WITHDRAWN, Action.VOUCH): (Status.ACTIVE, "never left, and is put back"),
        (Status.WITHDRAWN, Action.REQUEST): (Status.WITHDRAWN, "must confirm to come back"),
        (Status.WITHDRAWN, Action.CONFIRM): (Status.ACTIVE, "came back, and its owner agreed"),
        # From here on no directory brings it back: its owner has spoken (law 7).
        (Status.WITHDRAWN, Action.LEAVE): (Status.UNSUBSCRIBED, "left as well"),
        (Status.WITHDRAWN, Action.REMOVE): (Status.UNSUBSCRIBED, "removed by the secretariat"),
        (Status.WITHDRAWN, Action.SUSPEND): (Status.SUSPENDED, "a bounce came in late"),
        (Status.WITHDRAWN, Action.COMPLAIN): (Status.COMPLAINED, "reported earlier mail"),
        (Status.SUSPENDED, Action.REQUEST): (Status.SUSPENDED, "must confirm: does it work again?"),
        (Status.SUSPENDED, Action.CONFIRM): (Status.ACTIVE, "the address works again"),
        (Status.SUSPENDED, Action.LEAVE): (Status.UNSUBSCRIBED, "left"),
        (Status.SUSPENDED, Action.REMOVE): (Status.UNSUBSCRIBED, "removed by the secretariat"),
        (Status.SUSPENDED, Action.REINSTATE): (Status.ACTIVE, "the secretariat lifted it"),
        (Status.SUSPENDED, Action.SUSPEND): (Status.SUSPENDED, "further mail came back late"),
        (Status.SUSPENDED, Action.COMPLAIN): (Status.COMPLAINED, "reported earlier mail"),
        (Status.UNSUBSCRIBED, Action.RETURN): (Status.ACTIVE, "left by mistake, and came back"),
        (Status.ACTIVE, Action.RETURN): (Status.ACTIVE, "came back twice"),
        # Stays as it is until confirmed: as `pending`, the next import would bring it back (law 7).
        (Status.UNSUBSCRIBED, Action.REQUEST): (Status.UNSUBSCRIBED, "must confirm to come back"),
        (Status.UNSUBSCRIBED, Action.CONFIRM): (Status.ACTIVE, "came back, and its owner agreed"),
        (Status.UNSUBSCRIBED, Action.LEAVE): (Status.UNSUBSCRIBED, "left twice"),
        (Status.UNSUBSCRIBED, Action.REMOVE): (Status.UNSUBSCRIBED, "had left already"),
        (Status.UNSUBSCRIBED, Action.SUSPEND): (Status.UNSUBSCRIBED, "a bounce came in late"),
        (Status.UNSUBSCRIBED, Action.COMPLAIN): (Status.COMPLAINED, "reported earlier mail"),
        (Status.COMPLAINED, Action.REQUEST): (Status.COMPLAINED, "is suppressed: stays silent"),
        (Status.COMPLAINED, Action.LEAVE): (Status.COMPLAINED, "gets nothing already"),
        (Status.COMPLAINED, Action.REMOVE): (Status.COMPLAINED, "gets nothing already"),
        (Status.COMPLAINED, Action.SUSPEND): (Status.COMPLAINED, "a bounce came in late"),
        (Status.COMPLAINED, Action.COMPLAIN): (Status.COMPLAINED, "reported twice"),
    },
    remedies={
        (Status.WITHDRAWN, Action.RETURN): "Nobody left; the directory holds the reader no more.",
        (
            Status.WITHDRAWN,
            Action.REINSTATE,
        ): "The directory holds the reader no more; add the reader.",
        (Status.SUSPENDED, Action.VOUCH): "Its mail came back; the owner must subscribe again.",
        (Status.UNSUBSCRIBED, Action.VOUCH): "Only the owner of the address can come back (law 7).",
        (Status.COMPLAINED, Action.VOUCH): "The owner does not want our mail (law 7).",
        (Status.PENDING, Action.RETURN): "Nobody left; the request must be confirmed.",
        (Status.SUSPENDED, Action.RETURN): "Its mail came back; the owner must subscribe again.",
        (Status.COMPLAINED, Action.RETURN): "The address is suppressed since the complaint.",
        (Status.COMPLAINED, Action.CONFIRM): "The address is suppressed since the complaint.",
        (Status.PENDING, Action.REINSTATE): (
            "Its owner has not confirmed yet; nothing was suspended."
        ),
        (Status.ACTIVE, Action.REINSTATE): "It gets mail; there is nothing to lift.",
        (Status.UNSUBSCRIBED, Action.REINSTATE): (
            "Only the owner of the address can come back (law 7)."
        ),
        (Status.COMPLAINED, Action.REINSTATE): "The owner does not want our mail (law 7).",
    },
)


class Since(NamedTuple):
    """A topic that waits for the secretariat's yes, or was declined, and the instant since then."""

    topic: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Subscriber:
    """One subscriber, as stored."""

    number: int
    address: str
    """As given; see `mailer.domain.subscribers.address.Address`."""
    language: str
    status: Status
    added_at: datetime
    changed_at: datetime
    """The instant at which it got its status."""
    source: str
    """The way it came: `import`, `secretariat`, `move-in`, `sync`, `mail`, `web`. For all but the
    last two the secretariat answers for the consent."""
    topics: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    name: str = ""
    left_at: datetime | None = None
    """The instant at which its owner left, if the link they left with can still bring them back."""
    paused_until: datetime | None = None
    """Until then nothing is sent, at the owner's wish."""
    consent: str = ""
    """The owner's consent: to what, how and when, as JSON; empty where the secretariat vouched."""
    marks: str = ""
    """Bounces that count, see `mailer.domain.bounces.policy.read`."""
    bounced: str = ""
    """The last of them, as JSON; see `mailer.store.subscribers.bounces.detail`."""
    directory: str = ""
    """The name of the directory that brought the reader in, if one did."""
    directory_said: str = ""
    """What it said of the reader last; see `mailer.domain.directories.member`."""
    attributes: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Canonical values by name; see `mailer.domain.subscribers.attributes`."""
    waiting: tuple[Since, ...] = ()
    """Topics that it asked for, and that wait for the secretariat's yes."""
    declined: tuple[Since, ...] = ()
    """Topics that the secretariat said no to; see `mailer.domain.subscribers.moderation`."""

    @property
    def waits_for(self) -> tuple[str, ...]:
        """Ids of the topics that wait for the secretariat's yes."""
        return tuple(one.topic for one in self.waiting)

    @property
    def wanted(self) -> tuple[str, ...]:
        """Ids of the topics that it has, and of those that wait."""
        return (*self.topics, *self.waits_for)

    @property
    def is_by_own_wish(self) -> bool:
        """Tell whether the owner of the address agreed to get our mail here, by themselves."""
        return bool(self.consent) and not self.consent.startswith(MOVED_IN)


MOVED_IN: Final = '{"how": "move-in"'
"""What a consent begins with that was given to another program, and moved in with the list."""

MOST_TAGS: Final = 20
"""Tags that one subscriber may carry."""
LONGEST_NAME: Final = 200
_JOINERS: Final = {0x200C: None, 0x200D: None}
"""Unseen, but names in Persian and in Indic scripts are spelt with them."""
_TAG: Final = re.compile(r"[^\W_][\w.-]{0,39}")


def parse_tag(text: str) -> str:
    """Read a tag; capitals do not matter.

    Raises:
        ValueError: with what is wrong and the shape it should have.
    """
    tag = text.strip().lower()
    if not _TAG.fullmatch(tag):
        raise ValueError(
            f'"{text[:60]}" cannot be a tag; use up to 40 letters, digits, dots, - and _'
        )
    return tag


def parse_name(text: str) -> str:
    """Read a person's name, on one line with single spaces.

    Raises:
        ValueError: it is too long, or looks like a spreadsheet's formula.
    """
    if not text:
        return ""
    name = " ".join(text.split())
    if len(name) > LONGEST_NAME:
        raise ValueError(f"the name is over {LONGEST_NAME} characters; shorten it")
    if not name.translate(_JOINERS).isprintable():
        raise ValueError("the name holds characters that cannot be seen; type it anew")
    if name.startswith(("=", "+", "-", "@")):
        raise ValueError(f'the name begins with "{name[0]}" like a formula; correct it')
    return name
