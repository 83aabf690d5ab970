"""Limits connections and the memory that their mail takes, in all and from one network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from mailer.domain.settings.networks import UNKNOWN, circles

FREE_BYTES: Final = 128 * 1024
"""The room that every mail may use on its way; only more is counted against the budget."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one listener."""

    connections: int = 250
    per_address: int = 100
    per_network: int = 100
    recipients: int = 100
    """The most recipients of one mail (RFC 5321 section 4.5.3.1.8: no fewer)."""
    errors: int = 20
    """Refusals that one connection may collect before it is ended."""
    message_bytes: int = 25_000_000
    budget_bytes: int = 100_000_000
    """Memory for large mails on their way, all connections together."""
    network_bytes: int = 100_000_000
    """The part of it that one network may use."""
    idle_seconds: float = 300.0
    """The time for which a client may be silent (RFC 5321 section 4.5.3.2.7)."""
    data_seconds: float = 1800.0
    """The time within which one mail must arrive."""
    pace_seconds: float = 60.0
    pace_bytes: int = 8 * 1024
    """The part of a mail that must arrive in each such time: an old modem is ten times as quick."""


class Origin(NamedTuple):
    """The origin of a connection; empty for unix sockets: only an MTA on this machine uses them."""

    address: str = ""
    """An IPv4 address, an IPv6 network of 64 bits."""
    network: str = ""

    @classmethod
    def of(cls, peer: Any) -> Origin:
        """Tell it by what the system says of the other end."""
        if not isinstance(peer, tuple):
            return cls()
        address, network = circles(str(peer[0]))
        return cls(str(peer[0]), UNKNOWN) if address == UNKNOWN else cls(address, network)


class Door:
    """Counts who is in; shared by the connections of one listener."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.inside: set[Any] = set()
        self._addresses: Counter[str] = Counter()
        self._networks: Counter[str] = Counter()
        self._budget = limits.budget_bytes
        self._taken: Counter[str] = Counter()
        """The bytes used from the budget, by network."""

    def enter(self, connection: Any, peer: Any) -> str:
        """Admit a connection; return the refusal, as a reply, or nothing."""
        origin, limits = Origin.of(peer), self.limits
        if len(self.inside) >= limits.connections:
            return "421 4.3.2 Too many connections; try again later"
        if origin.address and self._addresses[origin.address] >= limits.per_address:
            return "421 4.7.0 Too many connections from your address; try again later"
        if origin.network and self._networks[origin.network] >= limits.per_network:
            return "421 4.7.0 Too many connections from your network; try again later"
        self.inside.add(connection)
        self._addresses[origin.address] += 1
        self._networks[origin.network] += 1
        return ""

    def leave(self, connection: Any, peer: Any) -> None:
        """Forget a connection; one that was not let in is none."""
        if connection not in self.inside:
            return
        self.inside.discard(connection)
        origin = Origin.of(peer)
        _less(self._addresses, origin.address, 1)
        _less(self._networks, origin.network, 1)

    @contextmanager
    def mail(self, peer: Any = None) -> Iterator[Share]:
        """Count the memory of one mail for as long as it takes."""
        share = Share(self, Origin.of(peer).network)
        try:
            yield share
        finally:
            self._budget += share.taken
            _less(self._taken, share.network, share.taken)

    def take(self, network: str, octets: int) -> bool:
        """Use part of the budget; false, with nothing used, if too little is left for them."""
        if octets > self._budget:
            return False
        if network and self._taken[network] + octets > self.limits.network_bytes:
            return False
        self._budget -= octets
        self._taken[network] += octets
        return True


class Share:
    """The memory of one mail."""

    def __init__(self, door: Door, network: str) -> None:
        self._door, self.network, self.taken = door, network, 0

    def grow(self, size: int) -> bool:
        """Make room for a mail that has reached that size; false if there is none."""
        more = size - FREE_BYTES - self.taken
        if more <= 0:
            return True
        if not self._door.take(self.network, more):
            return False
        self.taken += more
        return True


def _less(counts: Counter[str], name: str, number: int) -> None:
    """Count less; what has come to nothing is forgotten."""
    counts[name] -= number
    if counts[name] <= 0:
        del counts[name]
