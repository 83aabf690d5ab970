"""Finds words in texts the way people look for them: accents and capitals do not matter.

A word is found where a word begins ("trade" finds "traders", not "upgrade"); in scripts without
capitals, many of which join words or do without spaces, anywhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

MOST_TERMS: Final = 8
LONGEST: Final = 200
"""Characters of a query that are read; people type fewer."""
EXCERPT: Final = 220
"""Characters of an excerpt."""

_PHRASE: Final = re.compile(r'["“”„«»]([^"“”„«»]+)["“”„«»]|([^\s"“”„«»]+)')
_LETTERS: Final = {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ı": "i"}
"""Letters that Unicode does not take apart, and that people type as they can."""
_ALIKE: Final = str.maketrans(
    dict.fromkeys("’‘ʼ´`", "'")
    | dict.fromkeys("‐‑‒–—−", "-")
    | _LETTERS
    | {letter.upper(): plain for letter, plain in _LETTERS.items() if letter != "ı"}
    | {"\u00ad": ""}
)


def fold(text: str) -> str:
    """Reduce a text to what counts when it is searched; line feeds stay where they are."""
    if text.isascii():
        return text.lower()
    split = unicodedata.normalize("NFKD", text.translate(_ALIKE))
    return split.translate(_MARKS).casefold()


class _Marks(dict[int, int | None]):
    """Tells which characters are marks above or below others; each is looked up once."""

    def __missing__(self, code: int) -> int | None:
        kept = None if unicodedata.combining(chr(code)) else code
        self[code] = kept
        return kept


_MARKS: Final = _Marks()


@dataclass(frozen=True, slots=True)
class Query:
    """A search: terms that must all be found, each a word's beginning or a phrase."""

    terms: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Query:
        """Read what was typed; quotation marks hold a phrase together."""
        found = (match[1] or match[2] for match in _PHRASE.finditer(text[:LONGEST]))
        terms = (" ".join(fold(term).split()).strip(" .,;:!?()[]'") for term in found)
        return cls(tuple(dict.fromkeys(filter(None, terms)))[:MOST_TERMS])


def places(term: str, folded: str) -> Iterator[int]:
    """Yield where a term stands in a folded text."""
    anywhere = unicodedata.category(term[0]) == "Lo" or not term[0].isalnum()
    at = folded.find(term)
    while at >= 0:
        if anywhere or at == 0 or not folded[at - 1].isalnum():
            yield at
        at = folded.find(term, at + 1)


def occurs(term: str, folded: str) -> bool:
    """Tell whether a term stands in a folded text."""
    return next(places(term, folded), -1) >= 0


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of an excerpt, looked for or not."""

    text: str
    hit: bool


def excerpt(text: str, folded: str, query: Query) -> tuple[Piece, ...]:
    """Cut out the line that says most about a query, with what was found marked.

    Args:
        text: lines as written.
        folded: the same, folded.
        query: what to mark.

    Returns:
        Pieces whose texts joined are at most a few words longer than `EXCERPT`; empty if nothing
        of the query stands in the text.
    """
    lines = list(zip(text.split("\n"), folded.split("\n"), strict=True))
    weights = [sum(occurs(term, line) for term in query.terms) for _, line in lines]
    if not any(weights):
        return ()
    return _marked(lines[weights.index(max(weights))][0], query.terms)


def _marked(line: str, terms: Sequence[str]) -> tuple[Piece, ...]:
    folded, sources = _with_sources(line)
    spans = sorted(
        (sources[at], sources[at + len(term) - 1] + 1)
        for term in terms
        for at in places(term, folded)
    )
    begin, end = _window(line, spans[0][0] if spans else 0)
    pieces = [Piece("… ", hit=False)] if begin else []
    at = begin
    for first, last in spans:
        if at <= first and last <= end:
            pieces += [Piece(line[at:first], hit=False), Piece(line[first:last], hit=True)]
            at = last
    pieces.append(Piece(line[at:end] + (" …" if end < len(line) else ""), hit=False))
    return tuple(piece for piece in pieces if piece.text)


def _with_sources(line: str) -> tuple[str, list[int]]:
    """Fold a line; for each character of the result tell which one it comes from."""
    folded: list[str] = []
    sources: list[int] = []
    for index, sign in enumerate(line):
        for part in fold(sign):
            folded.append(part)
            sources.append(index)
    return "".join(folded), sources


def _window(line: str, first: int) -> tuple[int, int]:
    """Choose what of a long line is shown: from a word's start some way before the first hit."""
    if len(line) <= EXCERPT:
        return 0, len(line)
    begin = max(0, min(first - EXCERPT // 3, len(line) - EXCERPT))
    if begin:
        space = line.find(" ", begin, first)
        begin = space + 1 if space >= 0 else begin
    end = min(len(line), begin + EXCERPT)
    if end < len(line):
        space = line.rfind(" ", first, end)
        end = space if space > begin else end
    return begin, end
