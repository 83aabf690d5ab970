"""What the service tells of segments and audiences.

Times are texts (RFC 3339), as in the document of the API; new fields may be added there.
"""

from __future__ import annotations

from typing import TypedDict

from mailer.client.answers.subscribers import Status


class Segment(TypedDict):
    """An audience rule with a name."""

    name: str
    rule: str
    version: int
    changed_at: str


class Count(TypedDict):
    """Whom a rule is about, as of now."""

    rule: str
    """In its canonical form, without names of segments."""
    members: int
    """All of whom it holds, whatever their status."""
    planned: int
    """Of those, who would be mailed."""
    by_language: dict[str, int]


class Reader(TypedDict):
    """A reader of whom a rule holds."""

    subscriber: int
    address: str
    language: str
    status: Status


class Use(TypedDict):
    """What speaks of a segment; as long as something does, it stays."""

    campaigns: list[int]
    segments: list[str]
    entries: list[str]
