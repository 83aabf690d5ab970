"""What a text must have for an expression to be found in it: nothing that is there may be missed."""

from __future__ import annotations

import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.text.stems import alternatives, folded
from support.samples.expressions import EXPRESSIONS


def _taken_apart(source: str) -> dict[str, list[set[str]]]:
    return {one.source: [set(need) for need in one.needs] for one in alternatives(source)}


@pytest.mark.parametrize(
    ("source", "apart"),
    [
        ("bounced?|sorry", {"bounced?": [{"bounce"}], "sorry": [{"sorry"}]}),
        (
            r"\bnot (?:yet )?(?:sent|reach)",
            {r"\bnot (?:yet )?(?:sent|reach)": [{"not "}, {"sent", "reach"}]},
        ),
        (
            r"^\s*(?:auto|out of)\b (?:office|reply)",
            {
                r"^\s*auto\b (?:office|reply)": [{"office", "reply"}, {"auto"}, {" "}],
                r"^\s*out of\b (?:office|reply)": [{"out of"}, {"office", "reply"}, {" "}],
            },
        ),
        (r"e?-?mail[ -]+box{2,}", {r"e?-?mail[ -]+box{2,}": [{"mail"}, {"box"}]}),
        (r"(?<!un)known(?! here)", {r"(?<!un)known(?! here)": [{"known"}]}),
        (r"5\.1\.1(?:$|\W)", {r"5\.1\.1(?:$|\W)": [{"5.1.1"}]}),
        ("STRASSE|Straße", {"STRASSE": [{"strasse"}], "Straße": [{"strasse"}]}),
        (r"(?:\w+ )?\d{3}", {r"(?:\w+ )?\d{3}": [{""}]}),
        (r"(?:a|b)?", {"(?:a|b)?": [{""}]}),
        (r"(?P<who>me|you)", {"me": [{"me"}], "you": [{"you"}]}),
    ],
)
def test_an_expression_tells_what_it_needs(source: str, apart: dict[str, list[set[str]]]) -> None:
    """By this its words are passed over or tried; the most telling comes first."""
    assert _taken_apart(source) == apart


@pytest.mark.parametrize(
    "source", ["(?i)a", r"(a)\1", "(?>a)", "a{", "(a", "a)", "*a", "a**", "[a", r"\N{DIGIT ONE}"]
)
def test_what_is_not_understood_is_refused(source: str) -> None:
    """A guess could leave mail unread; a word that is written so shows in the tests."""
    with pytest.raises(ValueError, match="not understood"):
        alternatives(source)


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


@given(st.lists(EXPRESSIONS, min_size=1, max_size=3), st.text("abAB. ıİß", max_size=12))
def test_an_expression_is_found_where_one_of_its_alternatives_is(
    words: list[str], text: str
) -> None:
    """The law of the module, over expressions of any make: apart and in one they find the same."""
    source = "|".join(words)
    apart = [one for one in alternatives(source) if re.search(one.source, text, re.IGNORECASE)]
    assert bool(apart) == bool(re.search(source, text, re.IGNORECASE))
    for one in apart:
        assert all(any(stem in folded(text) for stem in need) for need in one.needs)
