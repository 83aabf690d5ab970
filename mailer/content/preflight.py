"""Looks over an edition before it is sent, and says what to mend: where, what and how.

Errors stop a campaign; warnings are for a person to weigh. Nothing is fetched: links are judged by
their syntax alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from mailer.content.parsing import blocks as b
from mailer.content.parsing import document, personal
from mailer.content.parsing.document import Document
from mailer.content.parsing.links import Links, fault_of
from mailer.content.parsing.placeholders import CONSTANTS, PLACEHOLDER, unfilled
from mailer.content.rendering.colours import AA, contrast, palette
from mailer.content.rendering.render import render
from mailer.domain.campaigns.edition import Edition, Picture, Standing, Translation
from mailer.errors import InputError

SUBJECT_LIMIT: Final = 78
"""Characters; more are cut in most inboxes, and the header must be folded (RFC 5322, 2.1.1)."""
PREHEADER: Final = (40, 130)
"""Characters that an inbox shows of a preheader: fewer look bare, more are cut."""
ALT_LIMIT: Final = 250
PICTURE_WEIGHT: Final = 300 * 1024
TOTAL_WEIGHT: Final = 1024 * 1024
"""Bytes of all images of a message: beyond, a slow connection makes readers wait."""

_UNFINISHED: Final = re.compile(r"\b(TODO|FIXME|TBC|TBD|XXX|(?i:lorem ipsum))\b")
"""Capitals only: in Spanish, “todo” is an everyday word."""
_BRACES: Final = re.compile(r"\{\{[^{}]*\}\}|\{\{|\}\}")
_EMPTY_LINK: Final = re.compile(r"\]\(\s*\)")


class Level(StrEnum):
    """The gravity of a finding: whether it stops a campaign."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at."""

    level: Level
    language: str
    """The language concerned, or empty for the edition as a whole."""
    place: str
    """File and line, or file."""
    text: str
    remedy: str
    code: str
    """Its name for programs: a problem's own code, or one for each group of checks."""


def check(edition: Edition, languages: Sequence[str], links: Links) -> list[Finding]:
    """Find what is wrong with an edition.

    Args:
        edition: as read by `source`.
        languages: those that readers may have chosen.
        links: what is the same for all readers.

    Returns:
        Errors first, then warnings, each in reading order.
    """
    findings = [
        *_coded("edition.coverage", _coverage(edition, languages)),
        *_coded("edition.colours", _colours(edition)),
        *_coded("edition.pictures", _pictures(edition)),
    ]
    texts: list[Document] = []
    for code in edition.languages:
        translation = edition.translations[code]
        findings += _coded("edition.titles", _front_matter(edition, translation))
        findings += _coded("edition.unfinished", _source(translation, links))
        try:
            text = document.read(edition, code, links.values(), None)
            for reader in personal.samples(translation.body):
                document.read(edition, code, links.values(), reader)
        except InputError as error:
            findings += _problems(error, code)
            continue
        texts.append(text)
        findings += _coded("edition.text", _text(edition, translation, text, links))
        findings += _coded("edition.weight", _weight(edition, code, links))
    findings += _coded("edition.standing", _standing(edition, texts, links))
    findings += _coded("edition.structure", _structure(edition, texts))
    ordered = list(dict.fromkeys(findings))
    return sorted(ordered, key=lambda finding: finding.level is Level.WARNING)


def _coded(code: str, found: Iterable[Finding]) -> Iterator[Finding]:
    """Give a code to the findings of a group that have none of their own."""
    return (one if one.code else replace(one, code=code) for one in found)


def _error(language: str, place: str, text: str, remedy: str, code: str = "") -> Finding:
    return Finding(Level.ERROR, language, place, text, remedy, code)


def _warning(language: str, place: str, text: str, remedy: str) -> Finding:
    return Finding(Level.WARNING, language, place, text, remedy, "")


