"""`mailer calendar add`, `change` and `cancel`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, cast

import typer

from mailer.cli.calendar.changes import show_plan
from mailer.cli.calendar.options import BY_LANGUAGE, DryRun, Occurrence, Yes, with_fields
from mailer.cli.main import settings_of
from mailer.cli.moments import moment
from mailer.cli.terminal import ask, clock_of, counted, folded, store_of
from mailer.domain.calendar.entry import ANY

if TYPE_CHECKING:
    from mailer.config import Settings
    from mailer.domain.calendar.entry import Entry, Kind, Status
    from mailer.services.calendar.entries import Calendar
    from mailer.services.calendar.revising import Given
    from mailer.services.operation.opening import Store

_LANGUAGE: Final = re.compile(r"([a-z]{2,3}(?:-[a-z0-9]{2,8})?)=(.*)", re.DOTALL | re.IGNORECASE)

_BY_READER: Final = {
    "title": "title",
    "description": "about",
    "place": "place",
    "city": "city",
    "registration": "registration",
}
"""Fields by language, and the option that gives each."""
_AS_GIVEN: Final = ("zone", "url", "online", "rule", "invite", "listed")


@with_fields(kind="meeting")
def add(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="ID", help="A short name, such as msme-day-2023.")],
    **fields: Any,
) -> None:
    """Put a meeting, an observance or a deadline into the calendar."""
    from mailer.services.calendar import revising

    settings = settings_of(ctx)
    entry = revising.made(name, _given(fields, settings), settings)
    with store_of(settings) as store:
        entry = _calendar(store, settings).add(entry)
    typer.echo(f"Added {entry.id}. `mailer calendar show {entry.id}` shows it.")


@with_fields()
def change(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="ID", help="The entry's short name.")],
    *,
    occurrence: Occurrence = "",
    yes: Yes = False,
    dry_run: DryRun = False,
    **fields: Any,
) -> None:
    """Change an entry; what you do not give stays. A new start also moves the end.

    Readers who were told of it are told of the change. If there are any, the command says how many
    and asks; without a terminal, it then needs --yes.
    """
    from mailer.services.calendar import revising

    settings = settings_of(ctx)
    given, key = _given(fields, settings), _key(occurrence)

    def revise(entry: Entry) -> Entry:
        return revising.applied(entry, given, settings)

    if dry_run:
        show_plan(settings, name, revise, key)
        return
    _edit(settings, name, "Change", lambda calendar: calendar.change(name, revise, key), yes=yes)


def cancel(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="ID", help="The entry's short name.")],
    reason: Annotated[
        list[str], typer.Option(metavar="[CODE=]TEXT", help=f"Readers see it. {BY_LANGUAGE}")
    ],
    occurrence: Occurrence = "",
    *,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Cancel an entry. It stays in the calendar, as cancelled.

    Readers who were told of it are told that it does not take place, and why. If there are any,
    the command says how many and asks; without a terminal, it then needs --yes.
    """
    from mailer.services.calendar import revising

    settings = settings_of(ctx)
    reasons = revising.checked("reason", _texts(reason, settings.languages[0]), settings)
    key = _key(occurrence)
    if dry_run:
        show_plan(settings, name, lambda one: revising.cancelled(one, reasons), key)
        return
    _edit(settings, name, "Cancel", lambda calendar: calendar.cancel(name, reasons, key), yes=yes)


def _edit(
    settings: Settings, name: str, verb: str, apply: Callable[[Calendar], Entry], *, yes: bool
) -> None:
    """Do something to an entry that may be told to readers, and tell what became of it."""
    with store_of(settings) as store:
        calendar = _calendar(store, settings)
        before = calendar.get(name)
        _ask(store, settings, name, verb, yes=yes)
        after = apply(calendar)
    _tell(before, after)


