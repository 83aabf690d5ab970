"""One number of the bulletin: its translations, and which of them a reader gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from mailer.domain.calendar.entry import Entry


@dataclass(frozen=True, slots=True)
class Translation:
    """An edition's text in one language, as written; content makes blocks of it."""

    language: str
    title: str
    """The name of the group or bulletin, for the masthead."""
    preheader: str
    """The line that an inbox shows after the subject."""
    body: str
    """Markdown with containers."""
    file: str
    """The file it was read from, for messages about it."""
    first_line: int = 1
    """Number of the body's first line in that file."""
    subtitle: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """A standing block in one language: a text that editions share."""

    name: str
    language: str
    title: str
    body: str
    file: str
    first_line: int = 1


@dataclass(frozen=True, slots=True)
class Picture:
    """An image of an edition; width and height in pixels."""

    path: str
    data: bytes
    content_type: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Edition:
    """An edition as read from its files. Mappings by language hold what was written, no more."""

    slug: str
    date: date
    season: Mapping[str, str]
    subject: Mapping[str, str]
    fallback: tuple[str, ...]
    """The order in which languages stand in for a missing translation."""
    translations: Mapping[str, Translation]
    calendar: tuple[Entry, ...] = ()
    members: tuple[str, ...] = ()
    """ISO 3166-1 alpha-2 codes of the group's members."""
    standing: Mapping[tuple[str, str], Standing] = field(default_factory=dict)
    """By name and language."""
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    """By their path in the edition's folder."""
    accent: str = ""
    """`#rrggbb` in place of the house's colour, or empty."""
    accent_dark: str = ""
    """The same for dark backgrounds, or empty to have one derived."""

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that it is written in: in order of fallback, then by code."""
        first = [code for code in self.fallback if code in self.translations]
        return (*first, *sorted(set(self.translations) - set(first)))

    def language_for(self, reader_language: str) -> str | None:
        """Tell which translation a reader of that language gets, or None if none may stand in.

        A regional form is served by its main language (`fr-CH` by `fr`) before any other.
        """
        return chosen(self.translations, reader_language, self.fallback)

    def text_for(self, texts: Mapping[str, str], language: str) -> str:
        """Choose among texts by language, by the edition's order; any rather than none."""
        code = chosen(texts, language, self.fallback) or next(iter(texts), "")
        return texts.get(code, "")

    def standing_for(self, name: str, language: str) -> Standing | None:
        """Choose a standing block's translation by the edition's order."""
        languages = {code: "" for (known, code) in self.standing if known == name}
        code = chosen(languages, language, self.fallback)
        return None if code is None else self.standing[name, code]


def chosen(available: Mapping[str, object], wanted: str, fallback: tuple[str, ...]) -> str | None:
    """Choose a language: the one wanted, its main language, else the first that stands in."""
    for code in (wanted, wanted.partition("-")[0], *fallback):
        if code in available:
            return code
    return None
