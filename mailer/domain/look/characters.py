"""Characters that a text of the institution may hold: what is seen, and spaces."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories of characters that are not seen, or that turn others round (U+202E)."""
_JOINERS: Final = frozenset("\u200c\u200d")
"""Persian and the scripts of India need them."""
_SPACES: Final = re.compile(r"[ \t\r\n]+")
"""No-break spaces are kept: French sets them before its marks."""


def hidden(text: str) -> str:
    """Return the first character that may not stand in a line; empty if there is none."""
    return next(
        (one for one in text if unicodedata.category(one) in _HIDDEN and one not in _JOINERS), ""
    )


def on_one_line(text: str) -> str:
    """Return a text with single spaces where it has runs of spaces and line breaks."""
    return _SPACES.sub(" ", text).strip(" ")


def in_lines(text: str) -> str:
    """Return a text in lines, each without spaces around; at most one empty line in a row."""
    lines = [on_one_line(line) for line in re.split(r"\r\n|\r|\n", text)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
