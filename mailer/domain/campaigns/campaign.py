"""The states of a campaign, and one table of the transitions between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from mailer.domain.transitions import Transitions


class State(StrEnum):
    """The state of a campaign."""

    DRAFT = "draft"
    """Created; nothing frozen, nothing sent."""
    SCHEDULED = "scheduled"
    """Starts by itself at its instant."""
    HELD = "held"
    """Came due too late (law 12), or has nothing that may be sent; a person decides."""
    SENDING = "sending"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    """Stopped for good; what had not been sent is skipped, and counted."""
    SENT = "sent"
    """Every delivery has its outcome and the books balance."""


class Content(StrEnum):
    """The kind of content that a campaign sends."""

    EDITION = "edition"
    REMINDER = "reminder"
    """A reminder of a calendar entry, at one offset before it."""
    NOTICE = "notice"
    """A notice of what changed in a calendar entry, to those who had been told otherwise."""


class Action(StrEnum):
    """The actions that are possible on a campaign."""

    SEND = "send"
    SCHEDULE = "schedule"
    HOLD = "hold"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    CLOSE = "close"
    REOPEN = "retry"
    """Try deliveries again that ended otherwise than accepted."""


NOT_BEGUN: Final = frozenset({State.DRAFT, State.SCHEDULED, State.HELD})
"""States in which nothing is frozen for good, and nothing was sent."""
FINAL: Final = frozenset({State.SENT, State.CANCELLED})

TRANSITIONS: Final = Transitions[State, Action](
    "campaign",
    {
        (State.DRAFT, Action.SEND): (State.SENDING, "sent by hand"),
        (State.DRAFT, Action.SCHEDULE): (State.SCHEDULED, "to start by itself"),
        (State.DRAFT, Action.CANCEL): (State.CANCELLED, "given up before it began"),
        (State.SCHEDULED, Action.SEND): (State.SENDING, "its time came, or a person was faster"),
        (State.SCHEDULED, Action.SCHEDULE): (State.SCHEDULED, "moved to another time"),
        (State.SCHEDULED, Action.HOLD): (State.HELD, "came due past its lateness limit"),
        (State.SCHEDULED, Action.CANCEL): (State.CANCELLED, "given up before it began"),
        (State.HELD, Action.SEND): (State.SENDING, "a person decided that late is good enough"),
        (State.HELD, Action.SCHEDULE): (State.SCHEDULED, "a person gave it a new time"),
        (State.HELD, Action.HOLD): (State.HELD, "two schedulers saw the same lateness"),
        (State.HELD, Action.CANCEL): (State.CANCELLED, "a person decided that it is too late"),
        (State.SENDING, Action.PAUSE): (State.PAUSED, "stops at the next delivery's edge"),
        (State.SENDING, Action.CANCEL): (State.CANCELLED, "the rest is skipped"),
        (State.SENDING, Action.CLOSE): (State.SENT, "the last delivery has its outcome"),
        (State.PAUSED, Action.PAUSE): (State.PAUSED, "asked twice"),
        (State.PAUSED, Action.RESUME): (State.SENDING, "goes on where it stopped"),
        (State.PAUSED, Action.CANCEL): (State.CANCELLED, "the rest is skipped"),
        (State.PAUSED, Action.CLOSE): (State.SENT, "what was in flight was all that was left"),
        (State.CANCELLED, Action.CANCEL): (State.CANCELLED, "asked twice"),
        (State.CANCELLED, Action.CLOSE): (State.CANCELLED, "outcomes in flight came in late"),
        (State.SENT, Action.CLOSE): (State.SENT, "two workers finished the last chunks together"),
        (State.SENDING, Action.REOPEN): (State.SENDING, "some are tried again before it ends"),
        (State.PAUSED, Action.REOPEN): (State.PAUSED, "some are tried again when it goes on"),
        (State.SENT, Action.REOPEN): (State.SENDING, "a person lets some be tried again"),
    },
    remedies={
        (State.SENT, Action.SEND): "A campaign is sent once; create another one to send again.",
        (State.CANCELLED, Action.SEND): "Create another campaign to send after all.",
        (State.SENDING, Action.SEND): "It was started already.",
        (State.PAUSED, Action.SEND): "Resume it to go on where it stopped.",
        (State.DRAFT, Action.PAUSE): "It has not been started.",
        (State.SCHEDULED, Action.PAUSE): "It has not been started; give it another time.",
        (State.HELD, Action.PAUSE): "It has not been started, and does not start by itself.",
        (
            State.SENDING,
            Action.SCHEDULE,
        ): "It was started already; pause it to stop it for a while.",
        (State.PAUSED, Action.SCHEDULE): "It was started already; resume it to let it go on.",
        (State.SENT, Action.SCHEDULE): "A campaign is sent once; create another one to send again.",
        (State.CANCELLED, Action.SCHEDULE): "Create another campaign to send after all.",
        (State.DRAFT, Action.RESUME): "It has not been started; send it.",
        (State.SENDING, Action.RESUME): "It is not paused.",
        (State.CANCELLED, Action.RESUME): "Create another campaign to send after all.",
        (State.DRAFT, Action.REOPEN): "It has not been started; send it.",
        (State.SCHEDULED, Action.REOPEN): "It has not been started.",
        (State.HELD, Action.REOPEN): "It has not been started.",
        (State.CANCELLED, Action.REOPEN): "Create another campaign to send after all.",
        (State.SENT, Action.CANCEL): "Every delivery has its outcome already.",
    },
    said={State.DRAFT: "a draft"},
)


def is_repeat(state: State, action: Action) -> bool:
    """Tell whether an action asks for what is so already: nothing changes, and no event tells it.

    Another time for a scheduled campaign is a change, though its state stays.
    """
    return (
        TRANSITIONS.follow(state, action, "the campaign").to is state
        and action is not Action.SCHEDULE
    )


@dataclass(frozen=True, slots=True)
class About:
    """The calendar entry that a reminder or a notice is about."""

    entry: str
    """Its id."""
    due: datetime
    """The instant at which it was to go out: words such as “tomorrow” count from there."""
    occurrence: str = ""
    """The key of its occurrence; empty for an entry that does not repeat."""
    offset: str = ""
    """For a reminder: the time before the start, in ISO 8601."""
    known: str = ""
    """For a notice: the sequence of the version that the readers were told."""
    told: tuple[int, ...] = ()
    """For a notice: the campaigns that told them."""
    until: datetime | None = None
    """Of a reminder: when what it is about is over; whom it has not reached by then it never does.
    """


@dataclass(frozen=True, slots=True)
class Campaign:
    """One send of something to an audience, as the store keeps it."""

    number: int
    state: State
    edition: str
    """Slug of the edition that is sent; empty if it is none."""
    topic: str
    created_at: datetime
    digest: str = ""
    """The version that is sent, set at the start, so that a later one changes nothing in it: the
    digest of an edition, the sequence of a calendar entry."""
    also: tuple[str, ...] = ()
    """Further topics whose subscribers are concerned."""
    about: About | None = None
    """The calendar entry, if it is about one."""
    tags: tuple[str, ...] = ()
    """Only subscribers who carry one of these; all if there are none."""
    not_yet: bool = False
    """Only those who have not had the edition by another campaign, and do not get it by one that is
    under way."""
    among: int = 0
    """Only those who stood in the audience of that campaign; 0: also others."""
    wanted_at: datetime | None = None
    """Of a draft: when it is to go out, for those who look at it; nothing starts by it."""
    wanted_zone: str = ""
    """IANA name of the zone in which that was given."""
    tested: str = ""
    """When it was last tested, and of which version all languages were accepted; JSON, or empty."""
    speed: str = ""
    """The most that may leave in a time, in words, such as `600 a minute`; empty: no limit of its
    own."""
    rule: str = ""
    """Only those of whom this audience rule holds, as it was given; empty: it has none."""
    resolved: str = ""
    """The same as it was at the start, without names of segments."""
    scheduled_at: datetime | None = None
    zone: str = ""
    """IANA name of the zone in which the time was given, for showing it."""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    planned: int = 0
    languages: tuple[str, ...] = ()
    """Languages of the deliveries, set at the start."""
    unknown_policy: str = "resend"
    identity: int = 0
    """Drawn when it starts, at random, and never given to another: what its deliveries are known by
    outside. Its number may have been that of another campaign, which the store has lost. 0: not
    started, or started before there were identities."""
    look: int = 0
    """Revision of the look with which it started: a later one changes nothing in it."""
    reason: str = ""
    """The reason why it is paused or held, where there is something to say."""
    starter: str = ""
    """The person who started or scheduled it, see `domain.access.actor.Actor.person`; empty: the
    service itself, or nobody yet."""

    @property
    def name(self) -> str:
        """Name it in messages."""
        return f"campaign {self.number}"

    @property
    def mailing(self) -> int:
        """Return what its messages are known by: its identity, or its number if it has none."""
        return self.identity or self.number

    @property
    def pauses_itself(self) -> bool:
        """Tell whether nothing can be sent for now; it goes on by itself when that is over."""
        return self.state is State.SENDING and bool(self.reason)

    @property
    def standing(self) -> str:
        """Return its state in words."""
        return "paused by itself" if self.pauses_itself else self.state.value

    @property
    def content(self) -> Content:
        """Tell what kind of thing it sends."""
        if self.about is None:
            return Content.EDITION
        return Content.REMINDER if self.about.offset else Content.NOTICE

    @property
    def what(self) -> str:
        """Name in English what it sends."""
        if self.about is None:
            return self.edition
        if self.about.offset:
            return f"reminder of {self.about.entry} ({self.about.offset})"
        return f"change of {self.about.entry}"

    def is_due(self, now: datetime) -> bool:
        """Tell whether the instant for which it was scheduled has come."""
        return self.scheduled_at is not None and self.scheduled_at <= now

    def is_over(self, now: datetime) -> bool:
        """Tell whether it speaks of what has ended, so that nothing of it may leave any more."""
        until = self.about.until if self.about else None
        return until is not None and until <= now

    @property
    def topics(self) -> tuple[str, ...]:
        """All topics whose subscribers are concerned."""
        return (self.topic, *self.also)

    @property
    def readers(self) -> str:
        """Name in English whom it is for."""
        return " or ".join(self.topics)


@dataclass(frozen=True, slots=True)
class Counts:
    """A campaign's books at one instant (law 2)."""

    planned: int
    accepted: int
    rejected: int
    skipped: int
    unknown: int
    outstanding: int
    """Counted from the audience, not derived from the others, so that a mistake shows."""
    deferred: int = 0
    """The number of outstanding ones that wait for another try."""
    in_flight: int = 0
    """The number of outstanding ones that are claimed by a worker."""
    resend: int = 0
    """The number of unknown ones that are to be sent again."""
    resent: int = 0
    """The number that were sent again at least once after an unknown outcome."""
    bounced: int = 0
    """The number of accepted ones that came back later."""
    complained: int = 0
    """The number of accepted ones that readers reported as unwanted."""
    planned_at_start: int = 0
    by_language: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    by_skip_reason: Mapping[str, int] = field(default_factory=dict)

    @property
    def settled(self) -> int:
        """Return the number of deliveries that have an outcome."""
        return self.accepted + self.rejected + self.skipped + self.unknown

    @property
    def balanced(self) -> bool:
        """Tell whether planned = accepted + rejected + skipped + unknown + outstanding."""
        return self.planned == self.planned_at_start == self.settled + self.outstanding

    @property
    def complete(self) -> bool:
        """Tell whether nothing is left to do."""
        return self.balanced and self.outstanding == 0 and self.resend == 0


def is_too_late(due: datetime, now: datetime, limit: timedelta) -> bool:
    """Tell whether something that came due then may no longer start by itself (law 12)."""
    return now - due > limit
