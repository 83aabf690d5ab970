"""The colours of mails, for light and dark, and whether text in one can be read on another."""

from __future__ import annotations

from dataclasses import dataclass
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


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2, definition)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def lightened(colour: str, paper: str, ratio: float = 7.0) -> str:
    """Mix a colour with white until it reads well on a dark paper."""
    parts = _parts(colour)
    for step in range(21):
        mixed = tuple(round(part + (255 - part) * step / 20) for part in parts)
        candidate = "#{:02x}{:02x}{:02x}".format(*mixed)
        if contrast(candidate, paper) >= ratio:
            return candidate
    return "#ffffff"


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(part / 255) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
