"""How far a translation is: which parts of it are missing, and which lag behind their source.

A text falls into parts: its opening with the front matter, each section (`##`), and each block that
stands by itself (`:::`). Every part of a translation remembers which part of the source it is of,
and how that read when it was written or last looked over; where the source reads otherwise now, it
is stale. Nothing is guessed from dates or lengths.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from mailer.domain.drafts.units import matches

_OPENING: Final = re.compile(r" {0,3}(:{3,})[ \t]*\w")
_CLOSING: Final = re.compile(r" {0,3}(:{3,})[ \t]*$")
_SECTION: Final = re.compile(r"##[ \t]")
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_NOT_PROSE: Final = re.compile(r"^(:{3,}.*|\w+: .*|\+\+\+|\w+ = .*)$", re.MULTILINE)
_NONE: Final = -1
"""The number of a part for which none is found yet."""
_PROSE: Final = 6
"""Words from which on a part that reads as in the source is taken for one not translated yet."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a text, by what it reads."""

    id: int
    """Of the source: its own number. Of a translation: the number of the part it is of; 0: of none.
    """
    reads: str
    """Digest of its text."""
    basis: str = ""
    """Of a translation: digest of the source's part when it was written or looked over."""
    prose: bool = True
    """Whether there is something to translate."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The state of a translation."""

    total: int
    """Parts of the source."""
    missing: int
    stale: int

    @property
    def percent(self) -> int:
        """How much is there, rounded down: 100 only if all is."""
        return 100 * (self.total - self.missing) // self.total if self.total else 100

    @property
    def complete(self) -> bool:
        """Tell whether all is there and up to date."""
        return not self.missing and not self.stale


def split(text: str) -> list[str]:
    """Split a text into its parts; joined again, they are the text."""
    parts: list[list[str]] = [[]]
    fences: list[int] = []
    for line in text.splitlines(keepends=True):
        closing, opening = _CLOSING.match(line.rstrip("\n")), _OPENING.match(line)
        begins = not fences and bool(opening or _SECTION.match(line))
        if begins and any(one.strip() for one in parts[-1]):
            parts.append([])
        parts[-1].append(line)
        if opening:
            fences.append(len(opening[1]))
        elif closing and fences:
            while fences and fences[-1] < len(closing[1]):
                fences.pop()
            if fences:
                fences.pop()
    return ["".join(part) for part in parts]


def source_parts(text: str, known: Sequence[Part] = ()) -> tuple[Part, ...]:
    """Number the parts of a source text; those that were there before keep their numbers.

    A part that was reworded in its place is the same part; one that is new gets a new number.
    """
    found = list(_read(text))
    following = max((part.id for part in known), default=0) + 1
    numbers: list[int] = [0] * len(found)
    for olds, news in _aligned(known, found):
        for old, new in zip(olds, news, strict=False):
            numbers[new] = known[old].id
    for at, number in enumerate(numbers):
        if not number:
            numbers[at] = following
            following += 1
    return tuple(replace(part, id=number) for part, number in zip(found, numbers, strict=True))


def first_pairing(source: Sequence[Part], text: str) -> tuple[Part, ...]:
    """Pair a translation that comes from elsewhere with its source: part by part, as it is now."""
    found = list(_read(text))
    paired = [
        replace(part, id=of.id, basis=of.reads) for part, of in zip(found, source, strict=False)
    ]
    return (*paired, *found[len(source) :])


