"""A draft: an edition that is being written, as its folder; and the revisions of its files."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from mailer.domain.drafts.translation import Part

MANIFEST: Final = "edition.toml"
PICTURES: Final = "images/"
IN_BIN: Final = timedelta(days=30)
"""The time for which a draft that was removed can be taken back."""
_TEXT: Final = re.compile(r"([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)\.md")
_NO_NAME: Final = re.compile(r"[^a-z0-9]+")
_LONGEST: Final = 60


class Made(StrEnum):
    """How a revision came to be."""

    FIRST = "first"
    """As the draft began."""
    TYPED = "typed"
    """Saved by itself while somebody wrote."""
    SAVED = "saved"
    """Saved by a person's own wish."""
    MERGED = "merged"
    """What two people wrote, brought together."""
    ASIDE = "aside"
    """What somebody wrote over another's words: kept, and never the text of the draft."""
    RESTORED = "restored"
    REMOVED = "removed"


KEPT_LONGEST: Final = frozenset({Made.FIRST, Made.SAVED, Made.ASIDE, Made.RESTORED, Made.REMOVED})
"""What a person did: kept for longer than what was saved by itself."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One state of one file."""

    number: int
    """From 1, for each file by itself."""
    at: datetime
    by: str
    """Actor, such as `user:1`."""
    name: str
    """The actor's name then."""
    made: Made
    size: int
    """Octets."""
    digest: str
    """Of its content; empty: the file was removed."""
    note: str = ""
    """The name that somebody gave it, or the number of the revision that was restored."""
    stored: int = 0
    """Octets that it takes in the store."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of a draft, as it is now."""

    path: str
    revision: Revision
    last: int
    """The highest number given to a revision; some are set aside, and never were the file."""

    @property
    def there(self) -> bool:
        """Tell whether the file is there; one that was removed still has its history."""
        return bool(self.revision.digest)


@dataclass(frozen=True, slots=True)
class Change:
    """Who changed something, and when."""

    at: datetime
    by: str
    name: str
    file: str = ""


@dataclass(frozen=True, slots=True)
class Published:
    """A draft in the library."""

    at: datetime
    name: str
    slug: str
    digest: str
    edits: int
    """How many edits the draft had seen."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What is known of a draft beside its files."""

    number: int
    slug: str
    """As its manifest says, or last said; empty: it never said any."""
    date: str
    """ISO 8601, likewise."""
    season: Mapping[str, str]
    languages: tuple[str, ...]
    """Those that it has a text in, the source first."""
    source: str
    """The language that the others are translated from."""
    begun: Change
    changed: Change
    edits: int = 0
    origin: str = ""
    """The edition that it was made from; empty: none."""
    published: Published | None = None
    removed: Change | None = None
    tracks: Mapping[str, tuple[Part, ...]] = field(default_factory=dict)
    """The parts of each language's text."""
    alts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By picture and language: what it shows, as said when it was uploaded."""

    def title(self, language: str) -> str:
        """Return what the draft is called."""
        known = self.season.get(language) or self.season.get(self.source)
        return known or next(iter(self.season.values()), "") or self.slug or f"#{self.number}"

    @property
    def in_library(self) -> bool:
        """Tell whether the library has it as it is."""
        return self.published is not None and self.published.edits == self.edits


def text_of(language: str) -> str:
    """Name the file of a language's text."""
    return f"{language}.md"


def language_of(path: str) -> str:
    """Return the language whose text a file is; empty: it is none."""
    match = _TEXT.fullmatch(path)
    return match[1].lower() if match else ""


def picture_path(name: str, suffix: str, taken: frozenset[str] | set[str]) -> str:
    """Make a path for a picture from the name of a stranger's file.

    Args:
        name: the name; only its letters and digits are used, without marks.
        suffix: what the path ends with, such as `.png`.
        taken: paths that are in use.
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    stem = last.rpartition(".")[0] or last
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode().lower()
    base = _NO_NAME.sub("-", plain).strip("-")[:_LONGEST].strip("-") or "picture"
    path, number = f"{PICTURES}{base}{suffix}", 1
    while path in taken:
        number += 1
        path = f"{PICTURES}{base}-{number}{suffix}"
    return path


def plain_lines(text: str) -> str:
    """Return a text with line feeds alone, as files have them; browsers send CR LF."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
