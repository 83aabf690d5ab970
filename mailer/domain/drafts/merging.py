"""Three-way merging of texts: what two people made of the same text, brought together.

What only one of them changed is taken over. Where both changed the same sentence, or put something
in at the same place, both versions stay, one after the other, and a person decides. No words are
ever lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from mailer.domain.drafts.units import matches, units


class Kind(StrEnum):
    """Whose words a piece of a merged text is."""

    SAME = "same"
    MINE = "mine"
    THEIRS = "theirs"
    BOTH = "both"
    """Both made the same change."""
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of units. A piece that is no conflict has one text, in `mine` or in `theirs`."""

    kind: Kind
    base: str
    mine: str
    theirs: str

    @property
    def text(self) -> str:
        """The words of this piece in the merged text; of a conflict, theirs and then mine."""
        if self.kind is Kind.THEIRS:
            return self.theirs
        if self.kind is not Kind.CONFLICT:
            return self.mine
        if not self.theirs or not self.mine:
            return self.theirs or self.mine
        parted = self.theirs.endswith((" ", "\n")) or self.mine.startswith((" ", "\n"))
        return f"{self.theirs}{'' if parted else chr(10)}{self.mine}"


@dataclass(frozen=True, slots=True)
class Merged:
    """A merged text."""

    pieces: tuple[Piece, ...]
    ending: str | None = None
    """The line feeds at its end; None: as they are."""

    @property
    def text(self) -> str:
        """The whole text."""
        whole = "".join(piece.text for piece in self.pieces)
        return whole if self.ending is None else whole.rstrip("\n") + self.ending

    @property
    def clean(self) -> bool:
        """Tell whether nobody has to decide anything."""
        return all(piece.kind is not Kind.CONFLICT for piece in self.pieces)

    @property
    def conflicts(self) -> tuple[Piece, ...]:
        """The pieces that both changed."""
        return tuple(piece for piece in self.pieces if piece.kind is Kind.CONFLICT)


class _Change(NamedTuple):
    """Units of the base that somebody replaced; none, if something was inserted there."""

    begin: int
    end: int
    text: str

    def meets(self, begin: int, end: int) -> bool:
        """Tell whether it is about the same units as others, or the same place between two."""
        if self.begin == self.end or begin == end:
            at = self.begin == self.end == begin == end
            within = begin < self.begin < end if self.begin == self.end else False
            around = self.begin < begin < self.end if begin == end else False
            return at or within or around
        return max(self.begin, begin) < min(self.end, end)


def merge(base: str, mine: str, theirs: str) -> Merged:
    """Merge two texts that were both made from a third.

    Args:
        base: that third text.
        mine: what one of them made of it.
        theirs: what the other made of it.
    """
    if base in {mine, theirs} or mine == theirs:
        return Merged(tuple(_piece(base, mine, theirs)))
    ends = [text[len(text.rstrip("\n")) :] for text in (mine, theirs)]
    split = [units(_ended(text)) for text in (base, mine, theirs)]
    changes = [_changes(split[0], other) for other in split[1:]]
    found: list[Piece] = []
    at = 0
    for begin, end, ours in _regions(*changes):
        same = "".join(split[0][at:begin])
        found += _piece(same, same, same)
        before = "".join(split[0][begin:end])
        found += _piece(before, *(_applied(split[0], begin, end, one) for one in ours))
        at = end
    left = "".join(split[0][at:])
    found += _piece(left, left, left)
    return Merged(tuple(found), max(ends, key=len))


def _ended(text: str) -> str:
    """End a text with an empty line, so that its last sentence is as one that others follow."""
    return text.rstrip("\n") + "\n\n"


def _changes(base: list[str], other: list[str]) -> list[_Change]:
    found: list[_Change] = []
    at = at_other = 0
    for begin, begin_other, size in (*matches(base, other), (len(base), len(other), 0)):
        if begin > at or begin_other > at_other:
            found.append(_Change(at, begin, "".join(other[at_other:begin_other])))
        at, at_other = begin + size, begin_other + size
    return found


def _regions(
    mine: list[_Change], theirs: list[_Change]
) -> Iterator[tuple[int, int, tuple[list[_Change], list[_Change]]]]:
    """Yield, in order, runs of changes that are about the same units, and whose they are."""
    waiting = sorted([(one[:2], 0, one) for one in mine] + [(one[:2], 1, one) for one in theirs])
    while waiting:
        (begin, end), whose, first = waiting.pop(0)
        ours: tuple[list[_Change], list[_Change]] = ([], [])
        ours[whose].append(first)
        while waiting and waiting[0][2].meets(begin, end):
            _, whose, following = waiting.pop(0)
            ours[whose].append(following)
            end = max(end, following.end)
        yield begin, end, ours


def _applied(base: list[str], begin: int, end: int, changes: list[_Change]) -> str:
    """Return units of the base as somebody left them."""
    found: list[str] = []
    at = begin
    for one in changes:
        found += [*base[at : one.begin], one.text]
        at = one.end
    return "".join([*found, *base[at:end]])


def _piece(base: str, mine: str, theirs: str) -> Iterator[Piece]:
    if base == mine == theirs:
        kind = Kind.SAME
    elif mine == theirs:
        kind = Kind.BOTH
    elif theirs == base:
        kind = Kind.MINE
    elif mine == base:
        kind = Kind.THEIRS
    else:
        kind = Kind.CONFLICT
    if base or mine or theirs:
        yield Piece(kind, base, mine, theirs)
