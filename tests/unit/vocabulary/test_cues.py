"""The tables of what mail says: each entry is an example of itself, or has one, and is found."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mailer.domain
import mailer.message
from mailer.domain.bounces import sets
from mailer.domain.bounces.sets import Near
from mailer.domain.bounces.words import Rule
from mailer.domain.text.plain import flowing
from mailer.message.incoming import mime
from mailer.message.incoming.written import visible_text
from mailer.vocabulary.cues import Cues
from mailer.vocabulary.notation import read_phrase
from mailer.vocabulary.tables import FOLDER, Entry, concepts, entries, table
from support.places import CORPUS
from support.samples.phrases import PHRASES, said

OTHERS = {"letters", "commands"}
"""Tables of whole letters and of commands; they have tests of their own."""
TABLES = sorted(path.stem for path in FOLDER.glob("*.toml") if path.stem not in OTHERS)


def _within(value: object) -> Iterator[Cues]:
    if isinstance(value, Cues):
        yield value
    elif isinstance(value, Rule):
        yield from _within(value.pattern)
    elif isinstance(value, tuple):
        for one in value:
            yield from _within(one)
    elif isinstance(value, Near):
        yield from _within(tuple(vars(value).values()))


def _every() -> list[Cues]:
    """All lists that mail is read by."""
    found: dict[Cues, None] = {}
    for package in (mailer.domain, mailer.message):
        for module in walk_packages(package.__path__, f"{package.__name__}."):
            for value in vars(import_module(module.name)).values():
                found.update(dict.fromkeys(_within(value)))
    return list(found)


EVERY = _every()
WORDS = [(one, expression) for one in EVERY for expression in one.expressions]
ENTRIES = [(one, entry) for one in EVERY for entry in one.entries]


def _read(one: Cues, text: str) -> str:
    """Return a text as a list sees it."""
    return text if one.spelling.plain is str else flowing(text)


def test_all_lists_are_read() -> None:
    """The other tests are about nothing if they find no lists."""
    assert len(EVERY) > 60
    assert len(WORDS) > 5000


def test_every_entry_is_found_in_its_example() -> None:
    """A phrase that is spelled as no text is would never be found, and nobody would notice."""
    lost = []
    for one, entry in ENTRIES:
        text = _read(one, entry.example or said(entry.phrase))
        alone = Cues(lambda entry=entry: [entry], ignore_case=True, spelling=one.spelling)  # type: ignore[misc]
        if not alone.search(text):
            lost.append((entry, text))
    assert lost == []


@pytest.mark.parametrize("name", TABLES)
def test_expressions_are_the_exception(name: str) -> None:
    """A translator who knows a language need not know regular expressions."""
    written = [
        word
        for code, words in table(name).items()
        if code != "parts"
        for concept in words.values()
        for word in concept
    ]
    expressions = [word for word in written if not isinstance(word, str)]
    assert len(expressions) < len(written) / 2


@pytest.mark.parametrize("name", TABLES)
def test_no_concept_is_forgotten(name: str) -> None:
    """Phrases under a name that nothing asks for are dead letters."""
    used = {entry for one in EVERY for entry in one.entries}
    spoken = set(sets.SPOKEN_OF) if name == "sayings" else set()
    forgotten = {
        concept for concept in concepts(name) if not used.issuperset(entries(name, concept))
    }
    assert forgotten == spoken


@pytest.mark.parametrize("name", TABLES)
def test_languages_are_named_by_their_codes(name: str) -> None:
    """`any` holds what is the same in all."""
    codes = set(table(name)) - {"parts", "any"}
    assert all(re.fullmatch("[a-z]{2}", code) for code in codes)


def test_hardly_a_phrase_is_tried_in_every_text() -> None:
    """One that could stand in any text costs each mail; what asks may do so with a mark alone."""
    costly = {one.source for _, one in WORDS if not one.needs}
    assert costly == {r"[?？؟](?:\s|$|[\"')»])"}


@given(st.data())
def test_what_a_phrase_matches_is_found(data: st.DataObject) -> None:
    """A missed phrase makes a bounce or an absence look like a person."""
    one, expression = data.draw(st.sampled_from(WORDS))
    text = data.draw(
        st.from_regex(re.compile(expression.source, one.pattern.flags & re.IGNORECASE))
    )
    assert one.may_be_in(text)
    assert one.search(text)
    assert one.match(text) == bool(one.pattern.match(text))
    for line in text.split("\n"):
        assert one.within(" ".join(text.split("\n"))).match(line) == bool(one.pattern.match(line))


@given(
    st.sampled_from(EVERY),
    st.sampled_from(sorted(CORPUS.rglob("*.eml"))),
    st.integers(0, 3000),
    st.integers(20, 1500),
)
def test_mail_is_told_apart_as_by_one_expression(
    one: Cues, file: Path, start: int, most: int
) -> None:
    """All that these lists are for: whatever mail says, what is found is the same."""
    text = visible_text(mime.read(file.read_bytes()))[start : start + 1500]
    for line in (text, flowing(text)):
        assert one.search(line, most) == bool(one.pattern.search(line[:most]))
        whole = [found.span() for found in one.pattern.finditer(line)]
        assert [found.span() for found in one.finditer(line)] == whole
        assert one.sub("#", line) == one.pattern.sub("#", line)


@given(st.lists(PHRASES, min_size=1, max_size=4), st.text("abcAB. '\nıİß", max_size=16))
def test_any_list_finds_what_one_expression_finds(phrases: list[str], text: str) -> None:
    """Lists grow; none may need care for the way in which it is looked for."""
    one = Cues(lambda: map(Entry, phrases), ignore_case=True)
    whole = re.compile("|".join(read_phrase(phrase).source for phrase in phrases), re.IGNORECASE)
    assert one.search(text) == bool(whole.search(text))
    assert one.search(text, 3) == bool(whole.search(text[:3]))
    assert one.match(text) == bool(whole.match(text))
    within = one.within(text)
    for line in text.split("\n"):
        assert within.match(line) == bool(whole.match(line))


def test_a_concept_that_no_language_has_is_refused() -> None:
    """A misspelled name would find nothing, for ever."""
    with pytest.raises(KeyError, match=r"reports\.toml has no 'absnet'"):
        list(entries("reports", "absnet"))


def test_nothing_is_read_before_it_is_needed() -> None:
    """Workers and commands of the command line import the lists whether they read mail or not."""
    script = """
import mailer.message.incoming.understand, mailer.message.incoming.retired
from mailer.vocabulary import tables
print(tables.table.cache_info().currsize)
"""
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout
    assert told.strip() == "0"


def test_only_the_phrases_that_may_be_there_are_compiled() -> None:
    """Of hundreds of phrases a text has the letters of a few."""
    broken = Entry("", "never(", ("never",), "never")
    one = Cues(lambda: [Entry("plain"), broken])
    assert one.search("a plain text")
    with pytest.raises(re.error):
        one.search("any text, never before")
