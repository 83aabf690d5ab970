"""What follows from a directory: whom it adds, changes and takes off, and who stays as they are.

Pure: rows and subscribers in, one plan out. A directory takes off only readers whom it brought in
and who did not subscribe by themselves; and brings back only those that it took off (law 7).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from mailer.domain.directories.member import Member, filled, from_json, merged
from mailer.domain.subscribers.subscriber import Status, Subscriber


class Act(StrEnum):
    """What is done about one address."""

    ADD = "add"
    RETURN = "return"
    """The directory held them no more for a while, and holds them again."""
    CHANGE = "change"
    REMOVE = "remove"


class Kept(StrEnum):
    """Why somebody in the directory is not on the list, or is left as they are."""

    OWN = "are subscribed by their own wish, or by the secretariat: left as they are"
    ASKED = "have asked for our mail, and are yet to confirm"
    LEFT = "left, or were removed by the secretariat"
    BOUNCED = "get no mail, for it came back"
    COMPLAINED = "complained, or are suppressed"
    OTHER = "were brought in by another directory: left to it"
    STAYS = "are no longer in the directory, but subscribed by their own wish"


class Refusal(StrEnum):
    """Why nothing of a plan is done."""

    EMPTY = "empty"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One person in the directory, with a mail address."""

    key: str
    """The normalised address."""
    address: str
    member: Member = field(default_factory=Member)


@dataclass(frozen=True, slots=True)
class Known:
    """One address as it is known here."""

    key: str
    subscriber: Subscriber | None = None
    suppressed: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What is done about one address."""

    act: Act
    key: str
    address: str
    says: Member = field(default_factory=Member)
    """What the directory says now, to be remembered; where it says nothing, what it said before."""
    has: Member = field(default_factory=Member)
    """What the reader has afterwards."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What follows from a directory."""

    steps: tuple[Step, ...] = ()
    kept: Mapping[Kept, int] = field(default_factory=dict)
    unchanged: int = 0
    owned: int = 0
    """Readers who get mail because of the directory, before anything is done."""
    refusal: Refusal | None = None

    def of(self, *acts: Act) -> list[Step]:
        """Return the steps of some kinds."""
        return [one for one in self.steps if one.act in acts]


_OUT: Final = {
    Status.PENDING: Kept.ASKED,
    Status.UNSUBSCRIBED: Kept.LEFT,
    Status.SUSPENDED: Kept.BOUNCED,
    Status.COMPLAINED: Kept.COMPLAINED,
}


def plan(
    name: str,
    wanted: Iterable[Wanted],
    known: Mapping[str, Known],
    owned: Iterable[Known],
    *,
    most_removals: float,
    defaults: Member,
) -> Plan:
    """Work out what follows from a directory.

    Args:
        name: the directory's.
        wanted: whom it holds; each address once.
        known: those of them that are known here, by normalised address.
        owned: everybody here whom it brought in, whatever has become of them.
        most_removals: how many of a hundred of its readers may go at once; a single one always may.
        defaults: what somebody new has of whom it does not say it.
    """
    steps: list[Step] = []
    kept: Counter[Kept] = Counter()
    unchanged = 0
    there: set[str] = set()
    for one in wanted:
        there.add(one.key)
        found = _about(name, one, known.get(one.key, Known(one.key)), defaults)
        if isinstance(found, Kept):
            kept[found] += 1
        elif found is None:
            unchanged += 1
        else:
            steps.append(found)
    mailed = 0
    removals: list[Step] = []
    for one_owned in owned:
        subscriber = one_owned.subscriber
        if subscriber is None or subscriber.status is not Status.ACTIVE:
            continue
        if subscriber.is_by_own_wish:
            kept[Kept.STAYS] += one_owned.key not in there
            continue
        mailed += 1
        if one_owned.key not in there:
            removals.append(Step(Act.REMOVE, one_owned.key, subscriber.address))
    return Plan(
        (*steps, *removals),
        {reason: count for reason, count in kept.items() if count},
        unchanged,
        mailed,
        _refusal(len(there), len(removals), mailed, most_removals),
    )


def allowed(owned: int, most_removals: float) -> int:
    """Tell how many readers may be taken off at once."""
    return max(1, int(owned * most_removals / 100))


def _refusal(there: int, removals: int, owned: int, most_removals: float) -> Refusal | None:
    """Refuse what looks like an accident: a broken filter, a server that answers half."""
    if not there:
        return Refusal.EMPTY
    return Refusal.LIMIT if removals > allowed(owned, most_removals) else None


def _about(name: str, one: Wanted, known: Known, defaults: Member) -> Step | Kept | None:
    """Decide about somebody whom the directory holds; None: all is as it should be."""
    subscriber = known.subscriber
    if subscriber is None and not known.suppressed:
        # Remembered with the defaults, so that what the directory says one day takes their place.
        begins = filled(one.member, defaults)
        return Step(Act.ADD, one.key, one.address, begins, begins)
    if known.suppressed or subscriber is None:
        return Kept.COMPLAINED
    if subscriber.status in _OUT:
        return _OUT[subscriber.status]
    if subscriber.directory != name or subscriber.is_by_own_wish:
        other = bool(subscriber.directory) and not subscriber.is_by_own_wish
        return Kept.OTHER if other else Kept.OWN
    return _changed(one, subscriber)


def _changed(one: Wanted, subscriber: Subscriber) -> Step | None:
    """Tell what changes for a reader whom the directory brought in; None: nothing does."""
    said, now = from_json(subscriber.directory_said), _now(subscriber)
    has, says = merged(said, one.member, now), filled(one.member, said)
    if subscriber.status is Status.WITHDRAWN:
        return Step(Act.RETURN, one.key, one.address, says, has)
    if says == said and has == now:
        return None
    return Step(Act.CHANGE, one.key, one.address, says, has)


def _now(subscriber: Subscriber) -> Member:
    return Member(
        subscriber.language,
        " ".join(subscriber.topics),
        " ".join(subscriber.tags),
        subscriber.name,
    )
