"""An edition without dates of its own lists the calendar's, as they are when its campaign starts."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mailer.clock import SimulatedClock
from mailer.domain.calendar.entry import Entry, Kind
from mailer.domain.subscribers.address import parse_address
from mailer.domain.subscribers.topic import Topic, Topics
from mailer.services.calendar.entries import Calendar
from mailer.services.calendar.importing import Options, import_file
from mailer.services.campaigns.lifecycle import Campaigns
from mailer.services.editions import library as editions
from mailer.services.editions import preview
from mailer.services.sending import contents
from mailer.services.subscriptions import subscribers as vouched
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store
from support.places import ROOT
from support.service.command import Command
from support.service.small_campaign import settings_for

DEMO = ROOT / "mailer/demo/spring-2023"


class Desk:
    """A secretariat with the sample's edition, without its dates, and the sample's calendar."""

    def __init__(self, store: Store, folder: Path) -> None:
        """Use the store and a folder."""
        self.store, self.folder = store, folder / "spring-2023"
        self.settings = settings_for(folder / "data")
        self.clock = SimulatedClock(datetime.fromisoformat("2023-04-01T09:00:00+00:00"))
        shutil.copytree(DEMO, self.folder)
        (self.folder / "calendar.toml").unlink()
        self.calendar = Calendar(store, self.settings, self.clock)
        import_file(self.calendar, self.settings, DEMO / "calendar.toml", Options())
        vouched.add(store, self.settings, self.clock.now(), parse_address("ana@example.org"))

    def text(self) -> str:
        """Return the edition as a reader of English would get it now."""
        return preview.text(
            self.settings, editions.load(self.store, self.settings.topics, "spring-2023"), "en"
        )

    def start(self) -> int:
        """Start a campaign, and return its number."""
        uses = Campaigns(self.store, self.settings, self.clock)
        number = uses.create("spring-2023", "bulletin").number
        uses.send(number)
        return number

    def sent(self, number: int) -> str:
        """Return what a campaign sends to readers of English."""
        campaign = campaigns.get(self.store, number)
        return contents.load(self.store, self.settings, campaign).rendered("en").text


@pytest.fixture
def desk(store: Store, tmp_path: Path) -> Desk:
    """As above, with the edition imported."""
    desk = Desk(store, tmp_path)
    editions.import_folder(store, desk.settings.topics, desk.folder, desk.clock)
    return desk


def later(entry: Entry) -> Entry:
    """Move an entry to the day after."""
    return replace(entry, start=entry.start + timedelta(days=1))


def test_the_same_dates_are_listed_as_with_a_file_of_its_own(desk: Desk, store: Store) -> None:
    """The secretariat writes each date once."""
    ours = desk.text()
    assert "28 June" in ours
    editions.import_folder(store, desk.settings.topics, DEMO, desk.clock)
    assert desk.text() == ours


def test_a_draft_follows_the_calendar_and_a_campaign_that_began_does_not(desk: Desk) -> None:
    """Otherwise half of the readers would get another date than the other half."""
    number = desk.start()
    before = desk.sent(number)
    desk.calendar.change("group-june-2023", later)
    assert "29 June" in desk.text()
    assert desk.sent(number) == before
    assert "28 June" in before


def test_the_digest_tells_one_set_of_dates_from_another(desk: Desk, store: Store) -> None:
    """An unchanged set has an unchanged digest; a change of another year changes nothing."""
    first = editions.present(store, desk.settings.topics, "spring-2023").digest
    start = datetime(2031, 1, 1, 9)  # noqa: DTZ001 - local
    desk.calendar.add(Entry("far", Kind.MEETING, start, "UTC", {"en": "Far"}))
    assert editions.present(store, desk.settings.topics, "spring-2023").digest == first
    desk.calendar.change("group-june-2023", lambda one: replace(one, remind=()))
    assert editions.present(store, desk.settings.topics, "spring-2023").digest == first
    desk.calendar.change("group-june-2023", later)
    assert editions.present(store, desk.settings.topics, "spring-2023").digest != first
    assert campaigns.get(store, desk.start()).digest != first


def test_what_is_cancelled_or_not_for_everybody_is_not_listed(desk: Desk) -> None:
    """A bulletin goes to all, and is read for months."""
    desk.calendar.cancel("group-october-2023", {"en": "Moved to the next year"})
    desk.calendar.change("group-december-2023", lambda one: replace(one, tags=("board",)))
    shown = [
        one.id
        for one in editions.load(desk.store, desk.settings.topics, "spring-2023").calendar
        if one.listed
    ]
    assert shown == ["private-sector-2023", "msme-day-2023", "group-june-2023"]


def test_dates_of_a_hidden_topic_are_not_listed(desk: Desk) -> None:
    """The board's meeting is nobody else's business, and a bulletin goes to all."""
    hidden = Topics((Topic("bulletin"), Topic("meetings", visible=False)))
    found = editions.load(desk.store, hidden, "spring-2023").calendar
    assert [one.id for one in found if one.listed] == ["msme-day-2023"]


def test_an_empty_calendar_changes_nothing(store: Store, tmp_path: Path) -> None:
    """Editions of those who keep no calendar are as they were, digest and all."""
    desk = Desk(store, tmp_path)
    store.redis.flushall()
    for path in desk.folder.glob("*.md"):
        path.write_text(path.read_text().replace("entry: private-sector-2023\n", ""))
    summary, _ = editions.import_folder(store, desk.settings.topics, desk.folder, desk.clock)
    vouched.add(store, desk.settings, desk.clock.now(), parse_address("ana@example.org"))
    assert editions.present(store, desk.settings.topics, "spring-2023").digest == summary.digest
    number = desk.start()
    assert campaigns.get(store, number).digest == summary.digest
    start = datetime(2023, 6, 1, 9)  # noqa: DTZ001 - local
    desk.calendar.add(Entry("new", Kind.MEETING, start, "UTC", {"en": "New meeting"}))
    assert "New meeting" not in desk.sent(number)
    assert "New meeting" in desk.text()


def test_a_folder_is_checked_with_the_dates_of_the_calendar(desk: Desk, tmp_path: Path) -> None:
    """Before it is imported; the entry that it announces is found there."""
    mailer = Command(desk.store, tmp_path / "data")
    shown = mailer("editions", "preview", str(desk.folder))
    assert shown.code == 0, shown.err
    assert "28 June" in shown.out
