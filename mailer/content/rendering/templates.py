"""Makes HTML from templates: what is put in is escaped, unless it is markup already."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from mailer.content.language.locale_files import TEMPLATES
from mailer.content.language.words import Words, first_upper


def environment(folder: str) -> Environment:
    """Make what reads the HTML templates of a folder below `templates`, for as long as we run."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES / folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters["first_upper"] = first_upper
    return made


def filled(text: str, values: Mapping[str, object]) -> Markup:
    """Put values in the place of a text's words in braces."""
    said = escape(text)
    for name, value in values.items():
        said = said.replace("{" + name + "}", escape(value))
    return said


def sayer(words: Words) -> Callable[..., Markup]:
    """Make the templates' way to say an interface text of mails with markup in its gaps."""

    def say(text: str, **parts: str) -> Markup:
        return filled(words(text), parts)

    return say
