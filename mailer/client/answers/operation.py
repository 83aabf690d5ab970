"""What the service tells of its events and settings.

Times are texts (RFC 3339), as in the document of the API; new fields may be added there.
"""

from __future__ import annotations

from typing import Any, TypedDict


class Event(TypedDict):
    """Something that happened."""

    id: str
    at: str
    type: str
    fields: dict[str, str]
    """See docs/events.md; no addresses."""


class Setting(TypedDict):
    """One setting."""

    value: Any
    """Passwords are masked."""
    origin: str
    """Where it was given."""


class Settings(TypedDict):
    """All settings, by name."""

    settings: dict[str, Setting]
