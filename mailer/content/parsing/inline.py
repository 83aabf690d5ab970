"""Inline content of a paragraph: from Markdown's tokens to spans, and from spans to HTML."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

import nh3
from markdown_it.token import Token

from mailer.content.parsing import placeholders
from mailer.content.parsing.blocks import Inline, Span
from mailer.content.parsing.links import is_safe
from mailer.content.rendering.rendered import slot

_BARE: Final = re.compile(
    placeholders.SLOT.pattern + r"""|(https?://[^\s<>"\ue000]*[^\s<>"\ue000.,;:!?)\]»”’])"""
)


class ImageInTextError(Exception):
    """An image stands inside a line of text, where it has no caption and no place of its own."""


def spans_of(tokens: Sequence[Token], constants: Mapping[str, str]) -> Inline:
    """Turn a paragraph's inline tokens into spans, with the constants filled in.

    A line's end in the source is a span of a single line feed that `joined` makes a space of;
    a forced break is a line separator until then.

    Raises:
        ImageInTextError: an image is among the tokens.
    """
    spans: list[Span] = []
    manner = Span("")
    for token in tokens:
        if token.type == "image":
            raise ImageInTextError
        if token.type in {"strong_open", "strong_close"}:
            manner = replace(manner, strong=token.nesting > 0)
        elif token.type in {"em_open", "em_close"}:
            manner = replace(manner, emphasis=token.nesting > 0)
        elif token.type == "link_open":
            target = placeholders.fill_target(str(token.attrs.get("href", "")), constants)
            manner = replace(manner, target=target or _NOWHERE)
        elif token.type == "link_close":
            manner = replace(manner, target="")
        elif token.type == "softbreak":
            spans.append(replace(manner, text="\n"))
        elif token.type == "hardbreak":
            spans.append(replace(manner, text=_FORCED))
        else:
            spans.extend(_pieces(replace(manner, text=token.content), constants))
    return tuple(span for span in spans if span.text)


_NOWHERE: Final = "\x00"
_FORCED: Final = "\x01"


def joined(inline: Inline) -> Inline:
    """Settle the breaks: a line's end becomes a space, a forced break a line feed."""
    marks = {"\n": " ", _FORCED: "\n"}
    settled = (
        replace(
            span,
            text=marks.get(span.text, span.text),
            target="" if span.target == _NOWHERE else span.target,
        )
        for span in inline
    )
    return tuple(_merged(settled))


def _merged(spans: Iterator[Span]) -> Iterator[Span]:
    for (manner, forced), run in groupby(spans, lambda s: (replace(s, text=""), s.text == "\n")):
        if forced:
            yield from run
        else:
            yield replace(manner, text="".join(span.text for span in run))


def _pieces(span: Span, constants: Mapping[str, str]) -> Iterator[Span]:
    """Split a run of text at its slots and bare web addresses, and link what leads somewhere."""
    at = 0
    for match in _BARE.finditer(span.text):
        yield replace(span, text=span.text[at : match.start()])
        yield _linked(span, match, constants)
        at = match.end()
    yield replace(span, text=span.text[at:])


def _linked(span: Span, match: re.Match[str], constants: Mapping[str, str]) -> Span:
    name = match[1]
    text = match[0] if name is None else constants.get(name, slot(name))
    target = text if name is None else placeholders.own_target(name, text)
    return replace(span, text=text, target=span.target or target)


_TAGS: Final = {"a", "br", "em", "strong"}


def to_html(
    inline: Inline, *, linked: bool = True, allowed: Callable[[str], bool] = is_safe
) -> str:
    """Write spans as HTML, through the sanitiser; unsafe links lose their target, not their text.

    Args:
        inline: the spans, breaks settled.
        linked: false where a link must not stand, as in a button's label.
        allowed: tells which targets may be linked; https, mailto and slots unless given.
    """
    markup = "".join(
        _run_to_html(target if linked and allowed(target) else "", list(run))
        for target, run in groupby(inline, lambda span: span.target)
    )
    clean = nh3.clean(
        markup,
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )
    return clean.replace("&nbsp;", "\u00a0")


def _run_to_html(target: str, run: list[Span]) -> str:
    inner = "".join(map(_span_to_html, run))
    return f'<a href="{html.escape(target)}">{inner}</a>' if target else inner


def _span_to_html(span: Span) -> str:
    if span.text == "\n":
        return "<br>"
    markup = html.escape(span.text, quote=False)
    if span.emphasis:
        markup = f"<em>{markup}</em>"
    return f"<strong>{markup}</strong>" if span.strong else markup
