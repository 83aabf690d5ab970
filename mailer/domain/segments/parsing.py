"""Reads the text of an audience rule, within bounds, and says where it goes wrong.

    rule    = and ("or" and)*
    and     = not ("and" not)*
    not     = "not" not | "(" rule ")" | term
    term    = "all" | "bounced" | subject ":" value | "had" ":" value
            | "answered" ":" value [":" ("yes" | "maybe" | "no")]
            | "joined" comparison | attribute comparison
            | attribute "in" "(" value ("," value)* ")"

Capitals do not matter in words that mean something. Whether what a rule speaks of exists is not
asked here: `validation` does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import Final

from mailer.domain.segments.printing import ANSWERS, JOINING, KEYWORDS
from mailer.domain.segments.rule import (
    DEEPEST,
    LONGEST,
    MOST_AMONG,
    MOST_TERMS,
    Answered,
    Being,
    Bounced,
    Compared,
    Everybody,
    Had,
    Joined,
    Not,
    Operator,
    Rule,
    Subject,
    joined_by_and,
    joined_by_or,
)
from mailer.domain.segments.tokens import RuleError, Sort, Token, place_of, tokens
from mailer.errors import Problem

_WORDED: Final = {"before": Operator.LESS, "after": Operator.MORE}
_COMPARING: Final = "=, !=, <, <=, >, >=, before, after or in"
_TERM: Final = 'a term, such as topic:bulletin, lang:fr, bounced or joined > 2026-01-01, or "("'
_SHORTER: Final = "name a part of it as a segment, and write segment:NAME in its place"
_LARGEST_NUMBER: Final = 2**48


def parse(text: str) -> Rule:
    """Read a rule.

    Raises:
        RuleError: it cannot be read; its problem names the place and what was expected there.
    """
    if len(text) > LONGEST:
        said = f"the rule has {len(text):,} characters, more than {LONGEST:,}"
        raise RuleError([Problem(place_of(LONGEST), said, _SHORTER, code="rule.size")])
    return _Parser(text).whole()


class _Parser:
    """Reads the tokens from left to right."""

    def __init__(self, text: str) -> None:
        self._tokens = list(tokens(text))
        self._place = self._terms = self._depth = 0
        self._reading: Mapping[str, Callable[[int], Rule]] = {
            "all": Everybody,
            "bounced": Bounced,
            "joined": self._joined,
            "had": self._had,
            "answered": self._answered,
            **{subject.value: partial(self._being, subject) for subject in Subject},
        }

    def whole(self) -> Rule:
        """Read all of the text as one rule."""
        if self._next().sort is Sort.END:
            raise RuleError(
                [
                    Problem(
                        place_of(0),
                        "the rule is empty",
                        f"write {_TERM}; all means everybody",
                        code="rule.empty",
                    )
                ]
            )
        rule = self._any()
        if self._next().sort is not Sort.END:
            raise self._expected("and, or, or the end")
        return rule

    def _next(self) -> Token:
        return self._tokens[self._place]

    def _take(self) -> Token:
        token = self._next()
        self._place += 1
        return token

    def _is(self, word: str) -> bool:
        """Tell whether the next token is that word or sign, and not a value in quotes."""
        token = self._next()
        return token.sort in {Sort.WORD, Sort.SIGN} and token.text.casefold() == word

    def _take_if(self, word: str) -> bool:
        found = self._is(word)
        self._place += found
        return found

    def _expected(self, what: str) -> RuleError:
        token = self._next()
        return RuleError(
            [
                Problem(
                    place_of(token.at),
                    f"{token.shown} where {what} is expected",
                    "",
                    code="rule.syntax",
                )
            ]
        )

    def _any(self) -> Rule:
        parts = [self._all()]
        while self._take_if("or"):
            parts.append(self._all())
        return joined_by_or(parts)

    def _all(self) -> Rule:
        parts = [self._not()]
        while self._take_if("and"):
            parts.append(self._not())
        return joined_by_and(parts)

    def _not(self) -> Rule:
        at = self._next().at
        if self._take_if("not"):
            return self._deeper(at, lambda: Not(self._not(), at))
        if self._take_if("("):
            return self._deeper(at, self._in_brackets)
        return self._term()

    def _in_brackets(self) -> Rule:
        rule = self._any()
        if not self._take_if(")"):
            raise self._expected("and, or, or )")
        return rule

    def _deeper(self, at: int, read: Callable[[], Rule]) -> Rule:
        self._depth += 1
        if self._depth > DEEPEST:
            said = f"more than {DEEPEST} brackets and nots lie inside one another"
            raise RuleError([Problem(place_of(at), said, _SHORTER, code="rule.size")])
        rule = read()
        self._depth -= 1
        return rule

    def _term(self) -> Rule:
        token = self._next()
        word = token.text.casefold()
        if token.sort is not Sort.WORD or word in JOINING:
            raise self._expected(_TERM)
        self._terms += 1
        if self._terms > MOST_TERMS:
            said = f"the rule has more than {MOST_TERMS} terms"
            raise RuleError([Problem(place_of(token.at), said, _SHORTER, code="rule.size")])
        self._take()
        if read := self._reading.get(word):
            return read(token.at)
        if word in KEYWORDS:
            self._place -= 1
            raise self._expected(_TERM)
        return self._compared(word, token)

    def _after_colon(self) -> Token:
        if not self._take_if(":"):
            raise self._expected('":"')
        return self._value("a value")

    def _value(self, what: str) -> Token:
        token = self._next()
        if token.sort not in {Sort.WORD, Sort.QUOTED} or (
            token.sort is Sort.WORD and token.text.casefold() in JOINING
        ):
            raise self._expected(what)
        return self._take()

    def _being(self, subject: Subject, at: int) -> Rule:
        return Being(subject, self._after_colon().text, at)

    def _had(self, at: int) -> Rule:
        token = self._after_colon()
        if token.sort is Sort.WORD and token.text.isdecimal():
            number = int(token.text)
            if not 0 < number < _LARGEST_NUMBER:
                said = f"{token.text[:20]} is the number of no campaign"
                raise RuleError(
                    [
                        Problem(
                            place_of(token.at),
                            said,
                            "use the number of one that was made",
                            code="rule.value",
                        )
                    ]
                )
            return Had(number, "", at)
        return Had(0, token.text, at)

    def _answered(self, at: int) -> Rule:
        entry = self._after_colon().text
        if not self._take_if(":"):
            return Answered(entry, None, at)
        token = self._value("yes, maybe or no")
        attendance = ANSWERS.get(token.text.casefold())
        if attendance is None:
            said = f"{token.shown} where yes, maybe or no is expected"
            raise RuleError([Problem(place_of(token.at), said, "", code="rule.syntax")])
        return Answered(entry, attendance, at)

    def _joined(self, at: int) -> Rule:
        operator = self._operator()
        if operator is None or operator is Operator.AMONG:
            raise self._expected("=, !=, <, <=, >, >=, before or after")
        self._take()
        token = self._value("a day, such as 2026-01-31")
        try:
            day = date.fromisoformat(token.text)
        except ValueError:
            said = f'"{token.text[:40]}" is no day'
            raise RuleError(
                [Problem(place_of(token.at), said, "write it as 2026-01-31", code="rule.value")]
            ) from None
        return Joined(operator, day, at)

    def _operator(self) -> Operator | None:
        """Look which operator comes next, if it is one."""
        token = self._next()
        word = token.text.casefold()
        if token.sort not in {Sort.WORD, Sort.SIGN}:
            return None
        if word in _WORDED:
            return _WORDED[word]
        return Operator(word) if word in {*Operator} else None

    def _compared(self, attribute: str, token: Token) -> Rule:
        at, operator = token.at, self._operator()
        if operator is None:
            if self._is(":"):
                known = ", ".join(subject.value for subject in Subject)
                said = f'"{token.text[:40]}" is nothing that ":" can follow'
                raise RuleError(
                    [
                        Problem(
                            place_of(at),
                            said,
                            f"use one of {known}, had or answered",
                            code="rule.syntax",
                        )
                    ]
                )
            raise self._expected(f"{_COMPARING} after {attribute[:40]}")
        self._take()
        if operator is Operator.AMONG:
            return Compared(attribute, operator, self._among(), at)
        return Compared(attribute, operator, (self._value("a value").text,), at)

    def _among(self) -> tuple[str, ...]:
        if not self._take_if("("):
            raise self._expected('"("')
        found = [self._value("a value").text]
        while self._take_if(","):
            found.append(self._value("a value").text)
            if len(found) > MOST_AMONG:
                said = f"the list has more than {MOST_AMONG} values"
                raise RuleError(
                    [
                        Problem(
                            place_of(self._next().at),
                            said,
                            "join two lists by or",
                            code="rule.size",
                        )
                    ]
                )
        if not self._take_if(")"):
            raise self._expected('"," or ")"')
        return tuple(dict.fromkeys(found))
