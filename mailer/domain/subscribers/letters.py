"""The words of short letters, read from `vocabulary/letters.toml`: courtesy, assent and refusal."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, Final, Literal

from mailer.domain.subscribers.assent import Assent, Meaning
from mailer.domain.subscribers.substance import Courtesies
from mailer.domain.text.wording import Phrases, Words, phrases, words_of
from mailer.vocabulary.tables import table

Key = Literal[
    "greetings", "polite", "closings", "speaking", "yes", "no", "refuses", "agreed", "refused"
]
_AGREE_TO_ANYTHING: Final = 6
_REFUSE_ANYTHING: Final = 2
_MAIN: Final = frozenset({"en", "fr", "es", "de", "it", "pt", "nl"})
_UNTOLD: Final = frozenset({Meaning.YES, Meaning.NO})


def letters() -> dict[str, dict[Key, list[str]]]:
    """Return the tables, by language."""
    return table("letters")  # type: ignore[return-value]  # a test reads all keys


def spare_words() -> dict[str, dict[str, Any]]:
    """Return the words of commands in languages that have no folder of their own, by language."""
    return table("commands")


@cache
def courtesies() -> Courtesies:
    """Return the courtesies of all languages: they are known whatever the list's languages are."""
    return Courtesies(
        phrases(_all("greetings")),
        phrases(_all("polite")),
        phrases(_all("closings")),
        _speaking(),
        phrases([*_all("yes"), *_all("no")]),
    )


def assent(*more: str) -> Assent:
    """Return the words that answer the question whether to subscribe, in all languages.

    Args:
        more: words of assent that an installation has itself.
    """
    return Assent(_answers(_all("yes") + list(more), _all("no")), phrases(_all("refuses")))


def plain_assent(*more: str) -> Assent:
    """Return the words that answer any question: a bare yes or no, in all languages."""
    tables = letters().values()
    agrees = [word for table in tables for word in table["yes"][:_AGREE_TO_ANYTHING]]
    refuses = [word for table in tables for word in table["no"][:_REFUSE_ANYTHING]]
    return Assent(_answers(agrees + list(more), refuses), phrases(()))


def _answers(agrees: Iterable[str], refuses: Iterable[str]) -> Phrases[Meaning]:
    """Give phrases their meaning; one that agrees here and refuses there means nothing sure."""
    meanings: dict[Words, Meaning] = {
        tuple(words_of(phrase)): Meaning.NOTHING
        for phrase in (*_all("greetings"), *_all("polite"), *_all("closings"))
    }
    for given, meaning in ((agrees, Meaning.YES), (refuses, Meaning.NO)):
        for phrase in given:
            words = tuple(words_of(phrase))
            both = {meanings.get(words), meaning} == _UNTOLD
            meanings[words] = Meaning.UNTOLD if both else meaning
    return Phrases(meanings)


def _all(key: Key) -> list[str]:
    return [phrase for language in letters().values() for phrase in language[key]]


def _speaking() -> frozenset[str]:
    """Return the words that say something; short ones of other languages are parts of names."""
    return frozenset(
        word
        for language, table in letters().items()
        for word in words_of(" ".join(table["speaking"]))
        if len(word) > 2 or not word.isascii() or language in _MAIN
    )
