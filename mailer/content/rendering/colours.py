"""The colours of mails and pages, for light and dark, and whether one can be read on another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from mailer.domain.look.colours import AA, DARK_PAPER, WHITE, contrast, darkened, lightened

__all__ = ["AA", "HOUSE", "Palette", "Scheme", "contrast", "darkened", "legible", "lightened"]
__all__ += ["palette"]


@dataclass(frozen=True, slots=True)
class Scheme:
    """The colours of one scheme, each `#rrggbb`."""

    paper: str
    ink: str
    muted: str
    rule: str
    accent: str


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of a mail in both schemes."""

    light: Scheme
    dark: Scheme


HOUSE: Final = Palette(
    light=Scheme(WHITE, "#23282e", "#59616b", "#d8dce1", "#1b4a7a"),
    dark=Scheme(DARK_PAPER, "#e2e5e9", "#a6aeb8", "#39414b", "#93bfee"),
)


def palette(accent: str = "", accent_dark: str = "") -> Palette:
    """Return the house's colours with another accent.

    Args:
        accent: `#rrggbb` for light backgrounds, or empty for the house's.
        accent_dark: the same for dark ones; derived from `accent` if empty.
    """
    if not accent and not accent_dark:
        return HOUSE
    light, dark = HOUSE.light, HOUSE.dark
    derived = accent_dark or lightened(accent, dark.paper)
    return Palette(
        Scheme(light.paper, light.ink, light.muted, light.rule, accent or light.accent),
        Scheme(dark.paper, dark.ink, dark.muted, dark.rule, derived),
    )


def legible(colours: Palette) -> Palette:
    """Return a palette whose accents can be read on their paper, changed only where they cannot."""
    light, dark = colours.light, colours.dark
    return Palette(
        replace(light, accent=darkened(light.accent, light.paper)),
        replace(dark, accent=lightened(dark.accent, dark.paper, AA)),
    )
