"""A reader as another program's export tells of one, in our own words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


class Theirs(StrEnum):
    """Where a reader stood in the other program; the first of them weighs most."""

    COMPLAINED = "complained"
    BLOCKED = "blocked"
    BOUNCED = "bounced"
    LEFT = "left"
    ACTIVE = "active"
    NOMAIL = "nomail"
    """Stays a member and wants no mail, or none for now."""
    PENDING = "pending"
    """Has not confirmed, or never asked for mail."""

    @property
    def weight(self) -> int:
        """Tell how much it counts beside others: the least weighs most.

        A no of one list holds for the others, for one address gets one answer; that a reader has
        not confirmed one list says nothing about another that was confirmed.
        """
        return list(Theirs).index(self)


def strictest(*said: Theirs) -> Theirs:
    """Return what counts where one row, its file and the secretariat say different things.

    Unlike between lists, anything that speaks against mail outweighs that somebody is subscribed.
    """
    return min(said, key=lambda one: (one is Theirs.ACTIVE, one.weight))


@dataclass(frozen=True, slots=True)
class Mover:
    """One row of an export."""

    file: str
    row: int
    """The line where it begins, from 1; in JSON the place of the entry."""
    address: str
    """As it is written there; not checked yet."""
    status: Theirs
    said: str
    """The words by which the export tells the status, such as `status: blocklisted`."""
    name: str = ""
    language: str = ""
    """As written there; empty: not said."""
    at: datetime | None = None
    """When the status, or the consent, came about there."""
    lists: tuple[str, ...] = ()
    """Names of the lists there that the reader is on."""
    tags: tuple[str, ...] = ()
    """Tags, labels or segments."""
    attributes: tuple[tuple[str, str], ...] = ()
    """What else is known, as name and text."""

    def joined(self, other: Mover) -> Mover:
        """Put two rows about one address together: the weightier status counts, with its words."""
        first = self if self.status.weight <= other.status.weight else other
        second = other if first is self else self
        same = first.status is second.status
        return replace(
            first,
            name=first.name or second.name,
            language=first.language or second.language,
            lists=_once([*first.lists, *(second.lists if same else ())]),
            tags=_once([*first.tags, *(second.tags if same else ())]),
            attributes=first.attributes or second.attributes,
        )


@dataclass(frozen=True, slots=True)
class Unread:
    """A row that cannot be understood."""

    file: str
    row: int
    written: str
    """What stands there, as far as it helps to find it."""
    reason: str


def _once(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
