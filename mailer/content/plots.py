"""Plots for pages: small SVG of one or two series, with names on the lines and an axis from zero.

Drawn by pygal, and freed of what our pages may not have within them (`POLICY` in
`web.middleware`): styles, scripts and comments. The style sheet `plots.css` gives the colours, so
that a plot follows the page into dark mode and takes the institution's accent. All texts are
escaped: they may be strangers'. A plot is a look at figures; a table beneath tells them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from xml.etree import ElementTree as ET

import pygal

MOST_SERIES: Final = 2
MOST_POINTS: Final = 200
"""Of one series; more cannot be told apart at this width."""
WIDTH, HEIGHT = 720, 240
"""In units of the view box: the page decides how large it is shown."""
_LABELS: Final = 8
"""Texts on the horizontal axis, at most."""
_EDGE: Final = 80
"""A name so near to a side would leave the picture."""
_OVER: Final = 24
"""So much higher a name stands than where pygal puts it, under its point."""
_DROPPED: Final = frozenset({"style", "script", "desc", "title"})
_DROPPED_CLASSES: Final = frozenset({"tooltip", "tooltip-overlay", "no_data"})

# On import it adds a finder for plug-ins, of a kind that Python has given up and warns of at each
# later import. We use none.
sys.meta_path[:] = [one for one in sys.meta_path if type(one).__module__ != "pygal"]


@dataclass(frozen=True, slots=True)
class Series:
    """One line, or one row of bars."""

    name: str
    """Written beside its highest point, or over its bars."""
    values: Sequence[float]
    """One for each place on the horizontal axis, none below zero."""


def bars(
    title: str,
    places: Sequence[str],
    series: Sequence[Series],
    *,
    number: Callable[[float], str] = "{:,.0f}".format,
) -> str:
    """Draw bars, those of a second series upon those of the first.

    Args:
        title: what it shows, for those who do not see it; it is not drawn.
        places: names of the places on the horizontal axis, in order.
        series: one or two.
        number: writes a number of the vertical axis.

    Returns:
        An element `svg` to stand within a page.

    Raises:
        ValueError: there are too many series or points, or not as many values as places.
    """
    root = _drawn(pygal.StackedBar, places, series, number)
    for place, one in enumerate(series):
        # The first at the left, the second at the right: upon bars they would hide some.
        at = {"x": "8", "class": f"p-name p-serie-{place}"}
        if place:
            at |= {"x": str(WIDTH - 8), "class": f"p-name p-last p-serie-{place}"}
        ET.SubElement(root, "text", at | {"y": "15"}).text = one.name
    return _written(root, title)


def lines(
    title: str,
    places: Sequence[str],
    series: Sequence[Series],
    *,
    number: Callable[[float], str] = "{:,.0f}".format,
) -> str:
    """Draw lines; otherwise as `bars`."""
    named = [_labelled(one) for one in series]
    root = _drawn(pygal.Line, places, named, number)
    for text in root.iter("text"):
        if "p-label" in text.get("class", "").split():
            _move_in(text)
    return _written(root, title)


def _drawn(
    kind: Any,
    places: Sequence[str],
    series: Sequence[Series],
    number: Callable[[float], str],
) -> Any:
    if not 1 <= len(series) <= MOST_SERIES or not 1 <= len(places) <= MOST_POINTS:
        raise ValueError("A plot has one or two series, of 1 to 200 points.")
    if any(len(one.values) != len(places) for one in series):
        raise ValueError("Each series has a value for each place.")
    highest = max(_of(value) for one in series for value in one.values)
    chart = kind(
        width=WIDTH,
        height=HEIGHT,
        js=[],
        css=[],
        show_legend=False,
        dots_size=2.5,
        print_labels=True,
        include_x_axis=True,
        show_minor_x_labels=False,
        range=None if highest else (0, 1),
        min_scale=2,
        max_scale=4,
        margin=8,
        margin_top=26,
        margin_right=24,
        spacing=6,
        value_formatter=number,
        truncate_label=-1,
    )
    chart.x_labels = list(places)
    step = -(-len(places) // _LABELS)
    chart.x_labels_major = list(dict.fromkeys(places[::step]))
    for one in series:
        chart.add(one.name, list(one.values))
    root = chart.render_tree()
    _strip(root)
    return root


def _of(value: Any) -> float:
    return float(value["value"] if isinstance(value, dict) else value)


def _labelled(series: Series) -> Series:
    """Give the highest point the series' name."""
    values: list[Any] = list(series.values)
    peak = max(range(len(values)), key=values.__getitem__, default=0)
    if values and values[peak]:
        values[peak] = {"value": values[peak], "label": series.name}
    return Series(series.name, values)


def _move_in(text: Any) -> None:
    """Keep a name within the picture, and over its point."""
    x, y = float(text.get("x", "0")), float(text.get("y", "0"))
    text.set("y", f"{y - _OVER:.1f}")
    side = "p-first" if x < _EDGE else "p-last" if x > WIDTH - 2 * _EDGE else ""
    text.set("class", f"p-name {side}".strip())


def _written(root: Any, title: str) -> str:
    """Name what it shows, and write it."""
    for name in ("id", "width", "height"):
        root.attrib.pop(name, None)
    root.set("class", "plot-figure")
    root.set("role", "img")
    root.set("aria-label", title)
    return ET.tostring(root, encoding="unicode")


def _strip(element: Any) -> None:
    for child in list(element):
        if not isinstance(child.tag, str):  # a comment
            element.remove(child)
            continue
        tag = child.tag
        classes = frozenset(child.get("class", "").split())
        empty = tag == "rect" and child.get("height") == "0.0"
        if tag in _DROPPED or classes & _DROPPED_CLASSES or empty:
            element.remove(child)
            continue
        for name in [*child.attrib]:
            if name == "style" or name.startswith("on") or name.endswith("href"):
                del child.attrib[name]
        # The page has classes of its own by such names as `bar`.
        child.set("class", " ".join(f"p-{one}" for one in child.get("class", "").split()))
        _strip(child)
