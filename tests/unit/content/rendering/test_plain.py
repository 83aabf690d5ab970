"""The plain-text part: as pleasant as the HTML, and written from the same blocks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.content.parsing.links import Links
from mailer.content.parsing.source import load_edition
from mailer.content.rendering.plain import WIDTH, wrap
from mailer.content.rendering.render import render
from mailer.content.rendering.rendered import slot
from support.places import CORPUS

AUTUMN = CORPUS / "editions" / "autumn"
EDITION = load_edition(AUTUMN)
LINKS = Links("join@lists.example.org", "https://lists.example.org/calendar")


def text_of(body: str) -> str:
    """Render a body alone, without what stands before and after it."""
    english = replace(EDITION.translations["en"], body=body, subtitle="")
    edition = replace(EDITION, translations={"en": english})
    whole = render(edition, "en", links=LINKS).text
    return whole.split("=\n", 1)[1].split("-" * WIDTH)[0].strip("\n")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_whole_text_is_as_approved(language: str) -> None:
    """Read by people: any change to it should be looked at as a reader would."""
    golden = (AUTUMN.parent / f"autumn.{language}.txt").read_text(encoding="utf-8")
    text = render(EDITION, language, links=LINKS).text
    for name in ("address", "leave_url", "preferences_url"):
        text = text.replace(slot(name), "{" + name + "}")
    assert text == golden


def test_links_are_numbered_at_the_foot_of_their_section() -> None:
    """An address in the middle of a sentence makes it unreadable."""
    text = text_of(
        "## One\n\n[a](https://example.org/a) and [b](https://example.org/b).\n\n"
        "## Two\n\n[c](https://example.org/c), [again](https://example.org/c)"
    )
    one, two = text.split("1. One\n------\n")[1].split("2. Two\n------\n")
    assert one.strip() == (
        "a\u00a0[1] and b\u00a0[2].\n\n[1] https://example.org/a\n[2] https://example.org/b"
    )
    assert two.strip() == "c\u00a0[3], again\u00a0[3]\n\n[3] https://example.org/c"


def test_a_link_that_shows_its_own_address_has_no_number() -> None:
    """Saying an address twice helps nobody."""
    assert text_of("See <https://example.org/a> or https://example.org/b") == (
        "See https://example.org/a or https://example.org/b"
    )


def test_an_address_is_never_broken() -> None:
    """A broken address cannot be followed."""
    address = "https://example.org/" + "long/" * 30
    assert address in text_of(f"Go to {address} now").split("\n")


def test_lists_hang_and_short_items_stand_close() -> None:
    """The eye finds items by their bullets."""
    assert text_of("- one\n- two\n  - three\n") == "- one\n\n- two\n\n  - three"
    assert text_of("3. one\n4. two\n") == "3. one\n4. two"
    assert text_of("- " + "word " * 20) == ("- " + "word " * 13 + "word\n  " + "word " * 5 + "word")


def test_emphasis_keeps_its_marks_outside_of_spaces() -> None:
    """Emphasis carries meaning; its marks must cling to the words."""
    assert text_of("**Note.** A *fine* day") == "*Note.* A _fine_ day"


def test_a_forced_break_is_kept() -> None:
    """Postal addresses and verses need their lines."""
    assert text_of("one\\\ntwo") == "one\ntwo"


def test_quotes_and_figures_are_told_apart_from_the_text() -> None:
    """Without type and colour, marks must do it."""
    body = (
        "::: quote\nSaid so.\n:::\n\n::: figure\nimage: images/dot.png\nalt: A dot.\n\nDots.\n:::"
    )
    assert text_of(body) == "    | Said so.\n\n[Image: A dot.]\nDots."


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])), st.integers(0, 8))
def test_lines_stay_under_72_characters(text: str, indent: int) -> None:
    """Longer lines are broken anywhere by old programs and by replies."""
    for line in wrap(text, " " * indent, " " * indent):
        words = line.split()
        fits = len(line) <= WIDTH
        assert fits or (len(words) == 1 and any(sign in line for sign in ("://", "@", "\ue000")))


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_wrapping_loses_nothing_but_spaces(text: str) -> None:
    """Every character of the secretary's text reaches the reader."""
    lines = wrap(text, "", "")
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
