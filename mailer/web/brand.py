"""What the institution shows of itself on every page: logo, names, colours, imprint, addresses."""

from __future__ import annotations

from dataclasses import dataclass

from mailer.config import Settings
from mailer.domain.look.look import PLAIN, chosen
from mailer.domain.look.reading import is_https
from mailer.web.assets import accent_path

FOLDER = "/brand"
"""Where its pictures are served."""


@dataclass(frozen=True, slots=True)
class Picture:
    """The logo, as a page shows it."""

    path: str
    width: int
    height: int
    alt: str


@dataclass(frozen=True, slots=True)
class Brand:
    """The same for all readers of a language; what is empty is not shown."""

    institution: str = ""
    short_name: str = ""
    logo: Picture | None = None
    sheet: str = ""
    """Path of the style sheet of its colours; empty: the house's."""
    imprint: tuple[tuple[str, ...], ...] = ()
    """Paragraphs, each in lines."""
    address: tuple[str, ...] = ()
    """In lines."""
    privacy_url: str = ""


def brand_of(settings: Settings, language: str) -> Brand:
    """Return what the institution shows to readers of a language."""
    look, order = settings.look, settings.languages
    if look is PLAIN:
        return Brand()
    institution = settings.institution_in(language)
    logo = None
    if look.logo and look.logo.data:
        alt = chosen(look.logo.alt, language, order) or institution
        size = (look.logo.width + 1) // 2, (look.logo.height + 1) // 2
        logo = Picture(f"{FOLDER}/{look.logo.filename}", *size, alt)
    imprint = chosen(look.imprint, language, order)
    url = chosen(look.privacy_url, language, order)
    return Brand(
        institution,
        chosen(look.short_name, language, order),
        logo,
        accent_path(look.accent, look.accent_dark),
        tuple(tuple(part.split("\n")) for part in imprint.split("\n\n") if part),
        tuple(filter(None, chosen(look.postal_address, language, order).split("\n"))),
        url if is_https(url) else "",
    )
