"""Kinds of settings: the words for them in the documentation, beside what reads them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic_core import core_schema

from mailer.domain.settings import setting
from mailer.domain.settings.switch import switch as on_or_off


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of setting: its values in words, for the documentation, and the way it is read."""

    words: str
    read: Callable[[Any], Any]

    def __get_pydantic_core_schema__(self, _source: Any, _handler: Any) -> core_schema.CoreSchema:
        """Read the value by our own reader only, so that every complaint is in our words."""
        return core_schema.no_info_plain_validator_function(self.read)


def number(least: int, most: int, multiple: int = 1) -> Kind:
    """Return the kind for a whole number from `least` to `most`."""
    words = f"number, {least} to {most}"
    words += f", a multiple of {multiple}" if multiple > 1 else ""
    return Kind(words, setting.whole(least, most, multiple))


def amount(least: float, most: float, unit: str) -> Kind:
    """Return the kind for a number from `least` to `most` of a unit, named in its plural."""
    return Kind(f"{unit}, {least:g} to {most:g}", setting.real(least, most, unit))


def choice(*options: str) -> Kind:
    """Return the kind for one of some words."""
    return Kind(setting.either(options), setting.choice(*options))


def switch() -> Kind:
    """Return the kind for what is on or off."""
    return Kind("true or false", on_or_off)
