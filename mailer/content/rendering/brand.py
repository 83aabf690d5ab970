"""What an institution shows of itself in a mail: logo, name, address, and its privacy notice."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from mailer.content.language.words import Words
from mailer.content.rendering.colours import HOUSE, Palette, legible, palette
from mailer.content.rendering.rendered import InlineImage
from mailer.domain.look.look import PLAIN, Look, chosen

_WIDTH: Final = 70
LOGO_DOMAIN: Final = "logo"
"""What its Content-ID ends with."""


@dataclass(frozen=True, slots=True)
class Brand:
    """The same for all readers of a language."""

    institution: str = ""
    postal_address: tuple[str, ...] = ()
    """In lines."""
    privacy_url: str = ""
    logo: InlineImage | None = None
    logo_alt: str = ""
    logo_size: tuple[int, int] = (0, 0)
    """Width and height in pixels as it is shown."""
    palette: Palette = HOUSE
    names: Mapping[str, str] | None = None
    """Names of members by code, as the institution calls them."""

    def __bool__(self) -> bool:
        """Tell whether a mail's foot has anything to say of it."""
        return bool(self.institution or self.postal_address or self.privacy_url)

    def worded(self, words: Words) -> Words:
        """Return the words of its language with the names of members that it has chosen."""
        return replace(words, names=self.names) if self.names else words

    def plain(self, words: Words) -> str:
        """Write the foot of a plain text: lines with their newlines; empty if there is none."""
        given = (self.institution, *self.postal_address)
        lines = [one for line in given for one in textwrap.wrap(line, _WIDTH)]
        if self.privacy_url:
            lines += [words("Privacy"), f"  {self.privacy_url}"]
        return "".join(f"{line}\n" for line in lines)


NONE: Final = Brand()


def brand_of(look: Look, language: str, fallback: Sequence[str] = ()) -> Brand:
    """Return what an institution shows of itself to readers of a language.

    Args:
        look: the look.
        language: the reader's.
        fallback: languages that stand in, in order.
    """
    if look is PLAIN:
        return NONE
    address = chosen(look.postal_address, language, fallback)
    institution = chosen(look.institution, language, fallback)
    image, alt, size = None, "", (0, 0)
    if look.logo and look.logo.data:
        logo = look.logo
        cid = f"{logo.digest[:16]}@{LOGO_DOMAIN}"
        image = InlineImage(cid, f"logo{logo.suffix}", logo.content_type, logo.data)
        alt = chosen(logo.alt, language, fallback) or institution
        size = (max(1, logo.width // 2), max(1, logo.height // 2))
    return Brand(
        institution=institution,
        postal_address=tuple(line for line in address.split("\n") if line),
        privacy_url=chosen(look.privacy_url, language, fallback),
        logo=image,
        logo_alt=alt,
        logo_size=size,
        palette=legible(palette(look.accent, look.accent_dark)),
        names=look.names_in(language, fallback) or None,
    )
