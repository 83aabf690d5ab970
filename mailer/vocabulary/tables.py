"""The one reader of the tables: what a concept is called in each language."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

FOLDER: Final = Path(__file__).parent
_PARTS: Final = "parts"


class Entry(NamedTuple):
    """One way to say something."""

    phrase: str = ""
    """In the notation of `notation`; empty for an expression."""
    expression: str = ""
    """A regular expression, where the notation does not do."""
    needs: tuple[str, ...] = ()
    """One of these stands in each text that the expression is found in; it is only tried there."""
    example: str = ""
    """A text that the expression finds."""


@cache
def table(name: str) -> dict[str, dict[str, Any]]:
    """Return what stands in a file of this folder, by language."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def entries(name: str, concept: str) -> Iterator[Entry]:
    """Yield what a concept is called in all languages.

    Raises:
        KeyError: no language has the concept.
    """
    found = [(code, words[concept]) for code, words in table(name).items() if concept in words]
    if not found:
        raise KeyError(f"{name}.toml has no {concept!r}")
    for _, words in found:
        for word in words:
            yield _entry(word, table(name).get(_PARTS, {}))


def concepts(name: str) -> list[str]:
    """Return the names of the concepts in a file."""
    return list(
        dict.fromkeys(
            concept for code, words in table(name).items() if code != _PARTS for concept in words
        )
    )


def _entry(written: str | dict[str, Any], parts: dict[str, str]) -> Entry:
    if isinstance(written, str):
        return Entry(phrase=written)
    expression = written["re"]
    for part, source in parts.items():
        expression = expression.replace(f"{{{{{part}}}}}", source)
    return Entry("", expression, tuple(written.get("needs", ())), written["example"])
