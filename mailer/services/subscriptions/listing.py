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
from mailer.services.subscriptions.address_search import AddressSearch
from mailer.services.subscriptions.subscribers import Known
from mailer.store import events
from mailer.store.server.connection import Store
from mailer.store.subscribers import choosing, suppression
from mailer.store.subscribers import records as subscribers
from mailer.store.subscribers.choosing import Bitmap
from mailer.store.subscribers.suppression import Suppression

MOST_LOOKED_AT: Final = 20_000
"""Events, or addresses, that are looked at for one page, which may therefore hold fewer."""
_BATCH: Final = 500

__all__ = ["Entry", "Filter", "Known", "Listed", "Listing", "Suppression"]


class Filter(NamedTuple):
    """A choice of subscribers: those to whom all of it applies; empty is any."""

    part: str = ""
    """A text in their address."""
    status: str = ""
    language: str = ""
    topic: str = ""
    tag: str = ""


class Listed(NamedTuple):
    """One page of subscribers."""

    found: Sequence[Known]
    following: int | None
    """The number after which the next page begins; None: there is none."""


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
        self._store, self._secret = store, secret_key(settings)
        self._search = AddressSearch(store)

    @act("subscribers.list")
    def page(self, chosen: Filter, *, after: int = 0, most: int = 50) -> Listed:
        """Return a page of subscribers, in the order of their numbers.

        Args:
            chosen: which.
            after: the number after which it begins.
            most: how many it holds at most; it may hold fewer although others follow.
        """
        numbers, wanted = self._numbers(chosen, after)
        found: list[Subscriber] = []
        looked_at = 0
        while some := list(islice(numbers, most + 1 if wanted is None else _BATCH)):
            looked_at += len(some)
            fitting = some if wanted is None else [one for one in some if wanted.holds(one)]
            read = filter(None, subscribers.get_many(self._store, fitting))
            found += [one for one in read if chosen.part.lower() in one.address.lower()]
            if len(found) > most:
                return Listed(self._known(found[:most]), found[most - 1].number)
            if looked_at >= MOST_LOOKED_AT:
                return Listed(self._known(found), some[-1])
        return Listed(self._known(found), None)

    def _numbers(self, chosen: Filter, after: int) -> tuple[Iterator[int], Bitmap | None]:
        """Return the numbers to look at, and those of them that are wanted; None: all are."""
        _, status, language, topic, tag = chosen
        if not chosen.part:
            found = subscribers.numbers(self._store, status, language, topic, tag=tag, after=after)
            return found, None
        looked_at = self._search.numbers(chosen.part, after)
        if not any((status, language, topic, tag)):
            return looked_at, None
        return looked_at, choosing.chosen(self._store, status, language, topic, tag)

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
