"""Searches the archive: over the titles and the whole text of each edition, in one language.

The texts are held in memory, folded; some hundred editions are a few megabytes, and are looked
through in some thousandths of a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mailer.content.parsing.card import Face
from mailer.content.rendering.searching import Piece, Query, excerpt, fold, occurs, places
from mailer.services.editions.archive import Kept, Sent

MOST_HITS: Final = 20
MOST_PARTS: Final = 3
"""Parts of an edition that a hit shows."""
_SUBJECT, _HEADING, _MOST_TEXT = 20, 6, 5
"""The weight that a term adds to an edition: in its subject, in a heading, at most in its text."""


@dataclass(frozen=True, slots=True)
class FoundPart:
    """A part of an edition in which something was found."""

    anchor: str
    heading: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """An edition in which all terms were found."""

    sent: Sent
    face: Face
    parts: tuple[FoundPart, ...]


@dataclass(frozen=True, slots=True)
class _Folded:
    """A face as it is searched."""

    title: str
    headings: tuple[str, ...]
    texts: tuple[str, ...]


class ArchiveSearch:
    """Finds editions; keeps their folded texts."""

    def __init__(self) -> None:
        self._folded: Kept[tuple[str, str, str], _Folded] = Kept(2000)

    def find(self, editions: Sequence[Sent], language: str, query: Query) -> list[Hit]:
        """Find the editions that hold all terms of a query, the fittest first.

        Args:
            editions: those to look through, the newest first.
            language: the reader's; where another stands in, that one is searched.
            query: what to look for; one without terms finds nothing.
        """
        weighed: list[tuple[int, Sent, Face, _Folded]] = []
        for sent in editions if query.terms else ():
            face = sent.card.face_for(language)
            folded = self._of(sent, face)
            if weight := _weight(query, folded):
                weighed.append((weight, sent, face, folded))
        weighed.sort(key=lambda found: -found[0])
        return [
            Hit(sent, face, _parts(face, folded, query))
            for _, sent, face, folded in weighed[:MOST_HITS]
        ]

    def _of(self, sent: Sent, face: Face) -> _Folded:
        key = (sent.slug, sent.digest, face.language)
        if (found := self._folded.find(key)) is not None:
            return found
        title = f"{face.subject}\n{face.season}\n{face.title}\n{face.summary}"
        headings = tuple(fold(part.heading) for part in face.parts)
        texts = tuple(fold(part.text) for part in face.parts)
        return self._folded.keep(key, _Folded(fold(title), headings, texts))


def _weight(query: Query, folded: _Folded) -> int:
    """Tell how well an edition fits; 0 if it lacks a term."""
    total = 0
    for term in query.terms:
        weight = _SUBJECT if occurs(term, folded.title) else 0
        weight += _HEADING if any(occurs(term, heading) for heading in folded.headings) else 0
        times = 0
        for text in folded.texts:
            for _ in places(term, text):
                times += 1
                if times == _MOST_TEXT:
                    break
        weight += min(times, _MOST_TEXT)
        if not weight:
            return 0
        total += weight
    return total


def _parts(face: Face, folded: _Folded, query: Query) -> tuple[FoundPart, ...]:
    """Choose the parts that hold most of the terms, and show them in reading order."""
    weights = [
        sum(2 * occurs(term, heading) + occurs(term, text) for term in query.terms)
        for heading, text in zip(folded.headings, folded.texts, strict=True)
    ]
    best = sorted(range(len(weights)), key=lambda index: -weights[index])[:MOST_PARTS]
    return tuple(
        FoundPart(
            face.parts[index].anchor,
            face.parts[index].heading,
            excerpt(face.parts[index].text, folded.texts[index], query),
        )
        for index in sorted(best)
        if weights[index]
    )
