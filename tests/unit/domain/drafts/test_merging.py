"""Merging what two people made of one text: nobody's words are lost."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from mailer.domain.drafts.merging import merge
from mailer.domain.drafts.units import matches, units

BASE = "## News\n\nThe group meets. All are welcome. Please register.\n\n- one\n- two\n"

words = st.sampled_from(["a. ", "b! ", "c\n", "\n\n", "d ", "## e\n", ":::\n", "é… "])
texts = st.lists(words, max_size=12).map("".join)


@given(text=st.text(max_size=60))
def test_the_units_of_a_text_are_the_text(text: str) -> None:
    """Whatever is left out here is left out of what readers get."""
    assert "".join(units(text)) == text


@given(base=texts, mine=texts)
def test_what_only_one_changed_is_taken_over(base: str, mine: str) -> None:
    """Most saves are of this kind, and no question is asked."""
    for merged in (merge(base, mine, base), merge(base, base, mine), merge(base, mine, mine)):
        assert merged.clean
        assert merged.text == mine


@given(base=texts, mine=texts, theirs=texts)
def test_no_new_words_of_either_are_lost(base: str, mine: str, theirs: str) -> None:
    """The law that this is for, also where both changed the same words."""
    merged = merge(base, mine, theirs)
    there = merged.text
    for text in (mine, theirs):
        for unit in set(units(text)) - set(units(base)):
            assert unit.strip() in there


@given(base=texts, mine=texts, theirs=texts)
def test_both_see_the_same(base: str, mine: str, theirs: str) -> None:
    """Who saves first must not decide what a clean merge comes to."""
    one, other = merge(base, mine, theirs), merge(base, theirs, mine)
    assert one.clean == other.clean
    if one.clean:
        assert one.text == other.text


def test_two_sentences_of_a_paragraph_are_merged() -> None:
    """A paragraph is one line of the file; two people write in one without a question."""
    mine = BASE.replace("The group meets.", "The group meets in May.")
    theirs = BASE.replace("Please register.", "Please register by Friday.")
    merged = merge(BASE, mine, theirs)
    assert merged.clean
    assert "meets in May. All are welcome. Please register by Friday." in merged.text


def test_the_same_sentence_twice_is_for_a_person_to_decide() -> None:
    """Both versions stay, and the rest is merged all the same."""
    mine = BASE.replace("All are welcome.", "All are very welcome.").replace("one", "1")
    theirs = BASE.replace("All are welcome.", "Members are welcome.")
    merged = merge(BASE, mine, theirs)
    assert not merged.clean
    [piece] = merged.conflicts
    assert (piece.mine, piece.theirs) == ("All are very welcome. ", "Members are welcome. ")
    assert "Members are welcome. All are very welcome." in merged.text
    assert "- 1\n" in merged.text


@pytest.mark.parametrize("line", ["\n", "x\n", ":::\n"])
def test_a_text_made_to_take_long_does_not(line: str) -> None:
    """Thousands of equal lines would keep a process busy for minutes (law 15)."""
    begun = time.perf_counter()
    merge(line * 20_000, "a\n" + line * 15_000 + "b\n", line * 9000 + "c\n")
    assert time.perf_counter() - begun < 5


@examples(max_examples=50)
@given(one=st.lists(st.sampled_from("abc")), other=st.lists(st.sampled_from("abc")))
def test_matches_are_equal_and_in_order(one: list[str], other: list[str]) -> None:
    """All else is built on that."""
    at = (0, 0)
    for a, b, size in matches(one, other):
        assert one[a : a + size] == other[b : b + size]
        assert (a, b) >= at
        assert a >= at[0]
        assert b >= at[1]
        at = (a + size, b + size)
