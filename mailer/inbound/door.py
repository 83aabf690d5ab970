"""Who may come in: connections, in all and from one address, and the memory their mail takes."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

FREE_BYTES: Final = 128 * 1024
"""What every mail on its way may take; only what is more is counted against the budget."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one listener bears."""

    connections: int = 250
    per_address: int = 100
    recipients: int = 100
    """Of one mail (RFC 5321 section 4.5.3.1.8: no fewer)."""
    errors: int = 20
    """Refusals that one connection may collect before it is ended."""
    message_bytes: int = 25_000_000
    budget_bytes: int = 100_000_000
    """Memory for large mails on their way, all connections together."""
    idle_seconds: float = 300.0
    """How long a client may be silent (RFC 5321 section 4.5.3.2.7)."""
    data_seconds: float = 1800.0
    """How long one mail may take to arrive."""


class Door:
    """Counts who is in; shared by the connections of one listener."""

    def __init__(self, limits: Limits) -> None:
        """Nobody is in yet."""
        self.limits = limits
        self.inside: set[Any] = set()
        self._origins: Counter[str] = Counter()
        self._budget = limits.budget_bytes

    def enter(self, connection: Any, peer: Any) -> str:
        """Let a connection in; returns why not, as a reply, or nothing."""
        origin = origin_of(peer)
        if len(self.inside) >= self.limits.connections:
            return "421 4.3.2 Too many connections; try again later"
        if origin and self._origins[origin] >= self.limits.per_address:
            return "421 4.7.0 Too many connections from your address; try again later"
        self.inside.add(connection)
        self._origins[origin] += 1
        return ""

    def leave(self, connection: Any, peer: Any) -> None:
        """Forget a connection; one that was not let in is none."""
        if connection not in self.inside:
            return
        self.inside.discard(connection)
        origin = origin_of(peer)
        self._origins[origin] -= 1
        if self._origins[origin] <= 0:
            del self._origins[origin]

    @contextmanager
    def mail(self) -> Iterator[Share]:
        """Count the memory of one mail for as long as it takes."""
        share = Share(self)
        try:
            yield share
        finally:
            self._budget += share.taken

    def take(self, octets: int) -> bool:
        """Take from the budget; false, with nothing taken, if there is not so much."""
        if octets > self._budget:
            return False
        self._budget -= octets
        return True


class Share:
    """The memory of one mail."""

    def __init__(self, door: Door) -> None:
        """Nothing is taken yet."""
        self._door, self.taken = door, 0

    def grow(self, size: int) -> bool:
        """Make room for a mail that has reached that size; false if there is none."""
        more = size - FREE_BYTES - self.taken
        if more <= 0:
            return True
        if not self._door.take(more):
            return False
        self.taken += more
        return True


def origin_of(peer: Any) -> str:
    """Return what counts as one address: an IPv4 address, an IPv6 network of 64 bits.

    Empty for unix sockets: only an MTA of one's own comes that way.
    """
    if not isinstance(peer, tuple):
        return ""
    try:
        address = ipaddress.ip_address(str(peer[0]).partition("%")[0])
    except ValueError:
        return str(peer[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False).network_address)
    return str(address)
