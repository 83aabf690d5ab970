"""Subscribers page by page, and the history of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, NamedTuple

from mailer.config import Settings, secret_key
from mailer.domain.subscribers.address import Address, key_of
from mailer.domain.subscribers.subscriber import Subscriber
from mailer.errors import NotFoundError
from mailer.services.access.acting import act
from mailer.services.segments import rules
from mailer.services.subscriptions.reader_search import ReaderSearch, holds
from mailer.services.subscriptions.subscribers import Known
from mailer.store import events
from mailer.store.segments import bitmaps
from mailer.store.segments.bitmaps import (
    EVERYBODY,
    SUPPRESSED,
    AllOf,
    Bitmap,
    in_status,
    on_topic,
    reading,
    tagged,
)
from mailer.store.server.connection import Store
from mailer.store.subscribers import records as subscribers
from mailer.store.subscribers import suppression
from mailer.store.subscribers.suppression import Suppression

MOST_LOOKED_AT: Final = 20_000
"""Events, or addresses, that are looked at for one page, which may therefore hold fewer."""
MOST_COUNTED: Final = 20_000
"""Addresses that hold a text and are looked at to count them."""
FEW: Final = 20_000
"""So many are looked at one by one for a text; of more, the text is sought first."""
_BATCH: Final = 500

__all__ = ["Counted", "Entry", "Filter", "Known", "Listed", "Listing", "Suppression"]


class Filter(NamedTuple):
    """A choice of subscribers: those to whom all of it applies; empty is any."""

    part: str = ""
    """A text in their address or name; capitals and accents do not matter."""
    status: str = ""
    language: str = ""
    topic: str = ""
    tag: str = ""
    rule: str = ""
    """An audience rule that holds of them."""
    suppressed: bool = False
    """True: only those whose address is suppressed."""


class Listed(NamedTuple):
    """One page of subscribers."""

    found: Sequence[Known]
    following: int | None
    """The number after which the next page begins; None: there is none."""
    whole: bool = True
    """False if not all subscribers were searched: their addresses are still being read."""


class Counted(NamedTuple):
    """How many there are."""

    number: int
    more: bool = False
    """True if these are only those that were counted, and there are more."""


class Entry(NamedTuple):
    """One event about a subscriber."""

    id: str
    fields: Mapping[str, str]


class Past(NamedTuple):
    """One page of the events about a subscriber."""

    found: Sequence[Entry]
    following: str | None
    """The event after which the next page begins; None: there is none yet."""


class Listing:
    """Lists subscribers."""

    def __init__(self, store: Store, settings: Settings) -> None:
        """Use the store, and the secret key by which suppressed addresses are known.

        Raises:
            ConfigError: the secret key cannot be read.
        """
        self._store, self._settings, self._secret = store, settings, secret_key(settings)
        self.search = ReaderSearch(store)
        """Finds texts in addresses and names."""

    @act("subscribers.list")
    def page(
        self, chosen: Filter, *, after: int = 0, most: int = 50, newest: bool = False
    ) -> Listed:
        """Return a page of subscribers, in the order of their numbers.

        Args:
            chosen: which.
            after: the number after which it begins; 0: at the first.
            most: how many it holds at most; it may hold fewer although others follow.
            newest: true if the highest number comes first.

        Raises:
            RuleError: the rule cannot be read, or speaks of what does not exist.
        """
        numbers = self._numbers(chosen, after, newest=newest)
        found: list[Subscriber] = []
        looked_at = 0
        while some := list(islice(numbers, most + 1 if not chosen.part else _BATCH)):
            looked_at += len(some)
            fitting = [one for one in some if one > 0]
            read = filter(None, subscribers.get_many(self._store, fitting))
            found += [one for one in read if self._holds(one, chosen)]
            if len(found) > most:
                return Listed(self._known(found[:most]), found[most - 1].number)
            if looked_at >= MOST_LOOKED_AT:
                return Listed(self._known(found), abs(some[-1]))
        if chosen.part and (until := self.search.known) < subscribers.last_number(self._store):
            return Listed(self._known(found), None if newest else until or None, whole=False)
        return Listed(self._known(found), None)

    @act("subscribers.list")
    def count(self, chosen: Filter, most: int = 1000) -> Counted:
        """Count the subscribers to whom a choice applies.

        Args:
            chosen: which.
            most: where a text is sought, counting ends there.

        Raises:
            RuleError: as `page`.
        """
        if not chosen.part:
            return Counted(self.members(chosen).bit_count())
        count = looked_at = 0
        for looked_at, number in enumerate(self._numbers(chosen, 0), 1):
            count += number > 0
            if count > most or looked_at > MOST_COUNTED:
                return Counted(min(count, most), more=True)
        return Counted(count, more=self.search.known < subscribers.last_number(self._store))

    @act("subscribers.list")
    def tags(self) -> list[str]:
        """Return the tags that readers carry, or carried, in order."""
        return subscribers.tags(self._store)

    def members(self, chosen: Filter) -> int:
        """Return those to whom a choice applies but for the text, as a value of bitmaps.

        Raises:
            RuleError: as `page`.
        """
        parts: list[Bitmap] = [in_status(chosen.status) if chosen.status else EVERYBODY]
        parts += [reading(chosen.language)] if chosen.language else []
        parts += [on_topic(chosen.topic)] if chosen.topic else []
        parts += [tagged(chosen.tag)] if chosen.tag else []
        parts += [SUPPRESSED] if chosen.suppressed else []
        if chosen.rule:
            rule = rules.read(self._store, self._settings, chosen.rule)
            parts.append(rules.bitmap(self._store, self._settings, rule))
        return bitmaps.of_now(self._store, AllOf(tuple(parts)))[0]

    @act("subscribers.list")
    def exact(self, chosen: Filter, numbers: Sequence[int] | None = None) -> int:
        """Count exactly to how many a choice applies just now, of some if they are named.

        Raises:
            RuleError: as `page`.
        """
        found = self.chosen(chosen)
        if numbers is None:
            return found.bit_count()
        last = subscribers.last_number(self._store)
        some = bitmaps.value_of(one for one in numbers if 0 < one <= last)
        return (found & some).bit_count()

    def chosen(self, chosen: Filter) -> int:
        """Return those to whom a choice applies just now, the text too, as a value of bitmaps.

        Raises:
            RuleError: as `page`.
        """
        if not chosen.part:
            return self.members(chosen)
        self.search.refresh()
        numbers = (number for number in self._numbers(chosen, 0) if number > 0)
        found: list[int] = []
        while some := list(islice(numbers, _BATCH)):
            read = filter(None, subscribers.get_many(self._store, some))
            found += [one.number for one in read if self._holds(one, chosen)]
        return bitmaps.value_of(found)

    def _numbers(self, chosen: Filter, after: int, *, newest: bool = False) -> Iterator[int]:
        """Yield the numbers to look at; those that are negative are not wanted after all."""
        value = self.members(chosen)
        some = bitmaps.numbers_down if newest else bitmaps.numbers_in
        if not chosen.part:
            return some(value, after)
        if value.bit_count() <= FEW:
            return self.search.among(chosen.part, some(value, after))
        wanted = bitmaps.octets_of(value)
        found = self.search.numbers(chosen.part, after, newest=newest)
        return (one if bitmaps.has(wanted, one) else -one for one in found)

    def _holds(self, one: Subscriber, chosen: Filter) -> bool:
        return not chosen.part or holds(one.address, one.name, chosen.part)

    @act("subscribers.find")
    def get(self, number: int) -> Known:
        """Return a subscriber, by number, to whoever may read of them.

        Raises:
            NotFoundError: there is none.
        """
        return self.known(number)

    def known(self, number: int) -> Known:
        """Return a subscriber to an act that needs to know more than it tells.

        Raises:
            NotFoundError: there is none.
        """
        found = subscribers.get(self._store, number)
        if found is None:
            raise NotFoundError("subscriber", str(number))
        return self._known([found])[0]

    @act("subscribers.find")
    def suppressed(self, addresses: Sequence[Address]) -> list[Suppression | None]:
        """Tell of each address whether it is suppressed."""
        return suppression.find_many(self._store, self._secret, [one.key for one in addresses])

    @act("subscribers.history")
    def history(self, number: int, *, after: str = "", most: int = 100) -> Past:
        """Return a page of the events about a subscriber, the oldest first.

        Args:
            number: the subscriber's.
            after: the event after which it begins.
            most: how many it holds at most; it may hold fewer although others follow.

        Raises:
            NotFoundError: there is no such subscriber.
        """
        if subscribers.get(self._store, number) is None:
            raise NotFoundError("subscriber", str(number))
        found: list[Entry] = []
        wanted = str(number)
        for looked_at, (name, fields) in enumerate(events.read(self._store, after or "0"), 1):
            if fields.get("subscriber") == wanted:
                found.append(Entry(name, fields))
            if len(found) == most or looked_at == MOST_LOOKED_AT:
                return Past(found, name)
        return Past(found, None)

    def _known(self, found: Sequence[Subscriber]) -> list[Known]:
        keys = [key_of(one.address) for one in found]
        records = suppression.find_many(self._store, self._secret, keys)
        return [Known(one, record) for one, record in zip(found, records, strict=True)]
