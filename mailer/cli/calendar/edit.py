"""`mailer calendar add`, `change` and `cancel`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from mailer.cli.calendar.options import BY_LANGUAGE, Occurrence, Yes, with_fields
from mailer.cli.main import settings_of
from mailer.cli.moments import moment
from mailer.cli.terminal import ask, clock_of, counted, folded, store_of

if TYPE_CHECKING:
    from mailer.config import Settings
    from mailer.domain.calendar.entry import Entry
    from mailer.services.calendar.entries import Calendar
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


@with_fields(kind="meeting")
def add(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="ID", help="A short name, such as msme-day-2023.")],
    **fields: Any,
) -> None:
    """Put a meeting, an observance or a deadline into the calendar."""
    from mailer.content.parsing.manifest import SLUG
    from mailer.domain.calendar.entry import Entry
    from mailer.domain.calendar.entry import Kind as Kinds
    from mailer.errors import InputError, Problem

    settings = settings_of(ctx)
    problems = []
    if not SLUG.fullmatch(name):
        remedy = "use small letters, digits and hyphens"
        problems.append(
            Problem("ID", f"the id {name!r} cannot stand in a web address", remedy, code="bad_id")
        )
    needed = ("start", "zone", "title")
    problems += [
        Problem(f"--{field}", "it is missing", "give one", code="missing")
        for field in needed
        if not fields[field]
    ]
    if problems:
        raise InputError(problems)
    kind = _member(Kinds, "--kind", fields["kind"])
    start = _time("--start", fields["start"])
    bare = Entry(name, kind, start, "UTC", {}, listed=kind is not Kinds.DEADLINE)
    given = _Given(settings, fields)
    with store_of(settings) as store:
        entry = _calendar(store, settings).add(given.applied(bare))
    typer.echo(f"Added {entry.id}. `mailer calendar show {entry.id}` shows it.")


@with_fields()
def change(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="ID", help="The entry's short name.")],
    *,
    occurrence: Occurrence = "",
    yes: Yes = False,
    **fields: Any,
) -> None:
    """Change an entry; what you do not give stays. A new start also moves the end.

    Readers who were told of it are told of the change. If there are any, the command says how many
    and asks; without a terminal, it then needs --yes.
    """
    settings = settings_of(ctx)
    given, key = _Given(settings, fields), _key(occurrence)
    _edit(
        settings,
        name,
        "Change",
        lambda calendar: calendar.change(name, given.applied, key),
        yes=yes,
    )


def cancel(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="ID", help="The entry's short name.")],
    reason: Annotated[
        list[str], typer.Option(metavar="[CODE=]TEXT", help=f"Readers see it. {BY_LANGUAGE}")
    ],
    occurrence: Occurrence = "",
    yes: Yes = False,
) -> None:
    """Cancel an entry. It stays in the calendar, as cancelled.

    Readers who were told of it are told that it does not take place, and why. If there are any,
    the command says how many and asks; without a terminal, it then needs --yes.
    """
    settings = settings_of(ctx)
    reasons, key = _texts(reason, settings, "--reason"), _key(occurrence)
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


class _Given:
    """The options of a command that were given."""

    def __init__(self, settings: Settings, options: dict[str, Any]) -> None:
        self.settings = settings
        self.options = {name: value for name, value in options.items() if value is not None}

    def applied(self, entry: Entry) -> Entry:
        """Return an entry with what was given."""
        from mailer.domain.calendar.entry import Kind as Kinds
        from mailer.domain.calendar.entry import Status as Statuses

        options, settings = self.options, self.settings
        if "kind" in options:
            entry = replace(entry, kind=_member(Kinds, "--kind", options["kind"]))
        entry = self._timed(entry)
        for name, option in _BY_READER.items():
            if option in options:
                usual = "*" if name == "registration" else ""
                texts = _texts(options[option], settings, f"--{name}", usual)
                entry = _set(entry, name, _merged(getattr(entry, name), texts))
        for name in ("url", "online", "rule", "invite", "listed"):
            if name in options:
                entry = _set(entry, name, options[name])
        for name, option in (("topics", "topic"), ("tags", "tag")):
            if option in options:
                entry = _set(entry, name, tuple(one for one in options[option] if one))
        if "remind" in options:
            entry = replace(entry, remind=_offsets(options["remind"]))
        if "status" in options:
            entry = replace(entry, status=_member(Statuses, "--status", options["status"]))
        return self._repeated(entry)

    def _timed(self, entry: Entry) -> Entry:
        from mailer.content.calendar_file import is_zone
        from mailer.errors import InputError
        from mailer.services.calendar.entries import moved

        options = self.options
        if "zone" in options:
            if not is_zone(options["zone"]):
                remedy = "give one such as Europe/Zurich"
                said = f"{options['zone']!r} is no time zone"
                raise InputError.of("--zone", said, remedy, code="unknown_zone")
            entry = replace(entry, zone=options["zone"])
        if "start" in options:
            start = _time("--start", options["start"])
            entry = replace(entry, start=start) if "end" in options else moved(entry, start)
        if "end" in options:
            end = None if options["end"] in {"", "none"} else _time("--end", options["end"])
            entry = replace(entry, end=end)
        _check_order(entry)
        return entry

    def _repeated(self, entry: Entry) -> Entry:
        from mailer.domain.calendar.entry import Recurrence
        from mailer.domain.calendar.recurrence import fault_of_rule
        from mailer.errors import InputError

        rules = tuple(one for one in self.options.get("repeat", ()) if one not in {"", "none"})
        if "repeat" not in self.options:
            return entry
        for rule in rules:
            if fault := fault_of_rule(rule, entry):
                raise InputError.of(
                    "--repeat",
                    fault,
                    "write FREQ=WEEKLY;BYDAY=TU;COUNT=10",
                    code="calendar.bad_rule",
                )
        old = entry.recurrence or Recurrence()
        return replace(entry, recurrence=replace(old, rules=rules) if rules else None)


def _check_order(entry: Entry) -> None:
    from mailer.errors import InputError

    if entry.end is None:
        return
    if isinstance(entry.end, datetime) is not isinstance(entry.start, datetime):
        said = "start and end are not of one kind"
        raise InputError.of("--end", said, "give both a time, or none", code="calendar.mixed_times")
    if entry.end < entry.start:
        raise InputError.of(
            "--end",
            "it ends before it starts",
            "exchange start and end",
            code="calendar.ends_before_start",
        )


def _set(entry: Entry, name: str, value: Any) -> Entry:
    changes: dict[str, Any] = {name: value}
    return replace(entry, **changes)


def _merged(before: Any, texts: dict[str, str]) -> dict[str, str]:
    """Add texts by language; an empty one removes it, one for all the others replaces them."""
    found = {} if "*" in texts else {code: text for code, text in before.items() if code != "*"}
    return {code: text for code, text in (found | texts).items() if text}


def _texts(
    given: Sequence[str], settings: Settings, option: str, usual: str = ""
) -> dict[str, str]:
    """Read texts by language, `fr=Réunion`."""
    from mailer.content.parsing.manifest import LONGEST_TEXT, unsuitable
    from mailer.errors import InputError

    found = {}
    for text in given:
        named = _LANGUAGE.fullmatch(text)
        code, said = (
            (named[1].lower(), named[2]) if named else (usual or settings.languages[0], text)
        )
        if named and code not in {known.lower() for known in settings.languages}:
            remedy = f"readers have {', '.join(settings.languages)}"
            raise InputError.of(
                option, f"there is no language {code!r}", remedy, code="unknown_language"
            )
        if (bad := unsuitable(said, lines=True)) or len(said) > LONGEST_TEXT:
            raise InputError.of(
                option, f"it contains {bad or 'too much'}", "shorten it", code="bad_text"
            )
        found[code] = said.strip()
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


def _offsets(given: Sequence[str]) -> Any:
    from mailer.domain.calendar.offset import Offset

    if list(given) == ["usual"]:
        return None
    return tuple(Offset.parse(one, "--remind") for one in given if one not in {"none", ""})


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
