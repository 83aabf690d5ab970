"""The words of commands in each language, read from its folder of `templates/locale`.

A language without such a folder may have some in `mailer/vocabulary/commands.toml`: they act on a
list that names the language among its own, and on no other.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, Final

from mailer.content.language.locale_files import codes_with, file_of, read_table
from mailer.domain.subscribers.command import Verb, Vocabularies, Vocabulary
from mailer.domain.subscribers.letters import courtesies, spare_words
from mailer.domain.text.wording import normalised

_FILE: Final = "commands.toml"


def languages() -> tuple[str, ...]:
    """Return the codes of the languages that have words for commands."""
    return codes_with(_FILE)


def vocabularies(wanted: Iterable[str] | None = None) -> Vocabularies:
    """Return the words of some languages; of all if none are named.

    A language without words is left out: its readers use addresses and links.
    """
    known = languages()
    if wanted is None:
        return _read(known)
    return _read(tuple(code for code in wanted if code in known or code in spare_words()))


@cache
def _read(codes: tuple[str, ...]) -> Vocabularies:
    return Vocabularies({code: _vocabulary(_given(code)) for code in codes}, courtesies())


def _given(code: str) -> dict[str, Any]:
    path = file_of(code, _FILE)
    return read_table(path) if path else spare_words()[code]


def _vocabulary(given: dict[str, Any]) -> Vocabulary:
    def words(key: str) -> frozenset[str]:
        return frozenset(map(normalised, given[key]))

    return Vocabulary(
        {Verb(verb): tuple(phrases) for verb, phrases in given["commands"].items()},
        fillers=words("fillers"),
        common=words("common"),
        names=words("name"),
        leaving=words("leaving"),
        wishes=tuple(given["wishes"]),
    )
