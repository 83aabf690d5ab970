"""Plots within pages: nothing in them that our policy forbids, or that strangers wrote as markup."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.content.plots import Series, bars, lines

_SVG = "{http://www.w3.org/2000/svg}"
_XML_TEXT = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=20
)


@settings(max_examples=15)
@given(
    name=_XML_TEXT,
    place=_XML_TEXT,
    title=_XML_TEXT,
    values=st.lists(st.integers(0, 10**7), min_size=1, max_size=9),
)
def test_a_plot_holds_no_style_script_or_link_whatever_its_texts_are(
    name: str, place: str, title: str, values: list[int]
) -> None:
    """Names come from strangers' domains; the policy of our pages allows nothing inline."""
    places = [f"{place}{number}" for number in range(len(values))]
    for draw in (bars, lines):
        drawn = draw(title, places, [Series(name, values)])
        root = ET.fromstring(drawn)  # noqa: S314 - we drew it
        assert root.get("aria-label") == title
        for element in root.iter():
            assert element.tag not in {f"{_SVG}style", f"{_SVG}script", f"{_SVG}a"}
            assert not [one for one in element.attrib if one == "style" or one.startswith("on")]
            assert not [one for one in element.attrib if one.endswith("href")]


def test_the_axis_begins_at_zero_and_bars_are_as_high_as_their_numbers() -> None:
    """A cut axis makes small differences look large."""
    drawn = bars("Accepted", ["a", "b"], [Series("accepted", [1000, 500])])
    heights = [float(one) for one in re.findall(r'height="([\d.]+)" class="p-rect', drawn)]
    assert len(heights) == 2
    assert heights[0] == pytest.approx(2 * heights[1])
    assert ">0</text>" in drawn


def test_each_series_is_named_at_its_highest_point_only() -> None:
    """A legend makes people look to and fro."""
    drawn = lines("t", ["a", "b", "c"], [Series("left", [0, 4, 1]), Series("joined", [3, 2, 1])])
    assert drawn.count(">left</text>") == 1
    assert drawn.count(">joined</text>") == 1


def test_nothing_but_zeros_is_a_plot_too() -> None:
    """The first minute of a campaign has no mail in it."""
    drawn = bars("t", ["a"], [Series("accepted", [0])])
    assert 'class="p-rect' not in drawn
    assert ">0</text>" in drawn


@pytest.mark.parametrize(
    ("places", "series"),
    [
        ([], []),
        (["a"], [Series("one", [1, 2])]),
        (["a"], [Series(str(number), [1]) for number in range(3)]),
        ([str(number) for number in range(201)], [Series("one", [1] * 201)]),
    ],
)
def test_more_than_can_be_read_is_refused(places: list[str], series: list[Series]) -> None:
    """Three series or a thousand points are a table's work."""
    with pytest.raises(ValueError, match="series"):
        bars("t", places, series)
