"""The card of an edition: what lists, feeds and searches need of it without reading it again.

Made once, when an edition is imported, and kept beside its files. Reading three translations takes
some hundredths of a second; an archive of some hundred editions must not do that for each visitor.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, Final

from mailer.content.language.words import words_for
from mailer.content.parsing import blocks as b
from mailer.content.parsing import document
from mailer.content.parsing.links import Links
from mailer.content.rendering.web_page import figures, picture_digest, public, unpersonal
from mailer.domain.campaigns.edition import Edition, chosen

FORMAT: Final = 2
"""Raised when cards change what they hold: older ones are then made anew from the files."""


@dataclass(frozen=True, slots=True)
class Part:
    """A section, or what stands between two: what a search leads to."""

    anchor: str
    """Its id in the page, or empty where it has none."""
    heading: str
    text: str
    """All its words below the heading, a line for each block."""


@dataclass(frozen=True, slots=True)
class Face:
    """The title and other words that one translation shows in a list."""

    language: str
    title: str
    """The bulletin's name, from the masthead."""
    subject: str
    season: str
    summary: str
    """One or two sentences: its description, or the line that inboxes show."""
    parts: tuple[Part, ...]
    lead: str
    """Digest of its first image, or empty."""


@dataclass(frozen=True, slots=True)
class Image:
    """The place of an image's bytes among an edition's files, and the size at which it is drawn."""

    path: str
    content_type: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Card:
    """One version of an edition in brief."""

    day: date
    """The edition's date."""
    fallback: tuple[str, ...]
    faces: Mapping[str, Face]
    """By language, in the edition's order."""
    images: Mapping[str, Image]
    """By digest: those that its texts show, and no others."""
    turns: tuple[date, ...]
    """Days since when a page of it marks something more as past, ascending."""
    accent: str
    """Its own colour, `#rrggbb`, or empty."""
    accent_dark: str
    """The same for dark backgrounds."""

    def language_for(self, language: str) -> str | None:
        """Tell which translation a reader of that language gets, or None."""
        return chosen(self.faces, language, self.fallback)

    def face_for(self, language: str) -> Face:
        """Return what a reader of that language sees of it, in any language rather than none."""
        return self.faces[self.language_for(language) or next(iter(self.faces))]

    def marked_since(self, today: date) -> date:
        """Tell since when a page has looked as it looks today."""
        return max((day for day in self.turns if day <= today), default=self.day)


def card_of(edition: Edition) -> Card:
    """Make the card of an edition as it was read.

    Raises:
        InputError: the text does not hold together; `source.load_files` would have refused it.
    """
    faces: dict[str, Face] = {}
    images: dict[str, Image] = {}
    lasts = [entry.last_day for entry in edition.calendar]
    for code in edition.languages:
        found = document.read(edition, code, Links().values()).blocks
        faces[code] = _face(edition, code, found)
        for picture in figures(found):
            images[picture_digest(picture)] = Image(
                picture.path, picture.content_type, picture.width, picture.height
            )
        calls = (block for block in b.walk(found) if isinstance(block, b.Call))
        lasts += [call.deadline for call in calls if call.deadline]
    turns = {last + timedelta(days=1) for last in lasts if last >= edition.date}
    return Card(
        day=edition.date,
        fallback=edition.fallback,
        faces=faces,
        images=images,
        turns=tuple(sorted(turns)),
        accent=edition.accent,
        accent_dark=edition.accent_dark,
    )


def _face(edition: Edition, code: str, found: tuple[b.Block, ...]) -> Face:
    translation = edition.translations[code]
    return Face(
        language=code,
        title=translation.title,
        subject=edition.text_for(edition.subject, code) or translation.title,
        season=edition.text_for(edition.season, code),
        summary=translation.description or translation.preheader or translation.subtitle,
        parts=tuple(_part(edition, code, block) for block in found),
        lead=next(map(picture_digest, figures(found)), ""),
    )


def _part(edition: Edition, code: str, block: b.Block) -> Part:
    anchor = f"s{block.number}" if isinstance(block, b.Section) else ""
    heading = (
        b.plain_text(public(block.title, words_for(code))) if isinstance(block, b.Group) else ""
    )
    inner = block.blocks if isinstance(block, b.Group) else (block,)
    lines = [*_own_words(edition, code, block), *_lines(edition, code, inner)]
    return Part(anchor, heading, "\n".join(filter(None, lines)))


def _lines(edition: Edition, code: str, found: tuple[b.Block, ...]) -> Iterator[str]:
    """Yield the words of each block, as a visitor of the page reads them."""
    words = words_for(code)
    for block in b.walk(found):
        for inline in b.inlines(block):
            yield b.plain_text(public(inline, words))
        yield from _own_words(edition, code, block)


def _own_words(edition: Edition, code: str, block: b.Block) -> Iterator[str]:
    """Yield what a block shows besides its runs of text."""
    if isinstance(block, b.Figure):
        yield unpersonal(block.alt, words_for(code))
    elif isinstance(block, b.Dates):
        for entry in block.entries:
            yield edition.text_for(entry.title, code)
    elif isinstance(block, b.Members):
        words = words_for(code)
        yield words.listing(words.territories(block.codes))


def to_json(card: Card) -> str:
    """Write a card as it is kept."""
    fields: dict[str, Any] = {**asdict(card), "format": FORMAT}
    fields["day"] = card.day.isoformat()
    fields["turns"] = [day.isoformat() for day in card.turns]
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def from_json(text: bytes | str | None) -> Card | None:
    """Read a card; None if there is none, or one of another format."""
    fields = json.loads(text) if text else {}
    if fields.get("format") != FORMAT:
        return None
    return Card(
        day=date.fromisoformat(fields["day"]),
        fallback=tuple(fields["fallback"]),
        faces={
            code: Face(**{**face, "parts": tuple(Part(**part) for part in face["parts"])})
            for code, face in fields["faces"].items()
        },
        images={digest: Image(**image) for digest, image in fields["images"].items()},
        turns=tuple(map(date.fromisoformat, fields["turns"])),
        accent=fields["accent"],
        accent_dark=fields["accent_dark"],
    )
