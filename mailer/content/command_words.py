"""The words of commands in each language, read from its folder of `templates/locale`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final

from mailer.content.words import TEMPLATES
from mailer.domain.command import Verb, Vocabularies, Vocabulary, normalised

_FILE: Final = "commands.toml"


def languages() -> tuple[str, ...]:
    """Return the codes of the languages that have words for commands."""
    return tuple(sorted(path.parent.name for path in (TEMPLATES / "locale").glob(f"*/{_FILE}")))


def vocabularies(wanted: Iterable[str] | None = None) -> Vocabularies:
    """Return the words of some languages; of all if none are named.

    A language without words is left out: its readers use addresses and links.
    """
    known = languages()
    return _read(tuple(code for code in (known if wanted is None else wanted) if code in known))


@cache
def _read(codes: tuple[str, ...]) -> Vocabularies:
    return Vocabularies({code: _vocabulary(TEMPLATES / "locale" / code / _FILE) for code in codes})


def _vocabulary(path: Path) -> Vocabulary:
    given = tomllib.loads(path.read_text(encoding="utf-8"))
    return Vocabulary(
        {Verb(verb): tuple(phrases) for verb, phrases in given["commands"].items()},
        *(frozenset(map(normalised, given[key])) for key in ("fillers", "common", "name")),
    )
