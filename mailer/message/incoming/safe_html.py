"""A stranger's HTML made safe to look at: structure and words, and nothing that loads or acts.

Taken out is all that fetches (pictures, styles, fonts, frames), all that runs or submits, and all
looks. What is left is written anew from its text and a few plain tags. Each link shows the host
that it leads to, because its words may name another.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import islice
from typing import Final
from urllib.parse import urlsplit

import nh3

LONGEST: Final = 128 * 1024
"""Characters of HTML that are read."""
MOST_TAGS: Final = 4_000
"""Tags that are read: a parser's work grows faster than their number where they are nested."""
DEEPEST: Final = 60
"""Levels of tags within tags that are kept."""
_TAGS: Final = frozenset(
    {
        *("a", "b", "blockquote", "br", "caption", "code", "dd", "del", "div", "dl", "dt", "em"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "li", "ol", "p", "pre"),
        *("q", "s", "small", "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot"),
        *("th", "thead", "tr", "u", "ul"),
    }
)
_UNSEEN: Final = frozenset({"script", "style", "title", "template", "noscript", "svg", "math"})
_EMPTY: Final = frozenset({"br", "hr"})
_SCHEMES: Final = frozenset({"http", "https", "mailto"})
LONGEST_TARGET: Final = 2000


@dataclass(frozen=True, slots=True)
class Safe:
    """HTML that can be shown in a document of its own."""

    markup: str
    """Of the body."""
    pictures: int
    """How many pictures were left out."""
    cut: bool
    """True if it was longer than what is read."""


def safe(markup: str) -> Safe:
    """Make HTML safe; any text will do."""
    begun = _beginning(markup)
    cleaned = nh3.clean(
        begun,
        tags=set(_TAGS),
        clean_content_tags=set(_UNSEEN),
        attributes={"a": {"href"}, "img": {"alt"}, "td": {"colspan"}, "th": {"colspan"}},
        url_schemes=set(_SCHEMES),
        link_rel=None,
        strip_comments=True,
    )
    writer = _Writer()
    writer.feed(cleaned)
    writer.close()
    return Safe(writer.written(), writer.pictures, len(markup) > len(begun))


def _beginning(markup: str) -> str:
    """Return as much of a markup as is read."""
    begun = markup[:LONGEST]
    found = next(islice(re.finditer(r"<[A-Za-z]", begun), MOST_TAGS, None), None)
    return begun[: found.start()] if found else begun


def host_of(target: str) -> str:
    """Name where a link leads: a host in ASCII, so that no letter looks like another; or empty."""
    try:
        parts = urlsplit(target.strip())
        if parts.scheme == "mailto":
            return parts.path.partition("?")[0][:100]
        host = parts.hostname or ""
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        return ""


class _Writer(HTMLParser):
    """Writes clean HTML anew: what it does not write itself is not there."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._pieces: list[str] = []
        self._open: list[str] = []
        self._hosts: list[str] = []
        self.pictures = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "img":
            self.pictures += 1
            said = " ".join((given.get("alt") or "").split())[:200]
            self._pieces.append(f"[{html.escape(said)}]" if said else "")
        elif tag in _EMPTY:
            self._pieces.append(f"<{tag}>")
        elif tag in _TAGS and len(self._open) < DEEPEST:
            self._open.append(tag)
            self._pieces.append(self._opening(tag, given))

    def handle_endtag(self, tag: str) -> None:
        if tag not in self._open:
            return
        while self._open:
            last = self._open.pop()
            self._pieces.append(self._closing(last))
            if last == tag:
                return

    def handle_data(self, data: str) -> None:
        self._pieces.append(html.escape(data))

    def written(self) -> str:
        while self._open:
            self._pieces.append(self._closing(self._open.pop()))
        return "".join(self._pieces)

    def _opening(self, tag: str, given: dict[str, str | None]) -> str:
        if tag == "a":
            target = (given.get("href") or "").strip()
            host = host_of(target) if _scheme_of(target) in _SCHEMES else ""
            self._hosts.append(host)
            if not host or len(target) > LONGEST_TARGET:
                return "<a>"
            return (
                f'<a href="{html.escape(target)}" target="_blank"'
                ' rel="noopener noreferrer nofollow">'
            )
        span = given.get("colspan") or ""
        if tag in {"td", "th"} and span.isdecimal() and span.isascii() and 1 < int(span[:4]) <= 50:
            return f'<{tag} colspan="{int(span[:4])}">'
        return f"<{tag}>"

    def _closing(self, tag: str) -> str:
        if tag != "a":
            return f"</{tag}>"
        host = self._hosts.pop() if self._hosts else ""
        return f"</a> <small>[{html.escape(host)}]</small>" if host else "</a>"


def _scheme_of(target: str) -> str:
    """Return the scheme of a link, in lower case; empty: it has none, or cannot be read."""
    try:
        return urlsplit(target).scheme.lower()
    except ValueError:
        return ""
