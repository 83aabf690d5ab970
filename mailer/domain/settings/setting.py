"""Kinds of setting values: one reader for each kind.

A reader takes what a file or a variable holds and returns the value, or says what is wrong with
it and how to mend it. Nothing here reads files; `mailer.config` does.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from mailer.domain.campaigns.rate_limit import RateLimit, parse_rate_limit
from mailer.domain.settings.listen_url import ListenUrl
from mailer.domain.settings.mailbox_url import MailboxUrl
from mailer.domain.settings.relay_url import RelayUrl
from mailer.domain.settings.store_url import parse_store_url
from mailer.domain.settings.transport_url import Destination, TransportUrl, parse_destination
from mailer.domain.settings.web_place import WebPlace, parse_network, parse_origin, parse_public_url
from mailer.errors import Problem

T = TypeVar("T")

_DOMAIN: Final = re.compile(
    r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
    r"(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+"
)


NO_BREAK: Final = "\u00a0\u202f"
"""No-break spaces, which French sets before its marks."""


class SettingError(ValueError):
    """A value that a setting cannot have; `place` in its problems is the item, or empty."""

    def __init__(self, text: str, remedy: str) -> None:
        """Describe the error, and how to correct it."""
        self.problems: tuple[Problem, ...] = (Problem("", text, remedy, code="setting.bad_value"),)
        super().__init__(text)

    @classmethod
    def of(cls, problems: list[Problem]) -> SettingError:
        """Gather the problems of several items; there must be at least one."""
        error = cls(problems[0].text, problems[0].remedy)
        error.problems = tuple(problems)
        return error


class DkimKey(NamedTuple):
    """A key that signs for a domain; its public half is at `selector._domainkey.domain`."""

    domain: str
    selector: str
    file: Path
    """PEM, PKCS #8, without a password; RSA or Ed25519."""


def text(value: Any) -> str:
    """Read a text on one line."""
    if not isinstance(value, str):
        raise SettingError(f"this is {kind_of(value)}, not a text", "put it between quotes")
    if any(not character.isprintable() and character not in NO_BREAK for character in value):
        raise SettingError("it holds a line break or control character", "write it on one line")
    return value.strip()


def path(value: Any) -> Path:
    """Read the path of a file or folder; `~` is the user's home."""
    if isinstance(value, Path):
        return value.expanduser()
    if not (written := text(value)):
        raise SettingError("it is empty", "give a path, or remove the setting")
    return Path(written).expanduser()


def either(options: Sequence[str]) -> str:
    """Write some choices, of which one is taken."""
    return f"{', '.join(options[:-1])} or {options[-1]}"


def choice(*options: str) -> Callable[[Any], str]:
    """Make a reader of one of a few words."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or (word := value.strip().lower()) not in options:
            shown = f'"{value}"' if isinstance(value, str) else kind_of(value)
            raise SettingError(f"{shown} is not one of the choices", f"use {either(options)}")
        return word

    return read


def whole(least: int, most: int, multiple: int = 1) -> Callable[[Any], int]:
    """Make a reader of whole numbers from `least` to `most`."""
    remedy = f"give a whole number from {least} to {most}"
    remedy += f" that is a multiple of {multiple}" if multiple > 1 else ""

    def read(value: Any) -> int:
        number = _number(value, remedy)
        if number != int(number) or not least <= number <= most or int(number) % multiple:
            raise SettingError(f"{_shown(value)} does not fit", remedy)
        return int(number)

    return read


def real(least: float, most: float, unit: str) -> Callable[[Any], float]:
    """Make a reader of numbers from `least` to `most`; `unit` is its plural, for the message."""
    remedy = f"give {unit} from {least:g} to {most:g}"

    def read(value: Any) -> float:
        number = _number(value, remedy)
        if not least <= number <= most:
            raise SettingError(f"{_shown(value)} does not fit", remedy)
        return number

    return read


def items(one: Callable[[Any], T], *, least: int = 0) -> Callable[[Any], tuple[T, ...]]:
    """Make a reader of a list; in a variable, commas part its items, or it is JSON."""

    def read(value: Any) -> tuple[T, ...]:
        found, problems = [], []
        for number, item in enumerate(_list(value), start=1):
            try:
                found.append(one(item))
            except SettingError as error:
                problems += [replace(one, place=f"item {number}") for one in error.problems]
        if problems:
            raise SettingError.of(problems)
        if len(found) < least:
            raise SettingError("the list is empty", "name at least one")
        if twice := next((item for at, item in enumerate(found) if item in found[:at]), None):
            raise SettingError(f'"{twice}" is there twice', "remove one of them")
        return tuple(found)

    return read


def language(value: Any) -> str:
    """Read a language's code (BCP 47: `en`, `pt-BR`, `zh-Hant`) that Babel has data for."""
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415  # slow, and seldom needed

    code = text(value)
    try:
        locale = Locale.parse(code, sep="_" if "_" in code else "-")
    except (ValueError, UnknownLocaleError):
        raise SettingError(
            f'"{code}" is not the code of a known language',
            "use codes such as en, fr, es or pt-BR",
        ) from None
    parts = (locale.language, locale.script, locale.territory)
    return "-".join(part for part in parts if part and part.lower() in code.lower())


