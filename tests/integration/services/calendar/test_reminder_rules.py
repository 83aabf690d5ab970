"""Reminders of an entry that names an audience rule go to the readers who fit, and to no others."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailer.domain.campaigns.campaign import State
from mailer.errors import InputError, StateError
from mailer.services.calendar.entries import Calendar
from mailer.services.calendar.public import is_public
from mailer.store import keys
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store
from support.service.segment_service import SegmentService
from support.service.small_calendar import MEETING, SmallCalendar

TWO_WEEKS_BEFORE = datetime(2023, 4, 26, 12, tzinfo=UTC)


@pytest.fixture
def service(store: Store, tmp_path: Path) -> SegmentService:
    """Three readers, one of them of the board, and a segment of it."""
    service = SegmentService(store, tmp_path)
    service.put(1, tags="press")
    service.put(2, attributes={"country": "CH"})
    service.put(3)
    service.segments.define("board", "country = CH")
    return service


@pytest.fixture
def small(service: SegmentService) -> SmallCalendar:
    """A meeting of the board."""
    made = SmallCalendar(service)
    made.put(MEETING, rule="segment:board")
    assert made.tick() == []
    return made


def test_only_those_who_fit_are_reminded(small: SmallCalendar) -> None:
    """The board's meeting is nobody else's business."""
    (number,) = small.go_to(TWO_WEEKS_BEFORE)
    campaign = campaigns.get(small.store, number)
    assert (campaign.planned, campaign.resolved) == (1, "country = CH")
    assert small.store.redis.getbit(keys.ledger(number, "audience"), 2) == 1


def test_if_nobody_fits_nothing_goes_out_and_the_log_says_so(
    service: SegmentService, small: SmallCalendar
) -> None:
    """As where nobody subscribes to the topic."""
    service.segments.define("board", "country = FR")
    assert small.go_to(TWO_WEEKS_BEFORE) == []
    assert [one["reason"] for one in small.seen("reminder.skipped")] == ["nobody"]


def test_a_segment_that_an_entry_names_stays(service: SegmentService, small: SmallCalendar) -> None:
    """Its reminders come due in a year, when nobody remembers what was removed."""
    assert small.made() == []
    with pytest.raises(StateError, match=f"used by calendar entry {MEETING.id}"):
        service.segments.remove("board")


def test_a_reminder_for_nobody_knows_whom_is_held(small: SmallCalendar) -> None:
    """It waits for a person, says why, and goes neither to everybody nor to nobody."""
    small.store.redis.delete(keys.SEGMENTS)
    assert small.go_to(TWO_WEEKS_BEFORE) == []
    (campaign,) = small.made()
    assert campaign.state is State.HELD
    assert 'no segment "board"' in campaign.reason


def test_an_entry_with_a_rule_is_not_for_everybody(service: SegmentService) -> None:
    """The public calendar shows what concerns all readers of a topic."""
    topics = service.settings.topics
    assert is_public(MEETING, topics)
    assert not is_public(replace(MEETING, rule="segment:board"), topics)


def test_a_wrong_rule_makes_no_entry(service: SegmentService) -> None:
    """It is told when it is written, not two weeks before the meeting."""
    calendar = Calendar(service.store, service.settings, service.clock)
    with pytest.raises(InputError, match='did you mean "board"'):
        calendar.add(replace(MEETING, rule="segment:bord"))
    calendar.add(replace(MEETING, rule="segment:board"))