def _problems(error: InputError, code: str) -> Iterator[Finding]:
    for problem in error.problems:
        yield _error(code, problem.place, problem.text, problem.remedy, problem.code)


def _coverage(edition: Edition, languages: Sequence[str]) -> Iterator[Finding]:
    """Tell which readers get which language in place of their own."""
    for code in languages:
        given = edition.language_for(code)
        remedy = f"write {code}.md, or leave it so"
        if given is None:
            remedy = f"write {code}.md, or set fallback to a language that stands in"
            yield _error(code, f"{code}.md", f"readers of {code!r} would get nothing", remedy)
        elif given not in {code, code.partition("-")[0]}:
            yield _warning(code, f"{code}.md", f"readers of {code!r} would get {given!r}", remedy)
    for code in edition.subject:
        if code not in edition.translations:
            said = f"there is a subject in {code!r}, but no text"
            yield _warning(code, "edition.toml", said, f"write {code}.md, or remove the subject")


def _colours(edition: Edition) -> Iterator[Finding]:
    colours = palette(edition.accent, edition.accent_dark)
    for key, scheme in (("accent", colours.light), ("accent_dark", colours.dark)):
        ratio = contrast(scheme.accent, scheme.paper)
        if ratio < AA:
            remedy = "choose a darker one" if key == "accent" else "choose a lighter one"
            said = f"{key} {scheme.accent} has a contrast of {ratio:.1f}; text needs {AA}"
            yield _error("", "edition.toml", said, remedy)


def _pictures(edition: Edition) -> Iterator[Finding]:
    for picture in edition.pictures.values():
        size = len(picture.data)
        if size > PICTURE_WEIGHT:
            said = f"the image has {size // 1024} KB"
            remedy = f"bring it below {PICTURE_WEIGHT // 1024} KB: fewer pixels, or JPEG"
            yield _warning("", picture.path, said, remedy)


def _front_matter(edition: Edition, translation: Translation) -> Iterator[Finding]:
    code, file = translation.language, translation.file
    subject = edition.subject.get(code, "")
    if not subject.strip():
        yield _error(code, "edition.toml", f"there is no subject in {code!r}", "write one")
    elif len(subject) > SUBJECT_LIMIT:
        said = f"the subject in {code!r} has {len(subject)} characters"
        yield _warning(code, "edition.toml", said, f"keep it within {SUBJECT_LIMIT}")
    if not edition.season.get(code):
        said = f"there is no season in {code!r}"
        yield _warning(code, "edition.toml", said, "write one; another language's is shown")
    low, high = PREHEADER
    length = len(translation.preheader)
    if not length:
        remedy = "write the line that an inbox shows after the subject"
        yield _warning(code, f"{file}:1", "there is no preheader", remedy)
    elif not low <= length <= high:
        said = f"the preheader has {length} characters"
        yield _warning(code, f"{file}:1", said, f"write {low} to {high}")
    for text in (translation.title, translation.subtitle, translation.preheader, subject):
        yield from _plain_line(text, code, f"{file}:1")


def _plain_line(text: str, code: str, place: str) -> Iterator[Finding]:
    """Check a line that no placeholder is filled into: a title, subject or preheader."""
    for match in _BRACES.finditer(text):
        said = f"{match[0]!r} is never filled in here"
        yield _error(code, place, said, "write it out: titles take no placeholders")
    if note := _UNFINISHED.search(text):
        yield _warning(code, place, f"{note[0]!r} looks unfinished", "finish it")


