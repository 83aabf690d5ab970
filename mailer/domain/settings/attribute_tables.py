"""Reads the declarations of attributes: a table for each, with its kind, choices and labels."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from mailer.domain.segments.printing import KEYWORDS
from mailer.domain.settings.setting import SettingError, choice, items, names, text
from mailer.domain.subscribers.attributes import (
    LONGEST_VALUE,
    MOST_ATTRIBUTES,
    MOST_CHOICES,
    Attribute,
    Kind,
    is_name,
)
from mailer.domain.subscribers.column_names import family_of, field_of
from mailer.errors import Problem

_KEYS: Final = ("kind", "choices", "labels")
_KIND: Final = choice(*(kind.value for kind in Kind))
_ADDED: Final = frozenset({"added", "source", "line", "reason", "number", "ignore"})
"""Further columns of our own files, and words that say what one is."""
_EXAMPLE: Final = 'write [attributes.country], below it kind = "choice" and choices = ["CH", "FR"]'


def attributes(value: Any) -> Mapping[str, Attribute]:
    """Read `{ NAME = { kind = KIND, choices = [...], labels = { LANGUAGE = TEXT } } }`.

    Raises:
        SettingError: with all that is wrong; `place` in its problems is the attribute.
    """
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise SettingError("this is no table of attributes", _EXAMPLE) from None
    if not isinstance(value, Mapping):
        raise SettingError("this is no table of attributes", _EXAMPLE)
    found: dict[str, Attribute] = {}
    problems: list[Problem] = []
    for name, declared in value.items():
        try:
            found[name] = _attribute(name, declared)
        except SettingError as error:
            problems += [replace(one, place=str(name)) for one in error.problems]
    if problems:
        raise SettingError.of(problems)
    if len(found) > MOST_ATTRIBUTES:
        raise SettingError(
            f"there are {len(found)} attributes, more than {MOST_ATTRIBUTES}", "remove some"
        )
    return found


def _attribute(name: str, declared: Any) -> Attribute:
    if isinstance(declared, Attribute):
        return declared
    _check_name(name)
    if not isinstance(declared, Mapping):
        raise SettingError("an attribute is a table with its kind", _EXAMPLE)
    if unknown := sorted(set(declared) - set(_KEYS)):
        raise SettingError(
            f"an attribute has no {unknown[0]}", f"it has {', '.join(_KEYS[:-1])} and {_KEYS[-1]}"
        )
    kind = Kind(_KIND(declared.get("kind", "")))
    return Attribute(name, kind, _choices(kind, declared), _labels(declared))


def _check_name(name: str) -> None:
    if not is_name(name):
        raise SettingError(
            f'"{name}" cannot name an attribute',
            "use up to 40 small letters a to z, digits and _, a letter first",
        )
    taken = name in KEYWORDS or name in _ADDED
    if taken or field_of(name) is not None or family_of(name) is not None:
        raise SettingError(
            f'"{name}" means something else in audience rules, or as a column of a file',
            "choose another name",
        )


def _choices(kind: Kind, declared: Mapping[str, Any]) -> tuple[str, ...]:
    written = declared.get("choices", ())
    if kind is not Kind.CHOICE:
        if written:
            raise SettingError(f"a {kind} has no choices", 'remove them, or say kind = "choice"')
        return ()
    found = tuple(" ".join(one.split()) for one in items(text, least=1)(written))
    if len(found) > MOST_CHOICES:
        raise SettingError(
            f"there are {len(found)} choices, more than {MOST_CHOICES}", 'say kind = "text"'
        )
    if wrong := next((one for one in found if not 0 < len(one) <= LONGEST_VALUE), None):
        raise SettingError(f'"{wrong[:40]}…" is too long', f"use up to {LONGEST_VALUE} characters")
    if wrong := next((one for one in found if one[:1] in {"", "=", "+", "-", "@"}), None):
        raise SettingError(f'"{wrong}" is empty, or begins like a formula', "choose another word")
    folded = [one.casefold() for one in found]
    if twice := next((one for at, one in enumerate(folded) if one in folded[:at]), None):
        raise SettingError(f'"{twice}" is there twice, but for capitals', "remove one of them")
    return found


def _labels(declared: Mapping[str, Any]) -> dict[str, str]:
    found = names(declared.get("labels", {}))
    if isinstance(found, str):
        raise SettingError(
            "labels are a table of language = text", 'write labels = { en = "Country" }'
        )
    return found
