"""Reads a template from its folder or from its files as kept, and says all that is wrong at once.

A folder holds `template.toml` and one Markdown file for each language, such as `fr.md`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from mailer.content.language.words import words_for
from mailer.content.parsing.containers import SHAPES, Container, Part, split
from mailer.content.parsing.manifest import SLUG, Sheet, is_language
from mailer.content.parsing.text_files import TextFiles
from mailer.content.transactional import dialect, writing
from mailer.content.transactional.dialect import Marks
from mailer.domain.transactional import variable as variables
from mailer.domain.transactional.template import Template, Wording
from mailer.domain.transactional.variable import MOST_VARIABLES, NAME, SCALARS, Kind, Variable
from mailer.errors import InputError, Problem

MANIFEST: Final = "template.toml"
FILE_LIMIT: Final = 64 * 1024
"""Octets of one file."""
MOST_FILES: Final = 50
BLOCKS: Final = frozenset({"box", "button", "call", "quote"})
"""The containers that a template may have: those that need nothing but its own text."""

_KEYS: Final = ("slug", "topic", "description", "languages", "subject", "variables")
_VARIABLE_KEYS: Final = ("type", "required", "example", "description", "of")
_RESERVED: Final = frozenset(
    {"loop", "true", "false", "none", "and", "or", "not", "in", "is", "if"}
)


def collect_files(folder: Path) -> dict[str, bytes]:
    """Gather a template's files by name. Nothing outside of the folder is read.

    Raises:
        InputError: the folder has no `template.toml`, or a file cannot be read or leads elsewhere.
    """
    if not (folder / MANIFEST).is_file():
        remedy = f"name the folder that holds {MANIFEST} and one .md file per language"
        said = "this is not a template's folder"
        raise InputError.of(str(folder), said, remedy, code="template.no_folder")
    found: dict[str, bytes] = {}
    problems: list[Problem] = []
    for path in sorted(folder.iterdir()):
        if path.name != MANIFEST and path.suffix != ".md":
            continue
        if not path.resolve().is_relative_to(folder.resolve()):
            remedy = "put a copy of the file in its place"
            said = "this link leads out of the folder"
            problems.append(Problem(path.name, said, remedy, code="template.path_outside"))
            continue
        try:
            with path.open("rb") as file:
                found[path.name] = file.read(FILE_LIMIT + 1)
        except OSError as error:
            remedy = "check that it is a file and that you may read it"
            said = f"cannot be read: {error.strerror}"
            problems.append(Problem(path.name, said, remedy, code="file.unreadable"))
    if problems:
        raise InputError(problems)
    return found


def load_files(
    files: Mapping[str, bytes], topics: Sequence[str] | None = None, *, checked: bool = False
) -> Template:
    """Read a template from its files.

    Args:
        files: their octets, by name.
        topics: what readers can subscribe to; None: not asked.
        checked: whether the same files were read before: then nothing is written with the examples.

    Raises:
        InputError: something is wrong with them; each problem by file, line and remedy.
    """
    problems = list(_bad_files(files))
    if problems:
        raise InputError(problems)
    reader = _Reader(files, checked=checked)
    template = reader.template(topics)
    if not checked and not reader.problems:
        reader.write(template)
    if reader.problems:
        raise InputError(list(dict.fromkeys(reader.problems)))
    return template


def _bad_files(files: Mapping[str, bytes]) -> Iterator[Problem]:
    if MANIFEST not in files:
        remedy = "write it with slug, languages and subject"
        yield Problem(MANIFEST, "the file is missing", remedy, code="file.missing")
    if len(files) > MOST_FILES:
        said = f"there are {len(files)} files"
        remedy = f"at most {MOST_FILES} are read"
        yield Problem("", said, remedy, code="template.too_many_files")
    for name, data in files.items():
        if name != MANIFEST and not ("/" not in name and name.endswith(".md")):
            remedy = f"keep {MANIFEST} and one .md file per language"
            said = "this file has no place in a template"
            yield Problem(name, said, remedy, code="template.bad_file")
        if len(data) > FILE_LIMIT:
            said = f"the file has more than {FILE_LIMIT // 1024} KB"
            yield Problem(name, said, "make it smaller", code="file.too_large")


class _Reader(TextFiles):
    """Reads the manifest, then each language, and collects what is wrong."""

    def __init__(self, files: Mapping[str, bytes], *, checked: bool) -> None:
        super().__init__(files)
        self.checked = checked

    def template(self, topics: Sequence[str] | None) -> Template:
        before = len(self.problems)
        sheet = Sheet(MANIFEST, self.text(MANIFEST), self.problems)
        if len(self.problems) > before:
            return Template("", "", (), {}, {})
        sheet.known(_KEYS)
        slug = sheet.string("slug", required='"registration"')
        if slug and not SLUG.fullmatch(slug):
            remedy = "use small letters, digits and hyphens, at most 64, such as registration"
            sheet.problem("slug", f"the slug {slug!r} cannot be a name", remedy, code="bad_id")
        topic = sheet.string("topic")
        if topic and topics is not None and topic not in topics:
            remedy = f"use one of {', '.join(topics)}, or leave it out"
            sheet.problem("topic", f"there is no topic {topic!r}", remedy, code="unknown_topic")
        declared = _Variables(sheet).read()
        languages = self.languages(sheet)
        subjects = sheet.texts("subject", required=True)
        return Template(
            slug=slug,
            topic=topic,
            languages=languages,
            variables=declared,
            wordings=self.wordings(sheet, languages, subjects, declared),
            description=sheet.string("description"),
        )

    def languages(self, sheet: Sheet) -> tuple[str, ...]:
        found = tuple(dict.fromkeys(code.lower() for code in sheet.strings("languages")))
        if not found:
            remedy = 'write languages = ["en", "fr"]'
            said = "no languages are named"
            sheet.problem("languages", said, remedy, code="template.language")
        known = [code for code in found if sheet.language("languages", code)]
        for name in self.files:
            code = name.removesuffix(".md")
            if name != MANIFEST and code.lower() not in found:
                remedy = f'add "{code}" to languages in {MANIFEST}, or remove the file'
                said = "its language is not named"
                self.problems.append(Problem(name, said, remedy, code="template.language"))
        return tuple(known)

    def wordings(
        self,
        sheet: Sheet,
        languages: Sequence[str],
        subjects: Mapping[str, str],
        declared: Mapping[str, Variable],
    ) -> dict[str, Wording]:
        names = {name.removesuffix(".md").lower(): name for name in self.files}
        found: dict[str, Wording] = {}
        for code in languages:
            if not subjects.get(code):
                said = f"there is no subject in {code!r}"
                remedy = f'add {code} = "…"'
                sheet.problem("subject", said, remedy, code="template.language")
            if code not in names:
                remedy = f'write it, or remove "{code}" from languages'
                said = "the file is missing"
                self.problems.append(Problem(f"{code}.md", said, remedy, code="template.language"))
            elif (wording := self.wording(names[code], code, subjects.get(code, ""))) is not None:
                found[code] = wording
                if not self.checked:
                    self.check(wording, declared, sheet)
        for code in set(subjects) - set(languages):
            if is_language(code):
                said = f"{code!r} is not among the languages"
                sheet.problem("subject", said, "add or remove it", code="template.language")
        return found

    def wording(self, name: str, code: str, subject: str) -> Wording | None:
        front = self.front(name)
        if front is None:
            return None
        sheet, body, line = front
        sheet.known(("title", "preheader"))
        if not body.strip():
            place = f"{name}:{line}"
            said = "the file has no text"
            self.problems.append(Problem(place, said, "write it", code="template.language"))
        title = sheet.string("title", required='"Your registration"')
        return Wording(code, subject, title, sheet.string("preheader"), body, name, line)

    def check(self, wording: Wording, declared: Mapping[str, Variable], sheet: Sheet) -> None:
        """Find what is wrong with a text's notation, and with its blocks whatever the data is."""
        line = sheet.line_of("subject")
        self.problems += dialect.check(wording.subject, line, MANIFEST, declared)
        for text in (wording.title, wording.preheader):
            self.problems += dialect.check(text, 1, wording.file, declared)
        before = len(self.problems)
        place = (wording.first_line, wording.file)
        self.problems += dialect.check(wording.body, *place, declared)
        if len(self.problems) > before:
            return
        marks = Marks(words_for(wording.language))
        flat = dialect.flattened(wording.body, declared, marks)
        parts, _ = split(flat, *place)
        foreign = list(_foreign(parts))
        for part in foreign:
            said = f"the block {part.name!r} has no place in a template"
            remedy = f"use one of {', '.join(sorted(BLOCKS))}"
            self.problems.append(
                Problem(f"{wording.file}:{part.line}", said, remedy, code="template.block")
            )
        if foreign:
            return
        try:
            alone = Template("", "", (wording.language,), declared, {wording.language: wording})
            writing.filled(writing.parsed(alone, wording, flat), marks, wording.file)
        except InputError as error:
            self.problems += error.problems

    def write(self, template: Template) -> None:
        """Write every language with the examples: all of them, and those that are required."""
        for all_given in (True, False):
            data = template.examples(all_given=all_given)
            given = data | {
                name: variables.empty(one)
                for name, one in template.variables.items()
                if name not in data
            }
            for code, wording in template.wordings.items():
                try:
                    writing.write(template, code, given)
                except InputError as error:
                    which = "all examples" if all_given else "the examples of what is required only"
                    self.problems += [
                        Problem(
                            one.place or wording.file,
                            f"{one.text} (with {which})",
                            one.remedy,
                            code=one.code,
                        )
                        for one in error.problems
                    ]


