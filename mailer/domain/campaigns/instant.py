"""The instant at which a campaign starts, from a local time and a zone."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mailer.errors import InputError


def instant_of(local: datetime, zone: str) -> datetime:
    """Turn a local time in a zone into an instant.

    Raises:
        InputError: the zone is unknown, or the clocks there skip or repeat that time.
    """
    try:
        where = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        said, facts = f"{zone!r} is no time zone", {"zone": zone}
        remedy = "give one such as Europe/Zurich"
        raise InputError.of("zone", said, remedy, code="unknown_zone", facts=facts) from None
    if local.tzinfo is not None:
        return local.astimezone(UTC)
    earlier, later = (local.replace(tzinfo=where, fold=fold) for fold in (0, 1))
    if earlier.utcoffset() != later.utcoffset():
        there = earlier.astimezone(UTC).astimezone(where).replace(tzinfo=None) == local
        what = "happens twice" if there else "does not exist"
        said = f"{local:%Y-%m-%d %H:%M} {what} in {zone}: the clocks change there"
        remedy, facts = (
            "give a time an hour earlier or later",
            {"at": local.isoformat(), "zone": zone},
        )
        raise InputError.of("at", said, remedy, code="clock_change", facts=facts)
    return earlier.astimezone(UTC)
