"""Writes a transactional mail: the words of a template, with a program's data in their places."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final, TypeVar

from mailer.content.language.words import Words, words_for
from mailer.content.parsing import blocks as b
from mailer.content.parsing import document
from mailer.content.parsing.links import Links
from mailer.content.parsing.manifest import EPOCH
from mailer.content.parsing.placeholders import SLOT
from mailer.content.rendering import plain
from mailer.content.rendering.brand import NONE, Brand
from mailer.content.rendering.mjml import to_mail_html
from mailer.content.rendering.rendered import Rendered
from mailer.content.rendering.service_mail import Way
from mailer.content.transactional import dialect
from mailer.content.transactional.dialect import Marks
from mailer.domain.campaigns.edition import Edition, Translation
from mailer.domain.transactional.template import Template, Wording
from mailer.errors import InputError, Problem

LONGEST_LINE: Final = 300
"""Characters of a subject, a heading or a preheader with its values."""

_WITHIN: Final = re.compile(r"(?:https://[^/?#\ue000]+[/?#]|mailto:[^?\ue000]+\?)[^\ue000]*\ue000")
"""A target whose host, or whose recipient, was written by whoever wrote the template."""

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around the words of a template."""

    sender: str
    address: str
    """Whom it is to."""
    topic: str = ""
    """The name of the template's topic; empty: it has none."""
    ways: tuple[Way, ...] = ()
    """How to get no more of it, and how to change that."""
    brand: Brand = NONE


@dataclass(frozen=True, slots=True)
class Written:
    """The words of one mail, its values in their places."""

    language: str
    subject: str
    title: str
    preheader: str
    blocks: tuple[b.Block, ...]


def write(template: Template, language: str, data: Mapping[str, Any]) -> Written:
    """Put data into a template's words in exactly that language.

    Args:
        template: as read.
        language: one of its own.
        data: as `variable.read` returns it.

    Raises:
        InputError: the words do not hold together with this data; the problems name places in the
            template, never values.
    """
    wording = template.wordings[language]
    words = words_for(language)
    lines = {
        place: _line(place, text, data, words)
        for place, text in (
            ("subject", wording.subject),
            ("title", wording.title),
            ("preheader", wording.preheader),
        )
    }
    if not lines["subject"]:
        said = "with this data the subject is empty"
        raise InputError.of("subject", said, code="template.with_data")
    marks = Marks(words)
    body = dialect.expanded(wording.body, data, marks)
    blocks = parsed(template, wording, body)
    return Written(language, **lines, blocks=filled(blocks, marks, wording.file))


def render(written: Written, frame: Frame) -> Rendered:
    """Write both bodies of a mail; no slot is left in them."""
    words = words_for(written.language)
    title = written.title or written.subject
    page = {"page": written, "frame": frame, "because": _because(words, frame)}
    page |= {"text_for": _nothing, "cids": {}, "today": None, "year": EPOCH.year, "sections": ()}
    markup = to_mail_html(
        "transactional.mjml.j2",
        page,
        words=words,
        palette=frame.brand.palette,
        title=title,
        preheader=written.preheader,
        brand=replace(frame.brand, logo=None),
    )
    return Rendered(
        language=written.language,
        direction=words.direction,
        subject=written.subject,
        preheader=written.preheader,
        html=markup,
        text=_text(words, title, written, frame),
        images=(),
        warnings=(),
    )


def parsed(template: Template, wording: Wording, body: str) -> tuple[b.Block, ...]:
    """Make blocks of a text in which marks stand for its values.

    Raises:
        InputError: it does not hold together; each problem by file and line.
    """
    edition = Edition(
        slug=template.slug,
        date=EPOCH,
        season={},
        subject={},
        fallback=template.languages,
        translations={
            wording.language: Translation(
                wording.language, wording.title, "", body, wording.file, wording.first_line
            )
        },
    )
    return tuple(_unnumbered(document.read(edition, wording.language, {}).blocks))


