"""What the service tells of its events and settings.

Times are texts (RFC 3339), as in the document of the API; new fields may be added there.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, TypedDict

FindingState: TypeAlias = Literal["good", "warning", "bad", "unknown"]


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


class FoundOut(TypedDict):
    """One thing that was found out."""

    check: str
    code: str
    """What it is; see docs/doctor.md."""
    state: FindingState
    facts: dict[str, str | int]
    """What was seen."""


class Examination(TypedDict):
    """All that was found at one time."""

    at: str | None
    """None: nothing was looked for yet."""
    state: FindingState | None
    """The worst of it."""
    findings: list[FoundOut]


class ReportedSource(TypedDict):
    """What was reported of one source."""

    kind: Literal["dmarc", "tls"]
    domain: str
    source: str
    """DMARC: the network address that sent. TLS: who reports, and the failure."""
    messages: int
    passed: int
    failed: int
    dkim: int
    spf: int
    stopped: int
    """Put into quarantine, or rejected."""


class ReportedSources(TypedDict):
    """What was reported of some days."""

    first: str
    last: str
    sources: list[ReportedSource]
    """The largest first."""
