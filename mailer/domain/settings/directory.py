"""Directories that the list is kept in step with, as the settings name them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from mailer.domain.directories.schedule import span, time_of_day
from mailer.domain.settings.setting import (
    SettingError,
    either,
    items,
    parsed,
    path,
    real,
    text,
)
from mailer.domain.settings.topic_tables import topic_id
from mailer.errors import Problem

SCHEMES: Final = ("ldap", "ldaps")
ATTRIBUTES: Final = ("address", "language", "topics", "tags", "name")
"""What of a reader can come from an attribute."""
USUAL: Final = {"address": "mail", "language": "preferredLanguage", "name": "displayName"}
"""Attributes of inetOrgPerson (RFC 2798)."""
MOST_REMOVALS: Final = 5.0
_NEAR: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", re.ASCII)
_ATTRIBUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}(?:;[A-Za-z0-9-]{1,60}){0,3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Directory:
    """One directory."""

    name: str
    source: str
    """A URL of LDAP, or the path of a CSV file."""
    base: str = ""
    filter: str = "(mail=*)"
    attributes: Mapping[str, str] = field(default_factory=lambda: dict(USUAL))
    bind: str = ""
    """The name to sign in with; empty: as nobody."""
    password_file: Path | None = None
    starttls: bool = False
    ca_file: Path | None = None
    topics: tuple[str, ...] = ()
    """Of readers whom it brings in and of whose topics it says nothing; empty: the first."""
    language: str = ""
    most_removals: float = MOST_REMOVALS
    """How many of a hundred of its readers may go at once."""
    every: timedelta | None = None
    """None: only by hand."""
    at: time = time(3)

    @property
    def is_ldap(self) -> bool:
        """Tell whether it is asked over the network."""
        return urlsplit(self.source).scheme.lower() in SCHEMES

    def __str__(self) -> str:
        """Its name, for lists of settings."""
        return self.name


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise SettingError("this is neither true nor false", "write true or false, without quotes")
    return value


def _attributes(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise SettingError("this is no table", 'write { address = "mail", name = "cn" }')
    found = {name: text(attribute) for name, attribute in value.items()}
    if unknown := sorted(set(found) - set(ATTRIBUTES)):
        raise SettingError(f'"{unknown[0]}" is nothing of a reader', f"use {either(ATTRIBUTES)}")
    if wrong := [one for one in found.values() if not _ATTRIBUTE.fullmatch(one)]:
        raise SettingError(f'"{wrong[0]}" is no name of an attribute', "write it like mail")
    return {"address": USUAL["address"], **found}


_READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "source": text,
    "base": text,
    "filter": text,
    "attributes": _attributes,
    "bind": text,
    "password_file": path,
    "starttls": _flag,
    "ca_file": path,
    "topics": items(topic_id, least=1),
    "language": text,
    "most_removals": real(0, 100, "percent"),
    "every": parsed(timedelta, span),
    "at": parsed(time, time_of_day),
}


def directory(name: str, value: Any) -> Directory:
    """Read one directory.

    Raises:
        SettingError: with all that is wrong with it; never repeats a password.
    """
    if not _NAME.fullmatch(name):
        raise SettingError(f'"{name[:40]}" cannot name a directory', "use small letters and digits")
    if isinstance(value, Directory):
        return value
    if not isinstance(value, Mapping):
        raise SettingError("a directory is a table", f'write [sync.{name}], then source = "…"')
    found: dict[str, Any] = {}
    problems = []
    for title, written in value.items():
        reader = _READERS.get(title)
        if reader is None:
            remedy = f"use {either(tuple(_READERS))}"
            problems.append(
                Problem(title, "a directory has no such field", remedy, code="setting.unknown")
            )
            continue
        try:
            found[title] = reader(written)
        except SettingError as error:
            problems += [Problem(title, p.text, p.remedy, code=p.code) for p in error.problems]
    if problems:
        raise SettingError.of(problems)
    made = Directory(name, **{"source": "", **found})
    _check(made)
    return made


def directories(value: Any) -> dict[str, Directory]:
    """Read all of them: a table of tables; in a variable JSON.

    Raises:
        SettingError: with all that is wrong.
    """
    if isinstance(value, str) and value.strip():
        try:
            value = json.loads(value)
        except ValueError:
            raise SettingError("this is no JSON", 'write {"staff": {"source": "…"}}') from None
    if not value:
        return {}
    if not isinstance(value, Mapping):
        raise SettingError("this is no table", "write a section [sync.NAME] for each directory")
    found, problems = {}, []
    for name, one in value.items():
        try:
            found[str(name)] = directory(str(name), one)
        except SettingError as error:
            problems += [
                Problem(
                    f"{name}, {p.place}" if p.place else str(name), p.text, p.remedy, code=p.code
                )
                for p in error.problems
            ]
    if problems:
        raise SettingError.of(problems)
    return found


def _check(made: Directory) -> None:
    if not made.source:
        raise SettingError("it has no source", 'give source = "ldaps://…" or the path of a file')
    if not made.is_ldap:
        if "://" in made.source:
            raise SettingError("the source is neither LDAP nor a file", "use ldaps:// or a path")
        return
    try:
        url = urlsplit(made.source)
        _ = url.port
    except ValueError:
        raise SettingError("the source is no URL", "write ldaps://ldap.example.org") from None
    if url.username or url.password:
        raise SettingError("a password does not belong into the URL", "use bind and password_file")
    if not url.hostname or url.path.strip("/") or url.query:
        raise SettingError("the source is no address of a server", "write ldaps://ldap.example.org")
    if not made.base:
        raise SettingError("it has no base", 'give base = "ou=people,dc=example,dc=org"')
    secure = url.scheme.lower() == "ldaps" or made.starttls
    if made.bind and not secure and url.hostname not in _NEAR:
        remedy = "use ldaps://, or starttls = true"
        raise SettingError("the password would go over the network in clear", remedy)
    if bool(made.bind) != (made.password_file is not None):
        raise SettingError("bind and password_file go together", "give both, or neither")
