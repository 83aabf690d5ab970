"""Results of a search, and their display."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.content.rendering.searching import (
    EXCERPT,
    LONGEST,
    MOST_TERMS,
    Query,
    excerpt,
    fold,
    occurs,
)

LINES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=400)


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("Geneve", "à Genève même"),
        ("GENÈVE", "geneve"),
        ("l'appel", "C’est l’appel à propositions"),
        ("manana", "Mañana, por la mañana"),
        ("oeuvre", "une œuvre"),
        ("strasse", "Große Straße"),
        ("lodz", "w Łodzi: Łódź"),
        ("e-mail", "by e‑mail"),
        ("25 000", "près de 25\u202f000 entreprises"),
        ("cooperation", "co\u00adoperation"),
        ("ΣΟΦΌΣ", "σοφος"),
    ],
)
def test_accents_capitals_and_typography_do_not_matter(typed: str, written: str) -> None:
    """People type what their keyboard has; a French text holds signs that none has."""
    (term,) = Query.parse(f'"{typed}"').terms
    assert occurs(term, fold(written))


def test_a_word_is_found_by_its_beginning() -> None:
    """A reader who looks for trade wants traders too, but not upgrades."""
    (term,) = Query.parse("trade").terms
    assert occurs(term, fold("For traders"))
    assert occurs(term, fold("(trade)"))
    assert not occurs(term, fold("an upgrade, a balustrade"))


@pytest.mark.parametrize(
    ("typed", "written"),
    [("تجارة", "والتجارة الدولية"), ("貿易", "国際貿易機関"), ("סחר", "הסחר העולמי")],
)
def test_scripts_that_join_words_are_searched_anywhere(typed: str, written: str) -> None:
    """Arabic and Hebrew write the article onto the word; Chinese writes no spaces."""
    (term,) = Query.parse(typed).terms
    assert occurs(term, fold(written))


def test_all_that_was_typed_counts_and_quotation_marks_hold_together() -> None:
    """One word more must find less, or a search cannot be narrowed."""
    assert Query.parse("  Small « petits  colis » “Big Day” ").terms == (
        *("small", "petits colis", "big day"),
    )
    assert Query.parse("small SMALL sMaLL").terms == ("small",)
    assert Query.parse(" \t .,; “” ").terms == ()


@given(st.text(max_size=LONGEST * 2))
def test_whatever_is_typed_can_be_looked_for(typed: str) -> None:
    """The box is open to the whole world."""
    query = Query.parse(typed)
    assert len(query.terms) <= MOST_TERMS
    for term in query.terms:
        assert term == " ".join(term.split())
        assert isinstance(occurs(term, fold("some text")), bool)


@given(st.lists(LINES, min_size=1, max_size=5), st.text(min_size=1, max_size=6))
def test_an_excerpt_is_a_line_as_it_was_written(lines: list[str], typed: str) -> None:
    """Folding changes lengths; a mark in the wrong place, or a lost letter, would show it."""
    text = "\n".join(lines)
    query = Query.parse(typed)
    pieces = excerpt(text, fold(text), query)
    shown = "".join(piece.text for piece in pieces)
    bare = shown.removeprefix("… ").removesuffix(" …")
    assert any(bare in line for line in lines) or not pieces
    assert len(shown) <= EXCERPT + 8 or max(map(len, shown.split(" "))) > 100
    for piece in pieces:
        if piece.hit:
            assert any(fold(piece.text).startswith(term[:1]) for term in query.terms)


def test_an_excerpt_marks_what_was_looked_for() -> None:
    """The eye goes to the mark; the line with most of the words is the one to show."""
    text = "Small things first.\nA small firm meets the Ambassador of Génève."
    pieces = excerpt(text, fold(text), Query.parse("small geneve"))
    assert [(piece.text, piece.hit) for piece in pieces] == [
        ("A ", False),
        ("small", True),
        (" firm meets the Ambassador of ", False),
        ("Génève", True),
        (".", False),
    ]


def test_a_long_line_is_cut_around_what_was_found() -> None:
    """A paragraph of a page's length says nothing in a list."""
    text = "word " * 200 + "needle " + "word " * 200
    shown = "".join(piece.text for piece in excerpt(text, fold(text), Query.parse("needle")))
    assert "needle" in shown
    assert shown.startswith("… word ")
    assert shown.endswith(" word …")
    assert len(shown) < EXCERPT + 8


def test_nothing_is_cut_out_where_nothing_was_found() -> None:
    """A part whose heading alone fits needs no excerpt."""
    assert excerpt("some text", "some text", Query.parse("other")) == ()
