"""Lists the inbox, and counts what waits there for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mailer.domain.inbound.inbox import Group, Item, Standing
from mailer.domain.inbound.received import FREE, Received
from mailer.domain.text.wording import normalised
from mailer.services.access.acting import act
from mailer.store.inbound import inbox
from mailer.store.inbound import mails as inbound
from mailer.store.server.connection import Store

MOST_LOOKED_AT: Final = 1000
"""Items that one page of a search looks at: it may be short although others follow."""
MOST_OTHERS: Final = 400
"""The same for mail that was dealt with by itself."""
_LOT: Final = 200
LONGEST_TEXT: Final = 200
"""Characters of what is searched for."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A choice of items: those to which all of this applies."""

    standing: Standing = Standing.WAITING
    groups: Sequence[Group] = ()
    """None: any."""
    text: str = ""
    """Stands in the author's address or name, or in the subject; case and accents aside."""

    def has(self, item: Item) -> bool:
        """Tell whether an item fits, as it is now."""
        if item.standing is not self.standing:
            return False
        if self.groups and item.group not in self.groups:
            return False
        wanted = normalised(self.text[:LONGEST_TEXT].strip())
        said = normalised(f"{item.author} {item.name} {item.subject}")
        return not wanted or wanted in said


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the inbox."""

    mails: Sequence[Received]
    """The newest first; each has an item."""
    following: int | None
    """What `before` is for the next page; None: this is the last."""


@act("inbound.list")
def page(store: Store, chosen: Filter, *, before: int = 0, most: int = 50) -> Page:
    """List items that fit, the newest first.

    Args:
        store: the open store.
        chosen: which.
        before: only mails with a lower number; 0: from the newest.
        most: how many it holds at most.
    """
    found: list[int] = []
    looked_at = 0
    groups = chosen.groups or tuple(Group)
    lot = min(_LOT, most + 1) if not chosen.text else _LOT
    while True:
        some = inbox.below(store, chosen.standing, groups, before, lot)
        found += [number for number, item in some if item and chosen.has(item)]
        if len(found) > most:
            return Page(_loaded(store, found[:most]), found[most - 1])
        if len(some) < lot:
            return Page(_loaded(store, found), None)
        looked_at, before = looked_at + len(some), some[-1][0]
        if looked_at >= MOST_LOOKED_AT:
            return Page(_loaded(store, found), before)


def _loaded(store: Store, numbers: Sequence[int]) -> list[Received]:
    return [one for one in inbound.each(store, numbers) if one.item is not None]


@act("inbound.list")
def others(store: Store, *, text: str = "", before: int = 0, most: int = 50) -> Page:
    """List mail that the service dealt with by itself, the newest first.

    Args:
        store: the open store.
        text: stands in the sender of the envelope.
        before: only mails with a lower number; 0: from the newest.
        most: how many it holds at most; it may hold fewer although others follow.
    """
    found: list[Received] = []
    wanted = text[:LONGEST_TEXT].strip().lower()
    top = before or inbox.last(store) + 1
    for looked_at in range(0, MOST_OTHERS, _LOT):
        numbers = range(top - 1 - looked_at, max(top - 1 - looked_at - _LOT, 0), -1)
        found += [
            one
            for one in inbound.each(store, numbers)
            if one.item is None and one.state in FREE and wanted in one.sender.lower()
        ]
        if len(found) > most:
            return Page(found[:most], found[most - 1].number)
        if len(numbers) < _LOT or numbers[-1] == 1:
            return Page(found, None)
    return Page(found, top - MOST_OTHERS)


@act("inbound.list")
def counts(store: Store) -> Mapping[tuple[Standing, Group], int]:
    """Count the items by standing and group; costs the same however many there are."""
    return inbox.counts(store)


@act("inbound.list")
def waiting(store: Store) -> int:
    """Count what waits for a person: the number beside the link to the inbox."""
    found = inbox.counts(store)
    return sum(count for (standing, _), count in found.items() if standing is Standing.WAITING)
