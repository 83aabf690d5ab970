"""Offsets of reminders before an entry: days keep the time of day, hours the duration."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from mailer.errors import InputError

MOST_DAYS: Final = 366
"""A reminder more than a year ahead would name a date that nobody keeps in mind."""
_FORM: Final = re.compile(
    r"-?P(?:(?P<weeks>\d{1,3})W|(?:(?P<days>\d{1,4})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,4})H)?(?:(?P<minutes>\d{1,5})M)?)?)",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, order=True)
class Offset:
    """A span before the start of an entry, as ISO 8601 writes it: `P14D`, `P1DT2H`, `PT1H`.

    Days are counted on the calendar: one day before 14:00 is 14:00, also where the clocks change
    in between. Hours and minutes are counted as they pass (RFC 5545 section 3.3.6).
    """

    days: int = 0
    minutes: int = 0

    def __post_init__(self) -> None:
        """Refuse what is no time before, or too long.

        Raises:
            ValueError: a part is negative, both are zero, or it is more than a year.
        """
        total = self.days * 1440 + self.minutes
        if min(self.days, self.minutes) < 0 or not 0 < total <= MOST_DAYS * 1440:
            raise ValueError(f"{self.days} days and {self.minutes} minutes are no time before")

    @classmethod
    def parse(cls, text: str, place: str = "") -> Offset:
        """Read an offset; a minus sign in front, as alarms have it, changes nothing.

        Args:
            text: a duration in ISO 8601; weeks become days.
            place: where it stands, for messages.

        Raises:
            InputError: it is no duration, or of no use as one before an entry.
        """
        remedy = "write P14D for 14 days before, PT1H for one hour, PT30M for 30 minutes"
        found = _FORM.fullmatch(text.strip().upper())
        if found is None:
            said = f"{text!r} is no duration as ISO 8601 writes it"
            raise InputError.of(place, said, remedy, code="bad_offset")
        parts = {name: int(value or 0) for name, value in found.groupdict().items()}
        try:
            return cls(parts["days"] + 7 * parts["weeks"], parts["hours"] * 60 + parts["minutes"])
        except ValueError as error:
            said = f"{text!r} must be more than nothing and at most {MOST_DAYS} days"
            raise InputError.of(place, said, remedy, code="bad_offset") from error

    def before(self, local: datetime) -> tuple[datetime, timedelta]:
        """Return the wall-clock time that many days before, and what must pass before that."""
        return local - timedelta(days=self.days), timedelta(minutes=self.minutes)

    @property
    def length(self) -> timedelta:
        """Return its length where the clocks do not change, for putting offsets in order."""
        return timedelta(days=self.days, minutes=self.minutes)

    def __str__(self) -> str:
        """Return the shortest ISO 8601 form; reading it gives the same offset."""
        hours, minutes = divmod(self.minutes, 60)
        time = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
        return "P" + (f"{self.days}D" if self.days else "") + (f"T{time}" if time else "")
