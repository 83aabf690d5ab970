"""Imports calendar files into the calendar: our TOML, or the iCalendar of any program.

A file is taken whole or not at all, unless a part of it is asked for. Importing a file again
changes nothing; what it does not speak of stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mailer.config import Settings
from mailer.content.calendar_file import Found, is_zone, read_entries
from mailer.domain.calendar.entry import Entry, as_override
from mailer.errors import InputError, Problem
from mailer.message.icalendar import ics, ics_read
from mailer.message.icalendar.ics_read import Read, Source
from mailer.services.access.acting import act
from mailer.services.calendar.entries import Calendar, Report, Wanted
from mailer.services.calendar.naming import short_name


@dataclass(frozen=True, slots=True)
class Options:
    """The facts that a person may add to a file that does not give them."""

    language: str = ""
    """The language of its texts; empty: the first of the settings."""
    zone: str = ""
    """The zone of its times."""
    topics: Sequence[str] = ()
    """The topics whose subscribers new entries concern."""
    partly: bool = False
    """Import the part that can be imported."""
    dry_run: bool = False
    """Only tell what would come of it."""


@act("calendar.import", "name", "options.dry_run")
def import_file(
    calendar: Calendar, settings: Settings, file: Path, options: Options, name: str = ""
) -> Report:
    """Import a file.

    Args:
        calendar: the use cases of the calendar.
        settings: the settings.
        file: where it is.
        options: what it does not say.
        name: what messages and the audit log call it; empty: by its own name.

    Returns:
        What came of each of its entries; nothing was changed if anything was refused, unless a
        part was asked for. With `dry_run`, what would come of each.

    Raises:
        InputError: an option is wrong.
        OSError: the file cannot be read.
    """
    _check(settings, options)
    with file.open("rb") as opened:
        data = opened.read(ics_read.LARGEST + 1)
    return _taken(calendar, settings, data, options, name or file.name, file.suffix)


@act("calendar.import", "name", "options.dry_run")
def import_data(
    calendar: Calendar, settings: Settings, data: bytes, options: Options, name: str
) -> Report:
    """Import what a file holds; as `import_file` does, with the octets at hand.

    Raises:
        InputError: an option is wrong.
    """
    _check(settings, options)
    return _taken(calendar, settings, data, options, name, Path(name).suffix)


def _taken(  # noqa: PLR0917 - what both ways in have in common
    calendar: Calendar,
    settings: Settings,
    data: bytes,
    options: Options,
    called: str,
    suffix: str,
) -> Report:
    problems: list[Problem] = []
    if suffix.lower() == ".toml" or not _looks_like_ics(data):
        wanted, notes = _of_toml(called, data, options, problems), list[str]()
    else:
        wanted, notes = _of_ics(settings, called, data, options, problems)
    report = Report(refused=tuple(problems), notes=tuple(notes))
    return calendar.put(wanted, partly=options.partly, report=report, dry_run=options.dry_run)


def _looks_like_ics(data: bytes) -> bool:
    return b"BEGIN:VCALENDAR" in data[:2000].upper() or not data.strip()


def _check(settings: Settings, options: Options) -> None:
    problems = []
    if options.zone and not is_zone(options.zone):
        remedy = "give one such as Europe/Zurich"
        said = f"{options.zone!r} is no time zone"
        facts = {"zone": options.zone}
        problems.append(Problem("zone", said, remedy, code="unknown_zone", facts=facts))
    if options.language and options.language not in settings.languages:
        remedy = f"choose one of: {', '.join(settings.languages)}"
        said = f"readers have no {options.language!r}"
        known = {"language": options.language, "known": settings.languages}
        problems.append(Problem("language", said, remedy, code="unknown_language", facts=known))
    if problems:
        raise InputError(problems)


def _of_toml(name: str, data: bytes, options: Options, problems: list[Problem]) -> list[Wanted]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        problems.append(
            Problem(name, "the file is not in UTF-8", "save it as UTF-8", code="file.not_utf8")
        )
        return []
    found = read_entries(name, text, problems)
    if not found and not problems:
        remedy = "begin each with [[entry]]; docs/calendar.md shows the keys"
        problems.append(
            Problem(name, "there is no entry in the file", remedy, code="calendar.no_entries")
        )
    return [_wanted_of_toml(one, options) for one in found if one.sound]


def _wanted_of_toml(found: Found, options: Options) -> Wanted:
    """Want an entry to be as the file has it; whether it takes place stays, if it does not say."""

    def make(before: Entry | None) -> Entry:
        entry = found.entry
        if not entry.topics and before is not None:
            entry = replace(entry, topics=before.topics)
        elif not entry.topics:
            entry = replace(entry, topics=tuple(options.topics))
        if before is not None and "status" not in found.said:
            entry = replace(entry, status=before.status, reason=before.reason)
        return entry

    return Wanted(make, id=found.entry.id, place=found.place)


def _of_ics(
    settings: Settings, name: str, data: bytes, options: Options, problems: list[Problem]
) -> tuple[list[Wanted], list[str]]:
    languages = settings.languages
    source = Source(name, options.language or languages[0], options.zone, languages, problems)
    found = ics_read.read(data, source)
    taken: set[str] = set()
    wanted = [_wanted_of_ics(one, settings, options, taken) for one in found]
    return wanted, [note for one in found for note in one.notes]


def _wanted_of_ics(read: Read, settings: Settings, options: Options, taken: set[str]) -> Wanted:
    """Want an entry to be as the file has it; what files do not hold stays as it is."""
    entry = read.entry
    identity = _id_of(entry, taken)

    def make(before: Entry | None) -> Entry:
        if before is None:
            new = replace(entry, id=identity, topics=tuple(options.topics), recurrence=None)
            return _with_recurrence(new, entry, new, settings)
        after = _merged(before, entry, read.said, settings)
        return _with_recurrence(after, entry, before, settings)

    return Wanted(make, uid=entry.uid, place=read.place)


def _merged(before: Entry, entry: Entry, said: frozenset[str], settings: Settings) -> Entry:
    """Merge a file's values into an entry, or into one occurrence."""
    after = replace(
        before,
        start=entry.start,
        end=entry.end,
        zone=before.zone if entry.all_day else entry.zone,
        sequence=max(entry.sequence, before.sequence),
    )
    web = settings.public_url
    if "url" in said and not (web and not before.url and entry.url.startswith(web)):
        after = replace(after, url=entry.url)
    if "online" in said:
        after = replace(after, online=entry.online)
    if "kind" in said:
        after = replace(after, kind=entry.kind)
    if "status" in said:
        after = replace(after, status=entry.status)
    frames = [ics.Frame(code, settings.languages) for code in settings.languages]
    ours_in = [ics.texts_of(before, frame) for frame in frames]
    for name in ("title", "description", "place"):
        ours = [written[name].split() for written in ours_in]
        given = getattr(entry, name).items()
        texts = {language: text for language, text in given if text.split() not in ours}
        after = _with_texts(after, name, getattr(before, name) | texts)
    return after


