"""The calendar as it is kept: versions, reminders by instant, and what commits together."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from mailer.domain.calendar.entry import Entry, Kind, Recurrence, Status, created, revised
from mailer.domain.calendar.offset import Offset
from mailer.domain.calendar.rows import from_text, to_text
from mailer.domain.events import Event
from mailer.errors import NotFoundError
from mailer.store import events, keys
from mailer.store.calendar import entries as calendar
from mailer.store.calendar.entries import Change
from mailer.store.server.connection import Store

NOW = datetime(2023, 3, 1, 9, tzinfo=UTC)
START = datetime(2023, 4, 26, 14)  # noqa: DTZ001 - local, as entries are


def entry(name: str = "meeting", **fields: Any) -> Entry:
    """Return an entry that is ready to be kept."""
    usual: dict[str, Any] = {"start": START, "zone": "Europe/Zurich", "title": {"en": "Meeting"}}
    return created(Entry(id=name, kind=Kind.MEETING, **(usual | fields)), NOW, "lists.example.org")


def put(store: Store, *entries: Entry, now: datetime = NOW) -> None:
    """Keep entries, new or as they are now."""

    def decide(known: Any) -> list[Change]:
        return [Change(one, told(one), known.get(one.id)) for one in entries]

    calendar.change(store, decide, now)


def told(one: Entry) -> Event:
    """Return an event about an entry."""
    facts: dict[str, str | int] = {"entry": one.id, "sequence": one.sequence, "fields": "x"}
    return Event("calendar.changed", NOW, facts)


def due(store: Store, until: datetime) -> list[tuple[str, int]]:
    """Return offsets and sequences of all reminders in the index."""
    return [(str(one.offset), one.sequence) for one in calendar.coming(store, until)]


FAR = NOW + timedelta(days=900)


def test_an_entry_comes_back_as_it_was_kept(store: Store) -> None:
    """A field that is lost on the way would be lost for every reader."""
    inner = entry(occurrence=START, start=START + timedelta(hours=2), title={"fr": "Réunion"})
    repeats = Recurrence(("FREQ=WEEKLY;COUNT=3",), (START,), (START,), (inner,))
    full = entry(
        end=START + timedelta(hours=1),
        place={"en": "Online"},
        city={"fr": "Genève"},
        url="https://example.org/a",
        online="https://example.org/b",
        registration={"es": "https://example.org/c"},
        description={"en": "Two\nlines"},
        topics=("meetings",),
        rule="lang:fr",
        tags=("press",),
        remind=(Offset(3), Offset(0, 90)),
        status=Status.TENTATIVE,
        sequence=3,
        invite=True,
        listed=False,
        recurrence=repeats,
    )
    put(store, full, entry("silent", remind=(), start=date(2023, 5, 5)))
    assert calendar.get(store, "meeting") == full
    assert calendar.of_uid(store, "meeting@lists.example.org") == full
    assert calendar.get(store, "silent").remind == ()
    assert to_text(from_text(to_text(full))) == to_text(full)
    with pytest.raises(NotFoundError, match="no calendar entry 'other'"):
        calendar.get(store, "other")


def test_a_change_keeps_the_version_before_and_commits_with_its_event(store: Store) -> None:
    """The version that readers were last told is found by its sequence, to tell the change."""
    first = entry()
    put(store, first)
    moved = revised(first, replace(first, start=START + timedelta(days=1)), NOW)
    put(store, moved)
    assert calendar.get(store, "meeting") == moved
    assert calendar.version(store, "meeting", 0) == first
    assert calendar.version(store, "meeting", 7) is None
    assert [fields["sequence"] for _, fields in events.read(store)] == ["0", "1"]
    assert calendar.revision(store).number == 2


def test_what_follows_commits_with_the_change_or_nothing_does(store: Store) -> None:
    """An entry without the job that tells of it would be a change that nobody hears of (law 9)."""

    def fails(pipe: Any, _changes: Any) -> None:
        pipe.set("follows", 1)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        calendar.change(store, lambda _: [Change(entry(), told(entry()))], NOW, fails)
    assert calendar.all_by_id(store) == {}
    assert not store.redis.exists("follows", keys.REMINDERS_DUE)


def test_a_change_by_somebody_else_in_between_makes_us_decide_again(store: Store) -> None:
    """Two secretaries at once must not undo each other's work unseen."""
    put(store, entry())
    seen = []

    def decide(known: Any) -> list[Change]:
        seen.append(known["meeting"].sequence)
        if len(seen) == 1:
            put(store, replace(known["meeting"], sequence=1))
        after = replace(known["meeting"], sequence=known["meeting"].sequence + 1)
        return [Change(after, told(after), known["meeting"])]

    calendar.change(store, decide, NOW)
    assert seen == [0, 1]
    assert calendar.get(store, "meeting").sequence == 2


