"""What is wrong with a form, in the user's language, at its fields and above it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from markupsafe import Markup, escape

from mailer.content.language.web_words import WebWords
from mailer.errors import InputError, Problem

GROUP: Final = "console_problems"
_WORD: Final = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Wrong:
    """The problems of a form."""

    items: Sequence[tuple[str, Markup]] = ()
    """The field, or empty where the whole form is meant, and what is wrong; in reading order."""
    by_field: Mapping[str, Sequence[Markup]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.items)


NOTHING = Wrong()


def wrong(say: WebWords, error: InputError, fields: Mapping[str, str] | None = None) -> Wrong:
    """Word the problems of an error for a page.

    Args:
        say: the words of the user's language.
        error: what a use case complained of.
        fields: the form's field for a place that the error names, where they differ.
    """
    fields = fields or {}
    return made([(fields.get(one.place, one.place), worded(say, one)) for one in error.problems])


def made(items: Sequence[tuple[str, Markup]]) -> Wrong:
    """Make the problems of a form from fields and sentences."""
    by_field: dict[str, list[Markup]] = {}
    for name, text in items:
        by_field.setdefault(name, []).append(text)
    return Wrong(tuple(items), by_field)


def worded(say: WebWords, problem: Problem) -> Markup:
    """Word one problem, with its remedy; in English where there is no translation of it."""
    key = f"{GROUP}.{problem.code}"
    if say.has(key) and set(_WORD.findall(str(say.texts[key]))) <= problem.facts.keys():
        return say(key, **{name: _shown(fact) for name, fact in problem.facts.items()})
    text = _sentence(problem.text)
    return escape(f"{text} {_sentence(problem.remedy)}" if problem.remedy else text)


def _shown(fact: object) -> object:
    return (", ".join(map(str, fact)) or "–") if isinstance(fact, list | tuple) else fact


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
