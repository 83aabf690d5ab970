"""Writes blocks as plain text that is pleasant to read: never scraped from the HTML.

Lines have fewer than 72 characters, but for a web address that is longer. Links are numbered
through the whole text, and each section ends with the addresses of its numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Final

from mailer.content.language.words import Words, first_upper
from mailer.content.parsing import blocks as b
from mailer.content.parsing.links import Links, is_safe
from mailer.content.rendering.brand import Brand
from mailer.content.rendering.rendered import SLOT_OPEN, slot
from mailer.domain.calendar.entry import Entry

WIDTH: Final = 71
SLOT_WIDTH: Final = 40
"""Columns kept for what is filled in later, such as the reader's address."""
_UNDERLINES: Final = {1: "=", 2: "-", 3: "·"}
_SPACES: Final = re.compile(r"[ \t\n]+")


class Writer:
    """Writes one document; keeps the lines so far and the links not yet listed."""

    def __init__(
        self,
        words: Words,
        choose: Callable[[Mapping[str, str]], str],
        year: int,
        today: date | None,
    ) -> None:
        """Set up a writer for one language.

        Args:
            words: the reader's language.
            choose: picks a text by language in the edition's order.
            year: the edition's; dates in it are written without it.
            today: what is over by then is marked so; None to mark nothing.
        """
        self.words, self.choose, self.year, self.today = words, choose, year, today
        self.lines: list[str] = []
        self.number = 0
        self.pending: list[tuple[int, str]] = []

    def text(self) -> str:
        """Return what was written, with one line feed at its end."""
        return "\n".join(self.lines).strip("\n") + "\n"

    def masthead(self, dateline: str, title: str, subtitle: str, links: Links) -> None:
        """Write the title block."""
        self.paragraph(dateline)
        self.heading(title, 1)
        if subtitle:
            self.paragraph(subtitle)
        if links.web_url:
            self.labelled(self.words("View in your browser"), links.web_url)

    def body(self, blocks: Sequence[b.Block], sections: Sequence[b.Section]) -> None:
        """Write the blocks of a document; each of the outermost ends with its links."""
        for block in blocks:
            if isinstance(block, b.Contents):
                self.contents(block, sections)
            elif isinstance(block, b.Section):
                self.heading(f"{block.number}. {b.plain_text(block.title)}", 2)
                self.blocks(block.blocks, 3)
            else:
                self.block(block, 2)
            if isinstance(block, b.Group):
                self.settle()
        self.settle()

    def footer(self, links: Links) -> None:
        """Write why one gets this mail, and how to change that."""
        say = self.words
        self.gap(2)
        self.lines.append("-" * WIDTH)
        because = say("You receive this because {address} is subscribed to this bulletin.")
        self.paragraph(because.replace("{address}", slot("address")))
        self.labelled(say("Leave"), slot("leave_url"))
        self.labelled(say("Change language or topics"), slot("preferences_url"))
        if links.archive_url:
            self.labelled(say("Earlier issues"), links.archive_url)
        if links.subscribe_address:
            invite = (
                "Would a colleague like to read this? They can subscribe by writing to {address}."
            )
            self.paragraph(say(invite).replace("{address}", links.subscribe_address))

    def foot(self, brand: Brand) -> None:
        """Write who sends it: the institution, its address, and its privacy notice."""
        if brand:
            self.gap()
            self.lines += brand.plain(self.words).splitlines()

    def gap(self, lines: int = 1) -> None:
        """Leave that many lines empty, unless as many are or nothing was written yet."""
        if self.lines:
            while self.lines[-lines:] != [""] * lines:
                self.lines.append("")

    def paragraph(self, text: str, first: str = "", rest: str = "") -> None:
        """Write a paragraph, wrapped, with what begins its first line and its other lines."""
        self.gap()
        for number, line in enumerate(text.split("\n")):
            self.lines += wrap(line, rest if number else first, rest)

    def labelled(self, label: str, target: str) -> None:
        """Write a label with an address below, which is too long to stand beside it."""
        self.gap()
        self.lines += [*wrap(f"{label}", "", ""), target]

    def heading(self, text: str, level: int) -> None:
        """Write a heading, underlined down to the third level."""
        self.gap(1 if level > 2 else 2)
        lines = wrap(text, "", "")
        self.lines += lines
        if line := _UNDERLINES.get(level):
            self.lines.append(line * max(map(len, lines), default=1))

    def settle(self) -> None:
        """List the addresses of the links since the last time."""
        if self.pending:
            self.gap()
            self.lines += [f"[{number}] {target}" for number, target in self.pending]
            self.pending = []

    def inline(self, spans: b.Inline) -> str:
        """Write spans with their emphasis and their links' numbers."""
        return "".join(
            self._run(target if is_safe(target) else "", list(run))
            for target, run in groupby(spans, lambda span: span.target)
        )

    def _run(self, target: str, run: list[b.Span]) -> str:
        text = "".join(map(_emphasised, run))
        if not target or _shown(text) == _shown(target):
            return text
        return f"{text.rstrip()}\u00a0[{self._number_of(target)}]{text[len(text.rstrip()) :]}"

    def _number_of(self, target: str) -> int:
        for number, known in self.pending:
            if known == target:
                return number
        self.number += 1
        self.pending.append((self.number, target))
        return self.number

    def blocks(self, blocks: Sequence[b.Block], level: int, indent: str = "") -> None:
        """Write blocks in order; `level` is that of a title that stands here."""
        for block in blocks:
            self.block(block, level, indent)

    def block(self, block: b.Block, level: int, indent: str = "") -> None:
        """Write a block by its kind."""
        if isinstance(block, b.Paragraph):
            self.paragraph(self.inline(block.inline), indent, indent)
        elif isinstance(block, b.Heading):
            self.heading(b.plain_text(block.inline), level - 1 + block.depth)
        elif isinstance(block, b.Listing):
            self.listing(block, level, indent)
        elif isinstance(block, b.Rule):
            self.paragraph("* * *", " " * (WIDTH // 2 - 2))
        elif isinstance(block, b.Turn):
            self.turn(block)
        elif isinstance(block, b.Members):
            self.paragraph(self.words.listing(self.words.territories(block.codes)), indent, indent)
        elif isinstance(block, b.Figure):
            self.figure(block, indent)
        elif isinstance(block, b.Button):
            self.button(block, indent)
        elif isinstance(block, b.Group):
            self.group(block, level, indent)

    def group(self, block: b.Group, level: int, indent: str) -> None:
        """Write a container: its title, what it says by itself, and what is in it."""
        if isinstance(block, b.Quote):
            self.quote(block, level, indent)
            return
        if title := self.title(block):
            self.heading(title, level)
        if isinstance(block, b.Announcement) and block.entry:
            self.when(block.entry)
        if isinstance(block, b.Call):
            self.term(block)
        if isinstance(block, b.Dates):
            self.dates(block)
        if isinstance(block, b.Box) and not title:
            self.paragraph("* * *", " " * (WIDTH // 2 - 2))
        self.blocks(block.blocks, level + 1 if title else level, indent)

    def title(self, block: b.Group) -> str:
        """Return a container's title; some have one even where none is written."""
        unnamed = {"coordinator": "Message from the Coordinator", "dates": "Dates"}
        written = b.plain_text(block.title)
        return written or (self.words(unnamed[block.kind]) if block.kind in unnamed else "")

    def contents(self, block: b.Contents, sections: Sequence[b.Section]) -> None:
        """Write the list of what is inside."""
        self.heading(b.plain_text(block.title) or self.words("In this issue"), 2)
        self.gap()
        for section in sections:
            bullet = f"{section.number:2}. "
            self.lines += wrap(b.plain_text(section.title), bullet, " " * len(bullet))

    def listing(self, block: b.Listing, level: int, indent: str) -> None:
        """Write a list with hanging indents; items of one line each stand close."""
        close = all(_fits(item, WIDTH - len(indent) - 4) for item in block.items)
        for number, item in enumerate(block.items, block.start):
            bullet = f"{number}. " if block.ordered else "- "
            rest = indent + " " * len(bullet)
            if not (close and number > block.start):
                self.gap()
            begin = len(self.lines)
            self.blocks(item or (b.Paragraph(inline=()),), level, rest)
            while not self.lines[begin]:
                del self.lines[begin]
            self.lines[begin] = indent + bullet + self.lines[begin].removeprefix(rest)

    def quote(self, block: b.Quote, level: int, indent: str) -> None:
        """Write a pull quote, set in by a bar."""
        inner = Writer(self.words, self.choose, self.year, self.today)
        inner.number, inner.pending = self.number, self.pending
        inner.blocks(block.blocks, level)
        self.number = inner.number
        lines = wrap(inner.text().replace("\n\n", "\n").strip("\n"), "", "")
        text = " ".join(lines)
        self.paragraph(text, indent + "    | ", indent + "    | ")

    def turn(self, block: b.Turn) -> None:
        """Write a question, or an answer's first paragraph."""
        label = self.words("Q" if block.question else "A") + ". "
        if block.question:
            self.gap(1)
        self.paragraph(self.inline(block.inline), label, " " * len(label) if block.question else "")

    def figure(self, block: b.Figure, indent: str) -> None:
        """Write what an image shows, and its caption below."""
        self.paragraph(f"[{self.words('Image')}: {block.alt}]", indent, indent)
        if caption := self.inline(block.caption):
            self.lines += wrap(caption, indent, indent)

    def button(self, block: b.Button, indent: str) -> None:
        """Write a button as its label with the address below."""
        label = b.plain_text(block.label)
        if not is_safe(block.target):
            self.paragraph(label, indent, indent)
            return
        self.gap()
        self.lines += wrap(f"> {label}", indent, indent + "  ")
        self.lines.append(f"{indent}  {block.target}")

    def when(self, entry: Entry) -> None:
        """Write when and where an entry takes place."""
        facts = (
            first_upper(self.words.days(entry)),
            self.words.hours(entry),
            self.choose(entry.place),
        )
        self.paragraph("\n".join(fact for fact in facts if fact), "  ", "  ")

    def term(self, block: b.Call) -> None:
        """Write until when a call is open."""
        facts = []
        if block.deadline:
            ended = self.today is not None and block.deadline < self.today
            said = self.words("Closed since {date}" if ended else "Deadline: {date}")
            facts.append(said.replace("{date}", self.words.day(block.deadline)))
        if block.opened:
            day = self.words.short_day(block.opened, self.year)
            facts.append(self.words("Open since {date}").replace("{date}", day))
        if facts:
            self.paragraph("\n".join(facts), "  ", "  ")

    def dates(self, block: b.Dates) -> None:
        """Write the calendar's entries as a list: the day, then what it is below."""
        for entry in block.entries:
            day = self.words.short_days(entry, self.year)
            when = f"{day}, {hours}" if (hours := self.words.hours(entry)) else day
            if self.today is not None and entry.is_over(self.today):
                when = f"{when} ({self.words('past')})"
            title = self.choose(entry.title)
            if entry.url:
                title = self.inline((b.Span(title, target=entry.url),))
            self.paragraph(f"{when}\n{title}", "* ", "  ")


def _fits(item: tuple[b.Block, ...], width: int) -> bool:
    """Tell whether a list's item is a single line, with room for a link's number."""
    if len(item) != 1 or not isinstance(item[0], b.Paragraph):
        return False
    return len(b.plain_text(item[0].inline)) + len(" [99]") <= width


def _emphasised(span: b.Span) -> str:
    """Mark emphasis as mail has always done, but not around spaces or punctuation alone."""
    text = span.text.strip()
    mark = "*" if span.strong else "_" if span.emphasis else ""
    if not mark or not any(sign.isalnum() for sign in text):
        return span.text
    return span.text.replace(text, f"{mark}{text}{mark}", 1)


def _shown(target: str) -> str:
    """Reduce an address to what readers compare: no scheme, no last slash."""
    return re.sub(r"^(https://|mailto:)", "", target.strip("*_ ")).removesuffix("/")


def wrap(text: str, first: str, rest: str) -> list[str]:
    """Break a line at its spaces so that each stays under 72 characters.

    A word that is longer by itself is cut, as scripts without spaces need, unless it holds an
    address or a slot, which would break.
    """
    lines: list[str] = []
    line, column, filled = first, len(first), False
    for word in _SPACES.split(text.strip(" \t\n")):
        for piece in _cut(word, WIDTH - max(len(first), len(rest))):
            width = SLOT_WIDTH if SLOT_OPEN in piece else len(piece)
            if filled and column + 1 + width > WIDTH:
                lines.append(line)
                line, column, filled = rest, len(rest), False
            line, column = f"{line} {piece}" if filled else line + piece, column + filled + width
            filled = True
    return [*lines, line]


def _cut(word: str, width: int) -> Iterator[str]:
    if len(word) <= width or "://" in word or "@" in word or SLOT_OPEN in word:
        yield word
        return
    for at in range(0, len(word), max(width, 1)):
        yield word[at : at + width]
