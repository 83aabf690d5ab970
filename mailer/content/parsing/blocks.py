"""The parts that an edition's text is made of, typed, before any of them is HTML or text.

`line` is where a block begins in its file, for messages; `kind` names its partial in the templates.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from typing import ClassVar

from mailer.domain.calendar.entry import Entry
from mailer.domain.campaigns.edition import Picture


@dataclass(frozen=True, slots=True)
class Span:
    """A run of characters in one manner. A text of one newline is a forced line break."""

    text: str
    strong: bool = False
    emphasis: bool = False
    target: str = ""
    """The address it leads to, or empty; may be unsafe, so whoever writes it out must check it."""


Inline = tuple[Span, ...]


def plain_text(inline: Inline) -> str:
    """Return the characters alone, on one line."""
    return "".join(span.text for span in inline).replace("\n", " ").strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The fields that all blocks have in common."""

    kind: ClassVar[str] = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph(Block):
    """Running text."""

    kind: ClassVar[str] = "paragraph"
    inline: Inline


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading(Block):
    """A subheading within a section or container; depth 1 or 2 below its title."""

    kind: ClassVar[str] = "heading"
    depth: int
    inline: Inline


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing(Block):
    """A list; each item is a run of blocks."""

    kind: ClassVar[str] = "listing"
    ordered: bool
    start: int
    items: tuple[tuple[Block, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Block):
    """A thin line between two thoughts."""

    kind: ClassVar[str] = "rule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure(Block):
    """An image with its alternative text and, perhaps, a caption."""

    kind: ClassVar[str] = "figure"
    picture: Picture
    alt: str
    caption: Inline
    width: int
    """Shown width in pixels; images are drawn twice as wide, for sharp screens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Button(Block):
    """A link that asks to be followed."""

    kind: ClassVar[str] = "button"
    target: str
    label: Inline


@dataclass(frozen=True, slots=True, kw_only=True)
class Members(Block):
    """The list of the group's members, by territory code."""

    kind: ClassVar[str] = "members"
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents(Block):
    """The place of the list of what is inside."""

    kind: ClassVar[str] = "contents"
    title: Inline


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn(Block):
    """One paragraph that begins a question or an answer."""

    kind: ClassVar[str] = "turn"
    question: bool
    inline: Inline


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(Block):
    """A block with a title, which may be empty, and blocks in it."""

    title: Inline = ()
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote(Group):
    """A pull quote: repeats the edition's own words."""

    kind: ClassVar[str] = "quote"


@dataclass(frozen=True, slots=True, kw_only=True)
class Box(Group):
    """A notice set apart."""

    kind: ClassVar[str] = "box"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interview(Group):
    """Turns, with what stands between them."""

    kind: ClassVar[str] = "interview"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingBlock(Group):
    """A text that editions share."""

    kind: ClassVar[str] = "standing"
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement(Group):
    """Says that something takes place; its time and place come from the calendar."""

    kind: ClassVar[str] = "announcement"
    entry: Entry | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Group):
    """Asks readers for something, by a day."""

    kind: ClassVar[str] = "call"
    deadline: date | None
    opened: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Coordinator(Group):
    """The Coordinator's message."""

    kind: ClassVar[str] = "coordinator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates(Group):
    """The side column: the calendar's listed entries, then the blocks as a lead-out."""

    kind: ClassVar[str] = "dates"
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section(Group):
    """A numbered section."""

    kind: ClassVar[str] = "section"
    number: int


def walk(blocks: tuple[Block, ...]) -> Iterator[Block]:
    """Yield all blocks in reading order, those inside others included."""
    for block in blocks:
        yield block
        if isinstance(block, Group):
            yield from walk(block.blocks)
        if isinstance(block, Listing):
            for item in block.items:
                yield from walk(item)


def inlines(block: Block) -> Iterator[Inline]:
    """Yield a block's own runs of text: title, label, caption or paragraph."""
    for part in fields(block):
        value = getattr(block, part.name)
        if isinstance(value, tuple) and value and isinstance(value[0], Span):
            yield value
