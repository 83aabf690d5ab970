"""Long lists of words to look for in a text: each is only tried where the text has its letters.

The lists are regular expressions in some twenty languages, hundreds of words each. To try them all
at each letter of a mail takes tens of milliseconds, and to compile them all takes a third of a
second of every process. Here a word is tried if its stem stands in the text (`stems`), and compiled
when that happens first. What is found is what one large expression would find.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache
from typing import Final, NamedTuple

from mailer.domain.text.stems import Alternative, Needs, alternatives, folded

_GRAM: Final = 4
"""Letters by which a stem is looked up; few words share four."""


class _Seen(NamedTuple):
    """A text made ready to be looked at."""

    text: str
    """Folded."""
    grams: set[str]
    """All its pieces of `_GRAM` letters."""


@lru_cache(maxsize=8)
def _seen(text: str) -> _Seen:
    text = folded(text)
    return _Seen(text, {text[at : at + _GRAM] for at in range(len(text) - _GRAM + 1)})


class _Cue:
    """One expression of a list."""

    def __init__(self, words: Alternative, flags: re.RegexFlag) -> None:
        self.needs: Needs = words.needs
        self._source = words.source
        self._flags = flags

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(self._source, self._flags)

    def may_be_in(self, text: str) -> bool:
        """Tell whether a folded text has what the expression needs."""
        return all(any(stem in text for stem in need) for need in self.needs)


class Within(NamedTuple):
    """Those of a list that may be in a text, to be looked for in its lines."""

    stems: frozenset[str]
    """One of them stands in each line that they are in."""
    cues: Cues

    def stand_in(self, line: str) -> bool:
        """Tell whether a line has what any of them needs."""
        text = folded(line)
        return any(stem in text for stem in self.stems)

    def match(self, line: str) -> bool:
        """Tell whether a line begins with any of them."""
        return self.stand_in(line) and bool(self.cues.pattern.match(line))


class Cues:
    """A list of regular expressions, to tell whether any of them is found in a text."""

    def __init__(
        self, *words: str, ignore_case: bool = False, spelled: Callable[[str], str] = str
    ) -> None:
        """Take the expressions; nothing is done with them before they are needed.

        Args:
            words: the expressions.
            ignore_case: true if case does not count; else texts must be in the case of the words.
            spelled: makes of an expression how its words are spelled in the texts.
        """
        self._words = words
        self._flags = re.IGNORECASE if ignore_case else re.NOFLAG
        self._spelled = spelled

    def search(self, text: str, most: int = sys.maxsize) -> bool:
        """Tell whether any of them is found among the first `most` letters of a text."""
        return any(cue.pattern.search(text, 0, most) for cue in self._possible(text))

    def match(self, text: str) -> bool:
        """Tell whether a text begins with any of them."""
        return any(cue.pattern.match(text) for cue in self._possible(text))

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """Find the places where they are, as one expression does."""
        return self.pattern.finditer(text) if self.search(text) else iter(())

    def sub(self, instead: str, text: str) -> str:
        """Return a text with something else in these places."""
        return self.pattern.sub(instead, text) if self.search(text) else text

    def may_be_in(self, text: str) -> bool:
        """Tell whether any of them has its letters in a text; if not, none is found in it."""
        return bool(self._possible(text))

    def within(self, text: str) -> Within:
        """Look at a text as a whole, before its lines are looked at one by one."""
        there = _seen(text).text
        stems = (stem for cue in self._possible(text) for stem in cue.needs[0] if stem in there)
        return Within(frozenset(stems), self)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """All of them as one expression, for those who need to know where it is found."""
        return re.compile(self._source, self._flags)

    @cached_property
    def _source(self) -> str:
        return "|".join(map(self._spelled, self._words))

    @property
    def alternatives(self) -> list[Alternative]:
        """What they are tried as, with what each of them needs."""
        return alternatives(self._source)

    @cached_property
    def _cues(self) -> tuple[_Cue, ...]:
        return tuple(_Cue(words, self._flags) for words in self.alternatives)

    @cached_property
    def _long(self) -> dict[str, list[tuple[str, _Cue]]]:
        """What is tried where a stem stands, by the letters with which the stem begins."""
        long: dict[str, list[tuple[str, _Cue]]] = {}
        for cue in self._cues:
            for stem in cue.needs[0]:
                if len(stem) >= _GRAM:
                    long.setdefault(stem[:_GRAM], []).append((stem, cue))
        return long

    @cached_property
    def _short(self) -> dict[str, list[_Cue]]:
        """What is tried where a stem of fewer letters stands."""
        short: dict[str, list[_Cue]] = {}
        for cue in self._cues:
            for stem in cue.needs[0]:
                if len(stem) < _GRAM:
                    short.setdefault(stem, []).append(cue)
        return short

    def _possible(self, text: str) -> list[_Cue]:
        """Return those that have their letters in a text."""
        seen = _seen(text)
        long = self._long
        found = [
            cue
            for gram in long.keys() & seen.grams
            for stem, cue in long[gram]
            if stem in seen.text
        ]
        for stem, cues in self._short.items():
            if stem in seen.text:
                found += cues
        return [cue for cue in dict.fromkeys(found) if cue.may_be_in(seen.text)]
