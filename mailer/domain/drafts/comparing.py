"""How one text differs from another: line by line, and within a line word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mailer.domain.drafts.units import matches

CONTEXT: Final = 2
"""Lines that are shown around a change."""
_WORD: Final = re.compile(r"\s+|\w+|[^\w\s]")
LONGEST: Final = 20_000
"""Characters of a line that is compared word by word."""


class Kind(StrEnum):
    """What became of a line."""

    SAME = "same"
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"
    LEFT_OUT = "left_out"
    """Lines that are the same, and too far from any change to be shown."""


@dataclass(frozen=True, slots=True)
class Span:
    """Some words of a line."""

    text: str
    marked: bool
    """Whether the other text does not have them."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line, before and after."""

    kind: Kind
    old: int = 0
    """Its number in the old text; 0: it is not there."""
    new: int = 0
    before: tuple[Span, ...] = ()
    after: tuple[Span, ...] = ()
    count: int = 1
    """How many lines are left out."""


def compare(old: str, new: str, context: int = CONTEXT) -> list[Row]:
    """Compare two texts.

    Args:
        old: the text before.
        new: the text after.
        context: lines to show around each change.
    """
    rows = list(_rows(old.split("\n"), new.split("\n")))
    near = {
        shown
        for at, row in enumerate(rows)
        if row.kind is not Kind.SAME
        for shown in range(at - context, at + context + 1)
    }
    return list(_folded(rows, near))


def _folded(rows: Sequence[Row], near: set[int]) -> Iterator[Row]:
    left_out = 0
    for at, row in enumerate(rows):
        if at not in near:
            left_out += 1
            continue
        if left_out:
            yield Row(Kind.LEFT_OUT, count=left_out)
            left_out = 0
        yield row
    if left_out:
        yield Row(Kind.LEFT_OUT, count=left_out)


def _rows(old: list[str], new: list[str]) -> Iterator[Row]:
    at_old = at_new = 0
    for begin_old, begin_new, size in (*matches(old, new), (len(old), len(new), 0)):
        yield from _changed(old, new, (at_old, begin_old), (at_new, begin_new))
        for step in range(size):
            span = (Span(old[begin_old + step], marked=False),)
            yield Row(Kind.SAME, begin_old + step + 1, begin_new + step + 1, span, span)
        at_old, at_new = begin_old + size, begin_new + size


def _changed(
    old: list[str], new: list[str], olds: tuple[int, int], news: tuple[int, int]
) -> Iterator[Row]:
    """Pair the lines of a change: as many as there are on both sides, then what is left."""
    paired = min(olds[1] - olds[0], news[1] - news[0])
    for step in range(paired):
        before, after = old[olds[0] + step], new[news[0] + step]
        yield Row(Kind.CHANGED, olds[0] + step + 1, news[0] + step + 1, *_words(before, after))
    for at in range(olds[0] + paired, olds[1]):
        yield Row(Kind.REMOVED, at + 1, 0, (Span(old[at], marked=True),))
    for at in range(news[0] + paired, news[1]):
        yield Row(Kind.ADDED, 0, at + 1, (), (Span(new[at], marked=True),))


def _words(before: str, after: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    if max(len(before), len(after)) > LONGEST:
        return (Span(before, marked=True),), (Span(after, marked=True),)
    old, new = _WORD.findall(before), _WORD.findall(after)
    found = matches(old, new)
    return _spans(old, [(a, size) for a, _, size in found]), _spans(
        new, [(b, size) for _, b, size in found]
    )


def _spans(words: list[str], common: list[tuple[int, int]]) -> tuple[Span, ...]:
    spans: list[Span] = []
    at = 0
    for begin, size in (*common, (len(words), 0)):
        if begin > at:
            spans.append(Span("".join(words[at:begin]), marked=True))
        if size:
            spans.append(Span("".join(words[begin : begin + size]), marked=False))
        at = begin + size
    return tuple(spans)
