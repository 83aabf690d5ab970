"""The colours of mails and pages, for light and dark, and whether one can be read on another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

AA: Final = 4.5
"""The least contrast of text (WCAG 2.2, 1.4.3)."""


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
    light=Scheme("#ffffff", "#23282e", "#59616b", "#d8dce1", "#1b4a7a"),
    dark=Scheme("#14181d", "#e2e5e9", "#a6aeb8", "#39414b", "#93bfee"),
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


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2, definition)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def lightened(colour: str, paper: str, ratio: float = 7.0) -> str:
    """Mix a colour with white until it reads well on a dark paper."""
    return _mixed(colour, 255, paper, ratio)


def darkened(colour: str, paper: str, ratio: float = AA) -> str:
    """Mix a colour with black until it reads well on a light paper."""
    return _mixed(colour, 0, paper, ratio)


def _mixed(colour: str, other: int, paper: str, ratio: float) -> str:
    """Mix a colour with black (0) or white (255) until its contrast is enough."""
    parts = _parts(colour)
    steps = (
        "#{:02x}{:02x}{:02x}".format(*(round(p + (other - p) * step / 20) for p in parts))
        for step in range(21)
    )
    return next((one for one in steps if contrast(one, paper) >= ratio), "#" + f"{other:02x}" * 3)


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(part / 255) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
