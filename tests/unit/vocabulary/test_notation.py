"""The notation of phrases: what it finds, what it needs, and what it refuses."""

from __future__ import annotations

import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.vocabulary.notation import folded, read_phrase
from support.samples.phrases import PHRASES


@pytest.mark.parametrize(
    ("phrase", "found", "not_found"),
    [
        ("full", ["it is full."], ["fully", "awful full1"]),
        ("bounce*", ["bounced", "bounce"], ["rebounce"]),
        ("*bounce*", ["rebounced"], ["bunce"]),
        ("fail+", ["failed"], ["fail"]),
        ("nicht (da|bekannt)", ["nicht da", "nicht bekannt"], ["nicht", "nicht das"]),
        ("e?-?mail", ["email", "e-mail", "mail"], ["gmail"]),
        ("(sehr )?geehrte", ["geehrte", "sehr geehrte"], ["geehrter"]),
        ("bin {2 words}krank", ["bin krank", "bin so sehr krank"], ["bin ja so sehr krank"]),
        ("no {1 plain words}reply", ["no such reply"], ["no s. reply"]),
        ("box{9 letters}full", ["box is full", "boxfull", "box. full"], ["box is very, very full"]),
        ("box{9 in sentence}full", ["box is full", "box; full"], ["box. full"]),
        ("box{9 in clause}full", ["box is full"], ["box; full", "box. full"]),
        ("5.1.1", ["5.1.1"], ["5.1.12", "5x1.1"]),
        ("信箱已满", ["您的信箱已满了"], ["信箱"]),
        ("не найден*", ["адрес не найдена"], ["ане найден"]),
    ],
)
def test_a_phrase_finds_what_it_says(phrase: str, found: list[str], not_found: list[str]) -> None:
    """Read top to bottom, this is the notation."""
    expression = re.compile(read_phrase(phrase).source)
    assert [text for text in found if not expression.search(text)] == []
    assert [text for text in not_found if expression.search(text)] == []


@pytest.mark.parametrize(
    ("phrase", "needs"),
    [
        ("not (yet )?(sent|reach)*", (("not ",), ("sent", "reach"))),
        ("e?-?mail +box", (("mail ",), ("box",))),
        ("STRASSE", (("strasse",),)),
        ("(a|b)?", ()),
        ("(Straße|+)", ()),
    ],
)
def test_a_phrase_tells_what_it_needs(phrase: str, needs: tuple[tuple[str, ...], ...]) -> None:
    """By this it is passed over or tried; the most telling comes first."""
    assert read_phrase(phrase).needs == needs


@pytest.mark.parametrize(
    "phrase", ["a(b", "a)b", "a|b", "a{b}", "a^b", "a[b]", "a\\b", "a{3 wards}", "??"]
)
def test_what_is_not_understood_is_refused(phrase: str) -> None:
    """A guess could leave mail unread; a phrase that is written so shows in the tests."""
    with pytest.raises(ValueError, match=r"\S"):
        read_phrase(phrase)


@given(PHRASES, st.text("abcAB. 'ıİß", max_size=12))
def test_what_a_phrase_needs_stands_wherever_it_is_found(phrase: str, text: str) -> None:
    """The law of the prefilter, over phrases of any make."""
    read = read_phrase(phrase)
    if re.search(read.source, text, re.IGNORECASE):
        assert all(any(stem in folded(text) for stem in need) for need in read.needs)


LETTERS = [
    letter
    for letter in map(chr, range(sys.maxunicode))
    if len({letter, letter.lower(), letter.upper(), letter.casefold()}) > 1
]


def test_letters_that_are_one_where_case_is_ignored_are_one_when_folded() -> None:
    """`re` takes `K` for the sign of Kelvin, and `i` for two letters of Turkish."""
    everything = "".join(LETTERS)
    for letter in LETTERS:
        same = re.findall(re.escape(letter), everything, re.IGNORECASE)
        assert {folded(one) for one in same} == {folded(letter)}, unicodedata.name(letter, letter)
