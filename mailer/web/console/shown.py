"""Numbers and times as the console shows them: in the user's language, the institution's zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time, format_timedelta
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit

from mailer.content.language.words import Words


@dataclass(frozen=True, slots=True)
class Shown:
    """Writes numbers and moments."""

    words: Words
    zone: ZoneInfo
    now: datetime

    def number(self, value: float) -> str:
        """`12345` -> `12,345`, `12 345` or `12.345`."""
        return str(format_decimal(value, locale=self.words.locale))

    def octets(self, value: int) -> str:
        """`2500000` -> `2.5 MB`."""
        for unit, size in (("gigabyte", 10**9), ("megabyte", 10**6), ("kilobyte", 10**3)):
            if value >= size:
                amount = round(value / size, 1 if value < 10 * size else 0)
                return str(
                    format_unit(amount, f"digital-{unit}", "short", locale=self.words.locale)
                )
        return str(format_unit(value, "digital-byte", "long", locale=self.words.locale))

    def percent(self, part: float, whole: float) -> str:
        """`1, 3` -> `33%`; a dash where there is no whole."""
        if not whole:
            return "–"
        share, locale = part / whole, self.words.locale
        pattern = str(locale.percent_formats[None].pattern)
        if 0 < share < 0.1 or 0.9 < share < 1:
            head, _, tail = pattern.rpartition("0")
            pattern = f"{head}0.0{tail}"
        return str(format_percent(share, pattern, locale))

    def day(self, value: date | datetime) -> str:
        """`1 Dec 2026`."""
        return str(format_date(self._local(value), "medium", self.words.locale))

    def clock(self, at: datetime) -> str:
        """`09:00`."""
        return str(format_time(self.local(at), "short", locale=self.words.locale))

    def when(self, at: datetime) -> str:
        """`1 Dec 2026, 09:00`; the zone is said once on a page (`zone_name`)."""
        locale = self.words.locale
        day, clock = format_date(self.local(at), "medium", locale), self.clock(at)
        return f"{day}, {clock}"

    def whole(self, at: datetime) -> str:
        """`Tuesday, 1 December 2026, 09:00`, with the zone."""
        day = format_date(self.local(at), "full", self.words.locale)
        return f"{day}, {self.clock(at)} ({self.words.zone(self.zone.key, self.local(at))})"

    def ago(self, at: datetime) -> str:
        """`2 hours ago`, `in 3 days`."""
        span = at - self.now
        if abs(span.total_seconds()) < 60:
            span = span * 0
        return str(format_timedelta(span, add_direction=True, locale=self.words.locale))

    @property
    def zone_name(self) -> str:
        """The zone as people know it: the time of a city, with its distance from UTC."""
        return self.words.zone(self.zone.key, self.local(self.now))

    def local(self, at: datetime) -> datetime:
        """Return a moment in the institution's zone."""
        return at.astimezone(self.zone)

    def stamp(self, at: datetime) -> str:
        """Write a moment for the `datetime` attribute of `<time>`."""
        return at.astimezone(UTC).isoformat(timespec="seconds")

    def _local(self, value: date | datetime) -> date:
        return self.local(value) if isinstance(value, datetime) else value
