"""An entry of the calendar: what it is, and what can be told from it without asking the time."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from mailer.domain.calendar.offset import Offset
from mailer.domain.transitions import Transitions


class Kind(StrEnum):
    """The kind of an entry; never called an event."""

    MEETING = "meeting"
    OBSERVANCE = "observance"
    """A day that is marked, such as MSME Day; nobody convenes."""
    DEADLINE = "deadline"
    """Something must be done by then."""


class Status(StrEnum):
    """The status of an entry: whether it takes place."""

    TENTATIVE = "tentative"
    """Planned, and may still change; reminders go out and say so."""
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    """Does not take place. It stays in the calendar, so that readers' programs strike it out."""


class Action(StrEnum):
    """The actions that are possible on an entry."""

    CHANGE = "change"
    """Its time, place or text."""
    CONFIRM = "confirm"
    DOUBT = "make tentative"
    CANCEL = "cancel"


TRANSITIONS: Final = Transitions[Status, Action](
    "calendar entry",
    {
        (Status.TENTATIVE, Action.CHANGE): (Status.TENTATIVE, "moved while it is planned"),
        (Status.TENTATIVE, Action.CONFIRM): (Status.CONFIRMED, "it is settled"),
        (Status.TENTATIVE, Action.DOUBT): (Status.TENTATIVE, "said twice"),
        (Status.TENTATIVE, Action.CANCEL): (Status.CANCELLED, "given up while it was planned"),
        (Status.CONFIRMED, Action.CHANGE): (Status.CONFIRMED, "moved, or put right"),
        (Status.CONFIRMED, Action.CONFIRM): (Status.CONFIRMED, "said twice"),
        (Status.CONFIRMED, Action.DOUBT): (Status.TENTATIVE, "it is in question again"),
        (Status.CONFIRMED, Action.CANCEL): (Status.CANCELLED, "called off"),
        (Status.CANCELLED, Action.CONFIRM): (
            Status.CONFIRMED,
            "takes place after all (RFC 5546 section 3.2.5 allows a new request)",
        ),
        (Status.CANCELLED, Action.DOUBT): (Status.TENTATIVE, "may take place after all"),
        (Status.CANCELLED, Action.CANCEL): (Status.CANCELLED, "said twice, or with a new reason"),
    },
    remedies={
        (Status.CANCELLED, Action.CHANGE): ("Say first that it takes place after all."),
    },
)


DEFAULT_OFFSETS: Final[Mapping[Kind, tuple[Offset, ...]]] = {
    Kind.MEETING: (Offset(days=14), Offset(days=1), Offset(minutes=60)),
    Kind.OBSERVANCE: (Offset(days=7),),
    Kind.DEADLINE: (Offset(days=14), Offset(days=2)),
}
"""The offsets of the reminders where the entry does not say."""
MORNING: Final = time(8)
"""Reminders of entries that last all day are counted from this time: nobody reads at midnight."""


