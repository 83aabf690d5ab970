"""Whether one colour can be read on another, and the nearest one that can."""

from __future__ import annotations

from typing import Final

AA: Final = 4.5
"""The least contrast of text (WCAG 2.2, 1.4.3)."""
WHITE: Final = "#ffffff"
"""The paper of mails and pages, and the text on buttons."""
DARK_PAPER: Final = "#14181d"


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours `#rrggbb`, 1 to 21 (WCAG 2.2, definition)."""
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