def _source(text: Translation | Standing, links: Links) -> Iterator[Finding]:
    """Check what only the source shows: placeholders, notes to oneself, links to nowhere."""
    values = links.values()

    def place(offset: int) -> str:
        return f"{text.file}:{text.first_line + text.body.count(chr(10), 0, offset)}"

    for offset, found in unfilled(text.body):
        if personal.is_personal(found):
            continue  # an expression, which is checked where conditions are
        remedy = "write it out, or use one of the placeholders of docs/editions.md"
        said = f"{found!r} is never filled in"
        yield _error(text.language, place(offset), said, remedy)
    for match in PLACEHOLDER.finditer(text.body):
        if match[1] in CONSTANTS and not values[match[1]]:
            said = f"{match[0]!r} has no value, and is left out"
            yield _warning(text.language, place(match.start()), said, "set it, or reword")
    if personal.names_everybody(text.body):
        said = "readers whose name is not known see a gap where {{ name }} stands"
        remedy = "write {% if name %}Dear {{ name }}{% else %}Dear reader{% endif %}, say"
        yield _warning(text.language, place(text.body.find("name")), said, remedy)
    for match in _UNFINISHED.finditer(text.body):
        said = f"{match[0]!r} looks unfinished"
        yield _warning(text.language, place(match.start()), said, "finish the text")
    for match in _EMPTY_LINK.finditer(text.body):
        remedy = "write the address between the parentheses"
        yield _error(text.language, place(match.start()), "a link leads nowhere", remedy)


def _text(
    edition: Edition, translation: Translation, text: Document, links: Links
) -> Iterator[Finding]:
    code, file = translation.language, translation.file
    inherited = {
        id(inner)
        for block in b.walk(text.blocks)
        if isinstance(block, b.StandingBlock)
        for inner in b.walk(block.blocks)
    }
    own = [block for block in b.walk(text.blocks) if id(block) not in inherited]
    yield from _blocks(own, code, file, links)
    yield from _headings(text, code, file)
    for block in own:
        place = f"{file}:{block.line}"
        if isinstance(block, b.Dates):
            yield from _dates(block, code, place)
        if said := _too_late(block, edition.date):
            yield _warning(code, place, said, "correct one of them")


def _too_late(block: b.Block, day: date) -> str:
    """Tell of what was over already when the edition came out."""
    if isinstance(block, b.Call) and block.deadline and block.deadline < day:
        return f"the deadline {block.deadline} lies before the edition's date"
    if isinstance(block, b.Announcement) and block.entry and block.entry.is_over(day):
        return f"{block.entry.id!r} lies before the edition's date"
    return ""


def _blocks(found: Sequence[b.Block], code: str, file: str, links: Links) -> Iterator[Finding]:
    """Check links and images of the blocks of one file.

    Our own addresses are the settings' business: on somebody's own machine they begin with http.
    """
    own = tuple(filter(None, links.values().values()))
    for block in found:
        place = f"{file}:{block.line}"
        targets = [span.target for inline in b.inlines(block) for span in inline if span.target]
        if isinstance(block, b.Button):
            targets.append(block.target)
        for target in dict.fromkeys(targets):
            if not target.startswith(own) and (fault := fault_of(target)):
                yield _error(code, place, fault.text, fault.remedy, fault.code)
        if isinstance(block, b.Figure):
            yield from _figure(block, code, place)
        if isinstance(block, b.Group) and not block.blocks and not isinstance(block, b.Dates):
            yield _warning(code, place, f"the {block.kind} is empty", "write its text")


def _figure(block: b.Figure, code: str, place: str) -> Iterator[Finding]:
    picture: Picture = block.picture
    if not block.alt.strip():
        remedy = "write alt: and what the image shows, for those who do not see it"
        yield _error(code, place, f"{picture.path} has no alternative text", remedy)
    elif picture.path.endswith(block.alt) or len(block.alt) > ALT_LIMIT:
        remedy = "say in a sentence what the image shows"
        yield _warning(code, place, f"the alternative text of {picture.path} helps nobody", remedy)
    if block.width > picture.width:
        said = f"{picture.path} has {picture.width} pixels, but is shown {block.width} wide"
        yield _warning(code, place, said, "use a larger image or a smaller width")


