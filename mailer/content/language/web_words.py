"""The words of the web pages, in a reader's language.

They stand in the folder `web` of the language's folder in `templates/locale`, one file for a group
of pages: the key `subscribe.title` is `title` in `subscribe.toml`; tables go deeper
(`errors.404.title`). A language without a word gets that of its main language, else English. A
table of `one`, `other` and so on holds the forms of a word that is counted (CLDR).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from markupsafe import Markup

from mailer.content.language.locale_files import SOURCE, codes_with, file_of, nearest, read_table
from mailer.content.language.words import Words, words_for
from mailer.content.rendering.templates import filled

_FOLDER: Final = "web"
_FORMS: Final = frozenset({"zero", "one", "two", "few", "many", "other"})


@dataclass(frozen=True, slots=True)
class WebWords:
    """The texts of our pages in one language."""

    language: str
    words: Words
    """Dates and names, as in mails."""
    texts: Mapping[str, Any]
    """Key -> a text, a list of texts, or the forms of a counted one."""

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`."""
        return self.words.direction

    def __call__(self, key: str, **values: object) -> Markup:
        """Word a text with values for its words in braces; markup stays, all else is escaped.

        Raises:
            KeyError: no language has such a text: a defect of the page.
        """
        return filled(str(self.texts[key]), values)

    def has(self, key: str) -> bool:
        """Tell whether there is such a text."""
        return key in self.texts

    def lines(self, key: str, **values: object) -> list[Markup]:
        """Word the texts of a list, or the paragraphs of a page."""
        return [filled(str(text), values) for text in self.texts[key]]

    def count(self, key: str, number: int, **values: object) -> Markup:
        """Word a text in the form that goes with a number, which stands for `{number}`."""
        forms = self.texts[key]
        form = forms.get(self.words.locale.plural_form(number), forms["other"])
        return filled(form, {"number": number, **values})


@cache
def web_words_for(language: str) -> WebWords:
    """Return the words of a language."""
    texts: dict[str, Any] = {}
    for code in (SOURCE, language.partition("-")[0], language):
        texts |= texts_of(code)
    spoken = language if has_pages(language) else SOURCE
    return WebWords(language, words_for(spoken), texts)


def has_pages(language: str) -> bool:
    """Tell whether a language, or its main language, has words of its own for pages."""
    return nearest(language, _FOLDER) is not None


def languages() -> tuple[str, ...]:
    """Return the codes of the languages that have words for pages."""
    return codes_with(_FOLDER)


def texts_of(code: str) -> dict[str, Any]:
    """Read the words of one language alone, by their whole keys."""
    folder = file_of(code, _FOLDER)
    found: dict[str, Any] = {}
    for file in sorted(folder.glob("*.toml")) if folder else []:
        found |= dict(_flat(file.stem, read_table(file)))
    return found


def _flat(prefix: str, table: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        key = f"{prefix}.{name}"
        if isinstance(value, Mapping) and not set(value) <= _FORMS:
            yield from _flat(key, value)
        else:
            yield key, value
