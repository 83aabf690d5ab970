"""The words of the web pages: complete in every language, and safe to put into a page."""

from __future__ import annotations

import re
from typing import Any

import pytest
from markupsafe import Markup

from mailer.content.language import web_words
from mailer.content.language.locale_files import TEMPLATES
from mailer.content.language.web_words import texts_of, web_words_for

LANGUAGES = web_words.languages()
SAID = re.compile(r"""say(?:\.lines|\.count)?\(\s*["']([a-z_0-9.]+)["']\s*[,)]""")


def braces(text: Any) -> set[str]:
    """Find the words in braces of a text, a list or the forms of a counted text."""
    return set(re.findall(r"\{\w+\}", str(list(text.values()) if isinstance(text, dict) else text)))


def test_english_french_and_spanish_are_there() -> None:
    """The first users read these three."""
    assert {"en", "es", "fr"} <= set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_word_with_the_same_gaps(language: str) -> None:
    """A page that is half English looks broken."""
    source, own = texts_of("en"), texts_of(language)
    assert set(own) == set(source)
    for key, text in source.items():
        assert type(own[key]) is type(text), key
        assert braces(own[key]) == braces(text), key
        if isinstance(text, list):
            assert len(own[key]) == len(text), key
        assert own[key], key


def test_every_word_that_a_template_says_is_there() -> None:
    """A missing word is an error page for a reader."""
    for file in sorted((TEMPLATES / "web").rglob("*.j2")):
        for key in SAID.findall(file.read_text(encoding="utf-8")):
            assert key in texts_of("en"), f"{file.name}: {key}"


def test_values_are_escaped_and_markup_is_kept() -> None:
    """A list's name may hold an ampersand, and a text a link."""
    say = web_words_for("en")
    assert say("errors.home", list="A & B") == "Go to the front page of A &amp; B"
    assert "<b>x</b>" in say("frame.contact", address=Markup("<b>x</b>"))


def test_a_regional_language_says_what_its_main_language_says() -> None:
    """A list in pt-BR or fr-CA needs no folder for every word."""
    assert web_words_for("fr-CA")("home.title") == "Bienvenue"
    assert web_words_for("de")("home.title") == "Welcome"


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_console_s_words_have_apostrophes_as_in_print(language: str) -> None:
    """One straight apostrophe among curved ones looks like a mistake; French has its own test."""
    texts = {key: text for key, text in texts_of(language).items() if key.startswith("console")}
    assert len(texts) > 1_000
    assert not {key: text for key, text in texts.items() if "'" in str(joined(text))}


def joined(text: Any) -> str:
    """Return a text, or the texts of a list or of forms, as one."""
    several = text.values() if isinstance(text, dict) else text
    return text if isinstance(text, str) else " ".join(several)