def domain(value: Any) -> str:
    """Read a domain name, or nothing; returns it in lower case, as A-labels (RFC 5891)."""
    name = text(value).lower().rstrip(".")
    if not name:
        return ""
    if not name.isascii():
        import idna  # noqa: PLC0415  # seldom needed

        try:
            name = idna.encode(name, uts46=True).decode()
        except idna.IDNAError:
            raise _not_a_domain(name) from None
    if not _DOMAIN.fullmatch(name):
        raise _not_a_domain(name)
    return name


def _not_a_domain(name: str) -> SettingError:
    return SettingError(
        f'"{name}" is not a domain name', "write it like lists.example.org, without @ or http"
    )


def address(value: Any) -> str:
    """Read a mail address, or nothing. Does not check that it exists."""
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415  # slow

    written = text(value)
    if not written:
        return ""
    try:
        found = validate_email(written, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise SettingError(
            f'"{written}" is not a mail address', "write it like office@example.org, without a name"
        ) from None
    return found.normalized


def mailbox(value: Any) -> str:
    """Read the local part of the list's addresses, short enough to carry signed additions."""
    name = text(value).lower()
    if not re.fullmatch(r"[a-z0-9](?:[a-z0-9.-]{0,22}[a-z0-9])?", name) or ".." in name:
        raise SettingError(
            f'"{name}" cannot be the part before the @',
            "use 1 to 24 small letters, digits, dots and hyphens, such as bulletin",
        )
    return name


def names(value: Any) -> str | dict[str, str]:
    """Read one name, or a name for each language: `{ en = "Bulletin", fr = "Bulletin" }`."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        value = from_json(value)
    if not isinstance(value, Mapping):
        return text(value)
    problems, found = [], {}
    for code, name in value.items():
        try:
            found[language(code)] = text(name)
        except SettingError as error:
            problems += [replace(one, place=str(code)) for one in error.problems]
    if problems:
        raise SettingError.of(problems)
    return found


def parsed(kind: type[T] | tuple[type[T], ...], parse: Callable[[str], T]) -> Callable[[Any], T]:
    """Make a reader of what has a parser of its own; that complains as `what is wrong; remedy`.

    What is wrong is said without repeating it, because it may hold a password.
    """

    def read(value: Any) -> T:
        if isinstance(value, kind):
            return value
        written = text(value)
        try:
            return parse(written)
        except ValueError as error:
            raise _split(error) from None

    return read


relay: Final[Callable[[Any], Destination]] = parsed((RelayUrl, TransportUrl), parse_destination)
rate_limit: Final = parsed(RateLimit, parse_rate_limit)
listen: Final = parsed(ListenUrl, ListenUrl.parse)


def web_place(value: Any) -> WebPlace | None:
    """Read where pages are served, or nothing."""
    if isinstance(value, str) and not value.strip():
        return None
    return parsed(WebPlace, WebPlace.parse)(value) if value is not None else None


def network(value: Any) -> str:
    """Read an address or a network of addresses; returns it in its usual form."""
    written = text(value)
    try:
        return str(parse_network(written))
    except ValueError as error:
        raise _split(error) from None


def origin(value: Any) -> str:
    """Read the origin of a website."""
    written = text(value)
    try:
        return parse_origin(written)
    except ValueError as error:
        raise _split(error) from None


def imap_url(value: Any) -> str:
    """Read which mailbox mail is fetched from, or nothing; never repeats the URL."""
    url = text(value)
    if url:
        parsed(MailboxUrl, MailboxUrl.parse)(url)
    return url


def dkim_key(value: Any) -> DkimKey:
    """Read `{ domain = …, selector = …, file = … }`, or those three as words in that order."""
    if isinstance(value, DkimKey):
        return value
    if isinstance(value, str) and len(words := value.split(maxsplit=2)) == 3:
        value = dict(zip(DkimKey._fields, words, strict=True))
    if not isinstance(value, Mapping) or set(value) != set(DkimKey._fields):
        raise SettingError(
            "a key has a domain, a selector and a file",
            'write { domain = "example.org", selector = "mailer-ed", file = "keys/ed.pem" }',
        )
    selector = text(value["selector"]).lower()
    if not re.fullmatch(r"[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?", selector):
        raise SettingError(
            f'"{selector}" cannot be a selector', "use small letters, digits and hyphens"
        )
    if not (signs_for := domain(value["domain"])):
        raise SettingError("the domain of a key is empty", "name the domain that it signs for")
    return DkimKey(signs_for, selector, path(value["file"]))


UNSIGNED: Final = (
    *("message-id", "date", "feedback-id", "sender", "mime-version", "content-language"),
    *("in-reply-to", "references", "auto-submitted"),
    *("list-id", "list-help", "list-subscribe", "list-owner", "list-post", "list-archive"),
)
"""The fields that a signature may leave out. Not From (RFC 6376 section 5.4), those for leaving and
complaining (RFC 8058 section 4, RFC 9477 section 3.1), and those that a forger would change."""


def unsigned(value: Any) -> str:
    """Read the name of a header field that signatures leave out; returns small letters."""
    name = text(value).lower().removesuffix(":").strip()
    if name not in UNSIGNED:
        raise SettingError(f'"{name}" cannot be left out of a signature', f"use {either(UNSIGNED)}")
    return name


def public_url(value: Any) -> str:
    """Read the address under which the web pages are reached, or nothing."""
    return _parsed_or_empty(value, parse_public_url)


def redis_url(value: Any) -> str:
    """Read where the store is, or nothing for the embedded one; never repeats the URL."""
    return _parsed_or_empty(value, parse_store_url)


def _parsed_or_empty(value: Any, parse: Callable[[str], str]) -> str:
    written = text(value)
    try:
        return parse(written) if written else ""
    except ValueError as error:
        raise _split(error) from None


def _split(error: ValueError) -> SettingError:
    """Part a message of the form `what is wrong; remedy`."""
    wrong, _, remedy = str(error).rstrip(".").partition("; ")
    return SettingError(wrong, remedy)


def _list(value: Any) -> list[Any]:
    if isinstance(value, str):
        written = value.strip()
        if written.startswith("["):
            value = from_json(written)
        else:
            value = [item for item in written.split(",") if item.strip()]
    if isinstance(value, Mapping) or not isinstance(value, list | tuple):
        raise SettingError(
            f"this is {kind_of(value)}, not a list", 'write ["first", "second"], with brackets'
        )
    return list(value)


def from_json(written: str) -> Any:
    """Read JSON, as variables hold lists and tables."""
    try:
        return json.loads(written)
    except ValueError:
        said, remedy = "it begins like JSON but is not", "check its brackets, quotes and commas"
        raise SettingError(said, remedy) from None


def _number(value: Any, remedy: str) -> float:
    if isinstance(value, str):
        try:
            value = int(value) if value.strip().lstrip("-").isdecimal() else float(value)
        except ValueError:
            raise SettingError(f'"{value}" is not a number', remedy) from None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise SettingError(f"this is {kind_of(value)}, not a number", remedy)
    return value


def _shown(value: Any) -> str:
    return str(value) if len(str(value)) <= 40 else f"{str(value)[:40]}…"


def kind_of(value: Any) -> str:
    """Name what a file held, without showing it, because it may be a secret."""
    kinds: tuple[tuple[Any, str], ...] = (
        (bool, "true or false"),
        (str, "a text"),
        (int | float, "a number"),
        (Mapping, "a table"),
        (list | tuple, "a list"),
    )
    return next((words for kind, words in kinds if isinstance(value, kind)), "a date or time")
