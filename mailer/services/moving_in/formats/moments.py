"""Instants as programs write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

_MOMENT: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?)?"
    r" ?(Z|UTC|[+-]\d\d:?\d\d)?(?: [A-Z]{1,5}| [+-]\d\d)?"
)
"""ISO 8601, MySQL's form, and the one that Go prints (`2023-04-01 09:00:00.5 +0000 UTC`)."""
_EPOCH: Final = re.compile(r"\d{9,10}")


def moment(text: str) -> datetime | None:
    """Read an instant; without an offset it is UTC. None: nothing is said, or it is no instant."""
    written = text.strip()
    try:
        if _EPOCH.fullmatch(written):
            return datetime.fromtimestamp(int(written), UTC)
        found = _MOMENT.fullmatch(written)
        if not found or found[1] < "1971":  # databases write an early date for none
            return None
        numbers = [int(part or 0) for part in found.groups()[:6]]
        year, month, day, hour, minute, second = numbers
        zone = _zone(found[7] or "")
        return datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _zone(text: str) -> timezone:
    if text[:1] not in {"+", "-"}:
        return UTC
    digits = text[1:].replace(":", "")
    span = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-span if text[0] == "-" else span)
