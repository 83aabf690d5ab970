"""A change can be taken back while nobody was told of it; then nobody ever is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailer.domain.calendar.entry import Entry, Status, differences
from mailer.errors import NotFoundError, StateError
from mailer.services.calendar.entries import Calendar
from mailer.services.calendar.history import history
from mailer.services.calendar.undoing import Undoing
from mailer.store.server.connection import Store
from support.service.small_calendar import MEETING, SmallCalendar
from support.service.small_campaign import SmallService, settings_for

TWO_WEEKS_BEFORE = datetime(2023, 4, 26, 12, tzinfo=UTC)
NEXT_DAY = {"start": datetime(2023, 5, 11, 10), "end": datetime(2023, 5, 11, 12)}  # noqa: DTZ001


@pytest.fixture
def small(store: Store, tmp_path: Path) -> SmallCalendar:
    """A meeting that two readers were reminded of."""
    service = SmallService(store, settings_for(tmp_path))
    service.subscribe("ana@example.org")
    service.subscribe("luc@example.org", language="fr")
    made = SmallCalendar(service)
    made.put()
    made.go_to(TWO_WEEKS_BEFORE)
    made.accept_all(1)
    return made


def undoing(small: SmallCalendar) -> Undoing:
    """Return the use cases."""
    return Undoing(small.store, small.service.settings, small.clock)


def change(small: SmallCalendar, **changes: object) -> Entry:
    """Change the meeting as the secretariat does."""
    service = Calendar(small.store, small.service.settings, small.clock)
    return service.change(MEETING.id, lambda one: replace(one, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes", [NEXT_DAY, {"status": Status.CANCELLED, "reason": {"en": "No room."}}]
)
def test_what_is_taken_back_in_time_is_told_to_nobody(
    small: SmallCalendar, changes: dict[str, object]
) -> None:
    """Of a move and of a cancellation alike; reminders go on."""
    before = change(small, description={"en": "With an agenda."})
    moved = change(small, **changes)
    small.pass_time(minutes=9)
    after = undoing(small).undo(MEETING.id, moved.sequence)
    assert differences(before, after) == ()
    assert after.sequence == moved.sequence + 1
    assert small.pass_time(minutes=30) == []
    assert len(small.made()) == 1


def test_a_paused_reminder_goes_on_after_it(small: SmallCalendar) -> None:
    """It was stopped for news that is none any more."""
    small.go_to(datetime(2023, 5, 9, 12, tzinfo=UTC))
    change(small, **NEXT_DAY)
    small.tick()
    assert [one.state.value for one in small.made()] == ["sent", "paused"]
    undoing(small).undo(MEETING.id)
    small.tick()
    assert [one.state.value for one in small.made()] == ["sent", "sending"]


def test_after_the_time_of_grace_it_is_too_late(small: SmallCalendar) -> None:
    """The notice goes out at that very instant."""
    change(small, **NEXT_DAY)
    assert (last := undoing(small).undoable(MEETING.id)) is not None
    assert last.until == small.clock.now() + small.service.settings.notice_grace
    small.clock.advance(small.service.settings.notice_grace)
    with pytest.raises(StateError, match="too late"):
        undoing(small).undo(MEETING.id)
    assert undoing(small).undoable(MEETING.id) is None
    assert small.tick() == [2]


def test_what_somebody_else_changed_since_is_not_undone_with_it(small: SmallCalendar) -> None:
    """The button is about the change that it stood beside."""
    mine = change(small, **NEXT_DAY)
    change(small, place={"en": "Room W"})
    with pytest.raises(StateError, match="changed again"):
        undoing(small).undo(MEETING.id, mine.sequence)


def test_what_was_only_added_has_no_former_version(small: SmallCalendar) -> None:
    """An entry is never removed; it is cancelled."""
    with pytest.raises(StateError, match="as it was when it was added"):
        undoing(small).undo(MEETING.id)
    assert undoing(small).undoable(MEETING.id) is None
    with pytest.raises(NotFoundError):
        undoing(small).undo("none")


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(days=st.lists(st.integers(-5, 5), min_size=1, max_size=4))
def test_undo_gives_back_exactly_the_version_before(small: SmallCalendar, days: list[int]) -> None:
    """After any changes; undone twice, the change is back; the history holds each of them."""
    versions = len(history(small.store, MEETING.id))
    before = after = change(small, place={"en": f"Room {versions}"})
    for day in days:
        new = change(small, start=MEETING.start + timedelta(days=day, hours=1), end=None)
        if new.sequence != after.sequence:
            before, after = after, new
    once = undoing(small).undo(MEETING.id)
    assert differences(before, once) == ()
    assert differences(after, undoing(small).undo(MEETING.id)) == ()
    found = [one.entry.sequence for one in history(small.store, MEETING.id)]
    assert found == sorted(set(found), reverse=True)
    assert found[0] == after.sequence + 2


def test_history_tells_what_was_changed_and_who_was_told(small: SmallCalendar) -> None:
    """Each mailing stands with the version that it told, with numbers by language."""
    change(small, **NEXT_DAY)
    small.pass_time(minutes=10)
    newest, oldest = history(small.store, MEETING.id)
    assert [one.fields for one in newest.differences] == [("start", "end")]
    (notice,) = newest.mailings
    assert (notice.change, notice.readers, notice.by_language) == ("moved", 2, {"en": 1, "fr": 1})
    (reminder,) = oldest.mailings
    assert (reminder.offset, reminder.readers, oldest.differences) == ("P14D", 2, [])
    with pytest.raises(NotFoundError):
        history(small.store, "none")
