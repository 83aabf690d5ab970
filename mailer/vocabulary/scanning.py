"""All that any list needs, looked for in a text in one pass (Aho and Corasick, 1975)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final

import ahocorasick

_KEPT: Final = 64
"""Texts whose stems are remembered: several lists look at one text, and at its lines."""


class Scanner:
    """Finds which of many stems stand in a text."""

    def __init__(self) -> None:
        self._sources: list[Callable[[], Iterable[str]]] = []
        self._automaton: ahocorasick.Automaton | None = None
        self.stems_in = lru_cache(maxsize=_KEPT)(self._stems_in)

    def add(self, stems: Callable[[], Iterable[str]]) -> None:
        """Look for more stems; they are asked for when the next text is looked at."""
        self._sources.append(stems)
        self._automaton = None
        self.stems_in.cache_clear()

    def _stems_in(self, text: str) -> frozenset[str]:
        """Return the stems that stand in a folded text."""
        automaton = self._automaton or self._built()
        return frozenset(stem for _, stem in automaton.iter(text)) if automaton else frozenset()

    def _built(self) -> ahocorasick.Automaton:
        automaton = ahocorasick.Automaton()
        for source in self._sources:
            for stem in source():
                automaton.add_word(stem, stem)
        if automaton:
            automaton.make_automaton()
        self._automaton = automaton
        return automaton
