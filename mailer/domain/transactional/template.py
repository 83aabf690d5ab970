"""A template: what one kind of transactional mail says, in each language, and what it is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mailer.domain.campaigns.edition import chosen
from mailer.domain.transactional.variable import Variable


@dataclass(frozen=True, slots=True)
class Wording:
    """A template's text in one language, as written."""

    language: str
    subject: str
    title: str
    """The heading of the mail."""
    preheader: str
    body: str
    """Markdown with containers and conditions."""
    file: str
    first_line: int = 1
    """Number of the body's first line in that file."""


@dataclass(frozen=True, slots=True)
class Template:
    """A template as read from its files."""

    slug: str
    topic: str
    """Only active subscribers of that topic get it; empty: any address that may be mailed."""
    languages: tuple[str, ...]
    """The first one stands in where a language is missing."""
    variables: Mapping[str, Variable]
    wordings: Mapping[str, Wording]
    description: str = ""

    def language_for(self, wanted: str) -> str:
        """Tell which language a reader gets: the one wanted, its main one, else the first."""
        return chosen(self.wordings, wanted, self.languages) or self.languages[0]

    def examples(self, *, all_given: bool = True) -> dict[str, Any]:
        """Return the declared examples as data; or those of what is required only."""
        return {
            name: one.example for name, one in self.variables.items() if all_given or one.required
        }
