"""What the service tells of the inbox.

Times are texts (RFC 3339), as in the document of the API; new fields may be added there.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, TypedDict

Standing: TypeAlias = Literal["waiting", "answered", "done", "dropped"]
Group: TypeAlias = Literal["letters", "unacted", "quarantine", "failed"]
Why: TypeAlias = Literal[
    "letter",
    "reply",
    "told",
    "refused",
    "invitation",
    "one-word",
    "puzzled",
    "unclear",
    "unanswerable",
    "flood",
    "report",
    "retired",
    "unknown",
    "quarantine",
    "unsent",
    "returned",
    "by-itself",
]
FileType: TypeAlias = Literal[
    "picture", "pdf", "archive", "document", "program", "page", "mail", "text", "unknown"
]
Carried: TypeAlias = Literal["under-way", "sent", "failed", "unknown"]


class InboxItem(TypedDict):
    """A mail that a person has to see, or saw."""

    mail: int
    """Its number."""
    came_in: str
    standing: Standing
    group: Group
    why: Why
    author: str
    """Of the From field, which anybody can write."""
    name: str
    subject: str
    vouched: bool
    """Whether the author's domain vouches for it."""
    thread: int
    kind: str
    taught: str
    """The kind that a person said it is; empty: nobody did."""
    by: str
    """Who dealt with it last; empty: nobody."""
    at: str | None


class Counted(TypedDict):
    """How many items there are of one standing, in one group."""

    standing: Standing
    group: Group
    count: int


class InboxCounts(TypedDict):
    """How many items there are."""

    waiting: int
    counts: list[Counted]


class HeaderField(TypedDict):
    """A field of a mail's header, decoded."""

    name: str
    value: str


class Attached(TypedDict):
    """A file that goes with a mail."""

    file: int
    """Its number in the mail."""
    name: str
    type: FileType
    """By its content."""
    size: int
    declared: str
    """The media type that its sender gave."""


class Answered(TypedDict):
    """An answer that was written in the inbox."""

    answer: int
    """Its number."""
    mail: int
    thread: int
    subject: str
    text: str
    language: str
    by: str
    at: str
    carried: Carried


class OpenedMail(TypedDict):
    """A mail of the inbox, opened."""

    item: InboxItem
    fields: list[HeaderField]
    text: str
    cut: bool
    """Whether the text is longer than what is given out."""
    files: list[Attached]
    subscriber: int | None
    """Who has the author's address on the list."""
    suppressed: bool
    mails: list[InboxItem]
    """Of its thread, the oldest first."""
    answers: list[Answered]
    """Of its thread, the oldest first."""


class Marked(TypedDict):
    """What became of one mail."""

    mail: int
    done: bool
    error: str
    """Why not: the code of the error; empty: it was done."""
    detail: str


class MarkedAll(TypedDict):
    """What became of each."""

    mails: list[Marked]
