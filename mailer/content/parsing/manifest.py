"""Reads an edition's TOML: `edition.toml`, `members.toml` and front matter.

Everything that is wrong is collected with its line and its remedy; reading goes on with a value
that cannot hurt, so that a secretary sees all problems at once.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any, Final

from mailer.content.language.words import SOURCE_LOCALE, locale_of
from mailer.errors import Problem

SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")
_SUSPECT: Final = re.compile(r"[^ -~\xa0-\u1fff\u2030-\ud7ff]")
"""The characters that `unsuitable` looks at more closely; most texts hold few of them."""
_PLACE: Final = re.compile(r" \(at line (\d+), column \d+\)$")
EPOCH: Final = date(1970, 1, 1)
_LONGEST: Final = 1000
"""Characters in one value: a title longer than this is a mistake."""
LONGEST_TEXT: Final = 4000
"""Characters in a value of several lines."""


class Sheet:
    """A table of a TOML file with the means to say where in it something is wrong."""

    def __init__(
        self,
        file: str,
        text: str,
        problems: list[Problem],
        *,
        table: Mapping[str, Any] | None = None,
        offset: int = 0,
    ) -> None:
        """Parse a text, or wrap one of its tables.

        Args:
            file: its name, for messages.
            text: the TOML, or as much of it as belongs to the table.
            problems: where to put what is wrong.
            table: the values, where they were parsed already.
            offset: how many lines of the file come before the text.
        """
        self.file, self.text, self.problems, self.offset = file, text, problems, offset
        self.table = self._parsed() if table is None else table

    def _parsed(self) -> Mapping[str, Any]:
        try:
            return tomllib.loads(self.text)
        except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
            place = _PLACE.search(str(error))
            line = self.offset + (int(place[1]) if place else 1)
            said = _PLACE.sub("", str(error)) or "too deeply nested"
            self.problems.append(
                Problem(
                    f"{self.file}:{line}",
                    f"this is not valid TOML: {said}",
                    'write each value as key = "text", a date as 2023-04-12, once per key',
                    code="toml.syntax",
                )
            )
            return {}

    def line_of(self, key: str) -> int:
        """Tell on which line a key (or the table of that name) stands; the first if nowhere."""
        name = re.escape(key)
        found = re.search(rf"^[ \t]*(?:{name}[ \t]*[=.]|\[+{name}[\].])", self.text, re.MULTILINE)
        before = self.text[: found.start()].count("\n") if found else 0
        return self.offset + before + 1

    def problem(self, key: str, text: str, remedy: str, *, code: str) -> None:
        """Note what is wrong with a key."""
        self.problems.append(Problem(f"{self.file}:{self.line_of(key)}", text, remedy, code=code))

    def known(self, keys: Sequence[str]) -> None:
        """Complain about keys that nothing reads: they are misspelt as a rule."""
        for key in self.table:
            if key not in keys:
                near = get_close_matches(key, keys, 1)
                meant = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(keys)}"
                self.problem(key, f"unknown key {key!r}", meant, code="toml.unknown_key")

    def string(self, key: str, *, required: str = "") -> str:
        """Read a text of one line; `required` is an example to show where it is missing."""
        value = self.table.get(key)
        if value is None:
            if required:
                self.problem(
                    key, f"{key!r} is missing", f"write {key} = {required}", code="missing"
                )
            return ""
        return self._line(key, value)

    def _line(self, key: str, value: object) -> str:
        if not isinstance(value, str):
            self.problem(
                key,
                f"{key!r} is not a text",
                "put it between quotation marks",
                code="toml.bad_value",
            )
            return ""
        if len(value) > _LONGEST:
            self.problem(
                key, f"{key!r} is too long", f"keep it under {_LONGEST} characters", code="too_long"
            )
            return ""
        if bad := unsuitable(value, lines=False):
            self.problem(
                key,
                f"{key!r} contains {bad}",
                "keep it on one line of plain characters",
                code="bad_text",
            )
            return ""
        return value.strip()

    def texts(self, key: str, *, required: bool = False, lines: bool = False) -> dict[str, str]:
        """Read a table of texts by language; with `lines`, of texts of several lines."""
        value = self.table.get(key)
        if value is None:
            if required:
                self.problem(
                    key, f"{key!r} is missing", f'write {key} = {{ en = "…" }}', code="missing"
                )
            return {}
        if not isinstance(value, dict):
            self.problem(
                key,
                f"{key!r} is not given by language",
                f'write {key} = {{ en = "…" }}',
                code="toml.bad_value",
            )
            return {}
        for code in value:
            self.language(key, code)
        read = self._lines if lines else self._line
        return {code.lower(): read(key, text) for code, text in value.items()}

    def _lines(self, key: str, value: object) -> str:
        if not isinstance(value, str) or len(value) > LONGEST_TEXT:
            said = f"{key!r} is no text of at most {LONGEST_TEXT} characters"
            self.problem(
                key,
                said,
                "put it between quotation marks, and keep it short",
                code="toml.bad_value",
            )
            return ""
        if bad := unsuitable(value, lines=True):
            self.problem(key, f"{key!r} contains {bad}", "use plain characters", code="bad_text")
            return ""
        return value.strip()

    def strings(self, key: str) -> tuple[str, ...]:
        """Read a list of texts."""
        value = self.table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.problem(
                key,
                f"{key!r} is not a list of texts",
                f'write {key} = ["…", "…"]',
                code="toml.bad_value",
            )
            return ()
        return tuple(self._line(key, item) for item in value)

    def flag(self, key: str, *, usual: bool) -> bool:
        """Read a yes or no."""
        value = self.table.get(key, usual)
        if not isinstance(value, bool):
            self.problem(
                key,
                f"{key!r} is neither true nor false",
                f"write {key} = true",
                code="toml.bad_value",
            )
            return usual
        return value

    def language(self, key: str, code: str) -> bool:
        """Check a language code; true if it is one."""
        if is_language(code):
            return True
        self.problem(
            key,
            f"unknown language code {code!r}",
            "use codes such as en, fr, es, pt-br",
            code="unknown_language",
        )
        return False

    def day(self, key: str) -> date:
        """Read a date that must be there."""
        value = self.table.get(key)
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        said = f"{key!r} is missing" if value is None else f"{key!r} is not a date: {value}"
        self.problem(
            key,
            said,
            f"write {key} = 2023-04-12, with no quotation marks",
            code="missing" if value is None else "bad_time",
        )
        return EPOCH

    def colour(self, key: str) -> str:
        """Read a colour, or nothing."""
        value = self.string(key)
        if value and not _COLOUR.fullmatch(value):
            self.problem(
                key,
                f"{key!r} is not a colour: {value}",
                f'write {key} = "#1b3a5c"',
                code="toml.bad_value",
            )
            return ""
        return value.lower()


def is_language(code: str) -> bool:
    """Tell whether a code names a language that CLDR knows."""
    return bool(re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", code)) and bool(locale_of(code))


def unsuitable(text: str, *, lines: bool) -> str:
    """Name the first character of a text that no mail should carry; empty if there is none.

    Refuses control characters, line and paragraph separators, noncharacters and the private-use
    range that slots are marked with. Takes tabs and line feeds only where `lines` is true.
    """
    for sign in _SUSPECT.findall(text):
        code = ord(sign)
        control = code < 0x20 or 0x7F <= code <= 0x9F or code in {0x2028, 0x2029}
        if control and not (lines and sign in "\n\t"):
            return f"the control character U+{code:04X}"
        if 0xE000 <= code <= 0xF8FF or code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF:
            return f"the character U+{code:04X}, which has no meaning to others"
    return ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The contents of `edition.toml`."""

    slug: str
    day: date
    season: Mapping[str, str]
    subject: Mapping[str, str]
    fallback: tuple[str, ...]
    accent: str
    accent_dark: str


