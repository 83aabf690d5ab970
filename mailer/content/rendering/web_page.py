"""Renders one language of an edition as part of a web page, for everybody who comes by.

Made from the same blocks as the mail, not from the mail: a page has headings, figures and landmarks
where a mail has tables. What a mail fills in for its reader has no place here, so an address
becomes words and a personal link becomes text.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any, Final

from jinja2 import Environment, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from mailer.content.language.web_words import web_words_for
from mailer.content.language.words import Words, words_for
from mailer.content.parsing import blocks as b
from mailer.content.parsing import document
from mailer.content.parsing.blocks import Inline, Span
from mailer.content.parsing.inline import to_html
from mailer.content.parsing.links import Links, is_safe
from mailer.content.parsing.placeholders import SLOT
from mailer.content.rendering import templates
from mailer.content.rendering.render import rows, with_contents
from mailer.content.rendering.rendered import SLOT_OPEN
from mailer.content.rendering.templates import sayer
from mailer.domain.campaigns.edition import Edition, Picture

DIGEST_LENGTH: Final = 32
"""Hexadecimal digits that name an image: 128 bits, so that no two ever share a name."""

_SUFFIXES: Final = {"image/png": ".png", "image/jpeg": ".jpg"}
_GAPS: Final = re.compile(r"[ \t]*\n[ \t\n]*")


@dataclass(frozen=True, slots=True)
class WebEdition:
    """One language of an edition, ready to stand in a page."""

    language: str
    direction: str
    """`ltr` or `rtl`."""
    body: Markup
    """HTML from the masthead's `<header>` with its `<h1>` to the last block."""
    lead: Picture | None
    """The first image, for previews elsewhere."""


def render(
    edition: Edition,
    code: str,
    *,
    links: Links,
    own: str = "",
    images: str = "",
    today: date | None = None,
    names: Mapping[str, str] | None = None,
) -> WebEdition:
    """Render a translation of an edition.

    Args:
        edition: what was read by `source`.
        code: one of the languages that it is written in.
        links: what its text may refer to; addresses on our own site begin with `own` and a slash.
        own: scheme and host of our own site, or empty for links within it.
        images: the path before those of its images, where they are not for everybody.
        today: what ended before this day is marked; None marks nothing.
        names: of members, by code, as the institution calls them.

    Raises:
        InputError: the text does not hold together; `source.load_files` would have refused it.
    """
    words = replace(words_for(code), names=names) if names else words_for(code)
    text = with_contents(document.read(edition, code, links.values()))
    translation = edition.translations[code]

    def choose(texts: Mapping[str, str]) -> str:
        return edition.text_for(texts, code)

    markup = (
        _environment()
        .get_template("edition_text.html.j2")
        .render(
            name=translation.title,
            subtitle=translation.subtitle,
            season=choose(edition.season),
            day=edition.date,
            year=edition.date.year,
            rows=rows(text.blocks),
            sections=text.sections,
            text_for=choose,
            today=today,
            words=words,
            word=sayer(words),
            own=own,
            picture_url=lambda picture: own + images + picture_path(picture),
        )
    )
    return WebEdition(
        language=code,
        direction=words.direction,
        body=Markup(_GAPS.sub("\n", markup).strip("\n")),  # noqa: S704 (made by our template)
        lead=next(figures(text.blocks), None),
    )


def figures(blocks: tuple[b.Block, ...]) -> Iterator[Picture]:
    """Yield the image of each figure in reading order."""
    for block in b.walk(blocks):
        if isinstance(block, b.Figure):
            yield block.picture


def picture_digest(picture: Picture) -> str:
    """Name an image by its content."""
    return hashlib.sha256(picture.data).hexdigest()[:DIGEST_LENGTH]


def picture_path(picture: Picture) -> str:
    """Return where the site serves an image: for ever the same bytes at the same path."""
    return image_path(picture_digest(picture), picture.content_type)


def image_path(digest: str, content_type: str) -> str:
    """Return where the site serves an image of that digest and type."""
    return f"/images/{digest}{_SUFFIXES[content_type]}"


def public(inline: Inline, words: Words) -> Inline:
    """Remove what is personal from a run of text: words replace values, text replaces links."""
    return tuple(
        replace(
            span,
            text=unpersonal(span.text, words),
            target="" if SLOT_OPEN in span.target else span.target,
        )
        for span in inline
    )


def unpersonal(text: str, words: Words) -> str:
    """Put words where a mail has its reader's own values; nobody's name is nothing."""
    say = web_words_for(words.language)

    def instead(match: re.Match[str]) -> str:
        if match[1] == "name":
            return ""
        return str(say("editions.your_address" if match[1] == "address" else "editions.your_link"))

    return SLOT.sub(instead, text)


def is_public(target: str, own: str) -> bool:
    """Tell whether a page may link there: https, mailto, or our own site; never a reader's link."""
    if SLOT_OPEN in target:
        return False
    inside = target.startswith(f"{own}/") and not target[len(own) + 1 :].startswith(("/", "\\"))
    return inside or is_safe(target)


@pass_context
def _inline(context: Context, spans: tuple[Span, ...]) -> Markup:
    own = str(context["own"])
    clean = to_html(public(spans, context["words"]), allowed=lambda target: is_public(target, own))
    return Markup(clean)  # noqa: S704 (sanitised there)


@pass_context
def _label(context: Context, spans: tuple[Span, ...]) -> Markup:
    return Markup(to_html(public(spans, context["words"]), linked=False))  # noqa: S704 (as above)


@pass_context
def _unpersonal(context: Context, text: str) -> str:
    return unpersonal(text, context["words"])


@pass_context
def _public_link(context: Context, target: str) -> bool:
    return is_public(target, str(context["own"]))


@cache
def _environment() -> Environment:
    environment = templates.environment("web")
    filters: dict[str, Any] = {"inline": _inline, "label": _label, "unpersonal": _unpersonal}
    environment.filters.update(filters)
    environment.tests["public_link"] = _public_link
    return environment
