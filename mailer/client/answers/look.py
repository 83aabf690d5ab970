"""What the service tells of its look.

Times are texts (RFC 3339), as in the document of the API; new fields may be added there.
"""

from __future__ import annotations

from typing import Any, TypedDict


class Look(TypedDict):
    """The look in force."""

    revision: int
    """How often it was changed."""
    changed_at: str | None
    parts: dict[str, Any]
    """What is said over the settings."""
    origins: dict[str, str]
    """Where each part comes from."""


class Difference(TypedDict):
    """One place that changed; None: as the settings say."""

    place: str
    before: Any
    after: Any


class LookChange(TypedDict):
    """One change of the look."""

    revision: int
    at: str | None
    by: str
    restored: int
    """The revision that it repeats, or 0."""
    differences: list[Difference]


class ServiceMailPreview(TypedDict):
    """A service mail with made-up facts."""

    language: str
    subject: str
    html: str
    """Show it in a sandbox."""
    text: str
