"""What the service tells of the calendar.

Times are texts (RFC 3339), as in the document of the API; new fields may be added there.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, TypedDict

Kind: TypeAlias = Literal["meeting", "observance", "deadline"]
Status: TypeAlias = Literal["tentative", "confirmed", "cancelled"]
Standing: TypeAlias = Literal["coming", "due", "pending", "held", "starting"]
Content: TypeAlias = Literal["edition", "reminder", "notice"]
News: TypeAlias = Literal["cancelled", "revived", "moved", "place"]
State: TypeAlias = Literal["draft", "scheduled", "held", "sending", "paused", "sent", "cancelled"]


class Repetition(TypedDict):
    """How an entry repeats (RFC 5545 section 3.8.5)."""

    rules: list[str]
    also: list[str]
    """Further starts."""
    left_out: list[str]
    """Starts at which it does not take place."""
    different: list[str]
    """Occurrences that differ; see `occurrence`."""


class Entry(TypedDict):
    """A meeting, an observance or a deadline; or one occurrence of one that repeats."""

    id: str
    kind: Kind
    status: Status
    start: str
    """Local time in `zone`, or a day."""
    end: str | None
    """As `start`; a last day is included."""
    zone: str
    starts_at: str
    ends_at: str
    title: dict[str, str]
    description: dict[str, str]
    place: dict[str, str]
    city: dict[str, str]
    registration: dict[str, str]
    """By language; `*`: for all."""
    reason: dict[str, str]
    """Why it is cancelled."""
    url: str
    online: str
    topics: list[str]
    tags: list[str]
    rule: str
    """The audience rule that its readers fit; empty: none."""
    listed: bool
    invite: bool
    remind: list[str] | None
    """Null: as usual for its kind."""
    reminders: list[str]
    """The offsets at which reminders go out."""
    repeats: Repetition | None
    occurrence: str | None
    """Which one of an entry that repeats it is."""
    sequence: int
    uid: str


class Told(TypedDict):
    """What readers know of an entry."""

    sequence: int | None
    """The version that they were told; null: of none."""
    readers: int
    """How many would be told of a change."""


class Refused(TypedDict):
    """Something that was not taken in."""

    place: str
    """Which entry, and which of its fields."""
    code: str
    detail: str


class Report(TypedDict):
    """What became of a file."""

    added: list[str]
    changed: dict[str, list[str]]
    """Id -> the fields that differ."""
    unchanged: list[str]
    refused: list[Refused]
    """Only with `partly`."""
    notes: list[str]


class Answers(TypedDict):
    """How many answered what, of an entry or an occurrence."""

    occurrence: str
    """Empty: of all of it."""
    answers: dict[str, dict[str, int]]
    """Answer -> language -> readers."""


class Attendance(TypedDict):
    """How many answered what."""

    entry: str
    occurrences: list[Answers]


class Coming(TypedDict):
    """Something that will go out about the calendar."""

    at: str
    state: Standing
    content: Content
    entry: str
    occurrence: str
    offset: str
    """Of a reminder: how long before."""
    change: str
    """Of a notice: what readers hear of."""
    campaign: int | None
    """Its number, if it is made already."""
    readers: int
    """As of now."""
    by_language: dict[str, int]


class Differing(TypedDict):
    """What differs."""

    occurrence: str
    """Empty: the entry itself."""
    fields: list[str]


class Mail(TypedDict):
    """A mail in one language, as a sample reader would get it."""

    subject: str
    text: str


class Notice(TypedDict):
    """A mailing that a change causes."""

    occurrence: str
    change: News
    readers: int
    by_language: dict[str, int]
    mails: dict[str, Mail]
    """By language."""


class Preview(TypedDict):
    """What a change would do."""

    differences: list[Differing]
    readers: int
    """How many would be mailed."""
    by_language: dict[str, int]
    at: str
    """When the mails would leave, if it were changed now."""
    notices: list[Notice]


class Mailing(TypedDict):
    """A reminder or a notice that told readers a version."""

    campaign: int
    content: Content
    at: str
    state: State
    occurrence: str
    offset: str
    """Of a reminder: how long before."""
    change: News | None
    """Of a notice: what readers heard of."""
    readers: int
    by_language: dict[str, int]


class Version(TypedDict):
    """One version of an entry."""

    sequence: int
    at: str | None
    differences: list[Differing]
    """From the version before."""
    mailings: list[Mailing]
    """What told it; empty: nobody heard of it."""


class History(TypedDict):
    """All versions of an entry, the newest first."""

    entry: str
    undo_until: str | None
    """Until when the last change can be taken back; null: it cannot."""
    versions: list[Version]
