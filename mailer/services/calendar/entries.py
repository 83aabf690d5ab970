"""The secretariat's calendar: entries are added, changed, cancelled, and imported from files.

    files and options -> entries -> checked all at once -> `calendar.entries.change`, one commit

Whoever must be told of a change is told by what hangs on to the commit (`FOLLOW_UPS`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from mailer.clock import Clock
from mailer.config import Settings
from mailer.content.calendar_file import broken_links
from mailer.domain.calendar.entry import (
    Action,
    Entry,
    Kind,
    Status,
    action_of,
    as_override,
    created,
    differences,
    revised,
)
from mailer.domain.calendar.recurrence import fault_of_dates, occurrence_of, occurrences
from mailer.domain.events import Event
from mailer.domain.segments.tokens import RuleError
from mailer.errors import InputError, NotFoundError, Problem, StateError
from mailer.services.access import once
from mailer.services.access.acting import act, tell
from mailer.services.calendar.feed import feed_of
from mailer.services.segments import rules
from mailer.store.calendar import entries as calendar
from mailer.store.calendar.entries import Change, FollowUp
from mailer.store.server.connection import Store

_FAR: Final = timedelta(days=366 * 100)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One entry that a file or a command wants to have."""

    make: Callable[[Entry | None], Entry]
    """Makes it from the entry as it is, if it is known."""
    id: str = ""
    uid: str = ""
    place: str = ""
    """For messages."""


