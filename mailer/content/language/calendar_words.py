"""The words of calendar files in each language, from `calendar.toml` of `templates/locale`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from mailer.content.language.locale_files import SOURCE, nearest, read_table


@cache
def calendar_words(language: str) -> Mapping[str, str]:
    """Return the words of a language, of its main language, or English ones if it has none."""
    path = nearest(language, "calendar.toml", SOURCE)
    return read_table(path) if path else {}
