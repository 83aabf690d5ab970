"""Reading of a report's statements about each of several recipients, without mixing them up.

A reason stands on the recipient's line or those below it; or above, as a heading of one or more
recipients; or below the last of some that have none of their own. Whose reason is whose decides
which address is given up, so a reason is only shared by those that have none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mailer.domain.bounces.judge import judge
from mailer.domain.inbound.kinds import Reason
from mailer.message.bounces import address_scanning as addresses
from mailer.message.phrases import bounce_cues

MOST_LINES: Final = 1_200
LONGEST_LINE: Final = 1_000
"""That much of a report is read."""
LONGEST_DIAGNOSTIC: Final = 500
_RULED: Final = re.compile(r"[-=_*]{4,}")
"""Begins the next section of a report."""
_BECAUSE: Final = re.compile(r"[^\W\d]{2,14}(?: [^\W\d]{2,14})? ?[:：]")
"""A word or two after which the reason comes, in the next paragraph: `because:`."""
_FEW: Final = 9
"""Lines that a paragraph about one recipient has at most."""
_ABOVE: Final = 3
"""Paragraphs above a list that may tell why."""
_WORD: Final = re.compile(r"[^\W_]{2,}")
_JOINED: Final = frozenset({"and", "or", "und", "oder", "et", "ou", "en", "of", "og", "och"})


@dataclass
class Seen:
    """One place where a report names an address, and how surely it means it."""

    address: str
    weight: float
    line: int
    shape: str = ""
    """The form of the line around it, if the address begins it."""


def squeezed(text: str) -> str:
    """Return a text on one line, of a length that fits a table."""
    line = " ".join("".join(one if one.isprintable() else " " for one in text[:4000]).split())
    return line if len(line) <= LONGEST_DIAGNOSTIC else line[: LONGEST_DIAGNOSTIC - 1] + "…"


class Blocks:
    """A report's lines, and those among them that name the failed recipients."""

    def __init__(self, lines: list[str], best: list[Seen], seen: list[Seen]) -> None:
        """Search lines; `best` places failed recipients, and `seen` all addresses."""
        self.lines = [line.strip() for line in lines]
        self.best = best
        self.seen = seen
        self.keys = {one.address.lower() for one in best}
        self.named: dict[int, set[str]] = {}
        for one in best:
            self.named.setdefault(one.line, set()).add(one.address.lower())
        self.bare = {number for number in self.named if self._is_bare(number)}
        """Lines that name recipients and say nothing more."""

    def said_of(self, address: str) -> str:
        """Return what is said about a recipient: the first that tells a reason, else its own."""
        key = address.lower()
        places = [one.line for one in self.best if one.address.lower() == key][:6]
        own = squeezed(" ".join(dict.fromkeys(self._own(key, places))))
        if len(self.keys) == 1:
            return self.around(address, self.best)
        if _tells(own):
            return own
        spare = [place for place in places if not self._has_words(key, place)]
        for shared in self._shared(address, spare):
            if _tells(shared):
                return squeezed(shared)
        return self.around(address, self.best)

    def _shared(self, address: str, places: list[int]) -> Iterator[str]:
        """Yield what stands near a recipient without a reason, the nearest first."""
        for place in places:
            yield self._heading(place)
        yield self.around(address, self.best)
        # A list of addresses comes first, and the reasons further down.
        yield self.around(address, self.seen)
        for place in places:
            yield self._below(place)
            yield from self._above(place)

    def around(self, address: str, seen: list[Seen]) -> str:
        """Gather the paragraphs that a recipient begins."""
        key = address.lower()
        others = self.keys - {key}
        stops = {one.line for one in seen if one.address.lower() in others}
        said: list[str] = []
        for number in [one.line for one in seen if one.address.lower() == key][:6]:
            said += self._paragraph(number, stops - {number}, gaps=1)
        return squeezed(" ".join(dict.fromkeys(said)))

    def _own(self, key: str, places: list[int]) -> Iterator[str]:
        stops = {line for line, keys in self.named.items() if keys - {key}}
        for place in places:
            taken = self._paragraph(place, stops, gaps=0)
            yield self._segment(key, place)
            yield from taken[1:]

    def _segment(self, key: str, place: int) -> str:
        """Return a recipient's part of its line, if each one there has a part with words."""
        line = self.lines[place]
        others = self.named.get(place, set())
        if len(others) < 2:
            return line
        found = [one for one in addresses.find(line) if one[0].lower() in others]
        ends = [start for _, start, _ in found[1:]] + [len(line)]
        parts = [(one[0].lower(), line[one[1] : end]) for one, end in zip(found, ends, strict=True)]
        if not all(_has_words(part.partition("@")[2].partition(" ")[2]) for _, part in parts):
            return line
        return next((part for name, part in parts if name == key), line)

    def _paragraph(self, number: int, stops: set[int], gaps: int) -> list[str]:
        taken = [self.lines[number]]
        gap = 0
        for following in range(number + 1, min(number + _FEW, len(self.lines))):
            line = self.lines[following]
            if following in stops or _RULED.match(line) or self._is_heading(following, stops):
                break
            if not line:
                if len(taken) > 1 and _BECAUSE.fullmatch(taken[-1]):
                    continue
                gap += 1
                if gap > gaps or len(taken) > 1:
                    break
                continue
            if not bounce_cues.NO_DIALOGUE.match(line):
                taken.append(line)
        return taken

    def _is_heading(self, number: int, stops: set[int]) -> bool:
        """Tell whether a line announces the recipients that come next."""
        if not self.lines[number].endswith(":") or number in self.named:
            return False
        following = number + 1
        while following < len(self.lines) and not self.lines[following]:
            following += 1
        return following in stops

    def _has_words(self, key: str, place: int) -> bool:
        """Tell whether anything is said about a recipient alone, whether understood or not."""
        own = " ".join(self._own(key, [place]))
        return _has_words(own.partition("@")[2].partition(" ")[2])

    def _is_bare(self, number: int) -> bool:
        return not _has_words(self.lines[number].rpartition("@")[2].partition(" ")[2])

    def _heading(self, place: int) -> str:
        """Return the lines right above, unless they are about the recipient above them."""
        first = place
        while first - 1 in self.bare:
            first -= 1
        taken: list[str] = []
        number = first - 1
        while number >= 0 and self.lines[number] and len(taken) < _FEW:
            if number in self.named:
                return taken[-1] if taken and taken[-1].endswith(":") else ""
            if _RULED.match(self.lines[number]):
                break
            taken.insert(0, self.lines[number])
            number -= 1
        return " ".join(taken)

    def _above(self, place: int) -> Iterator[str]:
        """Yield the paragraphs above a list, the nearest first."""
        number = place - 1
        while number >= 0 and (number in self.bare or not self.lines[number]):
            number -= 1
        for _ in range(_ABOVE):
            taken: list[str] = []
            while number >= 0 and self.lines[number] and len(taken) < _FEW:
                if number in self.named:
                    return
                taken.insert(0, self.lines[number])
                number -= 1
            yield " ".join(taken)
            while number >= 0 and not self.lines[number]:
                number -= 1

    def _below(self, place: int) -> str:
        """Return the paragraph below the last recipient of a list that has no reasons."""
        number = place + 1
        while number < len(self.lines) and (number in self.bare or not self.lines[number]):
            number += 1
        taken: list[str] = []
        while number < len(self.lines) and self.lines[number] and len(taken) < _FEW:
            if number in self.named or self._is_heading(number, set(self.named)):
                return ""
            if _RULED.match(self.lines[number]):
                break
            taken.append(self.lines[number])
            number += 1
        return " ".join(taken)


def _tells(text: str) -> bool:
    return bool(text) and judge(text).reason is not Reason.UNDETERMINED


def _has_words(text: str) -> bool:
    words = [word for word in _WORD.findall(text[:600]) if word.lower() not in _JOINED]
    return bool(words)
