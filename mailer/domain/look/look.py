"""What an institution says of itself over what its settings say: its look, words and names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from mailer.domain.subscribers.topic import EVERY, Topics

ByLanguage = Mapping[str, str]
"""A text by language; `EVERY` is for those not named."""
Text = str | tuple[str, ...]
"""A text of a service mail: a line, or paragraphs."""


@dataclass(frozen=True, slots=True)
class Logo:
    """The institution's logo."""

    digest: str
    """Of the picture; 64 hexadecimal digits (SHA-256)."""
    content_type: str
    """`image/png` or `image/jpeg`."""
    width: int
    height: int
    """In pixels of the picture; it is shown at half of that, sharp on any screen."""
    alt: ByLanguage = field(default_factory=dict)
    """The words that stand for it."""
    data: bytes = field(default=b"", repr=False, compare=False)
    """The picture; empty until it is loaded."""

    @property
    def suffix(self) -> str:
        """Return the ending of its file's name."""
        return {"image/png": ".png", "image/jpeg": ".jpg"}[self.content_type]

    @property
    def filename(self) -> str:
        """Return its name on pages and in mails: another picture has another name."""
        return f"logo-{self.digest[:32]}{self.suffix}"


@dataclass(frozen=True, slots=True)
class Look:
    """The look in force; what is empty is as the settings say, or left out."""

    revision: int = 0
    """How often it was changed; 0: never."""
    institution: ByLanguage = field(default_factory=dict)
    short_name: ByLanguage = field(default_factory=dict)
    list_title: ByLanguage = field(default_factory=dict)
    """The list's name: in heads of pages, List-Id and service mails."""
    sender_name: ByLanguage = field(default_factory=dict)
    logo: Logo | None = None
    accent: str = ""
    """`#rrggbb`; empty: the house's."""
    accent_dark: str = ""
    """The same for dark backgrounds; empty: derived."""
    imprint: ByLanguage = field(default_factory=dict)
    """Who is answerable, in lines; empty lines part paragraphs."""
    postal_address: ByLanguage = field(default_factory=dict)
    privacy_url: ByLanguage = field(default_factory=dict)
    """https only."""
    languages: tuple[str, ...] = ()
    topics: Topics | None = None
    texts: Mapping[str, Mapping[str, Text]] = field(default_factory=dict)
    """Language -> key such as `confirm.subject` -> what is said in place of ours."""
    names: Mapping[str, ByLanguage] = field(default_factory=dict)
    """Code of a member -> its name by language, as the institution calls it."""
    mailed: str = ""
    """Tells this look from others as far as mail to many shows it: names, colours, logo, imprint.
    Empty: all of that is as the settings say."""

    def texts_in(self, language: str) -> dict[str, Text]:
        """Return what is said in a language in place of our words, by key."""
        return {
            **self.texts.get(language.partition("-")[0], {}),
            **self.texts.get(language, {}),
        }

    def names_in(self, language: str, fallback: Sequence[str] = ()) -> dict[str, str]:
        """Return the names of members in a language, by code; those that have none are left out."""
        found = {code: chosen(names, language, fallback) for code, names in self.names.items()}
        return {code: name for code, name in found.items() if name}


PLAIN: Final = Look()
"""Nothing is said over the settings."""


def chosen(texts: ByLanguage, language: str, fallback: Sequence[str] = ()) -> str:
    """Choose the text for a language: its own, its main one's, that for all, or a stand-in's.

    Args:
        texts: by language.
        language: the reader's.
        fallback: languages that stand in, in order.
    """
    order = (language, language.partition("-")[0], EVERY, *fallback)
    return next((texts[code] for code in order if code in texts), "")
