"""Long lists of words: found as one expression would find them, and only compiled where needed."""

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
from mailer.domain.bounces.sets import Near
from mailer.domain.text.cues import Cues
from mailer.domain.text.plain import flowing
from mailer.message.incoming import mime
from mailer.message.incoming.written import visible_text
from support.places import CORPUS
from support.samples.expressions import EXPRESSIONS


def _within(value: object) -> Iterator[Cues]:
    if isinstance(value, Cues):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from _within(one)
    elif isinstance(value, Near):
        yield from _within(tuple(vars(value).values()))


def _every() -> list[Cues]:
    """All lists of words that mail is read by."""
    found: dict[Cues, None] = {}
    for package in (mailer.domain, mailer.message):
        for module in walk_packages(package.__path__, f"{package.__name__}."):
            for value in vars(import_module(module.name)).values():
                found.update(dict.fromkeys(_within(value)))
    return list(found)


EVERY = _every()
WORDS = [(cues, one.source) for cues in EVERY for one in cues.alternatives]


def test_all_lists_are_read() -> None:
    """The other tests are about nothing if they find no lists."""
    assert len(EVERY) > 60
    assert len(WORDS) > 5000


def test_hardly_a_word_is_tried_in_every_text() -> None:
    """One that could stand in any text costs each mail; what asks may do so with a mark alone."""
    costly = {one.source for cues in EVERY for one in cues.alternatives if one.needs == (("",),)}
    assert costly == {r"[?？؟](?:\s|$|[\"')»])"}


@given(st.data())
def test_what_an_alternative_matches_is_found(data: st.DataObject) -> None:
    """What is seen off for want of letters is a bounce or an absence that is taken for a person."""
    cues, source = data.draw(st.sampled_from(WORDS))
    text = data.draw(st.from_regex(re.compile(source, cues.pattern.flags & re.IGNORECASE)))
    assert cues.may_be_in(text)
    assert cues.search(text)
    assert cues.search(text) == bool(cues.pattern.search(text))
    assert cues.match(text) == bool(cues.pattern.match(text))
    for line in text.split("\n"):
        assert cues.within(" ".join(text.split("\n"))).match(line) == bool(cues.pattern.match(line))


@given(
    st.sampled_from(EVERY),
    st.sampled_from(sorted(CORPUS.rglob("*.eml"))),
    st.integers(0, 3000),
    st.integers(20, 1500),
)
def test_mail_is_told_apart_as_by_one_expression(
    cues: Cues, file: Path, start: int, most: int
) -> None:
    """All that these lists are for: whatever mail says, what is found is the same."""
    text = visible_text(mime.read(file.read_bytes()))[start : start + 1500]
    for one in (text, flowing(text)):
        assert cues.search(one, most) == bool(cues.pattern.search(one[:most]))
        whole = [found.span() for found in cues.pattern.finditer(one)]
        assert [found.span() for found in cues.finditer(one)] == whole
        assert cues.sub("#", one) == cues.pattern.sub("#", one)


@given(st.lists(EXPRESSIONS, min_size=1, max_size=4), st.text("abAB. \nıİß", max_size=16))
def test_any_list_finds_what_one_expression_finds(words: list[str], text: str) -> None:
    """Lists of words grow; none may need care for the way in which it is looked for."""
    cues = Cues(*words, ignore_case=True)
    whole = re.compile("|".join(words), re.IGNORECASE)
    assert cues.search(text) == bool(whole.search(text))
    assert cues.search(text, 3) == bool(whole.search(text[:3]))
    assert cues.match(text) == bool(whole.match(text))
    within = cues.within(text)
    for line in text.split("\n"):
        assert within.match(line) == bool(whole.match(line))


def test_words_are_spelled_before_they_are_looked_for() -> None:
    """Mail systems leave out accents, and what is compared with their words has none."""
    cues = Cues("zustellung", "échec", spelled=lambda words: words.replace("é", "e"))
    assert cues.search("un echec")
    assert not cues.search("un échec")


def test_nothing_is_compiled_before_it_is_needed() -> None:
    """A list that no mail of this process is compared with costs it nothing, not even a look."""
    cues = Cues("(never closed")
    with pytest.raises(ValueError, match="not understood"):
        cues.search("a text")


def test_only_the_words_that_may_be_there_are_compiled() -> None:
    """Of hundreds of words a text has the letters of a few."""
    cues = Cues("plain|(?:a)(?<=b*)")
    assert cues.search("a plain text")
    with pytest.raises(re.error):
        cues.search("any other text")


def test_to_import_what_reads_mail_compiles_no_list() -> None:
    """Workers and commands of the command line import it whether they read mail or not."""
    script = """
import gc, mailer.message.incoming.understand, mailer.message.incoming.retired
from mailer.domain.text.cues import Cues
lists = [one for one in gc.get_objects() if isinstance(one, Cues)]
print(len(lists), sum(len(vars(one)) > 3 for one in lists))
"""
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout.split()
    assert int(told[0]) > 60
    assert told[1] == "0"
