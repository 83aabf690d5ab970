"""Numbers, moments and spans in mails to users: in their language, the institution's zone."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_time
from babel.numbers import format_decimal
from babel.units import format_unit

from mailer.content.language.words import first_upper, words_for


class Figures:
    """Writes them for readers of one language."""

    def __init__(self, language: str, zone: str) -> None:
        """Take the reader's language, and the IANA name of the zone."""
        self._words, self._zone = words_for(language), ZoneInfo(zone)

    def number(self, value: int) -> str:
        """`4312` -> `4,312`, with the language's mark for thousands."""
        return str(format_decimal(value, locale=self._words.locale))

    def moment(self, at: datetime) -> str:
        """`Tuesday, 1 December 2026, 09:00 (Zurich, UTC+1)`; for an aware instant."""
        local = at.astimezone(self._zone)
        day = first_upper(self._words.day(local.date()))
        clock = format_time(local.time(), "short", locale=self._words.locale)
        return f"{day}, {clock} ({self._words.zone(self._zone.key, local.replace(tzinfo=None))})"

    def span(self, span: timedelta) -> str:
        """`1h 12m`, as the language writes it; a span of less than a minute in seconds."""
        seconds = max(round(span.total_seconds()), 0)
        if seconds < 60:
            return self._unit(seconds, "second")
        hours, minutes = divmod(round(seconds / 60), 60)
        shown = [self._unit(hours, "hour")] if hours else []
        return " ".join([*shown, *([self._unit(minutes, "minute")] if minutes else [])])

    def _unit(self, amount: int, unit: str) -> str:
        return str(format_unit(amount, f"duration-{unit}", "narrow", locale=self._words.locale))
