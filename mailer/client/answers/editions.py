"""What the service tells of editions.

Times are texts (RFC 3339), as in the document of the API; new fields may be added there.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, TypedDict

Level: TypeAlias = Literal["error", "warning"]


class Edition(TypedDict):
    """An edition, as of its last import."""

    edition: str
    """Its short name."""
    version: str
    """Changes with its files."""
    date: str
    season: dict[str, str]
    languages: list[str]
    imported_at: str


class Imported(TypedDict):
    """An edition that was imported."""

    changed: bool
    """Whether it differs from what was known of it."""
    edition: Edition


class Finding(TypedDict):
    """Something to be mended."""

    level: Level
    language: str
    """Empty: the edition as a whole."""
    place: str
    """File and line."""
    text: str
    remedy: str
    code: str


class Check(TypedDict):
    """An edition that was looked over."""

    edition: str
    errors: int
    """They keep it from being sent."""
    warnings: int
    readers_get: dict[str, str | None]
    """Language of readers -> the one that they get it in."""
    findings: list[Finding]


Stage: TypeAlias = Literal["writing", "ready", "sent"]


class Progress(TypedDict):
    """How far a language is."""

    percent: int
    """Parts of the source that it has."""
    missing: int
    stale: int
    """Parts whose source was changed since."""


class Draft(TypedDict):
    """An edition that is being written."""

    draft: int
    """Its number."""
    edition: str
    """The short name that it gives itself."""
    date: str
    season: dict[str, str]
    state: Stage
    source: str
    """The language that the others are translated from."""
    languages: dict[str, Progress]
    changed_at: str
    changed_by: str
