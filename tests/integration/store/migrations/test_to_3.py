"""After the step to version 3, bitmaps find by audience rules what records say of former readers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailer.clock import SimulatedClock
from mailer.domain.calendar.attendance import Attendance
from mailer.services.operation import migrating
from mailer.services.segments import rules
from mailer.store.calendar import attendance
from mailer.store.segments import bitmaps
from mailer.store.server.connection import Store
from mailer.store.subscribers import records
from support.service.filled import former
from support.service.small_calendar import MEETING
from support.service.small_campaign import START


@pytest.mark.parametrize("version", range(1, 3))
def test_readers_of_former_versions_are_found_by_their_records(
    store: Store, data_dir: Path, version: int
) -> None:
    """Who joined, bounced or answered before the upgrade is asked for as anybody later."""
    settings = former(store, data_dir, version)
    migrating.migrate(store, settings, SimulatedClock(START), connected=True)

    def found(text: str) -> set[int]:
        wanted = rules.bitmap(store, settings, rules.read(store, settings, text))
        return set(bitmaps.numbers_in(bitmaps.of_now(store, wanted)[0]))

    last = records.last_number(store)
    known = [one for number in range(1, last + 1) if (one := records.get(store, number))]
    days = {one.added_at.astimezone(UTC).date() for one in known}
    for day in days:
        on_that_day = {one.number for one in known if one.added_at.date() == day}
        assert found(f"joined = {day}") == on_that_day
    assert found("bounced") == {one.number for one in known if one.bounced} != set()
    answers = {(one.subscriber, one.attendance) for one in attendance.each(store, MEETING.id)}
    assert {number for number, _ in answers} == found(f"answered:{MEETING.id}:yes")
    assert {answer for _, answer in answers} == {Attendance.ACCEPTED}
    assert found(f"joined after {datetime(2100, 1, 1, tzinfo=UTC).date()}") == set()
