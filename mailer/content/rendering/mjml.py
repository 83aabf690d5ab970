"""Puts values through a template, MJML and mrml, and gives back a mail's HTML.

What differs from mail to mail never passes through mrml, which rewrites characters outside ASCII in
attributes: a template holds it back under an ASCII token, and it is put in afterwards. So nothing
that a secretary writes can break the MJML.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

import mrml
from jinja2 import Environment
from markupsafe import Markup, escape

from mailer.content.language.words import Words
from mailer.content.parsing.blocks import Inline
from mailer.content.parsing.inline import to_html
from mailer.content.parsing.links import is_safe
from mailer.content.rendering import templates
from mailer.content.rendering.brand import NONE, Brand
from mailer.content.rendering.colours import Palette
from mailer.content.rendering.rendered import slot
from mailer.content.rendering.templates import sayer
from mailer.errors import InputError

SIZE_LIMIT: Final = 102 * 1024
"""Bytes of HTML after which Gmail cuts a message off and hides its end."""

_TOKEN: Final = re.compile(r"\[\[(\d+)\]\]")
_ARTICLE: Final = re.compile(r'<div(?=[^>]* role="article")[^>]*>')
_GAPS: Final = re.compile(r"[ \t]*\n[ \t\n]*")
_PREVIEW_PADDING: Final = Markup("&#8199;&#847; ") * 60
"""Keeps an inbox from showing the mail's first lines after a short preheader."""


class _Held:
    """Fragments that wait until mrml is done."""

    def __init__(self) -> None:
        self.fragments: list[str] = []

    def hold(self, text: str = "", *, caller: Callable[[], str] | None = None) -> Markup:
        """Keep a text, or what stands inside a `call` block, and return its token."""
        fragment = str(escape(text)) if caller is None else str(caller())
        self.fragments.append(_GAPS.sub("\n", fragment).strip("\n"))
        return Markup(f"[[{len(self.fragments) - 1}]]")  # noqa: S704 (digits only)

    def put_back(self, markup: str) -> str:
        return _TOKEN.sub(lambda match: self.fragments[int(match[1])], markup)


def to_mail_html(
    template: str,
    values: Mapping[str, Any],
    *,
    words: Words,
    palette: Palette,
    title: str,
    preheader: str,
    brand: Brand = NONE,
) -> str:
    """Render a template of `templates/mail` that extends its base.

    Args:
        template: its file name.
        values: what it shows, beside what the base needs.
        words: the reader's language.
        palette: the colours.
        title: what a browser's tab and a screen reader call the message.
        preheader: the line that an inbox shows after the subject; may be empty.
        brand: what the institution shows of itself.

    Returns:
        A whole HTML document with slots, its lines ended by a bare newline.
    """
    held = _Held()
    source = _environment().get_template(template)
    mjml = source.render(
        **values,
        hold=held.hold,
        preview=Markup("{}{}").format(preheader, _PREVIEW_PADDING) if preheader else "",
        say=sayer(words),
        slot=slot,
        title=title,
        words=words,
        colours=palette,
        brand=brand,
    )
    markup = _ARTICLE.sub(lambda _: _article(words, title), held.put_back(_from_mjml(mjml)))
    return _GAPS.sub("\n", markup) + "\n"


def _from_mjml(mjml: str) -> str:
    """Run mrml with no includes, no fonts from elsewhere and no comments of ours.

    Raises:
        InputError: the template is not MJML; a defect of the template, not of the edition.
    """
    parser = mrml.ParserOptions(include_loader=mrml.noop_loader())
    options = mrml.RenderOptions(disable_comments=True, fonts={})
    try:
        output = mrml.to_html(mjml, parser, options)
    except OSError as error:
        said = f"a mail template is not valid MJML: {error}"
        raise InputError.of("", said, code="bad_template") from error
    return str(output.content)


def _article(words: Words, title: str) -> str:
    """Write the outermost element, whose attributes mrml orders at random."""
    return (
        f'<div class="page" role="article" aria-roledescription="email" '
        f'aria-label="{html.escape(title)}" lang="{words.language}" dir="{words.direction}">'
    )


def _inline(spans: Inline) -> Markup:
    return Markup(to_html(spans))  # noqa: S704 (sanitised there)


def _label(spans: Inline) -> Markup:
    return Markup(to_html(spans, linked=False))  # noqa: S704 (sanitised there)


@cache
def _environment() -> Environment:
    environment = templates.environment("mail")
    environment.filters.update(inline=_inline, label=_label)
    environment.tests["safe_link"] = is_safe
    return environment
