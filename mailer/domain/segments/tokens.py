"""Parts the text of an audience rule into words, values, and signs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple

from mailer.errors import InputError, Problem


class RuleError(InputError):
    """An audience rule that cannot be read, or speaks of what does not exist."""

    code = "invalid_rule"


class Sort(StrEnum):
    """What a token is, in the words of messages."""

    WORD = "a word"
    QUOTED = "a value in quotes"
    SIGN = "a sign"
    END = "the end"


class Token(NamedTuple):
    """A piece of the text."""

    sort: Sort
    text: str
    """Without its quotes, if it had some."""
    at: int
    """The place of its first character, from 0."""

    @property
    def shown(self) -> str:
        """Name it in a message."""
        if self.sort is Sort.END:
            return "the rule ends"
        shown = self.text if len(self.text) <= 40 else f"{self.text[:40]}…"
        return f'there is "{shown}"'


BARE: Final = re.compile(r"-?\w[\w.+-]*")
"""A word, a number, or a date: what needs no quotes."""
_TOKEN: Final = re.compile(
    rf"""\s*(?:(?P<word>{BARE.pattern})|"(?P<quoted>(?:[^"\\]|\\["\\])*)"|"""
    r"(?P<sign><=|>=|!=|[<>=():,]))"
)
_ESCAPED: Final = re.compile(r"\\(.)")


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a text, and one for its end.

    Raises:
        RuleError: there is something that begins no token.
    """
    at, end = 0, len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at, end)
        if found is None:
            raise _nothing_known(text, at)
        kind = found.lastgroup or ""
        if kind == "word":
            yield Token(Sort.WORD, found["word"], found.start(kind))
        elif kind == "quoted":
            yield Token(Sort.QUOTED, _ESCAPED.sub(r"\1", found[kind]), found.start(kind) - 1)
        else:
            yield Token(Sort.SIGN, found[kind], found.start(kind))
        at = found.end()
    yield Token(Sort.END, "", end)


def place_of(at: int) -> str:
    """Name a place in a rule (from 0) as problems do: from 1."""
    return f"character {at + 1}"


def _nothing_known(text: str, at: int) -> RuleError:
    at += len(text[at:]) - len(text[at:].lstrip())
    if text[at] == '"':
        closes = 'close it with a second "; within it, write \\" for a quote and \\\\ for \\'
        return RuleError(
            [Problem(place_of(at), "a value in quotes does not end", closes, code="rule.character")]
        )
    shown = text[at] if text[at].isprintable() else f"U+{ord(text[at]):04X}"
    remedy = 'put values with other signs than letters, digits, . + _ and - into "quotes"'
    return RuleError(
        [Problem(place_of(at), f"{shown} means nothing here", remedy, code="rule.character")]
    )