def test_a_moved_entry_moves_its_reminders(store: Store) -> None:
    """One instant left behind would remind readers of a time that is no more."""
    put(store, entry())
    assert due(store, FAR) == [("P14D", 0), ("P1D", 0), ("PT1H", 0)]
    put(store, entry(start=START + timedelta(days=7), sequence=1))
    assert [one.at for one in calendar.coming(store, FAR)] == [
        datetime(2023, 4, 19, 12, tzinfo=UTC),
        datetime(2023, 5, 2, 12, tzinfo=UTC),
        datetime(2023, 5, 3, 11, tzinfo=UTC),
    ]
    put(store, entry(status=Status.CANCELLED, sequence=2))
    assert due(store, FAR) == []


def test_an_entry_put_down_late_has_no_reminders_of_the_past(store: Store) -> None:
    """A user who adds a meeting ten days ahead wants the reminders that are still to come."""
    put(store, entry(), now=datetime(2023, 4, 20, tzinfo=UTC))
    assert due(store, FAR) == [("P1D", 0), ("PT1H", 0)]


def test_what_came_due_stays_due_through_a_change_until_somebody_deals_with_it(
    store: Store,
) -> None:
    """A typo corrected while the service is down must not swallow the reminder that is late."""
    put(store, entry())
    late = datetime(2023, 4, 12, 13, tzinfo=UTC)
    put(store, entry(sequence=1), now=late)
    assert [(str(one.offset), one.sequence) for one in calendar.due(store, late)] == [("P14D", 1)]
    with store.redis.pipeline() as pipe:
        calendar.dealt_with(pipe, calendar.due(store, late))
        pipe.execute()
    put(store, entry(sequence=2), now=late)
    calendar.reindex(store, late)
    assert calendar.due(store, late) == []
    assert due(store, FAR) == [("P1D", 2), ("PT1H", 2)]


def test_what_repeats_without_end_is_written_down_as_it_comes_nearer(store: Store) -> None:
    """The index holds a year or so; the rest must not be forgotten."""
    weekly = entry(recurrence=Recurrence(("FREQ=WEEKLY",)), remind=(Offset(1),))
    put(store, weekly)
    last = calendar.coming(store, FAR)[-1]
    assert last.at < NOW + calendar.HORIZON
    later = NOW + timedelta(days=100)
    assert calendar.reindex(store, later) == 1
    assert calendar.coming(store, FAR)[-1].at > last.at
    assert calendar.reindex(store, later + timedelta(minutes=5)) == 0
    assert calendar.not_over(store, FAR) == [weekly]


def test_a_new_zone_database_moves_the_reminders(store: Store) -> None:
    """A country changes its clocks, the machine is updated, and nobody edits the entry."""
    put(store, entry())
    wanted = calendar.coming(store, FAR)
    for one in wanted:  # as an older database had it: all an hour earlier
        member = f"{one.entry} - {one.offset} {one.sequence}"
        store.redis.zadd(keys.REMINDERS_DUE, {member: one.at.timestamp() - 3600})
    assert calendar.coming(store, FAR) != wanted
    assert calendar.reindex(store, NOW) == 1
    assert calendar.coming(store, FAR) == wanted


def test_working_out_anew_leaves_alone_what_somebody_changes_meanwhile(store: Store) -> None:
    """The version that was read before the change must not write its reminders over the new ones."""
    old = entry()
    put(store, old)
    put(store, entry(start=START + timedelta(days=7), sequence=1))
    calendar._index_if_unchanged(store, old, NOW)
    assert [one.sequence for one in calendar.coming(store, FAR)] == [1, 1, 1]