@dataclass(frozen=True, slots=True)
class Recurrence:
    """The repetition of an entry, in local time (RFC 5545 section 3.8.5)."""

    rules: tuple[str, ...] = ()
    """Values of RRULE; an UNTIL in UTC ends in Z."""
    added: tuple[datetime | date, ...] = ()
    """RDATE: further starts, of the same type as the entry's start."""
    left_out: tuple[datetime | date, ...] = ()
    """EXDATE: starts at which it does not take place."""
    overrides: tuple[Entry, ...] = ()
    """Occurrences that differ; each names by `occurrence` which one it stands for."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A calendar entry. Its times are local to its zone: a meeting at 14:00 stays at 14:00."""

    id: str
    kind: Kind
    start: datetime | date
    """Naive wall-clock time in `zone`, or a date for an entry that lasts all day."""
    zone: str
    """IANA time zone, such as `Europe/Zurich`."""
    title: Mapping[str, str]
    """By language."""
    end: datetime | date | None = None
    """As `start`; the last day, included, where that is a date."""
    place: Mapping[str, str] = field(default_factory=dict)
    city: Mapping[str, str] = field(default_factory=dict)
    """The city whose time it is, by language, if it is not the one that the zone is named after."""
    url: str = ""
    """A page about it."""
    topics: tuple[str, ...] = ()
    """Subscribers to any of these are concerned."""
    listed: bool = True
    """Whether the bulletin's side column shows it."""
    description: Mapping[str, str] = field(default_factory=dict)
    online: str = ""
    """The address at which one joins it online."""
    registration: Mapping[str, str] = field(default_factory=dict)
    """The address at which one registers, by language."""
    tags: tuple[str, ...] = ()
    """The tags of which a reader concerned must carry one; all readers if there are none."""
    rule: str = ""
    """The audience rule that must hold of a reader concerned; empty: there is none."""
    remind: tuple[Offset, ...] | None = None
    """The offsets of its reminders; None: as usual for its kind; empty: no reminders."""
    status: Status = Status.CONFIRMED
    sequence: int = 0
    """The number of changes so far (RFC 5545 section 3.8.7.4)."""
    invite: bool = False
    """Whether readers are invited and can answer, rather than told."""
    reason: Mapping[str, str] = field(default_factory=dict)
    """The reason for its cancellation, by language."""
    uid: str = ""
    """Its name in calendar files, everywhere and for ever; empty only before it is kept."""
    recurrence: Recurrence | None = None
    occurrence: datetime | date | None = None
    """For one occurrence of an entry that repeats: the start that the rule gives it."""
    created_at: datetime | None = None
    changed_at: datetime | None = None
    """The instant at which this sequence came about, UTC."""

    @property
    def all_day(self) -> bool:
        """Tell whether the entry has days but no times."""
        return not isinstance(self.start, datetime)

    @property
    def first_day(self) -> date:
        """The day it starts, in its own zone."""
        return self.start.date() if isinstance(self.start, datetime) else self.start

    @property
    def last_day(self) -> date:
        """The day it ends, in its own zone."""
        end = self.start if self.end is None else self.end
        return end.date() if isinstance(end, datetime) else end

    @property
    def offsets(self) -> tuple[Offset, ...]:
        """Return the offsets of its reminders, the longest before it first."""
        chosen = DEFAULT_OFFSETS[self.kind] if self.remind is None else self.remind
        return tuple(sorted(set(chosen), key=lambda one: one.length, reverse=True))

    @property
    def repeats(self) -> bool:
        """Tell whether it has several occurrences."""
        return self.recurrence is not None

    @property
    def number(self) -> int:
        """Return the number that tokens name it by, because they hold numbers only."""
        return zlib.crc32(self.uid.encode())

    @property
    def occurrence_key(self) -> str:
        """Name an occurrence among those of its entry: ISO 8601, local; empty if it is not one."""
        return "" if self.occurrence is None else self.occurrence.isoformat()

    def starts_at(self) -> datetime:
        """Return the instant it starts, in UTC; an all-day entry starts at its midnight."""
        return instant(self.start, self.zone)

    def ends_at(self) -> datetime:
        """Return the instant it ends, in UTC.

        An all-day entry ends when its last day does, and one without an end when it starts.
        """
        if self.all_day:
            return instant(self.last_day + timedelta(days=1), self.zone)
        return instant(self.start if self.end is None else self.end, self.zone)

    def is_over(self, on: date) -> bool:
        """Tell whether the entry's last day lies before that day, both in the entry's zone."""
        return self.last_day < on


def instant(local: datetime | date, zone: str) -> datetime:
    """Return the instant of a local time, in UTC; of a date, its midnight.

    A time that the clocks skip is read by the offset before the gap, so it shifts forward; one
    that they repeat is the first of the two (RFC 5545 section 3.3.5).
    """
    if not isinstance(local, datetime):
        local = datetime.combine(local, time())
    return local.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)


