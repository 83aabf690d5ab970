"""The places where settings are written, remembered so that an error can name its place."""

from __future__ import annotations

import difflib
import json
import os
import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic_core import ErrorDetails

from mailer.domain.settings.setting import SettingError
from mailer.errors import ConfigError, Problem

PREFIX: Final = "MAILER_"
CONFIG_VARIABLE: Final = "MAILER_CONFIG"
CONFIG_PLACES: Final = (Path("mailer.toml"), Path("/etc/mailer/mailer.toml"))
NEEDED_FOR_SENDING: Final = {
    "sender_address": "the address that mail comes from",
    "list_domain": "the domain where bounces return",
}
PATHS: Final = ("data_dir", "secret_key_file")


DIRECTORY_PATHS: Final = ("source", "password_file", "ca_file")
"""Fields of a directory that are paths."""


class Found(NamedTuple):
    """A value as it was written, and where."""

    value: Any
    place: str


def find_file(config: Path | None) -> Path | None:
    """Find the file to read; the one that was named must be there, the usual ones need not.

    Raises:
        ConfigError: the file that was named is not there.
    """
    if config is None and (named := os.environ.get(CONFIG_VARIABLE)):
        config = Path(named)
    if config is None:
        return next((place for place in CONFIG_PLACES if place.is_file()), None)
    if not config.is_file():
        raise ConfigError.of(
            str(config),
            "there is no such file",
            "correct the path; `mailer init` makes one",
            code="setting.no_file",
        )
    return config


def gather(
    file: Path | None, arguments: Mapping[str, Any], known: Collection[str]
) -> tuple[dict[str, Found], list[Problem]]:
    """Gather what is written, the strongest source last, with problems of names.

    Raises:
        ConfigError: the file cannot be read at all.
    """
    in_file = _file(file) if file else {}
    in_variables = {
        name: Found(os.environ[variable], variable)
        for name in known
        if os.environ.get(variable := variable_of(name))
    }
    in_arguments = {
        name: Found(value, argument_of(name))
        for name, value in arguments.items()
        if value is not None
    }
    problems = [
        _unknown(name, found.place, known) for name, found in in_file.items() if name not in known
    ]
    problems += _misspelt_variables(known)
    found = {name: value for name, value in in_file.items() if name in known}
    return found | in_variables | in_arguments, problems


def as_variables(values: Mapping[str, Any], file: Path | None) -> dict[str, str]:
    """Write settings, and which file was read, as variables that say the same."""
    found = {
        variable_of(name): value
        if isinstance(value, str)
        else json.dumps(value, default=_path_as_text).strip('"')
        for name, value in values.items()
    }
    if file:
        found[CONFIG_VARIABLE] = str(file.absolute())
    return found


def _path_as_text(value: Any) -> str:
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"A setting given as {type(value).__name__} cannot be written as a variable.")


def variable_of(name: str) -> str:
    """Name the variable that holds a setting."""
    return f"{PREFIX}{name.upper()}"


def argument_of(name: str) -> str:
    """Name the option that holds a setting."""
    return f"--{name.replace('_', '-')}"


def problems_of(errors: Iterable[ErrorDetails], found: Mapping[str, Found]) -> Iterator[Problem]:
    """Word the complaints of the readers of values, with places."""
    for error in errors:
        name = str(error["loc"][0]) if error["loc"] else ""
        place = _place(name, found)
        cause = error.get("ctx", {}).get("error")
        if isinstance(cause, SettingError):
            for problem in cause.problems:
                where = f"{place}, {problem.place}" if problem.place else place
                yield Problem(where, problem.text, problem.remedy, code=problem.code)
        elif error["type"] == "extra_forbidden":
            yield _unknown(name, place, found)
        elif error["type"] != "default_factory_not_called":
            yield Problem(
                place,
                "it has a value that it cannot have",
                "see docs/configuration.md",
                code="setting.bad_value",
            )


