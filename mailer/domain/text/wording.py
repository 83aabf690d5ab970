"""Words as they are compared: without case, accents, typographic signs and what is not seen."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Generic, NamedTuple, TypeVar

INVISIBLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064"
    "\u2066-\u206f\ufe00-\ufe0f\ufeff]"
)
"""Characters that take no room: soft hyphens, joiners, marks of direction and of order."""
_UNSPACED: Final = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Scripts that put no blanks between words: each of their letters is a word by itself."""
_WORD: Final = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+(?:[-'][^\W_{_UNSPACED}]+)*")

Words = tuple[str, ...]
Meaning = TypeVar("Meaning")


def normalised(text: str) -> str:
    """Return a text without case, accents, typographic apostrophes and what is not seen."""
    if text.isascii():
        return text.lower()
    seen = INVISIBLE.sub("", text).replace("’", "'").replace("‘", "'")
    plain = unicodedata.normalize("NFKD", seen.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def words_of(text: str) -> list[str]:
    """Return the words of a text, in the form in which they are compared."""
    return _WORD.findall(normalised(text))


class Match(NamedTuple, Generic[Meaning]):
    """A phrase that was found."""

    length: int
    """In words."""
    meaning: Meaning


class Phrases(Generic[Meaning]):
    """Phrases with what they mean; the longest one counts."""

    def __init__(self, meanings: Mapping[Words, Meaning]) -> None:
        self._meanings = {words: meaning for words, meaning in meanings.items() if words}
        self._longest = max(map(len, self._meanings), default=0)
        self._first = {words[0] for words in self._meanings}

    def at(self, words: Sequence[str], start: int) -> Match[Meaning] | None:
        """Return the longest phrase that stands at a place, if one does."""
        if start >= len(words) or words[start] not in self._first:
            return None
        for length in range(min(self._longest, len(words) - start), 0, -1):
            phrase = tuple(words[start : start + length])
            if phrase in self._meanings:
                return Match(length, self._meanings[phrase])
        return None

    def items(self) -> Iterable[tuple[Words, Meaning]]:
        """Return the phrases with their meanings."""
        return self._meanings.items()

    def with_default(self, more: Mapping[Words, Meaning]) -> Phrases[Meaning]:
        """Return these phrases, and those of others that are not among them."""
        return Phrases({**more, **self._meanings})

    def replaced_by(self, more: Mapping[Words, Meaning]) -> Phrases[Meaning]:
        """Return these phrases with others in their place."""
        return Phrases({**self._meanings, **more})

    def and_also(self: Phrases[bool], more: Iterable[Words]) -> Phrases[bool]:
        """Return these phrases and more."""
        return Phrases(self._meanings | dict.fromkeys(more, True))


def phrases(texts: Iterable[str]) -> Phrases[bool]:
    """Return phrases of which only matters that they are some."""
    return Phrases({tuple(words_of(text)): True for text in texts})
