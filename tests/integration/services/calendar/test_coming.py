"""The calendar's future mailings are told in advance: when, to how many, in which language."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailer.services.calendar.coming import Coming, Standing, coming
from mailer.store.server.connection import Store
from support.service.small_calendar import MEETING, SmallCalendar
from support.service.small_campaign import SmallService, settings_for

TWO_WEEKS_BEFORE = datetime(2023, 4, 26, 12, tzinfo=UTC)
NEXT_DAY = {"start": datetime(2023, 5, 11, 10), "end": datetime(2023, 5, 11, 12)}  # noqa: DTZ001


@pytest.fixture
def small(store: Store, tmp_path: Path) -> SmallCalendar:
    """One meeting, two readers of English and one of French."""
    service = SmallService(store, settings_for(tmp_path))
    service.subscribe("ana@example.org", "bea@example.org")
    service.subscribe("luc@example.org", language="fr")
    made = SmallCalendar(service)
    made.put()
    made.tick()
    return made


def ahead(small: SmallCalendar, days: float = 90, entry: str = "") -> list[Coming]:
    """List what is to go out."""
    until = small.clock.now() + timedelta(days=days)
    return coming(small.store, small.service.settings, small.clock, until, entry)


def test_reminders_are_listed_with_their_readers(small: SmallCalendar) -> None:
    """Before a meeting the secretariat wants to know who hears of it, and when."""
    found = ahead(small)
    assert [one.offset for one in found] == ["P14D", "P1D", "PT1H"]
    assert found[0].at == TWO_WEEKS_BEFORE
    assert {one.standing for one in found} == {Standing.COMING}
    assert found[0].by_language == {"en": 2, "fr": 1}
    assert found[0].as_json()["readers"] == 3
    assert len(ahead(small, days=14.5)) == 1
    assert ahead(small, entry="another") == []


def test_what_is_due_is_told_as_such(small: SmallCalendar) -> None:
    """Nothing goes out while the service is down, and this is where one sees it."""
    small.clock.advance(timedelta(days=15))
    assert ahead(small)[0].standing is Standing.DUE


def test_a_change_is_shown_while_it_waits(small: SmallCalendar) -> None:
    """A user who made a slip sees what it would send, and until when it can be put right."""
    small.go_to(TWO_WEEKS_BEFORE)
    small.accept_all(1)
    small.service.subscribe("new@example.org")
    small.change(**NEXT_DAY)
    notice = ahead(small)[0]
    assert (notice.standing, notice.change, notice.readers) == (Standing.PENDING, "moved", 3)
    assert notice.at == small.clock.now() + timedelta(minutes=10)
    assert ahead(small, entry=MEETING.id)[0] == notice


def test_what_is_held_stands_first(small: SmallCalendar) -> None:
    """It waits for a person, who must not have to look for it."""
    small.go_to(TWO_WEEKS_BEFORE + timedelta(days=1))
    found = ahead(small)
    assert (found[0].standing, found[0].campaign, found[0].offset) == (Standing.HELD, 1, "P14D")
    assert [one.offset for one in found[1:]] == ["P1D", "PT1H"]


def test_looking_changes_nothing(small: SmallCalendar) -> None:
    """A list that makes campaigns would be the second scheduler."""
    before = {key: small.store.redis.dump(key) for key in small.store.redis.scan_iter()}
    ahead(small)
    assert {key: small.store.redis.dump(key) for key in small.store.redis.scan_iter()} == before
