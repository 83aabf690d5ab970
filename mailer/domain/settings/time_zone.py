"""The kind of a setting that names a time zone of the zone database (IANA)."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from mailer.domain.settings.setting import SettingError, text


def zone_name(value: Any) -> str:
    """Read the name of a time zone, such as `Europe/Zurich`."""
    name = text(value)
    try:
        return ZoneInfo(name).key
    except (ValueError, OSError, LookupError):
        raise SettingError(
            f"{name!r} is no time zone of the zone database",
            "give its name, such as Europe/Zurich or UTC",
        ) from None
