"""Opens connections to the relays while they are of use, and leaves relays alone that fail."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Sequence
from typing import Protocol

from mailer.errors import RelayError
from mailer.relay.limits import Backoff, Limits
from mailer.relay.smtp.dial import Line, dial
from mailer.relay.smtp.health import Relay, share_out
from mailer.relay.smtp.tls import Contexts


class Host(Protocol):
    """The user of the connections: the pool."""

    def wants_more(self) -> bool:
        """Tell whether there is something to hand over."""

    def welcome(self, relay: Relay, line: Line) -> None:
        """Use an open connection."""

    def relay_is_due(self) -> None:
        """Learn that a relay that was left alone may be tried again."""

    def dialling_failed(self, error: Exception) -> None:
        """Learn of a failure that dialling does not foresee: a defect."""


class Dialling:
    """Opens connections for a pool, shared out among its relays."""

    def __init__(
        self,
        relays: Sequence[Relay],
        host: Host,
        *,
        connections: int,
        limits: Limits,
        backoff: Backoff,
        ehlo_name: str | None,
        tls: ssl.SSLContext | None,
        jitter: Callable[[], float],
    ) -> None:
        """Keep the relays, the user of the connections, and the limits; see `RelayPool`."""
        self.room = False
        """More connections could be opened: kept ready, since each envelope asks."""
        self._relays, self._host, self._most = relays, host, connections
        self._limits, self._backoff, self._jitter = limits, backoff, jitter
        self._ehlo_name, self._tls = ehlo_name, Contexts(tls)
        self._dials: set[asyncio.Task[None]] = set()
        self._closed = False
        self.share_out()

    def share_out(self) -> None:
        """Set each relay's share of the connections anew."""
        share_out(self._relays, self._most)
        self._look_for_room()

    def grow(self) -> None:
        """Open connections while the feed has envelopes: one, then as many again as there are."""
        if not self._host.wants_more():
            return
        for relay in self._relays:
            if relay.down and relay.has_room:
                self._dial(relay)
        used = sum(relay.used for relay in self._relays)
        if not any(relay.dialing for relay in self._relays):
            for _ in range(min(self._most - used, max(1, used))):
                free = [relay for relay in self._relays if relay.has_room]
                if not free:
                    break
                self._dial(min(free, key=lambda relay: relay.used / relay.url.weight))
        self._look_for_room()

    def leave_alone(self, relay: Relay, reason: str) -> None:
        """Leave a relay alone for a while, and say why."""
        relay.problem = reason
        if relay.waiting is None and not self._closed:
            relay.failures += 1
            wait = self._backoff.after(relay.failures, self._jitter())
            relay.waiting = asyncio.get_running_loop().call_later(wait, self._try_again, relay)

    def next_try(self) -> float | None:
        """Return in how many seconds a relay that is left alone is tried again, if one is."""
        now = asyncio.get_running_loop().time()
        due = [relay.waiting.when() - now for relay in self._relays if relay.waiting is not None]
        return max(0.0, min(due)) if due else None

    def close(self) -> None:
        """Open no more connections, and give up those that are being opened."""
        self._closed = True
        for relay in self._relays:
            if relay.waiting is not None:
                relay.waiting.cancel()
        for task in tuple(self._dials):
            task.cancel()

    async def ended(self) -> None:
        """Wait until none is being opened any more."""
        await asyncio.gather(*self._dials, return_exceptions=True)

    def _look_for_room(self) -> None:
        self.room = (
            not any(relay.dialing for relay in self._relays)
            and sum(relay.used for relay in self._relays) < self._most
            and any(relay.has_room for relay in self._relays)
        )

    def _dial(self, relay: Relay) -> None:
        relay.dialing += 1
        task = asyncio.get_running_loop().create_task(self._open(relay))
        self._dials.add(task)
        task.add_done_callback(self._dialled)

    def _dialled(self, task: asyncio.Task[None]) -> None:
        self._dials.discard(task)
        self._look_for_room()
        if not task.cancelled() and (error := task.exception()) is not None:
            # Nothing that dialling foresees: a defect, which must come out where it is awaited.
            failure = error if isinstance(error, Exception) else RuntimeError(str(error))
            self._host.dialling_failed(failure)

    async def _open(self, relay: Relay) -> None:
        try:
            line = await dial(
                relay.url,
                seconds=self._limits.connect,
                ehlo_name=self._ehlo_name,
                tls=self._tls.for_relay(relay.url),
            )
        except RelayError as error:
            self.leave_alone(relay, str(error))
            self.share_out()
            asyncio.get_running_loop().call_soon(self.grow)
            return
        finally:
            relay.dialing -= 1
        if not relay.doubted:
            relay.problem = ""
        self._host.welcome(relay, line)

    def _try_again(self, relay: Relay) -> None:
        relay.waiting = None
        self.share_out()
        self._host.relay_is_due()