def needed_for_sending(missing: Iterable[str], file: Path | None) -> list[Problem]:
    """Word that settings are missing without which nothing can be sent."""
    return [
        Problem(
            name,
            f"{NEEDED_FOR_SENDING[name]} is not set, and nothing can be sent without it",
            f"set it in {file or CONFIG_PLACES[0]} or as {variable_of(name)}",
            code="setting.missing",
        )
        for name in missing
    ]


def _place(name: str, found: Mapping[str, Found]) -> str:
    place = found[name].place if name in found else name
    return f"{place}, {name}" if " line " in place or place.endswith(".toml") else place


def _file(file: Path) -> dict[str, Found]:
    source = _text_of(file)
    try:
        written = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([_syntax(file, str(error))]) from None
    folder = file.absolute().parent
    return {
        name: Found(_anchored(name, value, folder), f"{file}{_line(source, name)}")
        for name, value in written.items()
    }


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError.of(
            str(file),
            f"byte {error.start + 1} is not UTF-8",
            "save the file as UTF-8",
            code="setting.not_utf8",
        ) from None
    except OSError as error:
        words = (error.strerror or "no reason given").lower()
        raise ConfigError.of(
            str(file),
            f"it cannot be read ({words})",
            "make the service's user its owner",
            code="setting.unreadable",
        ) from None


def _syntax(file: Path, message: str) -> Problem:
    at = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", message)
    words = message[: at.start()] if at else message
    place = f"{file} line {at[1]}, column {at[2]}" if at and at[1] else f"{file}, at its end"
    return Problem(
        place,
        f"this is not TOML ({words[:1].lower()}{words[1:]})",
        'write each setting as name = value, texts between "quotes", lists between [brackets]',
        code="setting.syntax",
    )


def _line(source: str, name: str) -> str:
    """Find the line where a setting is written, for messages only."""
    wanted = re.compile(rf"""\s*\[*\s*["']?{re.escape(name)}["']?\s*[\].=]""")
    lines = (number for number, line in enumerate(source.splitlines(), 1) if wanted.match(line))
    number = next(lines, None)
    return f" line {number}" if number else ""


def _anchored(name: str, value: Any, folder: Path) -> Any:
    """Make relative paths relative to the file's folder, so that it means the same everywhere."""
    if name in PATHS and isinstance(value, str) and value.strip():
        return str(folder / Path(value).expanduser())
    if name == "dkim_keys" and isinstance(value, list):
        return [
            key | {"file": _anchored(PATHS[0], key["file"], folder)}
            if isinstance(key, dict) and "file" in key
            else key
            for key in value
        ]
    if name == "openid" and isinstance(value, dict) and value.get("client_secret_file"):
        file = _anchored(PATHS[0], value["client_secret_file"], folder)
        return value | {"client_secret_file": file}
    if name == "sync" and isinstance(value, dict):
        return {one: _anchored_directory(table, folder) for one, table in value.items()}
    return value


def _anchored_directory(table: Any, folder: Path) -> Any:
    """Make the paths of a directory relative to the file's folder; a URL is no path."""
    if not isinstance(table, dict):
        return table
    paths = {
        field: _anchored(PATHS[0], value, folder)
        for field, value in table.items()
        if field in DIRECTORY_PATHS and "://" not in str(value)
    }
    return table | paths


def _unknown(name: str, place: str, known: Collection[str]) -> Problem:
    near = difflib.get_close_matches(name.lower().replace("-", "_"), known, 1, 0.6)
    remedy = f'did you mean "{near[0]}"?' if near else "`mailer config show` lists the settings"
    return Problem(place, f'there is no setting "{name}"', remedy, code="setting.unknown")


def _misspelt_variables(known: Collection[str]) -> list[Problem]:
    """Find variables that are nearly a setting's; others of that prefix may be someone else's."""
    variables = {variable_of(name) for name in known} | {CONFIG_VARIABLE}
    return [
        Problem(
            name,
            "there is no setting of that name",
            f"did you mean {near[0]}?",
            code="setting.unknown",
        )
        for name in sorted(os.environ)
        if name.startswith(PREFIX) and name not in variables
        if (near := difflib.get_close_matches(name, variables, 1, 0.88))
    ]
