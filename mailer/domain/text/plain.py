"""Letters as a hurried system writes them: lower case, without accents, one for one.

Mail systems leave accents out as often as not, so what is compared with their words has none.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from mailer.vocabulary.cues import Spelling

LONGEST_WORD: Final = 200
"""Letters; longer ones are no words, and longer addresses cannot be mailed to."""


def _bare() -> dict[int, str]:
    table = {ord("’"): "'", **{ord(one): plain for one, plain in zip("łøđı", "lodi", strict=True)}}
    for code in [*range(0xC0, 0x250), *range(0x386, 0x3CF), *range(0x1E00, 0x1F00)]:
        letters = unicodedata.normalize("NFD", chr(code))
        if len(letters) > 1 and all(unicodedata.combining(one) for one in letters[1:]):
            table[code] = letters[0]
    return table


_BARE: Final = _bare()


def unaccented(text: str) -> str:
    """Return a text of the same length in which each accented letter is the plain one."""
    return text if text.isascii() else text.translate(_BARE)


PLAIN: Final = Spelling(unaccented)
"""The spelling of words where accents do not count."""


def plain(text: str) -> str:
    """Return a text in lower case and without accents."""
    return unaccented(text.lower())


def flowing(text: str) -> str:
    """Return a plain text on one line, its words cut where no word is that long.

    Patterns that may begin at any letter of a word take a time that grows with its square.
    """
    return " ".join([word[:LONGEST_WORD] for word in plain(text).split()])


def unquoted(text: str) -> str:
    """Return a text without the lines that quote another, each of which begins with `>`."""
    return "\n".join(line for line in text.split("\n") if not line.lstrip().startswith(">"))