@dataclass(frozen=True, slots=True)
class Report:
    """The result of an import."""

    added: tuple[str, ...] = ()
    changed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Id -> the fields that differ."""
    unchanged: tuple[str, ...] = ()
    refused: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    """Remarks for a person, though it was taken."""
    done: bool = True
    """False: nothing was changed."""
    changes: tuple[Change, ...] = ()
    """What is kept, or would be: the entries added and changed, in the order of the file."""


class Calendar:
    """The use cases around the calendar, on an open store."""

    def __init__(
        self, store: Store, settings: Settings, clock: Clock, follow_up: FollowUp | None = None
    ) -> None:
        """Set up; `follow_up` is added to the commit of each change."""
        self._store, self._settings, self._clock = store, settings, clock
        self._follow_up = follow_up

    @act("calendar.add")
    def add(self, entry: Entry) -> Entry:
        """Put a new entry into the calendar.

        Raises:
            InputError: something is wrong with it, or its id is taken.
        """
        if once.made() == entry.id:
            return calendar.get(self._store, entry.id)
        return self._commit(lambda known: [self._change(None, entry, known)])[0].after

    @act("calendar.change", "name", "occurrence")
    def change(self, name: str, revise: Callable[[Entry], Entry], occurrence: str = "") -> Entry:
        """Change an entry, or one occurrence of an entry that repeats.

        Args:
            name: the entry's id.
            revise: makes the new version of it, or of the occurrence.
            occurrence: which one, as `Entry.occurrence_key`; empty: the entry itself.

        Returns:
            The entry as it is now; the same version as before if nothing differs.

        Raises:
            NotFoundError: there is no such entry, or no such occurrence.
            InputError: something is wrong with the new version.
            StateError: it is cancelled.
        """

        def decide(known: Mapping[str, Entry]) -> Sequence[Change]:
            change = self._proposed(known, name, revise, occurrence)
            return [change] if change.after is not change.before else []

        done = self._commit(decide)
        return done[0].after if done else calendar.get(self._store, name)

    def proposed(
        self, name: str, revise: Callable[[Entry], Entry], occurrence: str = ""
    ) -> tuple[Entry, Entry]:
        """Tell how an entry is, and how it would be after `change`; nothing is kept.

        Arguments and errors as those of `change`.
        """
        change = self._proposed(calendar.all_by_id(self._store), name, revise, occurrence)
        return change.before or change.after, change.after

    def _proposed(
        self,
        known: Mapping[str, Entry],
        name: str,
        revise: Callable[[Entry], Entry],
        occurrence: str,
    ) -> Change:
        before = _find(known, name)
        after = _overridden(before, occurrence, revise) if occurrence else revise(before)
        return self._change(before, after, known)

    @act("calendar.cancel", "name", "reason", "occurrence")
    def cancel(self, name: str, reason: Mapping[str, str], occurrence: str = "") -> Entry:
        """Cancel an entry, or one occurrence; it stays in the calendar as cancelled.

        Raises:
            NotFoundError: as by `change`.
        """
        return self.change(
            name, lambda one: replace(one, status=Status.CANCELLED, reason=reason), occurrence
        )

    def put(
        self, wanted: Sequence[Wanted], *, partly: bool, report: Report, dry_run: bool = False
    ) -> Report:
        """Add entries that are new and change those that differ, in one commit.

        Args:
            wanted: the entries.
            partly: take what can be taken if something is refused; else nothing is.
            report: with what was refused before, and notes.
            dry_run: only tell what would come of each; the report says that nothing was done.

        Returns:
            What came of each.
        """
        found = report

        def decide(known: Mapping[str, Entry]) -> Sequence[Change]:
            nonlocal found
            found, changes = self._judged(wanted, known, report)
            if found.refused and not partly:
                found = replace(found, added=(), changed={}, unchanged=(), done=False, changes=())
                return []
            return changes

        if dry_run:
            decide(calendar.all_by_id(self._store))
            return replace(found, done=False)
        self._commit(decide)
        return found

    def _judged(
        self, wanted: Sequence[Wanted], known: Mapping[str, Entry], report: Report
    ) -> tuple[Report, list[Change]]:
        entries, changes = dict(known), list[Change]()
        added, unchanged, refused = [], [], list(report.refused)
        changed: dict[str, tuple[str, ...]] = {}
        for one in wanted:
            before = entries.get(one.id) or _of_uid(entries, one.uid)
            try:
                change = self._change(before, one.make(before), entries)
            except (InputError, StateError) as error:
                refused += _problems(error, one.place)
                continue
            entries[change.after.id] = change.after
            if before is None:
                added.append(change.after.id)
            elif change.after is before:
                unchanged.append(before.id)
                continue
            else:
                changed[before.id] = differences(before, change.after)
            changes.append(change)
        return replace(
            report,
            added=tuple(added),
            changed=changed,
            unchanged=tuple(unchanged),
            refused=tuple(refused),
            changes=tuple(changes),
        ), changes

    def _change(self, before: Entry | None, after: Entry, known: Mapping[str, Entry]) -> Change:
        """Make a change of a new version, checked, with its event."""
        now = self._clock.now()
        after = self._concerned(after)
        self._check(after, before, known)
        if before is None and after.id in known:
            said, remedy = f"the id {after.id!r} is taken", "choose another, or change that entry"
            raise InputError.of("id", said, remedy, code="taken", facts={"entry": after.id})
        if before is None:
            entry = created(after, now, self._settings.list_domain or "localhost")
            if any(one.number == entry.number for one in known.values()):
                said = f"the UID {entry.uid!r} cannot be told from another one in answers"
                raise InputError.of("id", said, "choose another id", code="calendar.uid_unclear")
            facts: dict[str, str | int] = {"entry": entry.id, "kind": entry.kind.value}
            facts["start"] = entry.start.isoformat()
            return Change(entry, Event("calendar.added", now, facts))
        entry = revised(before, after, now)
        facts = {"entry": entry.id, "sequence": entry.sequence}
        if entry is not before and action_of(before, entry) is Action.CANCEL:
            return Change(entry, Event("calendar.cancelled", now, facts), before)
        facts["fields"] = " ".join(differences(before, entry))
        return Change(entry, Event("calendar.changed", now, facts), before)

    def _concerned(self, entry: Entry) -> Entry:
        """Fill in whose subscribers are concerned, where the entry does not say."""
        if entry.topics:
            return entry
        topics = self._settings.topics
        of_meetings = entry.kind is Kind.MEETING and "meetings" in topics
        return replace(entry, topics=("meetings" if of_meetings else topics.default,))

    def _check(self, entry: Entry, before: Entry | None, known: Mapping[str, Entry]) -> None:
        problems: list[Problem] = []
        for key, broken in broken_links(entry):
            problems.append(Problem(key, broken.text, broken.remedy, code=broken.code))
        for topic in sorted(set(entry.topics) - set(self._settings.topics)):
            remedy = f"known are {', '.join(self._settings.topics)} (the setting topics)"
            said = f"there is no topic {topic!r}"
            facts = {"topic": topic, "known": tuple(self._settings.topics)}
            problems.append(Problem("topics", said, remedy, code="unknown_topic", facts=facts))
        if entry.rule and (before is None or before.rule != entry.rule):
            problems += self._wrong_in(entry.rule)
        if not any(entry.title.values()):
            problems.append(Problem("title", "it has no title", "give it one", code="missing"))
        if entry.invite and entry.kind is not Kind.MEETING:
            said = f"nobody can be invited to what is no meeting ({entry.kind})"
            problems.append(Problem("invite", said, "leave invite out", code="no_meeting"))
        other = _of_uid(known, entry.uid)
        if other is not None and (before is None or other.id != before.id):
            said = f"the entry {other.id!r} has the same UID"
            problems.append(Problem("uid", said, "leave one of them out", code="calendar.same_uid"))
        if fault := fault_of_dates(entry):
            remedy = "write fewer rules and dates, of years near our own"
            problems.append(
                Problem(
                    "repeat" if entry.repeats else "start", fault, remedy, code="calendar.bad_dates"
                )
            )
        if problems:
            raise InputError(problems)

    def _wrong_in(self, rule: str) -> list[Problem]:
        try:
            rules.read(self._store, self._settings, rule)
        except RuleError as error:
            return [Problem("rule", str(one), code="calendar.audience") for one in error.problems]
        return []

    def _commit(self, decide: calendar.Decide) -> Sequence[Change]:
        done = calendar.change(self._store, decide, self._clock.now(), self._followed)
        tell(
            entries=[one.after.id for one in done[:_TOLD]],
            fields=sorted({name for one in done if one.before for name in _changed(one)}),
        )
        return done

    def _followed(self, pipe: Any, changes: Sequence[Change]) -> None:
        """Add to the commit what hangs on to it, and what was made to the request under way."""
        if self._follow_up is not None:
            self._follow_up(pipe, changes)
        if len(changes) == 1 and changes[0].before is None:
            once.bind(pipe, changes[0].after.id)

    # What is shown.

    @act("calendar.show")
    def get(self, name: str) -> Entry:
        """Return an entry.

        Raises:
            NotFoundError: there is none of that name.
        """
        return calendar.get(self._store, name)

    @act("calendar.show")
    def told(self, name: str) -> int | None:
        """Return the sequence of an entry that readers were told of last; None: of none."""
        return calendar.told(self._store, name)

    @act("calendar.list")
    def between(self, since: datetime | None = None, until: datetime | None = None) -> list[Entry]:
        """List what takes place between two instants, each occurrence by itself, in order.

        Cancelled ones too; without an end, an entry that repeats for ever is listed for a year.
        """
        now = self._clock.now()
        begin = since or now - _FAR
        end = until or max(now, begin) + timedelta(days=366)
        found = [
            one
            for entry in calendar.not_over(self._store, begin)
            for one in (occurrences(entry, begin, end) if entry.repeats else [entry])
            if until is None or one.starts_at() < end
        ]
        return sorted(found, key=lambda one: (one.starts_at(), one.id))

    @act("calendar.export")
    def export(self, language: str) -> bytes:
        """Write the whole calendar as a calendar file in a language."""
        return feed_of(self._store, self._settings, language)


_TOLD: Final = 20
"""Entries of one change that the audit log names."""


def _changed(change: Change) -> tuple[str, ...]:
    return differences(change.before, change.after) if change.before else ()


def _find(known: Mapping[str, Entry], name: str) -> Entry:
    if name not in known:
        raise NotFoundError("calendar entry", name)
    return known[name]


def _of_uid(known: Mapping[str, Entry], uid: str) -> Entry | None:
    return next((one for one in known.values() if uid and one.uid == uid), None)


def _overridden(series: Entry, key: str, revise: Callable[[Entry], Entry]) -> Entry:
    """Change one occurrence: the series then holds it as one that differs."""
    one = occurrence_of(series, key)
    if one is None or series.recurrence is None:
        raise NotFoundError("occurrence", key, within=series.id)
    after = revise(one)
    if one.status is Status.CANCELLED and after.status is Status.CANCELLED and after != one:
        raise StateError("occurrence", key, "cancelled", "change", "Confirm it first.")
    if after == one:
        return series
    others = tuple(
        each for each in series.recurrence.overrides if each.occurrence != one.occurrence
    )
    overrides = sorted((*others, as_override(after)), key=lambda each: each.occurrence_key)
    return replace(series, recurrence=replace(series.recurrence, overrides=tuple(overrides)))


def _problems(error: InputError | StateError, place: str) -> list[Problem]:
    if isinstance(error, InputError):
        return [
            replace(one, place=" ".join(part for part in (place, one.place) if part))
            for one in error.problems
        ]
    said = error.message.removesuffix(".")
    return [Problem(place, said, error.remedy, code=error.code, facts=error.facts)]


def moved(entry: Entry, start: datetime | date) -> Entry:
    """Move an entry to another start; its end moves along.

    Raises:
        InputError: one of the two lasts all day and the other does not.
    """
    if isinstance(start, datetime) is entry.all_day:
        if entry.end is not None or entry.repeats:
            said = "the entry would begin by the clock and end by the day, or the reverse"
            raise InputError.of("start", said, "give the end too", code="calendar.mixed_times")
        return replace(entry, start=start)
    if entry.end is None:
        return replace(entry, start=start)
    by: Any = entry.end
    return replace(entry, start=start, end=start + (by - entry.start))
