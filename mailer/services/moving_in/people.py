"""Puts the rows about one address together: of several lists, or of several files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from mailer.domain.moving_in.mover import Mover, Theirs, Unread
from mailer.domain.subscribers.address import Address, AddressError, parse_address


class Place(NamedTuple):
    """Where a row stands."""

    file: str
    row: int
    written: str


@dataclass(slots=True)
class Person:
    """One address with all that the export says of it."""

    address: Address
    mover: Mover
    first: Place


@dataclass(slots=True)
class People:
    """All rows of an export, by address, and those that are nobody's."""

    by_key: dict[str, Person] = field(default_factory=dict)
    together: list[tuple[Place, Place]] = field(default_factory=list)
    """Rows about an address that was there before, with the place of the first one."""
    refused: list[tuple[Place, str]] = field(default_factory=list)
    rows: int = 0
    statuses: Counter[Theirs] = field(default_factory=Counter)
    """How many rows say so."""
    languages: Counter[str] = field(default_factory=Counter)
    lists: Counter[str] = field(default_factory=Counter)
    """Of the rows whose readers may be mailed; the others need no topic."""
    tags: Counter[str] = field(default_factory=Counter)
    attributes: Counter[str] = field(default_factory=Counter)

    def take(self, rows: Iterable[Mover | Unread]) -> People:
        """Take rows in."""
        for row in rows:
            self.rows += 1
            if isinstance(row, Unread):
                self.refused.append((Place(row.file, row.row, row.written), row.reason))
            else:
                self._take(row)
        return self

    def _take(self, row: Mover) -> None:
        place = Place(row.file, row.row, row.address)
        try:
            address = parse_address(row.address)
        except AddressError as error:
            self.refused.append((place, f"{error.reason}; {error.remedy}"))
            return
        self._count(row)
        known = self.by_key.get(address.key)
        if known is None:
            self.by_key[address.key] = Person(address, row, place)
        else:
            known.mover = known.mover.joined(row)
            self.together.append((place, known.first))

    def _count(self, row: Mover) -> None:
        self.statuses[row.status] += 1
        if row.status is Theirs.ACTIVE:
            self.languages[row.language] += 1
            self.lists.update(row.lists)
            self.tags.update(row.tags)
            self.attributes.update(name for name, _ in row.attributes)