def _headings(text: Document, code: str, file: str) -> Iterator[Finding]:
    """Find titles of outermost blocks that stand twice: readers could not tell them apart."""
    seen: set[str] = set()
    for block in text.blocks:
        title = b.plain_text(block.title).casefold() if isinstance(block, b.Group) else ""
        if title and title in seen:
            said = f"the heading {title!r} stands twice"
            yield _warning(code, f"{file}:{block.line}", said, "reword one of them")
        seen.add(title)


def _dates(block: b.Dates, code: str, place: str) -> Iterator[Finding]:
    if not block.entries:
        remedy = "add entries to the calendar, or to calendar.toml, with listed = true"
        yield _warning(code, place, "the side column has no dates", remedy)
    for entry in block.entries:
        if not entry.title.get(code):
            said = f"the entry {entry.id!r} has no title in {code!r}"
            yield _warning(code, "calendar.toml", said, "write one; another language's is shown")
        if entry.place and not entry.place.get(code):
            said = f"the entry {entry.id!r} has no place in {code!r}"
            yield _warning(code, "calendar.toml", said, "write one; another language's is shown")
        if entry.url and (fault := fault_of(entry.url)):
            remedy = f"{fault.remedy} ({entry.id})"
            yield _error("", "calendar.toml", fault.text, remedy, fault.code)


def _weight(edition: Edition, code: str, links: Links) -> Iterator[Finding]:
    rendered = render(edition, code, links=links)
    for warning in rendered.warnings:
        yield _warning(code, edition.translations[code].file, warning, "shorten the edition")
    total = sum(len(image.data) for image in rendered.images)
    if total > TOTAL_WEIGHT:
        said = f"the images have {total // 1024} KB in all"
        remedy = f"bring them below {TOTAL_WEIGHT // 1024} KB"
        yield _warning(code, edition.translations[code].file, said, remedy)


def _standing(edition: Edition, texts: Sequence[Document], links: Links) -> Iterator[Finding]:
    """Check the standing blocks that are used, each file once, and whether all have a language."""
    for text in texts:
        for block in b.walk(text.blocks):
            if not isinstance(block, b.StandingBlock):
                continue
            part = edition.standing_for(block.name, text.language)
            if part is None:
                continue
            yield from _source(part, links)
            yield from _plain_line(part.title, part.language, f"{part.file}:1")
            yield from _blocks(list(b.walk(block.blocks)), part.language, part.file, links)
            if part.language != text.language:
                said = f"{block.name!r} has no text in {text.language!r}; {part.language!r} is used"
                remedy = f"write standing/{block.name}.{text.language}.md"
                file = edition.translations[text.language].file
                yield _warning(text.language, f"{file}:{block.line}", said, remedy)


def _structure(edition: Edition, texts: Sequence[Document]) -> Iterator[Finding]:
    """Compare the build of the translations: a forgotten section shows so."""
    for text in texts[1:]:
        difference = _difference(texts[0], text)
        if difference:
            file = edition.translations[text.language].file
            remedy = f"compare {text.language}.md with {texts[0].language}.md"
            yield _warning(text.language, file, difference, remedy)


def _difference(one: Document, other: Document) -> str:
    names = (one.language, other.language)
    counts = len(one.sections), len(other.sections)
    if counts[0] != counts[1]:
        return f"{names[1]!r} has {counts[1]} numbered sections, {names[0]!r} has {counts[0]}"
    kinds = [[block.kind for block in text.blocks] for text in (one, other)]
    if kinds[0] != kinds[1]:
        return f"{names[1]!r} and {names[0]!r} are not made of the same blocks in the same order"
    for mine, theirs in zip(one.blocks, other.blocks, strict=True):
        if _build(mine) != _build(theirs):
            title = b.plain_text(theirs.title) if isinstance(theirs, b.Group) else theirs.kind
            return f"{title!r} of {names[1]!r} is not built as in {names[0]!r}"
    return ""


def _build(block: b.Block) -> list[str]:
    """List the kinds in a block; paragraphs may be divided as a language likes."""
    return [inner.kind for inner in b.walk((block,)) if inner.kind != "paragraph"]
