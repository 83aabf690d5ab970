"""Reads an edition from its folder or from its files as kept, and says all that is wrong at once.

An edition is kept as its files: standing blocks that editions share are taken along, so that what
was sent can be rendered again when they have changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from mailer.content.calendar_file import read_calendar
from mailer.content.parsing import document
from mailer.content.parsing.links import Links
from mailer.content.parsing.manifest import (
    Manifest,
    Sheet,
    is_language,
    read_manifest,
    read_members,
)
from mailer.content.parsing.pictures import measure
from mailer.content.parsing.text_files import TextFiles
from mailer.domain.calendar.entry import Entry
from mailer.domain.calendar.rows import from_text
from mailer.domain.campaigns.edition import Edition, Picture, Standing, Translation
from mailer.errors import InputError, Problem

TEXT_LIMIT: Final = 512 * 1024
"""Bytes of one text file; a bulletin of 3,500 words has 30,000."""
PICTURE_LIMIT: Final = 2 * 1024 * 1024
TOTAL_LIMIT: Final = 12 * 1024 * 1024
FILE_LIMIT: Final = 300

FROZEN_CALENDAR: Final = "calendar.jsonl"
"""The dates that an edition took from the service's calendar, one entry a line; never written by
hand."""
_SHEETS: Final = ("edition.toml", "calendar.toml", "members.toml")
_PICTURES: Final = frozenset({".png", ".jpg", ".jpeg"})
_INCLUDE: Final = re.compile(rb"^ {0,3}:{3,}[ \t]*standing[ \t]+([A-Za-z0-9_-]+)", re.MULTILINE)
_PASSAGE_NAME: Final = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9-]+)\.md")


def load_edition(folder: Path) -> Edition:
    """Read an edition from its folder.

    Raises:
        InputError: something is wrong with the files; each problem by file, line and remedy.
    """
    return load_files(collect_files(folder))


def collect_files(folder: Path) -> dict[str, bytes]:
    """Gather all that an edition needs, by path with `/`, shared standing blocks included.

    Standing blocks come from the edition's own `standing/`, else from the one beside the edition.
    Nothing outside of these two folders is read: a link that leads out of them is refused.

    Raises:
        InputError: the folder has no `edition.toml`, or a file is too large or leads elsewhere.
    """
    if not (folder / "edition.toml").is_file():
        place = str(folder)
        remedy = "name the folder that holds edition.toml and one .md file per language"
        raise InputError.of(
            place, "this is not an edition's folder", remedy, code="edition.no_folder"
        )
    gatherer = _Gatherer()
    for path in sorted(folder.iterdir()):
        if path.suffix == ".md" or path.name in _SHEETS:
            gatherer.take(path, path.name, folder)
    for path in sorted((folder / "images").rglob("*")):
        if path.suffix.lower() in _PICTURES and not path.is_dir():
            gatherer.take(path, path.relative_to(folder).as_posix(), folder)
    wanted = {name for data in gatherer.files.values() for name in _INCLUDE.findall(data)}
    for shelf in (folder / "standing", folder.resolve().parent / "standing"):
        gatherer.shelf(shelf, {name.decode() for name in wanted})
    return gatherer.finish()


class _Gatherer:
    """Reads files within limits."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.problems: list[Problem] = []

    def take(self, path: Path, name: str, within: Path) -> None:
        if not path.resolve().is_relative_to(within.resolve()):
            remedy = "put a copy of the file in its place"
            self.problems.append(
                Problem(
                    name, "this link leads out of the folder", remedy, code="edition.path_outside"
                )
            )
            return
        try:
            limit = PICTURE_LIMIT if path.suffix.lower() in _PICTURES else TEXT_LIMIT
            if path.stat().st_size > limit:
                self.problems.append(_too_large(name, path.stat().st_size, limit))
            else:
                self.files[name] = path.read_bytes()
        except OSError as error:
            remedy = "check that it is a file and that you may read it"
            self.problems.append(
                Problem(name, f"cannot be read: {error.strerror}", remedy, code="file.unreadable")
            )

    def shelf(self, shelf: Path, wanted: set[str]) -> None:
        """Add the wanted standing blocks from a shelf, except in languages added before."""
        for path in sorted(shelf.glob("*.md")):
            name = f"standing/{path.name}"
            match = _PASSAGE_NAME.fullmatch(path.name)
            if match and match[1] in wanted and name not in self.files:
                self.take(path, name, shelf)

    def finish(self) -> dict[str, bytes]:
        if self.problems:
            raise InputError(self.problems)
        return self.files


def _too_large(name: str, size: int, limit: int) -> Problem:
    said = f"the file has {size // 1024} KB; at most {limit // 1024} KB are read"
    return Problem(name, said, "make it smaller", code="file.too_large")


def load_files(files: Mapping[str, bytes], *, checked: bool = False) -> Edition:
    """Read an edition from its files.

    Args:
        files: their bytes, by path relative to the edition's folder (`en.md`, `images/a.png`).
        checked: whether the same files were read before: then the texts of all languages are not
            parsed in search of problems.

    Raises:
        InputError: something is wrong with them; each problem by file, line and remedy.
    """
    problems = list(bad_sizes(files))
    if problems:
        raise InputError(problems)
    reader = _Reader(files)
    edition = reader.edition()
    if not checked:
        reader.check_texts(edition)
    if reader.problems:
        raise InputError(list(dict.fromkeys(reader.problems)))
    return edition


