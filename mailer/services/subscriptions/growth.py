"""How the number of readers grew: counted once a day by the scheduler, by language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from mailer.clock import Clock
from mailer.config import Settings
from mailer.services.access.acting import act
from mailer.store.server.connection import Store
from mailer.store.subscribers import growth, records


@dataclass(frozen=True, slots=True)
class Grown:
    """The active readers over a time, and now."""

    days: Mapping[date, Mapping[str, int]]
    """By day and language, the oldest day first; days on which nobody counted are missing."""
    now: Mapping[str, int]
    """By language, most first."""

    @property
    def total(self) -> int:
        """All active readers now."""
        return sum(self.now.values())

    @property
    def before(self) -> int | None:
        """All active readers on the oldest of the days; None: there is none."""
        first = next(iter(self.days.values()), None)
        return None if first is None else sum(first.values())


class Growth:
    """Counts the readers once a day, and tells how many there were."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._zone = ZoneInfo(settings.time_zone)

    def note(self) -> bool:
        """Keep today's numbers, by the institution's calendar; once a day, whoever asks."""
        today = self._today()
        if growth.known(self._store, today):
            return False
        return growth.note(self._store, today, records.count(self._store).by_language)

    @act("subscribers.count")
    def shown(self, days: int = 365) -> Grown:
        """Return what was counted in the last days, and what is so now."""
        since = self._today() - timedelta(days=days)
        kept = growth.days(self._store)
        now = records.count(self._store).by_language
        ordered = sorted(now.items(), key=lambda pair: (-pair[1], pair[0]))
        return Grown({day: found for day, found in kept.items() if day >= since}, dict(ordered))

    def _today(self) -> date:
        return self._clock.now().astimezone(self._zone).date()