def _foreign(parts: Sequence[Part]) -> Iterator[Container]:
    for part in parts:
        if isinstance(part, Container):
            if part.name in SHAPES and part.name not in BLOCKS:
                yield part
            yield from _foreign(part.parts)


class _Variables:
    """Reads the declarations."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet

    def read(self) -> dict[str, Variable]:
        table = self.sheet.table.get("variables", {})
        if not isinstance(table, dict):
            self._wrong("variables", "this is no table", "write [variables.NAME] for each")
            return {}
        if len(table) > MOST_VARIABLES:
            said = f"there are {len(table)} variables"
            self._wrong("variables", said, f"declare at most {MOST_VARIABLES}")
            return {}
        found = ((name, self._one(name, given)) for name, given in table.items())
        return {name: one for name, one in found if one is not None}

    def _one(self, name: str, given: Any) -> Variable | None:
        key = f"variables.{name}"
        if not NAME.fullmatch(name) or name in _RESERVED:
            remedy = "use small letters, digits and _, such as first_name"
            self._wrong(key, f"{name!r} cannot be a variable's name", remedy)
            return None
        if not isinstance(given, dict):
            self._wrong(key, f"{name!r} is no table", f"write [{key}] with type and example")
            return None
        part = Sheet(
            self.sheet.file, self.sheet.text, self.sheet.problems, table=given
        )  # its lines are those of the whole
        part.known(_VARIABLE_KEYS)
        kind = self._kind(key, given.get("type"))
        if kind is None:
            return None
        of = self._of(key, kind, given)
        made = Variable(
            name,
            kind,
            part.flag("required", usual=True),
            description=part.string("description"),
            of=of,
        )
        if "example" not in given:
            self._wrong(key, f"{name!r} has no example", "write example = …")
            return made
        before = len(self.sheet.problems)
        found: list[Problem] = []
        example = variables.value_of(made, given["example"], "", found)
        for one in found:
            where = f" (item{one.place.replace('.', ' ')})" if one.place else ""
            said = f"the example of {name!r} does not fit{where}: {one.text}"
            self._wrong(key, said, one.remedy)
        if len(self.sheet.problems) == before and example in ("", []) and made.required:
            self._wrong(key, f"the example of {name!r} is empty", "write one that shows it")
        return Variable(name, kind, made.required, example, made.description, of)

    def _wrong(self, key: str, said: str, remedy: str) -> None:
        self.sheet.problem(key, said, remedy, code="template.variable")

    def _kind(self, key: str, written: Any) -> Kind | None:
        if isinstance(written, str) and written in list(Kind):
            return Kind(written)
        said = "the type is missing" if written is None else f"there is no type {written!r}"
        self._wrong(key, said, f"use one of {', '.join(Kind)}")
        return None

    def _of(self, key: str, kind: Kind, given: Mapping[str, Any]) -> Kind | dict[str, Kind]:
        written = given.get("of", "text")
        if kind is not Kind.LIST:
            if "of" in given:
                self._wrong(key, "only a list has 'of'", "remove it")
            return Kind.TEXT
        remedy = 'write of = "text", or of = { title = "text", when = "date" }'
        if isinstance(written, str) and written in SCALARS:
            return Kind(written)
        fits = (
            isinstance(written, dict)
            and 0 < len(written) <= variables.MOST_FIELDS
            and all(NAME.fullmatch(one) and type_ in SCALARS for one, type_ in written.items())
        )
        if not fits:
            self._wrong(key, "'of' does not tell what the items are", remedy)
            return Kind.TEXT
        return {name: Kind(type_) for name, type_ in written.items()}
