"""What is wrong with a form is said in the user's language, for every code that a problem has."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

import pytest
from markupsafe import Markup

from mailer.content.language.web_words import texts_of, web_words_for
from mailer.errors import InputError, Problem
from mailer.web.console.wrong import GROUP, worded, wrong
from support.places import ROOT

LANGUAGES = ["en", "fr", "es"]
TEXTS = {language: texts_of(language) for language in LANGUAGES}
PAGE = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([^`]+)` \| [^|]+ \|([^|]*)\|$", re.MULTILINE)
BRACES = re.compile(r"\{(\w+)\}")
LONGEST = 260
"""Characters: two sentences that are read at a glance."""


def codes() -> Mapping[str, frozenset[str]]:
    """Return each code of a problem with its facts; a test of the documents compares them."""
    part = PAGE.partition("\n## Problems\n")[2]
    rows = {code: frozenset(re.findall(r"`([^`]+)`", facts)) for code, facts in ROW.findall(part)}
    assert len(rows) > 150
    return rows


def text_of(language: str, code: str) -> str:
    """Return the words for a code."""
    return str(TEXTS[language].get(f"{GROUP}.{code}", ""))


def calls_without_facts() -> Iterator[str]:
    """Yield the codes that some call of our services gives without facts."""
    for folder in ("domain", "store", "content", "message", "services", "web"):
        for file in (ROOT / "mailer" / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                given = {one.arg: one.value for one in getattr(node, "keywords", [])}
                code = given.get("code")
                if isinstance(code, ast.Constant) and "facts" not in given:
                    yield str(code.value)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_words(language: str) -> None:
    """A sentence in English on a French page helps nobody."""
    assert not [code for code in codes() if not text_of(language, code)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_say_in_whole_short_sentences_what_to_do(language: str) -> None:
    """They stand beside a field, and are read in passing."""
    for code in codes():
        text = text_of(language, code)
        assert text[0] in "¿«" or text[0].isupper(), code
        assert text.endswith((".", "}")), code
        assert len(text) <= LONGEST, code


def test_names_in_braces_are_facts_that_every_such_problem_has() -> None:
    """A gap that nothing fills would send the user back to English."""
    known, bare = codes(), set(calls_without_facts())
    named = {code: set(BRACES.findall(text_of("en", code))) for code in known}
    assert sum(map(bool, named.values())) > 5
    for code, names in named.items():
        assert names <= known[code], code
        assert not (names and code in bare), code
        for language in LANGUAGES:
            assert set(BRACES.findall(text_of(language, code))) == names, (language, code)


@pytest.mark.parametrize("language", LANGUAGES)
def test_facts_are_strangers_text(language: str) -> None:
    """A column of somebody's file may be called like a tag of HTML."""
    for code, facts in codes().items():
        told = dict.fromkeys(facts, "<b>&")
        said = worded(web_words_for(language), Problem("at", "text", code=code, facts=told))
        assert isinstance(said, Markup)
        assert "<b>" not in said, code
        assert "{" not in said, code


def test_a_list_of_facts_is_read_as_one() -> None:
    """Nobody should meet the brackets of a programming language."""
    facts = {"columns": ("mail", "e-mail")}
    said = worded(web_words_for("en"), Problem("", "text", code="columns.twice", facts=facts))
    assert "mail, e-mail" in said
    assert "(" not in said


def test_without_a_fact_or_words_the_problem_speaks_for_itself() -> None:
    """Better in English than with a gap, or not at all; and escaped all the same."""
    say = web_words_for("fr")
    lacks = Problem("", "stands in <line 3>", "leave it out", code="line.twice")
    assert worded(say, lacks) == "Stands in &lt;line 3&gt;. Leave it out."
    new = Problem("", "it is <new>", code="not.known.yet")
    assert worded(say, new) == "It is &lt;new&gt;."


def test_each_problem_stands_at_its_field() -> None:
    """The summary leads to it; a place may have a field of another name."""
    error = InputError(
        [Problem("title", "t", code="missing"), Problem("start", "t", code="bad_time")]
    )
    found = wrong(web_words_for("es"), error, {"start": "day"})
    assert [name for name, _ in found.items] == ["title", "day"]
    assert found.by_field["day"] == [text_of("es", "bad_time")]
