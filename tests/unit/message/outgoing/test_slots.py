"""Slots and quoted-printable: any text arrives as it was, and no value gets out of its place."""

from __future__ import annotations

import quopri
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailer.message.outgoing.slots import (
    SOFT_BREAK,
    Slot,
    UnsendableError,
    check,
    quote,
    quote_value,
    split,
)

TEXT = st.text(st.characters(exclude_categories=["Cs", "Co"], exclude_characters="\r"))
BITS = st.sampled_from(["From ", ".", " ", "\t", "\n", "=", "é", "🦉", "x" * 74, "x" * 75])
VALUES = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]))
AWKWARD = st.lists(BITS, max_size=30).map("".join)


@given(TEXT | AWKWARD)
@example("x" * 75 + ".")
@example("x" * 75 + "From here")
@example("a \n")
def test_text_is_read_back_as_it_was_written(text: str) -> None:
    """A reader of any script must see what the secretariat wrote, to the last space."""
    assert quopri.decodestring(quote(text)).decode() == text.replace("\n", "\r\n")


@given(TEXT | AWKWARD)
@example("." * 200)
@example("From " * 50)
@example("=" * 200)
def test_quoted_text_needs_no_more_care_on_its_way(text: str) -> None:
    """Relays may strip trailing space, stuff dots and escape From; here they find none."""
    for line in quote(text).split(b"\r\n"):
        assert re.fullmatch(rb"[\t -~]{0,76}", line)
        assert len(line.removesuffix(b"=")) <= 75
        assert not line.startswith((b".", b"From "))
        assert not line.endswith((b" ", b"\t"))
        assert re.fullmatch(rb"(?:[^=]|=[0-9A-F]{2})*=?", line), "an escape is torn apart"


@given(TEXT | AWKWARD, VALUES, TEXT | AWKWARD)
def test_a_value_between_soft_breaks_leaves_no_trace_of_its_place(
    before: str, value: str, after: str
) -> None:
    """A slot stands on lines of its own in the mail and in the middle of a line for the eye."""
    whole = SOFT_BREAK.join([quote(before), quote_value("x", value), quote(after)])
    expected = (before + value + after).replace("\n", "\r\n")
    assert quopri.decodestring(whole).decode() == expected


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=120))
@example(".plain")
@example("x" * 75)
@example("x" * 76)
def test_a_plain_value_is_quoted_as_any_text_is(value: str) -> None:
    """The short way for values, taken a million times, must not differ from the long one."""
    assert quote_value("x", value) == quote(value)


@given(st.lists(TEXT, min_size=3, max_size=3))
def test_a_body_is_parted_at_its_slots(texts: list[str]) -> None:
    """Text outside a slot must come out untouched."""
    body = f"{texts[0]}\ue000leave_url\ue001{texts[1]}\ue000address\ue001{texts[2]}"
    leave, address = Slot("leave_url", escaped=True), Slot("address", escaped=True)
    assert split(body, html=True) == [texts[0], leave, texts[1], address, texts[2]]


@pytest.mark.parametrize("body", ["\ue000", "x\ue001", "\ue000Leave\ue001", "\ue000a\ue000b\ue001"])
def test_half_a_mark_is_refused(body: str) -> None:
    """Otherwise a reader sees the name of a slot where the link to leave should be."""
    with pytest.raises(UnsendableError, match="text: holds half a mark"):
        split(body, html=False)


def test_half_a_character_is_refused() -> None:
    """It has no encoding; the error must come before the first mail and say where it stands."""
    with pytest.raises(UnsendableError, match=r"html: holds half a character, U\+D83D"):
        split("\ud83d", html=True)


@pytest.mark.parametrize(
    "character",
    ["\0", "\r", "\n", "\t", "\x1b", "\x7f", "\x85", "\u2028", "\u2029", "\ud800", "\ue000"],
)
def test_a_value_with_a_control_character_is_refused(character: str) -> None:
    """With a line break of its own, a value could begin a header or another part."""
    for refuse in (check, quote_value):
        with pytest.raises(UnsendableError, match=f"address: .*U\\+{ord(character):04X}"):
            refuse("address", f"ana{character}@example.org")
