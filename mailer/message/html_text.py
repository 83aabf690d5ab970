"""HTML as a person reads it: its text, line by line, in one pass over its tags."""

from __future__ import annotations

import html
import re
from typing import Final

_TAG: Final = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*(?=[\s/>])|!)[^<>]*>")
_BREAKS: Final = frozenset(
    [
        "address",
        "blockquote",
        "br",
        "dd",
        "div",
        "dt",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "table",
        "td",
        "th",
        "tr",
        "ul",
    ]
)
_UNSEEN: Final = frozenset({"head", "script", "style", "title"})
_QUOTES: Final = frozenset({"blockquote"})


def text_of_html(markup: str) -> str:
    """Return the text of an HTML document; quotations are marked with `> ` as in plain text.

    Any text will do; what is not HTML stays. Takes time in proportion to the length.
    """
    pieces: list[str] = []
    place, hidden, quoted = 0, "", 0
    for tag in _TAG.finditer(markup):
        if not hidden:
            pieces.append(_marked(markup[place : tag.start()], quoted))
        closing, name = bool(tag[1]), tag[2].lower()
        if name in _UNSEEN:
            hidden = "" if closing else hidden or name
        if name in _QUOTES:
            quoted = max(0, quoted - 1) if closing else quoted + 1
        if name in _BREAKS and not hidden:
            pieces.append("\n" + "> " * min(quoted, 1))
        place = tag.end()
    if not hidden:
        pieces.append(_marked(markup[place:], quoted))
    return re.sub(r"[ \t\xa0]+", " ", html.unescape("".join(pieces)))


def _marked(text: str, quoted: int) -> str:
    """Join the lines of running text; an address in angle brackets is not a tag."""
    joined = " ".join(text.split("\n")) if text.strip() else " "
    return f"> {joined}" if quoted and joined.strip() else joined
