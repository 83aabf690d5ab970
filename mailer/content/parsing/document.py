"""Makes typed blocks of one translation: Markdown within, containers around, the calendar beside.

The text of an edition is parsed once for messages when it is read, and again when it is rendered;
both ways lead through `read`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any, Final
from urllib.parse import unquote

from markdown_it.tree import SyntaxTreeNode

from mailer.content.parsing import blocks as b
from mailer.content.parsing import personal
from mailer.content.parsing.containers import SHAPES, Container, Part, Passage, split
from mailer.content.parsing.inline import ImageInTextError, joined, spans_of
from mailer.content.parsing.markdown import (
    NestedError,
    parse,
    read_inline,
    references_of,
    tokens_of,
    turns,
)
from mailer.content.parsing.personal import NOBODY, Reader
from mailer.content.parsing.placeholders import fill, fill_target
from mailer.content.parsing.sections import SectionTitle, in_sections
from mailer.domain.calendar.entry import in_order
from mailer.domain.campaigns.edition import Edition, Picture
from mailer.errors import InputError, Problem

COLUMN_WIDTH: Final = 592
"""The width that is left of 640 pixels between the margins."""


@dataclass(frozen=True, slots=True)
class Document:
    """One language of an edition as blocks."""

    language: str
    blocks: tuple[b.Block, ...]

    @property
    def sections(self) -> tuple[b.Section, ...]:
        """The numbered sections in order."""
        return tuple(block for block in self.blocks if isinstance(block, b.Section))


def read(
    edition: Edition,
    language: str,
    constants: Mapping[str, str],
    reader: Reader | None = NOBODY,
) -> Document:
    """Parse an edition's translation in exactly that language.

    Args:
        edition: what was read from the files.
        language: one of its translations.
        constants: the values of the placeholders that all readers share.
        reader: whom passages for some readers only are chosen for; None: for all of them together,
            so that a check sees every line.

    Raises:
        InputError: the text does not hold together; all its problems by file and line.
    """
    translation = edition.translations[language]
    reading = _Reader(edition, language, constants, translation.file, reader)
    found = reading.text(translation.body, translation.first_line)
    if reading.problems:
        raise InputError(reading.problems)
    return Document(language, in_sections(found))


class _Reader:
    """Reads one file's text, and collects what is wrong with it."""

    def __init__(
        self,
        edition: Edition,
        language: str,
        constants: Mapping[str, str],
        file: str,
        reader: Reader | None,
    ) -> None:
        self.edition, self.language, self.constants, self.file = edition, language, constants, file
        self.reader = reader
        self.problems: list[Problem] = []
        self.references: dict[str, Any] = {}
        self.inside: list[str] = []

    def text(self, body: str, first_line: int) -> list[b.Block]:
        if found := personal.check(body, first_line, self.file):
            self.problems += found
            return []
        if self.reader is None:
            marked = personal.flattened(body)
        else:
            marked = personal.spoken_to(self.reader, body)
        self.references = references_of(marked)
        parts, problems = split(marked, first_line, self.file)
        self.problems += problems
        return self.parts(parts)

    def parts(self, parts: Sequence[Part]) -> list[b.Block]:
        found: list[b.Block] = []
        for part in parts:
            if isinstance(part, Passage):
                found += self.passage(part)
            elif part.name in SHAPES:
                found += self.container(part)
        return found

    def problem(self, line: int, text: str, remedy: str, *, code: str) -> None:
        self.problems.append(Problem(f"{self.file}:{line}", text, remedy, code=code))

    def passage(self, passage: Passage) -> list[b.Block]:
        try:
            return self.nodes(parse(passage.text, self.references), passage.line)
        except NestedError as error:
            said = "quotations, lists or emphasis lie too deep inside one another"
            self.problem(
                passage.line + error.line,
                said,
                "write it with fewer > * _ and - signs",
                code="edition.too_deep",
            )
            return []

    def nodes(self, nodes: Sequence[SyntaxTreeNode], offset: int) -> list[b.Block]:
        found: list[b.Block] = []
        for node in nodes:
            line = offset + (node.map[0] if node.map else 0)
            if node.type == "heading":
                found += self.heading(node, line)
            elif node.type == "paragraph":
                found += self.paragraph(node, line)
            elif node.type in {"bullet_list", "ordered_list"}:
                items = tuple(tuple(self.nodes(item.children, offset)) for item in node.children)
                ordered = node.type == "ordered_list"
                start = int(node.attrs.get("start", 1))
                found.append(b.Listing(line=line, ordered=ordered, start=start, items=items))
            elif node.type == "blockquote":
                found.append(b.Quote(line=line, blocks=tuple(self.nodes(node.children, offset))))
            elif node.type == "hr":
                found.append(b.Rule(line=line))
        return found

    def inline(self, node: SyntaxTreeNode, line: int) -> b.Inline:
        """Return a heading's or paragraph's spans, their breaks not yet settled."""
        try:
            return spans_of(tokens_of(node), self.constants)
        except ImageInTextError:
            self.problem(
                line,
                "an image stands inside a line of text",
                "give it a paragraph of its own, or a ::: figure",
                code="edition.image_inline",
            )
            return ()

    def heading(self, node: SyntaxTreeNode, line: int) -> list[b.Block]:
        level = int(node.tag[1:])
        inline = joined(self.inline(node, line))
        if not b.plain_text(inline):
            said, remedy = "a heading has no text", "write it, or remove the # signs"
            self.problem(line, said, remedy, code="edition.heading_empty")
            return []
        if level == 2 and not self.inside:
            return [SectionTitle(line=line, inline=inline)]
        if level in {3, 4}:
            return [b.Heading(line=line, depth=level - 2, inline=inline)]
        remedy = "use ### or #### here" if self.inside else "use ## for a section, ### below it"
        self.problem(
            line,
            f"a heading with {'#' * level} has no place here",
            remedy,
            code="edition.heading_misplaced",
        )
        return []

    def paragraph(self, node: SyntaxTreeNode, line: int) -> list[b.Block]:
        content = node.children[0].children if node.children else []
        if len(content) == 1 and content[0].type == "image":
            image = content[0]
            caption = read_inline(str(image.attrs.get("title", "")), self.constants)
            source = unquote(str(image.attrs.get("src", "")))
            return self.figure(source, image.content, caption, "", line)
        inline = self.inline(node, line)
        if "interview" in self.inside:
            return turns(inline, line)
        settled = joined(inline)
        return [b.Paragraph(line=line, inline=settled)] if b.plain_text(settled) else []

    def container(self, part: Container) -> list[b.Block]:
        shape = SHAPES[part.name]
        if not self._fits(part):
            return []
        self.inside.append(part.name)
        found = self.parts(part.parts)
        self.inside.pop()
        if shape.body == "" and found:
            self.problem(
                part.line,
                f"the block {part.name!r} takes no text",
                "close it with ::: on the next line",
                code="edition.block_text",
            )
        builder: Mapping[str, type[b.Group]] = {
            "box": b.Box,
            "coordinator": b.Coordinator,
            "interview": b.Interview,
            "quote": b.Quote,
        }
        if part.name in builder:
            title = read_inline(part.argument, self.constants)
            return [builder[part.name](line=part.line, title=title, blocks=tuple(found))]
        make = getattr(self, f"make_{part.name}")
        made: list[b.Block] = make(part, tuple(found))
        return made

    def _fits(self, part: Container) -> bool:
        """Check what surrounds a container and what follows its name."""
        shape = SHAPES[part.name]
        outer = self.inside[-1] if self.inside else ""
        if shape.top and outer:
            self.problem(
                part.line,
                f"the block {part.name!r} cannot stand inside {outer!r}",
                "move it out, between two blocks",
                code="edition.block_misplaced",
            )
            return False
        if outer and SHAPES[outer].body != "blocks" and outer != "standing":
            self.problem(
                part.line,
                f"the block {outer!r} holds text only, not {part.name!r}",
                f"close {outer!r} before this line",
                code="edition.block_misplaced",
            )
            return False
        if not shape.argument and part.argument:
            said, remedy = f"the block {part.name!r} takes no title", f"remove {part.argument!r}"
            self.problem(part.line, said, remedy, code="edition.block_title")
        return True

    def make_announcement(self, part: Container, found: tuple[b.Block, ...]) -> list[b.Block]:
        wanted = part.options.get("entry", "")
        entries = {entry.id: entry for entry in self.edition.calendar}
        if wanted and wanted not in entries:
            self.problem(
                part.line,
                f"the calendar has no entry {wanted!r}",
                "its entries are " + (", ".join(sorted(entries)) or "none: add it"),
                code="edition.unknown_entry",
            )
        title = read_inline(part.argument, self.constants)
        entry = entries.get(wanted)
        return [b.Announcement(line=part.line, title=title, blocks=found, entry=entry)]

    def make_call(self, part: Container, found: tuple[b.Block, ...]) -> list[b.Block]:
        return [
            b.Call(
                line=part.line,
                title=read_inline(part.argument, self.constants),
                blocks=found,
                deadline=self.day(part, "deadline"),
                opened=self.day(part, "opened"),
            )
        ]

    def day(self, part: Container, option: str) -> date | None:
        written = part.options.get(option, "")
        try:
            return date.fromisoformat(written) if written else None
        except ValueError:
            self.problem(
                part.line,
                f"the {option} {written!r} is not a date",
                "write it as year-month-day, such as 2023-05-05",
                code="bad_time",
            )
            return None

    def make_contents(self, part: Container, _found: tuple[b.Block, ...]) -> list[b.Block]:
        return [b.Contents(line=part.line, title=read_inline(part.argument, self.constants))]

    def make_dates(self, part: Container, found: tuple[b.Block, ...]) -> list[b.Block]:
        entries = tuple(entry for entry in in_order(self.edition.calendar) if entry.listed)
        title = read_inline(part.argument, self.constants)
        return [b.Dates(line=part.line, title=title, blocks=found, entries=entries)]

    def make_members(self, part: Container, _found: tuple[b.Block, ...]) -> list[b.Block]:
        if not self.edition.members:
            self.problem(
                part.line,
                "there is no list of members",
                'write members.toml with codes = ["AR", …] beside edition.toml',
                code="edition.no_members",
            )
        return [b.Members(line=part.line, codes=self.edition.members)]

    def make_button(self, part: Container, found: tuple[b.Block, ...]) -> list[b.Block]:
        label = _only_text(found)
        if not part.argument:
            self.problem(
                part.line,
                "a button leads nowhere",
                "write its link after the name: ::: button https://…",
                code="edition.button_link",
            )
        if label is None:
            said, remedy = "a button needs one line of text", "write its label inside"
            self.problem(part.line, said, remedy, code="edition.button_text")
        target = fill_target(part.argument, self.constants)
        return [b.Button(line=part.line, target=target, label=label or ())] if target else []

    def make_figure(self, part: Container, found: tuple[b.Block, ...]) -> list[b.Block]:
        caption = _only_text(found)
        if found and caption is None:
            said, remedy = "a caption is one paragraph", "put other text outside of the figure"
            self.problem(part.line, said, remedy, code="edition.caption")
        source, alt = part.options.get("image", ""), part.options.get("alt", "")
        return self.figure(source, alt, caption or (), part.options.get("width", ""), part.line)

    def figure(
        self, source: str, alt: str, caption: b.Inline, width: str, line: int
    ) -> list[b.Block]:
        picture = self.edition.pictures.get(source)
        if picture is None:
            near = get_close_matches(source, self.edition.pictures, 1)
            remedy = "put the file into images/ and write image: images/NAME.png"
            self.problem(
                line,
                f"there is no image {source!r}" if source else "a figure names no image",
                f"did you mean {near[0]!r}?" if near else remedy,
                code="edition.unknown_image",
            )
            return []
        if width and not re.fullmatch(r"[1-9][0-9]{1,3}", width):
            said, remedy = f"the width {width!r} is not a number of pixels", "write width: 320"
            self.problem(line, said, remedy, code="edition.bad_width")
            width = ""
        shown = min(_shown_width(picture, width), COLUMN_WIDTH)
        alt = fill(alt, self.constants)
        return [b.Figure(line=line, picture=picture, alt=alt, caption=caption, width=shown)]

    def make_standing(self, part: Container, _found: tuple[b.Block, ...]) -> list[b.Block]:
        if "standing" in self.inside:
            said, remedy = "a standing block includes another", "include both from the edition"
            self.problem(part.line, said, remedy, code="edition.standing_nested")
            return []
        chosen = self.edition.standing_for(part.argument, self.language)
        if chosen is None:
            self.problem(
                part.line,
                f"there is no standing block {part.argument!r}",
                f"write standing/{part.argument or 'NAME'}.{self.language}.md",
                code="edition.unknown_standing",
            )
            return []
        inner = _Reader(self.edition, self.language, self.constants, chosen.file, self.reader)
        inner.inside = ["standing"]
        found = inner.text(chosen.body, chosen.first_line)
        self.problems += inner.problems
        title = read_inline(chosen.title, self.constants)
        return [b.StandingBlock(line=part.line, name=chosen.name, title=title, blocks=tuple(found))]


def _shown_width(picture: Picture, wanted: str) -> int:
    return int(wanted) if wanted else max(picture.width // 2, 1)


def _only_text(found: tuple[b.Block, ...]) -> b.Inline | None:
    """Return the text of a body that is one paragraph, else None."""
    if len(found) == 1 and isinstance(found[0], b.Paragraph):
        return found[0].inline
    return None
