"""Long lists of phrases to look for in a text: each is only tried where the text has its letters.

The lists are in some forty languages, hundreds of phrases each. To try them all at each letter of a
mail takes tens of milliseconds, and to compile them all takes a third of a second of every process.
Here a phrase is tried if its stem stands in the text (`scanning`), and compiled when that happens
first. What is found is what one large regular expression would find.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, partial
from itertools import chain
from typing import Final, NamedTuple

from mailer.vocabulary.notation import Expression, Needs, by_telling, folded, read_phrase
from mailer.vocabulary.scanning import Scanner
from mailer.vocabulary.tables import Entry, entries

_SHARED: Final = Scanner()
"""Looks for what the lists of the tables need, all at once."""


class Spelling(NamedTuple):
    """The spelling of the words of a list in the texts."""

    plain: Callable[[str], str] = str
    """Makes one letter of each, as the texts have them."""
    ways: dict[str, tuple[str, ...]] = {}  # noqa: RUF012  # never changed
    """Letters that have several ways."""

    def phrase(self, text: str) -> str:
        """Return a phrase as it is spelled."""
        return self._spelled(text, "(")

    def expression(self, text: str) -> str:
        """Return a regular expression as it is spelled."""
        return self._spelled(text, "(?:")

    def _spelled(self, text: str, opened: str) -> str:
        several = {ord(one): f"{opened}{'|'.join(ways)})" for one, ways in self.ways.items()}
        return self.plain(text.translate(several))


class _Cue:
    """One phrase of a list."""

    def __init__(self, expression: Expression, flags: re.RegexFlag) -> None:
        self.needs: Needs = expression.needs
        self.source = expression.source
        self._flags = flags

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(self.source, self._flags)


class Within(NamedTuple):
    """The phrases of a list that may be in a text, to be looked for in its lines."""

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
    """A list of phrases, to tell whether any of them is found in a text."""

    def __init__(
        self,
        words: Callable[[], Iterable[Entry]],
        *,
        ignore_case: bool = False,
        spelling: Spelling = Spelling(),  # noqa: B008  # never changed
        before: str = "",
        after: str = "",
        scanner: Scanner | None = None,
    ) -> None:
        """Keep the phrases; nothing is done with them before they are needed.

        Args:
            words: gives the phrases when they are first looked for.
            ignore_case: true if case does not count; else texts must be in the case of the words.
            spelling: how the words are spelled in the texts.
            before: a regular expression that stands before each.
            after: one that stands after each.
            scanner: looks for what they need.
        """
        self._words = words
        self._flags = re.IGNORECASE if ignore_case else re.NOFLAG
        self.spelling = spelling
        self._before = before
        self._after = after
        self._scanner = scanner or Scanner()
        self._scanner.add(self._stems)

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
        there = self._scanner.stems_in(folded(text))
        stems = (
            stem
            for cue in self._possible(text)
            for stem in (cue.needs[0] if cue.needs else ("",))
            if stem in there or not stem
        )
        return Within(frozenset(stems), self)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """All of them as one expression, for callers that need the place where it is found."""
        return re.compile("|".join(cue.source for cue in self._cues), self._flags)

    @cached_property
    def expressions(self) -> tuple[Expression, ...]:
        """Return the expressions by which they are found."""
        return tuple(map(self._expression, self.entries))

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The phrases as they are written down."""
        return tuple(self._words())

    def _expression(self, entry: Entry) -> Expression:
        if entry.phrase:
            source, needs = read_phrase(self.spelling.phrase(entry.phrase))
        else:
            source = self.spelling.expression(entry.expression)
            stems = tuple(folded(self.spelling.plain(stem)) for stem in entry.needs)
            needs = by_telling((stems,))
        if self._before or self._after:
            source = f"{self._before}(?:{source}){self._after}"
        return Expression(source, needs)

    @cached_property
    def _cues(self) -> tuple[_Cue, ...]:
        return tuple(_Cue(one, self._flags) for one in self.expressions)

    def _stems(self) -> Iterator[str]:
        for cue in self._cues:
            yield from chain.from_iterable(cue.needs)

    @cached_property
    def _by_stem(self) -> dict[str, list[_Cue]]:
        """Return the phrases to be tried where a stem stands."""
        found: dict[str, list[_Cue]] = {}
        for cue in self._cues:
            for stem in cue.needs[0] if cue.needs else ():
                found.setdefault(stem, []).append(cue)
        return found

    @cached_property
    def _firsts(self) -> frozenset[str]:
        return frozenset(self._by_stem)

    @cached_property
    def _always(self) -> list[_Cue]:
        """Return the phrases to be tried in every text."""
        return [cue for cue in self._cues if not cue.needs]

    def _possible(self, text: str) -> list[_Cue]:
        """Return those that have their letters in a text."""
        there = self._scanner.stems_in(folded(text))
        found = dict.fromkeys(cue for stem in self._firsts & there for cue in self._by_stem[stem])
        return self._always + [
            cue for cue in found if not any(there.isdisjoint(need) for need in cue.needs[1:])
        ]


def cues(
    name: str,
    *concepts: str,
    ignore_case: bool = False,
    spelling: Spelling = Spelling(),  # noqa: B008  # never changed
    before: str = "",
    after: str = "",
) -> Cues:
    """Return what concepts of a table are called, in all languages; read when it is needed.

    Args:
        name: the file, without its ending.
        concepts: their names there.
        ignore_case: true if case does not count.
        spelling: how the words are spelled in the texts.
        before: a regular expression that stands before each.
        after: one that stands after each.
    """
    return Cues(
        partial(_of, name, concepts),
        ignore_case=ignore_case,
        spelling=spelling,
        before=before,
        after=after,
        scanner=_SHARED,
    )


def _of(name: str, concepts: tuple[str, ...]) -> list[Entry]:
    return [entry for concept in concepts for entry in entries(name, concept)]
