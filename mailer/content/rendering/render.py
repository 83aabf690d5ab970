"""Renders one language of an edition: both bodies, the subject, and the images that go along."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from mailer.content.language.words import Words, words_for
from mailer.content.parsing import blocks as b
from mailer.content.parsing import document
from mailer.content.parsing.document import Document
from mailer.content.parsing.links import Links
from mailer.content.parsing.personal import NOBODY, Reader
from mailer.content.rendering import plain
from mailer.content.rendering.brand import NONE, Brand
from mailer.content.rendering.colours import palette
from mailer.content.rendering.mjml import SIZE_LIMIT, to_mail_html
from mailer.content.rendering.rendered import InlineImage, Rendered
from mailer.domain.campaigns.edition import Edition, Translation
from mailer.errors import NotFoundError


def render(
    edition: Edition,
    language: str,
    *,
    links: Links,
    today: date | None = None,
    reader: Reader = NOBODY,
    brand: Brand = NONE,
) -> Rendered:
    """Render an edition for readers of a language.

    Args:
        edition: what was read by `source`.
        language: the reader's; another stands in by the edition's order where it is missing.
        links: what is the same for all readers of the language.
        today: calendar entries and calls that ended before this day are marked; None marks none.
        reader: whom passages for some readers only are chosen for.
        brand: what the institution shows of itself; the edition's own colours go first.

    Returns:
        The mail with slots. Its `language` is the one that it is written in.

    Raises:
        NotFoundError: no translation may stand in for the language.
        InputError: the text does not hold together; `source.load_files` would have refused it.
    """
    code = edition.language_for(language)
    if code is None:
        remedy = "Add the translation, or name a language that stands in: fallback = [...]."
        raise NotFoundError("translation", language, remedy)
    words = brand.worded(words_for(code))
    text = with_contents(document.read(edition, code, links.values(), reader))
    images = tuple(_images(text, edition.slug))
    page = _Page(edition, text, words, links, today, brand)
    markup = _html(page, images)
    return Rendered(
        language=code,
        direction=words.direction,
        subject=edition.text_for(edition.subject, code),
        preheader=edition.translations[code].preheader,
        html=markup,
        text=_text(page),
        images=(brand.logo, *images) if brand.logo else images,
        warnings=tuple(_warnings(markup)),
    )


def with_contents(text: Document) -> Document:
    """Put the list of what is inside under the masthead, unless the text has a place for it."""
    if len(text.sections) < 2 or any(isinstance(block, b.Contents) for block in text.blocks):
        return text
    return Document(text.language, (b.Contents(title=()), *text.blocks))


@dataclass(frozen=True, slots=True)
class Row:
    """Blocks that follow one another, or one block with the side column beside it."""

    blocks: tuple[b.Block, ...]
    beside: b.Dates | None = None


def rows(blocks: tuple[b.Block, ...]) -> list[Row]:
    """Pair the Coordinator's message with the dates that follow it; the rest runs on."""
    found: list[Row] = []
    run: list[b.Block] = []
    for block in blocks:
        if isinstance(block, b.Dates) and run and isinstance(run[-1], b.Coordinator):
            coordinator = run.pop()
            found += [Row(tuple(run))] if run else []
            found.append(Row((coordinator,), block))
            run = []
        else:
            run.append(block)
    return [*found, Row(tuple(run))] if run else found


@dataclass(frozen=True, slots=True)
class _Page:
    """The material from which both bodies of one language are made."""

    edition: Edition
    text: Document
    words: Words
    links: Links
    today: date | None
    brand: Brand

    @property
    def translation(self) -> Translation:
        return self.edition.translations[self.text.language]

    @property
    def season(self) -> str:
        return self.choose(self.edition.season)

    @property
    def day(self) -> str:
        return self.words.long_day(self.edition.date)

    def choose(self, texts: Mapping[str, str]) -> str:
        return self.edition.text_for(texts, self.text.language)


def _html(page: _Page, images: tuple[InlineImage, ...]) -> str:
    edition, translation = page.edition, page.translation
    own = edition.accent or edition.accent_dark
    values: dict[str, Any] = {
        "name": translation.title,
        "subtitle": translation.subtitle,
        "season": page.season,
        "date": page.day,
        "year": edition.date.year,
        "links": page.links,
        "rows": rows(page.text.blocks),
        "sections": page.text.sections,
        "cids": {image.filename: image.cid for image in images},
        "text_for": page.choose,
        "today": page.today,
    }
    return to_mail_html(
        "bulletin.mjml.j2",
        values,
        words=page.words,
        palette=palette(edition.accent, edition.accent_dark) if own else page.brand.palette,
        title=page.choose(edition.subject) or translation.title,
        preheader=translation.preheader,
        brand=page.brand,
    )


def _text(page: _Page) -> str:
    translation = page.translation
    writer = plain.Writer(page.words, page.choose, page.edition.date.year, page.today)
    dateline = " · ".join(part for part in (page.season, page.day) if part)
    writer.masthead(dateline, translation.title, translation.subtitle, page.links)
    writer.body(page.text.blocks, page.text.sections)
    writer.footer(page.links)
    writer.foot(page.brand)
    return writer.text()


def _images(text: Document, slug: str) -> Iterator[InlineImage]:
    """Yield each image that is shown, once; the same bytes have the same Content-ID."""
    seen: set[str] = set()
    for block in b.walk(text.blocks):
        if isinstance(block, b.Figure) and block.picture.path not in seen:
            picture = block.picture
            seen.add(picture.path)
            digest = hashlib.sha256(picture.data).hexdigest()[:16]
            yield InlineImage(f"{digest}@{slug}", picture.path, picture.content_type, picture.data)


def _warnings(markup: str) -> Iterator[str]:
    size = len(markup.encode())
    if size > SIZE_LIMIT:
        yield (
            f"The HTML has {size // 1024} KB; Gmail cuts messages off after "
            f"{SIZE_LIMIT // 1024} KB, footer included. Shorten the edition."
        )
