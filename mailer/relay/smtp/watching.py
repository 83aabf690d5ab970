"""Watches for how long answers are awaited, and notices relays that have fallen silent."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, Protocol

from mailer.relay.smtp.health import LOOK_SECONDS, Relay

LONGEST_LOOK: Final = 30.0
"""The longest interval between looks, which grow rarer while no answer comes."""


class Watched(Protocol):
    """The party that waits for the answers: the pool."""

    def awaits_answers(self) -> bool:
        """Tell whether anything is in flight."""

    def fell_silent(self, relay: Relay) -> None:
        """Learn that a relay answers nothing, or not even a probe."""

    def spoke_again(self, relay: Relay) -> None:
        """Learn that a silent relay answers again."""

    def waits_changed(self) -> None:
        """Learn that other answers are late than before."""


class Watch:
    """Looks at the waits now and then, for as long as anything is in flight."""

    def __init__(self, relays: Sequence[Relay], owner: Watched) -> None:
        """Watch the relays for their owner; nothing happens until it is started."""
        self.running = False
        self._relays, self._owner = relays, owner
        self._timer: asyncio.TimerHandle | None = None
        self._pause = LOOK_SECONDS
        self._due = 0.0

    def start(self) -> None:
        """Look from now on."""
        self.running = True
        loop = asyncio.get_running_loop()
        self._due = loop.time() + self._pause
        self._timer = loop.call_at(self._due, self._look)

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        self.running = False
        now, changed = asyncio.get_running_loop().time(), False
        stood_still = max(0.0, now - self._due)
        self._pause = min(self._pause * 2, LONGEST_LOOK)
        for relay in self._relays:
            before = relay.wait
            self._pause = min(self._pause, relay.look(now, stood_still))
            changed |= before.late != relay.wait.late
            if relay.wait.silent and (not before.silent or relay.is_probe_late):
                relay.probe, changed = None, True
                self._owner.fell_silent(relay)
            elif before.silent and not relay.wait.silent:
                self._owner.spoke_again(relay)
        if changed:
            self._owner.waits_changed()
        if self._owner.awaits_answers():
            self.start()
        else:
            self._pause = LOOK_SECONDS
