"""Reads settings that are on or off."""

from __future__ import annotations

from typing import Any

from mailer.domain.settings.setting import SettingError, kind_of


def switch(value: Any) -> bool:
    """Read what is on or off: TOML's `true` and `false`, or the same as a word."""
    words = {"true": True, "false": False}
    if isinstance(value, bool):
        return value
    if not isinstance(value, str) or (word := value.strip().lower()) not in words:
        shown = f'"{value}"' if isinstance(value, str) else kind_of(value)
        raise SettingError(f"{shown} is neither true nor false", "use true or false")
    return words[word]
