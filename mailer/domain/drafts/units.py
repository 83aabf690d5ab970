"""Texts as lists of units, sentences as a rule, and what two such lists have in common."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final

_UNIT: Final = re.compile(r"[^\n]*?[.!?…»”]\s+|[^\n]*\n\s*|[^\n]+\Z")
"""A sentence with the space behind it, or a line with what is empty below it."""
MOST_PAIRS: Final = 50_000
"""Pairs of equal units that are looked at: a text that repeats one line thousands of times is not
searched for the best way to line it up, which would take minutes."""

Match = tuple[int, int, int]
"""Where equal units begin in the one list and in the other, and how many there are."""


def units(text: str) -> list[str]:
    """Split a text; joined again, the units are the text."""
    found: list[str] = []
    at = 0
    for match in _UNIT.finditer(text):
        if match.start() > at:
            found.append(text[at : match.start()])
        found.append(match[0])
        at = match.end()
    if at < len(text):
        found.append(text[at:])
    return [one for one in found if one]


def matches(one: Sequence[str], other: Sequence[str]) -> list[Match]:
    """Find what two lists have in common, in order; beginning and end are always compared.

    Too many equal units in between are taken for different ones, see `MOST_PAIRS`.
    """
    begin = 0
    least = min(len(one), len(other))
    while begin < least and one[begin] == other[begin]:
        begin += 1
    end = 0
    while end < least - begin and one[-1 - end] == other[-1 - end]:
        end += 1
    found: list[Match] = [(0, 0, begin)] if begin else []
    inner = one[begin : len(one) - end], other[begin : len(other) - end]
    counts = Counter(inner[1])
    if inner[0] and inner[1] and sum(counts[unit] for unit in inner[0]) <= MOST_PAIRS:
        blocks = SequenceMatcher(None, *inner, autojunk=False).get_matching_blocks()
        found += [(a + begin, b + begin, size) for a, b, size in blocks if size]
    if end:
        found.append((len(one) - end, len(other) - end, end))
    return found
