"""Deliveries that are claimed and wait for a connection, the first come first."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable

from mailer.domain.settings.transport_url import Destination
from mailer.store.campaigns.chunks import Claimed


class Ready:
    """A queue for all relays, and one for each relay that a rate limit ties deliveries to."""

    def __init__(self) -> None:
        self.untied: deque[Claimed] = deque()
        """The messages that any relay may take."""
        self._tied: dict[str, deque[Claimed]] = {}

    def __len__(self) -> int:
        if not self._tied:
            return len(self.untied)
        return len(self.untied) + sum(map(len, self._tied.values()))

    @property
    def only_tied(self) -> bool:
        """Tell whether all that there is, if there is any, is tied to some relay."""
        return not self.untied and any(self._tied.values())

    def put(self, claimed: Iterable[Claimed]) -> None:
        """Add deliveries."""
        for delivery in claimed:
            if delivery.relay:
                self._tied.setdefault(delivery.relay, deque()).append(delivery)
            else:
                self.untied.append(delivery)

    def queue_for(self, relay: Destination) -> deque[Claimed]:
        """Return the queue that a relay takes from now; it may be empty."""
        if self._tied:
            tied = self._tied.get(relay.host.lower())
            if tied:
                return tied
        return self.untied

    def clear(self) -> list[Claimed]:
        """Remove all, and return them."""
        left = [*self.untied, *(one for tied in self._tied.values() for one in tied)]
        self.untied.clear()
        self._tied.clear()
        return left

    def strand(self, hosts: Collection[str]) -> list[Claimed]:
        """Remove what is tied to a relay other than those, which take mail, and return it."""
        gone = [host for host in self._tied if host not in hosts]
        return [delivery for host in gone for delivery in self._tied.pop(host)]
