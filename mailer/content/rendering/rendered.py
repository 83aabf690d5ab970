"""The result of rendering: one language of a mail, with slots for what differs per reader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SLOT_OPEN: Final = "\ue000"
SLOT_CLOSE: Final = "\ue001"


def slot(name: str) -> str:
    """Mark the place of a per-reader value; a name is lower-case letters and underscores."""
    return f"{SLOT_OPEN}{name}{SLOT_CLOSE}"


@dataclass(frozen=True, slots=True)
class InlineImage:
    """An image that travels with the message and is shown through `cid:` (RFC 2392)."""

    cid: str
    """Content-ID without its angle brackets; ASCII."""
    filename: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """A calendar file that travels with the message, which mail programs show as what it is."""

    method: str
    """The request to the reader's calendar (RFC 5546): `PUBLISH`, `REQUEST` or `CANCEL`."""
    text: str
    """iCalendar, its lines ended by a bare newline and folded; holds slots if it is the reader's
    own. A slot is the last thing on its line."""
    filename: str
    """ASCII, such as `meeting.ics`."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """One language of a mail. `html` and `text` hold slots; all lines end in a bare newline."""

    language: str
    direction: str
    """`ltr` or `rtl`."""
    subject: str
    preheader: str
    html: str
    text: str
    images: tuple[InlineImage, ...]
    warnings: tuple[str, ...]
    """Remarks for a person, in English, though the mail can be sent."""
    calendar: CalendarFile | None = None
