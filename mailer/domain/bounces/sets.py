"""Reading of a report by sets of words: a thing that is named, and a statement near it.

Fixed wordings know only what was met before. Here each thing that is said belongs to the nearest
thing that is spoken of in the same sentence: `unknown` says that a reader is gone where it stands
by "user", "Empfänger" or "скринька", and that we are in doubt where it stands by "sender".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Final, NamedTuple

from mailer.domain.text.plain import unaccented
from mailer.vocabulary.cues import Cues, Spelling, cues

_SPELLING: Final = Spelling(
    unaccented,
    {
        "ä": ("ae?", "æ"),
        "ö": ("oe?",),
        "ü": ("ue?",),
        "ø": ("oe?",),
        "æ": ("ae?", "æ"),
        "å": ("aa?",),
        "ß": ("ss", "ß"),
    },
)
"""Systems that know no such letters write two."""
SPOKEN_OF: Final = ("sender", "machine", "domain", "storage", "mailbox", "recipient", "message")
_BEFORE_OTHERS: Final = (
    "mailbox",
    "domain",
    "machine",
    "message",
    "sender",
    "storage",
    "recipient",
)
"""Of two that are equally near, the one that is first here is meant."""
_LONGEST: Final = 1200
"""Characters that are looked at: further down, reports explain and advise."""
_MOST: Final = 60
"""Words of each set; more of them tell nothing more."""
_SENTENCE: Final = re.compile(r"(?:[.;!?](?= |$)| - | \| |[。；！])")
_NEGATION: Final = re.compile(r"\b(?:not|n't|never|nicht|pas|niet|inte|ikke|nie|не) $")
_LOOK_BACK: Final = 28
_JOINED: Final = re.compile(
    r" ?(?:(?:of|from|de|du|del|della|do|da|van|des|der|av|af) )?(?:the |l'|la |il |den )?"
)
_WHOSE: Final = frozenset({"domain", "recipient"})


def _sayings(*concepts: str) -> Cues:
    return cues("sayings", *concepts, spelling=_SPELLING)


@cache
def _subjects() -> re.Pattern[str]:
    """Match whatever is spoken of; the group says what."""
    sets = ((name, _sayings(name).pattern.pattern) for name in SPOKEN_OF)
    return re.compile("|".join(f"(?P<{name}>{source})" for name, source in sets))


_PERHAPS: Final = _sayings("perhaps")


class _Spoken(NamedTuple):
    """A place where something is spoken of."""

    of: str
    start: int
    end: int


class Near:
    """Words that are said of something; found like a pattern."""

    def __init__(self, of: tuple[str, ...], said: tuple[str, ...], reach: int = 45) -> None:
        """Look for things that are `said` within `reach` letters of what they are said `of`."""
        self._of = frozenset(of)
        self._said = _sayings(*said)
        self._reach = reach

    def search(self, text: str) -> bool:
        """Tell whether it is said; the text is `flowing`."""
        beginning = text[:_LONGEST]
        return self._said.may_be_in(beginning) and any(
            self._is_meant(sentence, found)
            for sentence in _sentences(beginning)
            for found in _some(self._said, sentence)
        )

    def _is_meant(self, sentence: str, found: re.Match[str]) -> bool:
        if _NEGATION.search(sentence[: found.start()]):
            return False
        near = [
            (distance, one)
            for one in _spoken_of(sentence)
            if 0 <= (distance := _distance(one, found, sentence)) <= self._reach
        ]
        if not near:
            return False
        nearest = min(near, key=_order)[1]
        first = min(nearest.start, found.start())
        start, end = max(0, first - _LOOK_BACK), max(first, found.start())
        guessed = _PERHAPS.pattern.search(sentence, start, end)
        return nearest.of in self._of and not guessed


def _order(one: tuple[int, _Spoken]) -> tuple[int, int, int]:
    distance, spoken = one
    return distance, _BEFORE_OTHERS.index(spoken.of), spoken.start


def _distance(one: _Spoken, found: re.Match[str], sentence: str) -> int:
    """Count the letters between; what stands in another clause, or follows, is further away."""
    if one.end <= found.start():
        between = sentence[one.end : found.start()]
        return len(between) + 12 * (between.count(",") + between.count(":"))
    if found.end() <= one.start:
        between = sentence[found.end() : one.start]
        return len(between) + 12 * (between.count(",") + between.count(":")) + 3
    # `Can take no more mail` is not said of the mail.
    if one.of == "message" and found.start() <= one.start and one.end <= found.end():
        return -1
    # One word says both, like a name that holds another.
    return -1 if one.start <= found.start() and found.end() <= one.end else 0


@lru_cache(maxsize=64)
def _sentences(text: str) -> tuple[str, ...]:
    return tuple(one for one in _SENTENCE.split(text) if one.strip())


@lru_cache(maxsize=256)
def _spoken_of(sentence: str) -> tuple[_Spoken, ...]:
    spoken = [
        _Spoken(str(found.lastgroup), found.start(), found.end())
        for found in _some(_subjects(), sentence)
    ]
    for number in range(1, len(spoken)):
        before, after = spoken[number - 1 : number + 1]
        # The sender's address is the sender.
        if _JOINED.fullmatch(sentence[before.end : after.start]):
            if before.of == "sender" and after.of in _WHOSE:
                spoken[number] = after._replace(of="sender")
            elif after.of == "sender" and before.of in _WHOSE:
                spoken[number - 1] = before._replace(of="sender")
    return tuple(spoken)


def _some(pattern: re.Pattern[str] | Cues, sentence: str) -> Iterator[re.Match[str]]:
    for count, found in enumerate(pattern.finditer(sentence)):
        if count >= _MOST:
            return
        yield found


WE_ARE_LISTED: Final = Near(("sender", "machine", "message"), ("listed",), reach=80)
WE_ARE_REFUSED: Final = Near(("sender",), ("refused", "absent", "closed"))
NOT_ENTITLED: Final = _sayings("not-entitled")
"""We may not write to this recipient; only some may."""
TAKEN_FOR_ADVERTISING: Final = _sayings("taken-for-advertising")
BOX_FULL: Final = Near(("mailbox", "storage", "recipient"), ("full",))
BOX_OVER: Final = Near(("mailbox", "storage"), ("over",))
QUOTA_PASSED: Final = _sayings("quota-passed")
BOX_CLOSED: Final = Near(("mailbox", "recipient"), ("closed",))
BOX_ABSENT: Final = Near(("mailbox", "recipient"), ("absent",))
DOMAIN_ABSENT: Final = Near(("domain",), ("absent", "closed"))
FOR_NOW: Final = _sayings("for-now")
"""Sayings that make a statement temporary."""