def _with_texts(entry: Entry, name: str, texts: dict[str, str]) -> Entry:
    if name == "title":
        return replace(entry, title=texts)
    if name == "place":
        return replace(entry, place=texts)
    return replace(entry, description=texts)


def _with_recurrence(after: Entry, entry: Entry, before: Entry, settings: Settings) -> Entry:
    """Adopt the rule; each occurrence that differs keeps its differences."""
    if entry.recurrence is None:
        return replace(after, recurrence=None)
    known = (
        {one.occurrence: one for one in before.recurrence.overrides} if before.recurrence else {}
    )
    overrides = []
    for part in entry.recurrence.overrides:
        plain = replace(after, recurrence=None, occurrence=part.occurrence)
        base = known.get(part.occurrence, as_override(plain))
        said = frozenset({"status"}) | {name for name in ("url", "online") if getattr(part, name)}
        overrides.append(as_override(_merged(base, part, said, settings)))
    return replace(after, recurrence=replace(entry.recurrence, overrides=tuple(overrides)))


def _id_of(entry: Entry, taken: set[str]) -> str:
    """Make a short name of a title and a year, unlike those that are taken by the same file."""
    made = short_name(next(iter(entry.title.values())), entry.first_day.year)
    if made in taken:
        made = f"{made}-{entry.number:x}"
    taken.add(made)
    return made
