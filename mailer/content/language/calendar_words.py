"""The words of calendar files in each language, from `calendar.toml` of `templates/locale`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from typing import Final

from mailer.content.language.words import TEMPLATES

_SOURCE: Final = "en"


@cache
def calendar_words(language: str) -> Mapping[str, str]:
    """Return the words of a language, of its main language, or English ones if it has none."""
    for code in (language, language.partition("-")[0], _SOURCE):
        path = TEMPLATES / "locale" / code / "calendar.toml"
        if code.replace("-", "").isalnum() and path.is_file():
            return tomllib.loads(path.read_text(encoding="utf-8"))
    return {}