def _ask(store: Store, settings: Settings, name: str, verb: str, *, yes: bool) -> None:
    """Have a person say yes if readers know of the entry: they are mailed (law 18)."""
    from mailer.services.calendar.reminders import Reminders

    told = Reminders(store, settings, clock_of(settings)).readers_told(name)
    if told:
        who = counted(told, "reader was", "readers were")
        ask(
            f"{who} told of {name}, and will be told if it matters to them. {verb} it?",
            size=f"{who} told of {name}, and would be told if it matters to them",
            otherwise="Nothing was changed.",
            yes=yes,
        )


def _given(options: Mapping[str, Any], settings: Settings) -> Given:
    """Read the options that were given."""
    said = {name: value for name, value in options.items() if value is not None}
    found: dict[str, Any] = {name: said[name] for name in _AS_GIVEN if name in said}
    for name, option in _BY_READER.items():
        if option in said:
            usual = ANY if name == "registration" else settings.languages[0]
            found[name] = _texts(said[option], usual)
    for name, (option, read) in _READ.items():
        if option in said:
            found[name] = read(said[option])
    return cast("Given", found)


def _texts(given: Sequence[str], usual: str) -> dict[str, str]:
    """Read texts by language, `fr=Réunion`; without one they are in the usual."""
    found = {}
    for text in given:
        named = _LANGUAGE.fullmatch(text)
        code, said = (named[1].lower(), named[2]) if named else (usual, text)
        found[code] = said
    return found


def _time(option: str, text: str) -> datetime | date:
    from mailer.errors import InputError

    try:
        at = moment(text)
        if not isinstance(at, datetime) or at.tzinfo is None:
            return at
    except ValueError:
        pass
    remedy = "write local time as 2023-04-26T14:00, or a day as 2023-06-27, and the zone as --zone"
    raise InputError.of(option, f"{text!r} is no local time and no date", remedy, code="bad_time")


def _key(text: str) -> str:
    return _time("--occurrence", text).isoformat() if text else ""


def _remind(given: Sequence[str]) -> list[str] | None:
    if list(given) == ["usual"]:
        return None
    return [one for one in given if one not in {"none", ""}]


def _kind(text: str) -> Kind:
    from mailer.domain.calendar.entry import Kind

    found: Kind = _member(Kind, "--kind", text)
    return found


def _status(text: str) -> Status:
    from mailer.domain.calendar.entry import Status

    found: Status = _member(Status, "--status", text)
    return found


def _start(text: str) -> datetime | date:
    return _time("--start", text)


def _end(text: str) -> datetime | date | None:
    return None if text in {"", "none"} else _time("--end", text)


def _repeat(given: Sequence[str]) -> list[str]:
    return [one for one in given if one not in {"", "none"}]


def _member(kinds: Any, option: str, text: str) -> Any:
    from mailer.errors import InputError

    if text not in set(kinds):
        remedy = f"choose one of: {', '.join(kinds)}"
        raise InputError.of(option, f"{text!r} is none of them", remedy, code="unknown_value")
    return kinds(text)


def _calendar(store: Store, settings: Settings) -> Calendar:
    from mailer.services.calendar.entries import Calendar

    return Calendar(store, settings, clock_of(settings))


def _tell(before: Entry, after: Entry) -> None:
    from mailer.domain.calendar.entry import differences

    if after.sequence == before.sequence:
        typer.echo(f"{after.id} is so already: nothing was changed.")
        return
    fields = ", ".join(differences(before, after))
    typer.echo(
        folded(f"Changed {after.id}: {fields}. It is {after.status} (no. {after.sequence}).")
    )


_READ: Final[Mapping[str, tuple[str, Callable[[Any], Any]]]] = {
    "kind": ("kind", _kind),
    "status": ("status", _status),
    "start": ("start", _start),
    "end": ("end", _end),
    "topics": ("topic", list),
    "tags": ("tag", list),
    "remind": ("remind", _remind),
    "repeat": ("repeat", _repeat),
}
"""Other fields: the option that gives each, and what reads it."""