def _unnumbered(blocks: tuple[b.Block, ...]) -> Iterator[b.Block]:
    """Make headings of sections: a mail of one page has no numbers and no list of them."""
    for block in blocks:
        if isinstance(block, b.Section):
            yield b.Heading(line=block.line, depth=1, inline=block.title)
            for inner in block.blocks:
                if isinstance(inner, b.Heading):
                    yield replace(inner, depth=inner.depth + 1)
                else:
                    yield inner
        else:
            yield block


def filled(blocks: tuple[b.Block, ...], marks: Marks, file: str) -> tuple[b.Block, ...]:
    """Put values in the places of their marks, which changes no block and no link but those.

    Raises:
        InputError: a value stands in a link's target where it could lead elsewhere.
    """
    filling = _Filling(marks, file)
    found = tuple(filling.block(block) for block in blocks)
    if filling.problems:
        raise InputError(list(dict.fromkeys(filling.problems)))
    return found


class _Filling:
    """Fills one text's marks."""

    def __init__(self, marks: Marks, file: str) -> None:
        self.values, self.file = marks.values, file
        self.problems: list[Problem] = []

    def block(self, block: b.Block) -> b.Block:
        changed: dict[str, Any] = {}
        for part in fields(block):
            value = getattr(block, part.name)
            if part.name == "target":
                changed[part.name] = self.target(value, block.line)
            elif isinstance(value, tuple):
                changed[part.name] = self.parts(value, block.line)
        return replace(block, **changed)

    def parts(self, parts: tuple[Any, ...], line: int) -> tuple[Any, ...]:
        return tuple(self.part(one, line) for one in parts)

    def part(self, part: Any, line: int) -> Any:
        if isinstance(part, b.Block):
            return self.block(part)
        if isinstance(part, b.Span):
            text = SLOT.sub(lambda match: self.values[match[1]].text, part.text)
            return replace(part, text=text, target=self.target(part.target, line))
        return self.parts(part, line) if isinstance(part, tuple) else part

    def target(self, target: str, line: int) -> str:
        marks = SLOT.findall(target)
        if not marks:
            return target
        values = [self.values[name] for name in marks]
        whole = SLOT.fullmatch(target) and values[0].is_url
        if not whole and not (_WITHIN.match(target) and not any(one.is_url for one in values)):
            self.problems.append(
                Problem(
                    f"{self.file}:{line}",
                    "a value stands in a link where it could lead readers elsewhere",
                    "a url variable is a link's whole target; others stand after its host",
                    code="template.link",
                )
            )
            return ""
        return SLOT.sub(lambda match: self.values[match[1]].within_target, target)


def _line(place: str, text: str, data: Mapping[str, Any], words: Words) -> str:
    """Write a line that is no Markdown: values stand in it as they are."""
    marks = Marks(words)
    written = dialect.expanded(text, data, marks)
    line = SLOT.sub(lambda match: marks.values[match[1]].text, written)
    line = " ".join(line.split())
    if len(line) > LONGEST_LINE:
        said = f"with this data the {place} has more than {LONGEST_LINE} characters"
        raise InputError.of(place, said, "give shorter values", code="template.with_data")
    return line


def _because(words: Words, frame: Frame) -> str:
    """Tell why one gets this mail."""
    if frame.topic:
        said = words("You receive this because {address} is subscribed to: {topics}.")
        return said.replace("{topics}", frame.topic).replace("{address}", frame.address)
    said = words("This message was sent to {address} by {sender}.")
    return said.replace("{sender}", frame.sender).replace("{address}", frame.address)


def _nothing(_texts: Mapping[str, str]) -> str:
    return ""


def _text(words: Words, title: str, written: Written, frame: Frame) -> str:
    writer = plain.Writer(words, _nothing, EPOCH.year, None)
    writer.masthead(frame.sender, title, "", Links())
    writer.body(written.blocks, ())
    writer.gap(2)
    writer.lines.append("-" * plain.WIDTH)
    writer.paragraph(_because(words, frame))
    for way in frame.ways:
        writer.labelled(way.label, way.target)
    writer.foot(frame.brand)
    return writer.text()
