"""A change to an entry that readers were told of is sent to them once; a slip is not sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailer.content.rendering.rendered import Rendered
from mailer.domain.calendar.entry import Recurrence, Status
from mailer.domain.calendar.offset import Offset
from mailer.domain.campaigns.campaign import Content, State
from mailer.services.calendar.reminders import WAITS
from mailer.services.sending import contents
from mailer.store import keys
from mailer.store.calendar import entries as calendar
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store
from support.service.small_calendar import MEETING, SmallCalendar
from support.service.small_campaign import SmallService, settings_for

TWO_WEEKS_BEFORE = datetime(2023, 4, 26, 12, tzinfo=UTC)
DAY_BEFORE = datetime(2023, 5, 9, 12, tzinfo=UTC)
NEXT_DAY = {"start": datetime(2023, 5, 11, 10), "end": datetime(2023, 5, 11, 12)}  # noqa: DTZ001


@pytest.fixture
def small(store: Store, tmp_path: Path) -> SmallCalendar:
    """A meeting that two of three readers were reminded of, two weeks before."""
    service = SmallService(store, settings_for(tmp_path))
    service.subscribe("ana@example.org")
    service.subscribe("luc@example.org", language="fr")
    made = SmallCalendar(service)
    made.put()
    assert made.go_to(TWO_WEEKS_BEFORE) == [1]
    made.accept_all(1)
    service.subscribe("new@example.org")
    return made


def rendered(small: SmallCalendar, number: int, language: str = "en") -> Rendered:
    """Render what a campaign sends."""
    campaign = campaigns.get(small.store, number)
    return contents.load(small.store, small.service.settings, campaign).rendered(language)


def test_who_was_told_hears_of_a_new_date_after_the_time_of_grace(small: SmallCalendar) -> None:
    """The new date stands beside the old one, for those who know the old one and nobody else."""
    small.change(**NEXT_DAY)
    assert small.tick() == []
    assert small.pass_time(minutes=9, seconds=59) == []
    assert small.pass_time(seconds=1) == [2]
    notice = campaigns.get(small.store, 2)
    assert notice.content is Content.NOTICE
    assert (notice.planned, notice.digest) == (2, "1")
    assert not small.store.redis.getbit(keys.ledger(2, "audience"), 3)
    french = rendered(small, 2, "fr")
    assert french.subject == (
        "Nouvelle date\u00a0: 11 mai, 10:00 Genève – Réunion avec le secteur privé"
    )
    assert french.text.index("11 mai 2023") < french.text.index("10 mai 2023")
    assert french.calendar is not None
    assert "\nSEQUENCE:1\n" in french.calendar.text
    assert "\nMETHOD:PUBLISH\n" in french.calendar.text
    assert small.pass_time(days=1) == []


def test_a_slip_that_is_put_right_sends_nothing(small: SmallCalendar) -> None:
    """The time of grace is there for typing errors."""
    small.change(**NEXT_DAY)
    small.tick()
    small.clock.advance(timedelta(minutes=5))
    small.change(start=MEETING.start, end=MEETING.end)
    assert small.pass_time(minutes=30) == []
    assert len(small.made()) == 1
    assert small.go_to(DAY_BEFORE) == [2]


def test_the_last_of_several_changes_is_told(small: SmallCalendar) -> None:
    """Each change begins the time of grace anew; readers hear of the outcome alone."""
    small.change(**NEXT_DAY)
    small.pass_time(minutes=8)
    small.change(place={"en": "Geneva, room W"})
    assert small.pass_time(minutes=8) == []
    assert small.pass_time(minutes=2) == [2]
    english = rendered(small, 2)
    assert english.subject.startswith("New date: 11 May, 10:00 Geneva")
    assert "room W" in english.text


def test_a_cancellation_takes_it_out_of_readers_calendars(small: SmallCalendar) -> None:
    """A mail that only says so leaves the meeting in every calendar."""
    small.change(status=Status.CANCELLED, reason={"en": "The room is not to be had."})
    assert small.pass_time(minutes=10) == [2]
    english = rendered(small, 2)
    assert english.subject == "Cancelled – Meeting with the private sector (10 May, 14:00 Geneva)"
    assert "The room is not to be had." in english.text
    assert "Register" not in english.text
    assert english.calendar is not None
    assert "\nMETHOD:CANCEL\n" in english.calendar.text
    assert "\nSTATUS:CANCELLED\n" in english.calendar.text
    assert "\nSEQUENCE:1\n" in english.calendar.text
    assert small.go_to(DAY_BEFORE) == []


def test_what_takes_place_after_all_is_told_as_such(small: SmallCalendar) -> None:
    """Readers who struck it out must put it back."""
    small.change(status=Status.CANCELLED)
    small.pass_time(minutes=10)
    small.accept_all(2)
    small.change(status=Status.CONFIRMED)
    assert small.pass_time(minutes=10) == [3]
    assert rendered(small, 3).subject.startswith("Takes place after all – ")


def test_a_cancellation_that_is_taken_back_in_time_was_never_one(small: SmallCalendar) -> None:
    """The sequence has moved on twice; what readers know is right all the same."""
    small.change(status=Status.CANCELLED)
    small.pass_time(minutes=3)
    small.change(status=Status.CONFIRMED)
    assert small.pass_time(minutes=30) == []
    assert small.go_to(DAY_BEFORE) == [2]


def test_an_entry_that_nobody_was_told_of_changes_silently(small: SmallCalendar) -> None:
    """Notice of a change of what one never heard of is noise."""
    small.put(MEETING, id="unheard", start=datetime(2023, 6, 1, 9), end=None)  # noqa: DTZ001
    small.change("unheard", start=datetime(2023, 6, 2, 9))  # noqa: DTZ001
    assert small.pass_time(minutes=30) == []
    assert len(small.made()) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"title": {"en": "Meeting with private firms"}},
        {"description": {"en": "With an agenda."}},
        {"zone": "Europe/Berlin"},
        {"remind": (Offset(days=2),)},
    ],
)
def test_words_change_silently(small: SmallCalendar, change: dict[str, object]) -> None:
    """The next reminder shows them; another zone with the same hours moves nothing."""
    small.change(**change)
    assert small.pass_time(minutes=30) == []


def test_a_reminder_waits_for_the_notice(small: SmallCalendar) -> None:
    """Otherwise readers would find another date in a reminder that says nothing of a change."""
    small.go_to(DAY_BEFORE - timedelta(minutes=4))
    small.change(start=datetime(2023, 5, 10, 14, 30))  # noqa: DTZ001
    assert small.go_to(DAY_BEFORE + timedelta(minutes=30)) == [2, 3]
    assert [one.content for one in small.made()[1:]] == [Content.NOTICE, Content.REMINDER]
    small.store.redis.delete(keys.CALENDAR_CHANGED)


def test_two_schedulers_tell_once(small: SmallCalendar) -> None:
    """Law 1 holds for notices too."""
    small.change(**NEXT_DAY)
    small.clock.advance(timedelta(minutes=10))
    other = SmallCalendar(small.service)
    assert [*small.reminders.run(), *other.reminders.run()] == [2]


def test_a_reminder_that_is_going_out_stops_for_a_change(small: SmallCalendar) -> None:
    """A large list takes hours: the second half must not be told what is no longer so."""
    (number,) = small.go_to(DAY_BEFORE)
    small.store.redis.setbit(keys.ledger(number, "claimed"), 1, 1)
    small.change(**NEXT_DAY)
    small.tick()
    running = campaigns.get(small.store, number)
    assert (running.state, running.reason) == (State.PAUSED, WAITS)
    assert small.pass_time(minutes=10) == []
    assert campaigns.get(small.store, number).state is State.PAUSED
    small.store.redis.setbit(keys.ledger(number, "accepted"), 1, 1)
    assert small.pass_time(seconds=2) == [number + 1]
    assert campaigns.get(small.store, number).state is State.CANCELLED
    assert campaigns.get(small.store, number + 1).planned == 3


def test_a_change_that_is_taken_back_lets_the_reminder_go_on(small: SmallCalendar) -> None:
    """A reminder held back because of a slip goes on by itself."""
    (number,) = small.go_to(DAY_BEFORE)
    small.change(**NEXT_DAY)
    small.tick()
    small.change(start=MEETING.start, end=MEETING.end)
    small.tick()
    assert campaigns.get(small.store, number).state is State.SENDING


def test_a_notice_that_comes_too_late_is_held(small: SmallCalendar) -> None:
    """Law 12: a person decides whether news of yesterday still helps."""
    small.change(**NEXT_DAY)
    assert small.pass_time(hours=7) == []
    assert small.made()[1].state is State.HELD
    small.change(place={"en": "Elsewhere"})
    assert small.pass_time(minutes=10) == [3]
    assert small.made()[1].state is State.CANCELLED
    assert "Before" in rendered(small, 3).text


def test_pending_notices_are_shown_with_their_time(small: SmallCalendar) -> None:
    """A user who made a slip must see how long there is to put it right."""
    small.change(**NEXT_DAY)
    ((news, due),) = small.reminders.pending()
    assert (news.entry.id, news.change.value, news.told) == (MEETING.id, "moved", (1,))
    assert due == small.clock.now() + timedelta(minutes=10)


def test_one_occurrence_that_moves_is_told_alone(small: SmallCalendar) -> None:
    """Of a weekly meeting only the week that changes is news, and only if it was announced."""
    weekly = Recurrence(rules=("FREQ=WEEKLY;COUNT=3",))
    small.change(remind=())
    first = small.put(MEETING, id="weekly", remind=(Offset(days=1),), recurrence=weekly)
    (number,) = small.go_to(DAY_BEFORE)
    small.accept_all(number)
    key = datetime(2023, 5, 10, 14)  # noqa: DTZ001
    moved = MEETING.start + timedelta(hours=1)
    override = calendar.get(small.store, "weekly")
    one = Recurrence(
        rules=weekly.rules,
        overrides=(
            type(override)(
                **{
                    **{f: getattr(first, f) for f in first.__dataclass_fields__},
                    "recurrence": None,
                    "occurrence": key,
                    "start": moved,
                    "end": moved + timedelta(hours=2),
                }
            ),
        ),
    )
    small.change("weekly", recurrence=one)
    assert small.pass_time(minutes=10) == [number + 1]
    english = rendered(small, number + 1)
    assert english.subject.startswith("New time: 10 May, 15:00 Geneva")


def test_a_series_that_moves_as_a_whole_moves_its_announced_occurrence(
    small: SmallCalendar,
) -> None:
    """Each occurrence gets another name then; readers care for the one that they know."""
    weekly = Recurrence(rules=("FREQ=WEEKLY;COUNT=3",))
    small.change(remind=())
    small.put(MEETING, id="weekly", remind=(Offset(days=1),), recurrence=weekly)
    (number,) = small.go_to(DAY_BEFORE)
    small.accept_all(number)
    small.change("weekly", **NEXT_DAY)
    assert small.pass_time(minutes=10)[:1] == [number + 1]
    assert rendered(small, number + 1).subject.startswith("New date: 11 May, 10:00 Geneva")


def test_an_occurrence_that_is_left_out_is_cancelled(small: SmallCalendar) -> None:
    """The series goes on; the calendar file strikes out the one."""
    weekly = Recurrence(rules=("FREQ=WEEKLY;COUNT=3",))
    small.change(remind=())
    small.put(MEETING, id="weekly", remind=(Offset(days=1),), recurrence=weekly)
    (number,) = small.go_to(DAY_BEFORE)
    small.accept_all(number)
    key = datetime(2023, 5, 10, 14)  # noqa: DTZ001
    small.change("weekly", recurrence=Recurrence(rules=weekly.rules, left_out=(key,)))
    assert small.pass_time(minutes=10) == [number + 1]
    english = rendered(small, number + 1)
    assert english.subject.startswith("Cancelled – ")
    assert english.calendar is not None
    assert "METHOD:CANCEL" in english.calendar.text
    assert "RECURRENCE-ID" in english.calendar.text
    assert "RRULE" not in english.calendar.text.partition("BEGIN:VEVENT")[2]
