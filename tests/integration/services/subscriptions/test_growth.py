"""The number of readers, counted once a day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from mailer.clock import SimulatedClock
from mailer.config import Settings
from mailer.services.subscriptions.growth import Growth
from mailer.store.server.connection import Store
from mailer.store.subscribers import growth
from support.service.web_service import WebService

LATE = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)


def test_each_day_of_the_institution_is_counted_once(store: Store, data_dir: Path) -> None:
    """Half past eleven in London is tomorrow in Zurich; a second count of a day changes nothing."""
    clock = SimulatedClock(LATE)
    settings = Settings(data_dir=data_dir, time_zone="Europe/Zurich")
    counting = Growth(store, settings, clock)
    web = WebService(store, data_dir)
    for place, language in enumerate(["en", "en", "fr"]):
        web.mail.member(f"r{place}@example.org", language=language)
    assert counting.note()
    assert growth.days(store) == {date(2026, 12, 1): {"en": 2, "fr": 1}}
    web.mail.member("late@example.org", language="fr")
    assert not counting.note()
    clock.advance(timedelta(days=1))
    assert counting.note()
    shown = counting.shown()
    assert [sum(found.values()) for found in shown.days.values()] == [3, 4]
    assert (shown.before, shown.total, dict(shown.now)) == (3, 4, {"en": 2, "fr": 2})


def test_the_oldest_days_go(store: Store) -> None:
    """What is kept has a bound, whatever the clock did."""
    first = date(2020, 1, 1)
    for place in range(growth.KEPT + 3):
        growth.note(store, first + timedelta(days=place), {"en": place})
    kept = list(growth.days(store))
    assert len(kept) == growth.KEPT
    assert kept[0] == first + timedelta(days=3)


def test_no_day_was_counted(store: Store, data_dir: Path) -> None:
    """A new service has a number of now, and nothing to compare it with."""
    shown = Growth(store, Settings(data_dir=data_dir), SimulatedClock(LATE)).shown()
    assert (shown.total, shown.before, dict(shown.days)) == (0, None, {})