def bad_sizes(files: Mapping[str, bytes]) -> Iterator[Problem]:
    """Yield what is wrong with the number, the sizes and the paths of an edition's files."""
    if len(files) > FILE_LIMIT:
        yield Problem(
            "",
            f"the edition has {len(files)} files",
            f"at most {FILE_LIMIT} are read",
            code="edition.too_many_files",
        )
    total = sum(map(len, files.values()))
    if total > TOTAL_LIMIT:
        yield _too_large("the edition", total, TOTAL_LIMIT)
    for name, data in files.items():
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name or str(path) != name:
            yield Problem(
                name,
                "the path leads out of the edition",
                "keep files in its folder",
                code="edition.path_outside",
            )
        limit = PICTURE_LIMIT if path.suffix.lower() in _PICTURES else TEXT_LIMIT
        if len(data) > limit:
            yield _too_large(name, len(data), limit)


class _Reader(TextFiles):
    """Reads the files one kind after another, and collects what is wrong."""

    def edition(self) -> Edition:
        manifest, sheet = self.manifest()
        translations = self.translations()
        if sheet is not None and sheet.table:
            self.check_subjects(manifest, sheet, translations)
        return Edition(
            slug=manifest.slug,
            date=manifest.day,
            season=manifest.season,
            subject=manifest.subject,
            fallback=manifest.fallback,
            translations=translations,
            calendar=self.calendar(),
            members=read_members("members.toml", self.text("members.toml"), self.problems),
            standing=self.standing(),
            pictures=self.pictures(),
            accent=manifest.accent,
            accent_dark=manifest.accent_dark,
        )

    def calendar(self) -> tuple[Entry, ...]:
        """Read the edition's own dates, else those that were taken from the calendar."""
        if FROZEN_CALENDAR not in self.files or "calendar.toml" in self.files:
            return read_calendar("calendar.toml", self.text("calendar.toml"), self.problems)
        try:
            return tuple(map(from_text, self.text(FROZEN_CALENDAR).splitlines()))
        except (ValueError, KeyError, TypeError, AttributeError, InputError):
            remedy = "import the edition again"
            self.problems.append(
                Problem(
                    FROZEN_CALENDAR, "the dates cannot be read", remedy, code="edition.bad_dates"
                )
            )
            return ()

    def manifest(self) -> tuple[Manifest, Sheet | None]:
        if "edition.toml" not in self.files:
            remedy = "write it with slug, date, season, subject and fallback"
            self.problems.append(
                Problem("edition.toml", "the file is missing", remedy, code="file.missing")
            )
            return read_manifest("edition.toml", "", [])[0], None
        return read_manifest("edition.toml", self.text("edition.toml"), self.problems)

    def check_subjects(
        self, manifest: Manifest, sheet: Sheet, translations: Mapping[str, Translation]
    ) -> None:
        for code in translations:
            if not manifest.subject.get(code):
                remedy = f'add {code} = "…" below [subject]'
                sheet.problem(
                    "subject", f"there is no subject in {code!r}", remedy, code="edition.no_subject"
                )

    def translations(self) -> dict[str, Translation]:
        found: dict[str, Translation] = {}
        for name in self.files:
            if "/" in name or not name.endswith(".md"):
                continue
            code = name.removesuffix(".md")
            if is_language(code):
                self.translation(name, code.lower(), found)
            else:
                remedy = "name the file by its language, such as en.md, or move it elsewhere"
                problem = Problem(
                    name, f"unknown language code {code!r}", remedy, code="unknown_language"
                )
                self.problems.append(problem)
        if not found and not self.problems:
            remedy = "write at least one, such as en.md"
            self.problems.append(
                Problem(
                    "", "the edition has no text in any language", remedy, code="edition.no_text"
                )
            )
        return found

    def translation(self, name: str, code: str, found: dict[str, Translation]) -> None:
        front = self.front(name)
        if front is None:
            return
        sheet, body, line = front
        sheet.known(("title", "subtitle", "preheader", "description"))
        if not body.strip():
            self.problems.append(
                Problem(
                    f"{name}:{line}", "the file has no text", "write it", code="edition.no_text"
                )
            )
        found[code] = Translation(
            language=code,
            title=sheet.string("title", required='"The name of the bulletin"'),
            subtitle=sheet.string("subtitle"),
            preheader=sheet.string("preheader"),
            description=sheet.string("description"),
            body=body,
            file=name,
            first_line=line,
        )

    def standing(self) -> dict[tuple[str, str], Standing]:
        found: dict[tuple[str, str], Standing] = {}
        for name in self.files:
            if not name.startswith("standing/"):
                continue
            match = _PASSAGE_NAME.fullmatch(name.removeprefix("standing/"))
            if match is None or not is_language(match[2]):
                remedy = "name it standing/NAME.LANGUAGE.md, such as standing/history.en.md"
                self.problems.append(
                    Problem(
                        name, "not a standing block's name", remedy, code="edition.standing_name"
                    )
                )
                continue
            front = self.front(name)
            if front is None:
                continue
            sheet, body, line = front
            sheet.known(("title",))
            title, code = sheet.string("title"), match[2].lower()
            found[match[1], code] = Standing(match[1], code, title, body, name, line)
        return found

    def pictures(self) -> dict[str, Picture]:
        found: dict[str, Picture] = {}
        for name, data in self.files.items():
            if PurePosixPath(name).suffix.lower() not in _PICTURES:
                continue
            if (facts := measure(data)) is None:
                remedy = "save it anew as PNG or JPEG"
                self.problems.append(
                    Problem(name, "this is no PNG or JPEG image", remedy, code="edition.bad_image")
                )
            else:
                found[name] = Picture(name, data, *facts)
        return found

    def check_texts(self, edition: Edition) -> None:
        """Parse every translation, also one that a problem elsewhere keeps from being used."""
        for code in edition.translations:
            try:
                document.read(edition, code, Links().values(), None)
            except InputError as error:
                self.problems += error.problems