def translated(
    source: Sequence[Part], known: Sequence[Part], text: str, *, current: bool = True
) -> tuple[Part, ...]:
    """Take in a new text of a translation: parts that were written anew are of today's source.

    Args:
        source: the parts of the source.
        known: those of the translation before.
        text: the new text.
        current: false if it is an older text that is brought back: what it changes is stale.
    """
    found = list(_read(text))
    made = [replace(part, id=_NONE) for part in found]
    reads = {part.id: part.reads for part in source}
    for olds, news in _aligned(known, found):
        for old, new in zip(olds, news, strict=False):
            was, now = known[old], found[new]
            anew = reads.get(was.id, "") if current else ""
            basis = was.basis if was.reads == now.reads else anew
            made[new] = replace(now, id=was.id, basis=basis)
    taken = {part.id for part in made}
    free = [part for part in source if part.id not in taken]
    order = {part.id: at for at, part in enumerate(source)}
    last = -1
    for at, part in enumerate(made):
        if part.id == _NONE:
            of = next((one for one in free if order[one.id] > last), None)
            if of is not None:
                free.remove(of)
            basis = of.reads if of and current else ""
            made[at] = replace(found[at], id=of.id if of else 0, basis=basis)
        last = max(last, order.get(made[at].id, last))
    return tuple(made)


def looked_over(source: Sequence[Part], known: Sequence[Part]) -> tuple[Part, ...]:
    """Take a translation for up to date as it is: somebody compared it with its source."""
    reads = {part.id: part.reads for part in source}
    return tuple(replace(part, basis=reads.get(part.id, part.basis)) for part in known)


def progress(source: Sequence[Part], parts: Sequence[Part]) -> Progress:
    """Tell how far a translation is."""
    by_id = {part.id: part for part in parts if part.id}
    missing = stale = 0
    for of in source:
        part = by_id.get(of.id)
        if part is None or (part.reads == of.reads and of.prose):
            missing += 1
        elif part.basis != of.reads:
            stale += 1
    known = {part.id for part in source}
    stale += sum(part.id not in known and part.prose for part in parts)
    return Progress(len(source), missing, stale)


def stale_parts(source: Sequence[Part], parts: Sequence[Part]) -> list[int]:
    """List the places, from 0, of the translation's parts that lag behind their source."""
    reads = {part.id: part.reads for part in source}
    return [
        at
        for at, part in enumerate(parts)
        if reads.get(part.id, "" if part.prose else part.basis) != part.basis
    ]


def to_plain(parts: Sequence[Part]) -> list[list[Any]]:
    """Return parts as JSON has them."""
    return [[part.id, part.reads, part.basis, int(part.prose)] for part in parts]


def from_plain(rows: Sequence[Sequence[Any]]) -> tuple[Part, ...]:
    """Read parts from JSON."""
    return tuple(Part(row[0], row[1], row[2], bool(row[3])) for row in rows)


def all_progress(tracks: Mapping[str, Sequence[Part]], source: str) -> dict[str, Progress]:
    """Tell how far each language is; nothing is there as long as the source says nothing."""
    of = tracks.get(source, ())
    if len(of) <= 1 and not any(part.prose for part in of):
        return {code: Progress(max(len(of), 1), max(len(of), 1), 0) for code in tracks}
    return {
        code: Progress(len(of), 0, 0) if code == source else progress(of, parts)
        for code, parts in tracks.items()
    }


def _read(text: str) -> Iterator[Part]:
    for part in split(text):
        plain = " ".join(part.split())
        prose = len(_WORD.findall(_NOT_PROSE.sub("", part))) >= _PROSE
        yield Part(0, hashlib.sha256(plain.encode()).hexdigest()[:12], prose=prose)


def _aligned(known: Sequence[Part], found: Sequence[Part]) -> Iterator[tuple[range, range]]:
    """Yield runs of parts that belong together: those that read the same, and those between them.

    The opening is always the opening.
    """
    if not known or not found:
        return
    yield range(1), range(1)
    one, other = [part.reads for part in known[1:]], [part.reads for part in found[1:]]
    at = [1, 1]
    for begin, begin_found, size in (*matches(one, other), (len(one), len(other), 0)):
        yield range(at[0], begin + 1), range(at[1], begin_found + 1)
        yield range(begin + 1, begin + 1 + size), range(begin_found + 1, begin_found + 1 + size)
        at = [begin + 1 + size, begin_found + 1 + size]
