"""What an institution notes of its subscribers beside language, topics and tags: typed attributes.

An attribute is declared in the settings, with its kind. A value is kept in one canonical form, as
text. So that a rule about a million values is a few operations on bitmaps, a value has *marks*:
each is the name of a bitmap in which the subscriber's bit is set.

- A choice: one mark for the value, and one for there being any.
- A number, a date or a text: one mark for there being any, and one for each binary digit of its
  code that is 1. Numbers and dates are coded so that their order is that of their codes; of a text,
  the code is the beginning of a digest, by which it can be found again, and nothing else.

Marks name the kind, so that values written when the attribute was of another kind count as none.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

MOST_ATTRIBUTES: Final = 40
MOST_CHOICES: Final = 300
"""Each choice costs a bitmap."""
LONGEST_VALUE: Final = 200
"""Characters of a text, or of a choice."""
LARGEST: Final = 10**9
"""Numbers lie between minus that and that, with up to three decimals."""
_DECIMALS: Final = 3
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_NUMBER: Final = re.compile(r"[+-]?\d{1,12}(?:\.\d{1,12})?", re.ASCII)
_FORMULA: Final = ("=", "+", "-", "@")


class Kind(StrEnum):
    """What the values of an attribute are."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"


DIGITS: Final[Mapping[Kind, int]] = {Kind.NUMBER: 41, Kind.DATE: 22, Kind.TEXT: 48}
"""Binary digits of a value's code: for numbers all up to twice `LARGEST` in thousandths, for dates
all to the year 9999; of texts so many that two of a million share one with odds of 1 to 500."""
ZERO: Final = LARGEST * 10**_DECIMALS
"""What is added to a number in thousandths, so that no code is negative."""


def is_name(text: str) -> bool:
    """Tell whether a text can name an attribute, by its form."""
    return _NAME.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Attribute:
    """One that is declared."""

    name: str
    kind: Kind
    choices: tuple[str, ...] = ()
    """Of a choice: the values that it can have."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Language -> what readers see in place of its name."""

    def read(self, text: str) -> str:
        """Read a value; returns its canonical form. Empty: there is none.

        Raises:
            ValueError: it cannot be a value, as `what is wrong; remedy`.
        """
        written = " ".join(unicodedata.normalize("NFC", text).split())
        if not written:
            return ""
        if len(written) > LONGEST_VALUE or not written.isprintable():
            raise ValueError(
                f"{self.name} holds a value that is too long or cannot be seen; give a text of up"
                f" to {LONGEST_VALUE} characters"
            )
        match self.kind:
            case Kind.NUMBER:
                return self._number(written)
            case Kind.DATE:
                return self._date(written)
            case Kind.CHOICE:
                return self._choice(written)
            case Kind.TEXT:
                if written.startswith(_FORMULA):
                    raise ValueError(
                        f'{self.name} begins with "{written[0]}" like a formula; correct it'
                    )
                return written

    def _number(self, written: str) -> str:
        try:
            number = Decimal(written) if _NUMBER.fullmatch(written) else None
        except InvalidOperation:
            number = None
        if number is None or abs(number) > LARGEST or number != round(number, _DECIMALS):
            raise ValueError(
                f'"{written[:40]}" is no number for {self.name}; give one such as 12 or 12.5,'
                f" between -{LARGEST:,} and {LARGEST:,}, with up to {_DECIMALS} decimals"
            )
        plain = f"{number:f}"
        plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
        return "0" if plain == "-0" else plain

    def _date(self, written: str) -> str:
        try:
            return date.fromisoformat(written).isoformat()
        except ValueError:
            raise ValueError(
                f'"{written[:40]}" is no date for {self.name}; write it as 2026-01-31'
            ) from None

    def _choice(self, written: str) -> str:
        folded = written.casefold()
        found = next((one for one in self.choices if one.casefold() == folded), None)
        if found is None:
            shown = ", ".join(self.choices[:10]) + (", …" if len(self.choices) > 10 else "")
            raise ValueError(f'"{written[:40]}" is no choice for {self.name}; use one of {shown}')
        return found

    @property
    def mark(self) -> str:
        """The mark of having any value."""
        return f"{self.name}#{self.kind}"

    def digit(self, place: int) -> str:
        """Name the mark of a binary digit that is 1; the last one is 0."""
        return f"{self.name}#{self.kind}{place}"

    def choice(self, value: str) -> str:
        """Name the mark of a choice."""
        return f"{self.name}={value}"

    def marks(self, value: str) -> tuple[str, ...]:
        """Name all marks of a value, which is in its canonical form."""
        if self.kind is Kind.CHOICE:
            return (self.mark, self.choice(value))
        coded = self.code(value)
        digits = range(DIGITS[self.kind])
        return (self.mark, *(self.digit(place) for place in digits if coded >> place & 1))

    def code(self, value: str) -> int:
        """Return the code of a canonical value of a kind that has digits."""
        match self.kind:
            case Kind.NUMBER:
                return int(Decimal(value).scaleb(_DECIMALS)) + ZERO
            case Kind.DATE:
                return date.fromisoformat(value).toordinal()
            case _:
                digest = hashlib.blake2b(folded(value).encode(), digest_size=6).digest()
                return int.from_bytes(digest, "big")


def folded(text: str) -> str:
    """Write a text so that capitals do not tell it from another."""
    return text.casefold()
