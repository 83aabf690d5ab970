"""Colours that a secretariat chooses: whatever it is, pages can be read."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mailer.content.rendering.colours import AA, HOUSE, contrast, legible, palette

COLOURS = st.from_regex(r"#[0-9a-f]{6}", fullmatch=True)


@given(COLOURS, COLOURS | st.just(""))
def test_any_colour_is_made_legible(accent: str, accent_dark: str) -> None:
    """An edition that was sent in yellow must be read on the web all the same (WCAG 2.2, 1.4.3)."""
    chosen = palette(accent, accent_dark)
    colours = legible(chosen)
    for scheme, before in ((colours.light, chosen.light), (colours.dark, chosen.dark)):
        assert contrast(scheme.accent, scheme.paper) >= AA
        if contrast(before.accent, before.paper) >= AA:
            assert scheme == before
    assert legible(colours) == colours


def test_the_house_s_colours_stay_as_they_are() -> None:
    """They were chosen to be read, so nothing is changed."""
    assert legible(HOUSE) == HOUSE
    assert legible(palette()) == HOUSE