def due(entry: Entry, offset: Offset) -> datetime:
    """Return the instant at which a reminder of an entry goes out, in UTC.

    Of an entry that repeats, give one of its occurrences.
    """
    start = entry.start
    if not isinstance(start, datetime):
        start = datetime.combine(start, MORNING)
    local, passing = offset.before(start)
    return instant(local, entry.zone) - passing


ANY: Final = "*"
"""Stands for all languages among texts by language, where one serves all, such as a link."""


def language_for(texts: Mapping[str, str], language: str, order: Sequence[str] = ()) -> str:
    """Choose among texts by language: the reader's, its main language's, else the first in order.

    Args:
        texts: by language code, in lower case.
        language: the reader's.
        order: which languages stand in, the first before the others.

    Returns:
        The key of the text that the reader gets: any rather than none; empty if there is no text.
    """
    wanted = language.lower()
    for code in (wanted, wanted.partition("-")[0], ANY, *(code.lower() for code in order)):
        if texts.get(code):
            return code
    return next((code for code, text in texts.items() if text), "")


def in_language(texts: Mapping[str, str], language: str, order: Sequence[str] = ()) -> str:
    """Return the text that `language_for` chooses; empty if there is none."""
    return texts.get(language_for(texts, language, order), "")


def in_order(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Sort entries by the day they start, then by time; all-day entries lead their day."""
    return tuple(sorted(entries, key=lambda entry: (entry.starts_at(), entry.id)))


_BOOKKEEPING: Final = frozenset({"sequence", "created_at", "changed_at", "uid"})


def differences(before: Entry, after: Entry) -> tuple[str, ...]:
    """Name the fields in which two versions of an entry differ, in the order of the class."""
    names = (one.name for one in fields(Entry) if one.name not in _BOOKKEEPING)
    return tuple(name for name in names if getattr(before, name) != getattr(after, name))


def created(entry: Entry, now: datetime, domain: str) -> Entry:
    """Make a new entry ready to be kept: what it is known by, and since when.

    Args:
        entry: as it was written.
        now: the present.
        domain: what makes a name of ours unlike all others (RFC 7986 section 5.3).
    """
    uid = entry.uid or f"{entry.id}@{domain}"
    return replace(entry, uid=uid, created_at=entry.created_at or now, changed_at=now)


def as_override(occurrence: Entry) -> Entry:
    """Return an occurrence as its series keeps it: what both share is the series' own."""
    return replace(
        occurrence, recurrence=None, sequence=0, uid="", created_at=None, changed_at=None
    )


def revised(before: Entry, after: Entry, now: datetime) -> Entry:
    """Make the next version of an entry; the same one, if nothing differs.

    Whatever is raised in readers' programs goes by the sequence, so each version has its own,
    higher than any before, also higher than one that an imported file claims.

    Raises:
        StateError: it is cancelled, and is to be changed without being confirmed again.
    """
    after = replace(after, id=before.id, uid=before.uid)
    if not differences(before, after):
        return before
    TRANSITIONS.follow(before.status, action_of(before, after), before.id)
    sequence = max(before.sequence + 1, after.sequence)
    reason = after.reason if after.status is Status.CANCELLED else {}
    return replace(
        after,
        sequence=sequence,
        created_at=before.created_at,
        changed_at=now,
        reason=reason,
    )


def action_of(before: Entry, after: Entry) -> Action:
    """Tell what was done to an entry between two versions."""
    if before.status is after.status and before.status is not Status.CANCELLED:
        return Action.CHANGE
    if before.status is after.status and set(differences(before, after)) - {"reason"}:
        return Action.CHANGE
    return _ACTIONS[after.status]


_ACTIONS: Final = {
    Status.CONFIRMED: Action.CONFIRM,
    Status.TENTATIVE: Action.DOUBT,
    Status.CANCELLED: Action.CANCEL,
}
