"""Lists campaigns to look through, by state and by words, without counting the books of each."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from mailer.domain.campaigns.campaign import Campaign, State
from mailer.services.access.acting import act
from mailer.store.campaigns import books
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store

_READ: Final = 200
MOST_LOOKED_AT: Final = 5_000
"""Campaigns that are gone through for one page; of more, the rest is on the next one."""


@dataclass(frozen=True, slots=True)
class Row:
    """A campaign as a list shows it."""

    campaign: Campaign
    accepted: int


@dataclass(frozen=True, slots=True)
class Page:
    """Some campaigns, the newest first."""

    rows: tuple[Row, ...]
    next: int
    """Only campaigns with a lower number come after them; 0: there are none."""


@act("campaigns.list")
def listed(
    store: Store, states: Collection[State] = (), words: str = "", before: int = 0, most: int = 25
) -> Page:
    """List campaigns.

    Args:
        store: the open store.
        states: only those in one of these; none: in any.
        words: only those in whose edition, entry, topics or tags each of these stands.
        before: only those with a lower number; 0: from the newest.
        most: how many.
    """
    asked = words.casefold().split()
    last = campaigns.last_number(store)
    first = min(last, before - 1) if before else last
    seen = first + 1
    found: list[Campaign] = []
    for campaign in islice(_newest(store, first), MOST_LOOKED_AT):
        if len(found) == most:
            return _page(store, found, seen)
        seen = campaign.number
        if (not states or campaign.state in states) and _fits(campaign, asked):
            found.append(campaign)
    return _page(store, found, seen if first > MOST_LOOKED_AT and seen > 1 else 0)


def _newest(store: Store, first: int) -> Iterator[Campaign]:
    for top in range(first, 0, -_READ):
        yield from campaigns.some(store, range(top, max(top - _READ, 0), -1))


def _fits(campaign: Campaign, asked: list[str]) -> bool:
    about = campaign.about.entry if campaign.about else ""
    text = " ".join((campaign.edition, about, *campaign.topics, *campaign.tags)).casefold()
    return all(word in text or word == str(campaign.number) for word in asked)


def _page(store: Store, found: list[Campaign], next_: int) -> Page:
    begun = [one.number for one in found if one.planned]
    counted = dict(zip(begun, books.accepted(store, begun), strict=True))
    rows = tuple(Row(one, counted.get(one.number, 0)) for one in found)
    return Page(rows, next_)