_EDITION_KEYS: Final = ("slug", "date", "season", "subject", "fallback", "accent", "accent_dark")


def read_manifest(file: str, text: str, problems: list[Problem]) -> tuple[Manifest, Sheet]:
    """Read `edition.toml`; the sheet serves to say more about its lines."""
    before = len(problems)
    sheet = Sheet(file, text, problems)
    if len(problems) > before:
        return Manifest("", EPOCH, {}, {}, (), "", ""), sheet
    sheet.known(_EDITION_KEYS)
    slug = sheet.string("slug", required='"spring-2023"')
    if slug and not SLUG.fullmatch(slug):
        remedy = "use small letters, digits and hyphens, at most 64, such as spring-2023"
        sheet.problem(
            "slug", f"the slug {slug!r} cannot stand in a web address", remedy, code="bad_id"
        )
    fallback = tuple(code.lower() for code in sheet.strings("fallback"))
    for code in fallback:
        sheet.language("fallback", code)
    subject = sheet.texts("subject", required=True)
    return Manifest(
        slug=slug,
        day=sheet.day("date"),
        season=sheet.texts("season", required=True),
        subject=subject,
        fallback=fallback or tuple(subject),
        accent=sheet.colour("accent"),
        accent_dark=sheet.colour("accent_dark"),
    ), sheet


def read_members(file: str, text: str, problems: list[Problem]) -> tuple[str, ...]:
    """Read `members.toml`: territory codes, each once."""
    sheet = Sheet(file, text, problems)
    sheet.known(("codes",))
    codes = sheet.strings("codes")
    source = locale_of(SOURCE_LOCALE.replace("_", "-"))
    names = source.territories if source else {}
    for code in dict.fromkeys(codes):
        if (
            len(code) != 2
            or not code.isupper()
            or not (code in names or (code[0] == "X" and code.isascii() and code.isalpha()))
        ):
            remedy = "use two capital letters (ISO 3166-1), such as UY; XA to XZ are free"
            sheet.problem(
                "codes",
                f"{code!r} is no territory's code",
                remedy,
                code="edition.unknown_territory",
            )
        elif codes.count(code) > 1:
            sheet.problem(
                "codes",
                f"{code!r} stands twice in the list",
                "keep one of them",
                code="edition.territory_twice",
            )
    return tuple(dict.fromkeys(codes))
