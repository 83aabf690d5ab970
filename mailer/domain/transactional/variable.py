"""A template's variables: their kinds, and how a program's data is read into them.

A value is plain data and nothing else. Whatever could pass for more than the words that it shows
is refused here: control characters, characters that turn the direction of writing, private ones.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

from mailer.errors import InputError, Problem

LONGEST_TEXT: Final = 2_000
"""Characters of a text or of an address."""
MOST_ITEMS: Final = 100
"""Items of a list."""
MOST_FIELDS: Final = 20
"""Fields of an item."""
MOST_VARIABLES: Final = 100
LARGEST_NUMBER: Final = 1e15
NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")

_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\uf8ff"
    "\ufdd0-\ufdef\ufeff\ufff0-\ufffb\ufffe\uffff\U000e0000-\U0010ffff]"
)
"""Controls but tab and line feed, turns of direction, halves of characters, private use, tags."""
_URL: Final = re.compile(
    r"https://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:[/?#][!#-;=?-\[\]_a-z~%]*)?", re.ASCII
)
"""No user name before the host, nothing that ends an attribute or a line."""


class Kind(StrEnum):
    """The kinds of variables."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    URL = "url"
    """An https address: the only value that may be a link's target."""
    LIST = "list"
    """Of texts, or of items with fields; see `Variable.of`."""


SCALARS: Final = (Kind.TEXT, Kind.NUMBER, Kind.DATE, Kind.URL)


class Url(str):
    """A value of the kind `url`, told from other texts."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Variable:
    """One thing that a template is given."""

    name: str
    kind: Kind
    required: bool = True
    example: Any = None
    """As `read` returns it."""
    description: str = ""
    of: Kind | Mapping[str, Kind] = field(default=Kind.TEXT)
    """Of a list: the kind of its items, or the kinds of their fields."""


def read(variables: Mapping[str, Variable], data: Mapping[str, Any]) -> dict[str, Any]:
    """Read a program's data, as from JSON; what is not required and not there is empty.

    Raises:
        InputError: what it holds does not fit what is declared; all problems, each with its place,
            such as `data.items.2.title`, and none with the value itself, which may be personal.
    """
    problems: list[Problem] = []
    found: dict[str, Any] = {}
    for name in data:
        if name not in variables:
            near = get_close_matches(str(name), variables, 1)
            remedy = f"did you mean {near[0]!r}?" if near else "leave it out"
            shown = name if NAME.fullmatch(str(name)) else "…"
            said = "the template declares no such variable"
            problems.append(Problem(f"data.{shown}", said, remedy, code="data.unknown"))
    for name, variable in variables.items():
        value = data.get(name)
        if value is None:
            found[name] = empty(variable)
            if variable.required:
                remedy = f"give {_what(variable.kind)}"
                problems.append(Problem(f"data.{name}", "is missing", remedy, code="missing"))
        else:
            found[name] = value_of(variable, value, f"data.{name}", problems)
    if problems:
        raise InputError(problems)
    return found


def empty(variable: Variable) -> Any:
    """Return what stands for a variable that was not given."""
    return [] if variable.kind is Kind.LIST else ""


def value_of(variable: Variable, value: Any, place: str, problems: list[Problem]) -> Any:
    """Read the value of one variable; notes what is wrong with it, and where."""
    if variable.kind is not Kind.LIST:
        return _scalar(variable.kind, value, place, problems)
    if not isinstance(value, list | tuple):
        problems.append(Problem(place, "this is no list", "give a list", code="data.bad_value"))
        return []
    if len(value) > MOST_ITEMS:
        said = f"the list has {len(value)} items"
        problems.append(Problem(place, said, f"give at most {MOST_ITEMS}", code="data.too_large"))
        return []
    return list(_items(variable.of, value, place, problems))


def _items(
    of: Kind | Mapping[str, Kind], items: Sequence[Any], place: str, problems: list[Problem]
) -> Iterator[Any]:
    for number, item in enumerate(items, 1):
        here = f"{place}.{number}"
        if isinstance(of, Kind):
            yield _scalar(of, item, here, problems)
        elif not isinstance(item, Mapping) or set(item) - set(of):
            said = "this is no item with the declared fields"
            remedy = f"give {', '.join(of)} and nothing else"
            problems.append(Problem(here, said, remedy, code="data.bad_value"))
        else:
            yield {
                name: ""
                if item.get(name) is None
                else _scalar(kind, item[name], f"{here}.{name}", problems)
                for name, kind in of.items()
            }


def _scalar(kind: Kind, value: Any, place: str, problems: list[Problem]) -> Any:
    reader = {
        Kind.TEXT: _text,
        Kind.NUMBER: _number,
        Kind.DATE: _date,
        Kind.URL: _url,
    }[kind]
    try:
        return reader(value)
    except ValueError as error:
        problems.append(Problem(place, str(error), f"give {_what(kind)}", code="data.bad_value"))
        return ""


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("this is no text")  # noqa: TRY004 - one kind of error for all
    if len(value) > LONGEST_TEXT:
        raise ValueError(f"the text has more than {LONGEST_TEXT} characters")
    if found := _UNSEEN.search(value):
        raise ValueError(f"the text holds the character U+{ord(found[0]):04X}")
    return " ".join(value.split())


def _number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("this is no number")  # noqa: TRY004 - one kind of error for all
    if not math.isfinite(value) or abs(value) > LARGEST_NUMBER:
        raise ValueError("the number is too large")
    return value


def _date(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise ValueError("this is no date")


def _url(value: Any) -> Url | str:
    if value == "":
        return ""
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or not _URL.fullmatch(value):
        raise ValueError("this is no https address")
    try:
        parts = urlsplit(value)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("this is no https address") from None
    if not host.strip(".-") or ".." in host or port == 0:
        raise ValueError("this address names no host")
    return Url(value)


def _what(kind: Kind) -> str:
    return {
        Kind.TEXT: f"a text of at most {LONGEST_TEXT} visible characters",
        Kind.NUMBER: "a number",
        Kind.DATE: "a date such as 2026-12-31",
        Kind.URL: "an address such as https://example.org/page, in ASCII",
        Kind.LIST: "a list",
    }[kind]


def plain(value: Any) -> Any:
    """Return a value as JSON holds it."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return str(value) if isinstance(value, str) else value
