"""Finds and reads the files of the languages, which are the folders of `templates/locale`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final

TEMPLATES: Final = Path(__file__).resolve().parents[2] / "templates"
SOURCE: Final = "en"
"""The language that lends its words to those that have none of their own."""


def codes_with(name: str) -> tuple[str, ...]:
    """Return the codes of the languages whose folder has a file or folder of that name."""
    return tuple(sorted(path.parent.name for path in (TEMPLATES / "locale").glob(f"*/{name}")))


def file_of(code: str, name: str) -> Path | None:
    """Return a file or folder of one language; None if it has none.

    The code may be a stranger's: nothing outside the folder is found by it.
    """
    path = TEMPLATES / "locale" / code / name
    return path if code.replace("-", "").isalnum() and path.exists() else None


def nearest(language: str, name: str, *others: str) -> Path | None:
    """Return a file of a language, else of its main language (`fr` for `fr-CH`), else of others."""
    codes = (language, language.partition("-")[0], *others)
    return next((path for code in codes if (path := file_of(code, name))), None)


def read_table(path: Path) -> dict[str, Any]:
    """Read a file of words."""
    return tomllib.loads(path.read_text(encoding="utf-8"))
