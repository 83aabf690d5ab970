"""The scheduler and the calendar: each reminder once, in time, and not of what is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import redis

from mailer.domain.calendar.entry import Kind, Recurrence, Status
from mailer.domain.calendar.offset import Offset
from mailer.domain.campaigns.campaign import Content, State
from mailer.errors import StateError
from mailer.services.sending import contents
from mailer.store import keys
from mailer.store.calendar import entries as calendar
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store
from support.service.small_calendar import MEETING, SmallCalendar
from support.service.small_campaign import START, SmallService, settings_for

TWO_WEEKS_BEFORE = datetime(2023, 4, 26, 12, tzinfo=UTC)
DAY_BEFORE = datetime(2023, 5, 9, 12, tzinfo=UTC)
HOUR_BEFORE = datetime(2023, 5, 10, 11, tzinfo=UTC)
BEGINNING = datetime(2023, 5, 10, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def small(store: Store, tmp_path: Path) -> SmallCalendar:
    """A calendar with one meeting, and two readers of its topic; it is 12 April."""
    service = SmallService(store, settings_for(tmp_path))
    service.subscribe("ana@example.org")
    service.subscribe("luc@example.org", language="fr")
    made = SmallCalendar(service)
    made.put()
    assert made.tick() == []
    return made


def offsets(small: SmallCalendar) -> list[str]:
    """List the offsets of all campaigns, in the order in which they were made."""
    return [campaign.about.offset if campaign.about else "" for campaign in small.made()]


def test_each_reminder_goes_out_at_its_instant_and_not_before(small: SmallCalendar) -> None:
    """Fourteen days before 14:00 is 14:00, and an hour before is 13:00, by the meeting's clock."""
    for number, instant in enumerate((TWO_WEEKS_BEFORE, DAY_BEFORE, HOUR_BEFORE), start=1):
        assert small.go_to(instant - SECOND) == []
        assert small.go_to(instant) == [number]
        assert small.pass_time(seconds=2) == []
    small.go_to(BEGINNING + timedelta(days=30))
    assert offsets(small) == ["P14D", "P1D", "PT1H"]
    assert len(small.seen("reminder.due")) == 3


def test_a_reminder_is_a_campaign_in_each_readers_language(small: SmallCalendar) -> None:
    """There is one sender and one ledger: what holds for an edition holds for a reminder."""
    (number,) = small.go_to(TWO_WEEKS_BEFORE)
    campaign = campaigns.get(small.store, number)
    assert campaign.content is Content.REMINDER
    assert campaign.state is State.SENDING
    assert (campaign.planned, campaign.languages) == (2, ("en", "fr"))
    assert campaign.digest == "0"
    content = contents.load(small.store, small.service.settings, campaign)
    assert content.mailing.automatic
    french = content.rendered("fr")
    assert (
        french.subject == "Dans 2 semaines – Réunion avec le secteur privé (10 mai, 14:00 Genève)"
    )
    assert french.calendar is not None
    assert "\nMETHOD:PUBLISH\n" in french.calendar.text
    spanish = content.rendered("es")
    assert spanish.subject.startswith("Dentro de 2 semanas – Meeting with")


def test_two_schedulers_send_once(small: SmallCalendar) -> None:
    """Law 1: a second scheduler on another machine must do no harm."""
    small.clock.advance(TWO_WEEKS_BEFORE - small.clock.now())
    other = SmallCalendar(small.service)
    assert [*small.reminders.run(), *other.reminders.run()] == [1]
    assert [*small.ticks.start_due(), *other.ticks.start_due()] == [1]


def test_a_scheduler_that_decides_on_old_facts_decides_again(small: SmallCalendar) -> None:
    """Two may read the same due reminder; the transaction of the second must find that out."""
    small.clock.advance(TWO_WEEKS_BEFORE - small.clock.now())
    other = SmallCalendar(small.service)
    inner = other.reminders._reminding
    runs = []

    def while_another_is_quicker(*facts: object) -> object:
        step = inner(*facts)  # type: ignore[arg-type]
        runs.append(step)
        small.reminders.run()
        return step

    other.reminders._reminding = while_another_is_quicker  # type: ignore[method-assign,assignment]
    assert other.reminders.run() == []
    assert [step is None for step in runs] == [False, True]
    assert len(small.made()) == 1


def test_after_an_outage_overdue_reminders_become_one(small: SmallCalendar) -> None:
    """Two reminders at once of the same meeting would look like a fault, and be one."""
    small.change(remind=(Offset(days=14), Offset(minutes=120), Offset(minutes=60)))
    small.tick()
    assert small.go_to(HOUR_BEFORE + timedelta(minutes=10)) == [1]
    assert offsets(small) == ["PT1H"]
    reasons = [(one["offset"], one["reason"]) for one in small.seen("reminder.skipped")]
    assert reasons == [("P14D", "merged"), ("PT2H", "merged")]
    english = contents.load(
        small.store, small.service.settings, campaigns.get(small.store, 1)
    ).rendered("en")
    assert english.subject.startswith("In 50 minutes – ")


def test_what_is_later_than_the_limit_is_held_and_shown(small: SmallCalendar) -> None:
    """Law 12: late is decided by a person."""
    assert small.go_to(TWO_WEEKS_BEFORE + timedelta(hours=6, minutes=1)) == []
    (campaign,) = small.made()
    assert campaign.state is State.HELD
    assert "6 h 1 min" in campaign.reason
    assert small.pass_time(hours=1) == []
    assert small.service.campaigns.send(1).state is State.SENDING


def test_a_held_reminder_gives_way_to_the_next(small: SmallCalendar) -> None:
    """Nobody should send the reminder of two weeks before by mistake after that of the day before."""
    small.go_to(TWO_WEEKS_BEFORE + timedelta(days=1))
    assert small.go_to(DAY_BEFORE) == [2]
    assert [campaign.state for campaign in small.made()] == [State.CANCELLED, State.SENDING]


def test_nothing_is_sent_of_what_is_over(small: SmallCalendar) -> None:
    """A reminder of yesterday's meeting tells readers only that something is broken."""
    assert small.go_to(BEGINNING + timedelta(hours=2)) == []
    assert small.made() == []
    assert {one["reason"] for one in small.seen("reminder.skipped")} == {"over"}
    assert calendar.coming(small.store, BEGINNING + timedelta(days=900)) == []


def test_a_meeting_under_way_is_still_announced(small: SmallCalendar) -> None:
    """A reader who is told late can still join online."""
    assert small.go_to(BEGINNING + timedelta(minutes=30)) == [1]
    content = contents.load(small.store, small.service.settings, campaigns.get(small.store, 1))
    assert content.rendered("en").subject.startswith("Under way – ")


def test_an_entry_put_down_late_has_no_reminders_of_the_past(small: SmallCalendar) -> None:
    """A user who enters a meeting ten days before it is not late with the reminder of two weeks."""
    small.go_to(DAY_BEFORE - timedelta(days=2))
    before = len(small.made())
    small.put(MEETING, id="another")
    small.tick()
    assert len(small.made()) == before
    assert [str(one.offset) for one in calendar.coming(small.store, BEGINNING)][:1] != ["P14D"]


def test_nobody_to_remind_is_noted_and_no_more(small: SmallCalendar) -> None:
    """An empty topic must neither be an error at each tick nor wait for a person."""
    small.store.redis.delete(keys.topic_bits("bulletin"))
    assert small.go_to(TWO_WEEKS_BEFORE) == []
    assert small.made() == []
    assert [one["reason"] for one in small.seen("reminder.skipped")] == ["nobody"]
    assert small.pass_time(seconds=2) == []
    assert len(small.seen("reminder.skipped")) == 1


def test_readers_who_all_leave_before_the_start_end_it(small: SmallCalendar) -> None:
    """Between the decision and the start a reader may leave; the campaign then just ends."""
    small.clock.advance(TWO_WEEKS_BEFORE - small.clock.now())
    assert small.reminders.run() == [1]
    small.store.redis.delete(keys.status_bits("active"))
    assert small.ticks.start_due() == []
    assert small.made()[0].state is State.CANCELLED
    assert small.ticks.start_due() == []


def test_who_stops_the_topic_hears_no_more_of_it(small: SmallCalendar) -> None:
    """Opting out of reminders must not need leaving the list."""
    small.go_to(TWO_WEEKS_BEFORE)
    small.store.redis.setbit(keys.topic_bits("bulletin"), 1, 0)
    (number,) = small.go_to(DAY_BEFORE)
    assert campaigns.get(small.store, number).planned == 1
    assert small.store.redis.getbit(keys.ledger(number, "audience"), 2)


def test_nothing_is_made_before_mail_can_be_sent(store: Store, tmp_path: Path) -> None:
    """Without a sender's address each tick would fail; the reminder stays due."""
    service = SmallService(store, settings_for(tmp_path))
    service.subscribe("ana@example.org")
    service.settings = service.settings.model_copy(update={"sender_address": ""})
    small = SmallCalendar(service)
    small.put()
    assert small.go_to(TWO_WEEKS_BEFORE) == []
    assert len(calendar.due(store, small.clock.now())) == 1


def test_each_occurrence_of_a_weekly_meeting_has_its_reminders(small: SmallCalendar) -> None:
    """A rule is no excuse for forgetting the second week."""
    weekly = Recurrence(rules=("FREQ=WEEKLY;COUNT=3",))
    small.put(MEETING, id="weekly", remind=(Offset(days=1),), recurrence=weekly)
    small.change(remind=())
    begun = [small.go_to(DAY_BEFORE + timedelta(weeks=week)) for week in range(5)]
    assert begun == [[1], [2], [3], [], []]
    keys_ = [campaign.about.occurrence for campaign in small.made() if campaign.about]
    assert keys_ == ["2023-05-10T14:00:00", "2023-05-17T14:00:00", "2023-05-24T14:00:00"]


def test_a_reminder_that_a_zone_change_makes_later_is_not_sent_twice(small: SmallCalendar) -> None:
    """Zones are changed at short notice: the index may then put back what was dealt with."""
    small.go_to(TWO_WEEKS_BEFORE)
    (member,) = (
        one
        for one in (f"{MEETING.id} - P14D 0",)
        if small.store.redis.zscore(keys.REMINDERS_DUE, one) is None
    )
    small.store.redis.zadd(keys.REMINDERS_DUE, {member: small.clock.now().timestamp()})
    assert small.tick() == []
    assert [one["reason"] for one in small.seen("reminder.skipped")] == ["repeated"]


def test_an_instant_that_the_zone_now_puts_later_is_waited_for(small: SmallCalendar) -> None:
    """The index holds instants by the rules of the day on which it was written."""
    member = f"{MEETING.id} - P14D 0"
    wrong = TWO_WEEKS_BEFORE - timedelta(hours=1)
    small.store.redis.zadd(keys.REMINDERS_DUE, {member: wrong.timestamp()})
    assert small.go_to(wrong) == []
    assert small.store.redis.zscore(keys.REMINDERS_DUE, member) == TWO_WEEKS_BEFORE.timestamp()
    assert small.go_to(TWO_WEEKS_BEFORE) == [1]


def test_an_entry_that_is_moved_far_is_announced_anew(small: SmallCalendar) -> None:
    """Two weeks before the new date readers have forgotten the mail of two weeks before the old."""
    assert small.go_to(TWO_WEEKS_BEFORE) == [1]
    later = timedelta(weeks=4)
    start = MEETING.start + later
    small.change(start=start, end=start)
    assert small.pass_time(minutes=10) == [2]
    assert small.go_to(TWO_WEEKS_BEFORE + later) == [3]
    assert offsets(small) == ["P14D", "", "P14D"]


def test_an_entry_that_is_moved_a_little_is_not(small: SmallCalendar) -> None:
    """A reminder of two weeks on two days in a row tells nobody anything."""
    assert small.go_to(TWO_WEEKS_BEFORE) == [1]
    start = MEETING.start + timedelta(days=1)
    small.change(start=start, end=start)
    small.tick()
    small.go_to(TWO_WEEKS_BEFORE + timedelta(days=1))
    assert [one["reason"] for one in small.seen("reminder.skipped")] == ["repeated"]
    small.go_to(DAY_BEFORE + timedelta(days=1))
    assert offsets(small)[-1] == "P1D"


def test_a_day_is_told_as_such(small: SmallCalendar) -> None:
    """A deadline lasts all day: readers hear of it in the morning, by the days that are left."""
    small.change(remind=())
    small.put(
        MEETING,
        id="papers",
        kind=Kind.DEADLINE,
        start=date(2023, 5, 5),
        end=None,
        registration={},
        title={"en": "Call for papers"},
    )
    (number,) = small.go_to(datetime(2023, 5, 3, 6, tzinfo=UTC))
    content = contents.load(small.store, small.service.settings, campaigns.get(small.store, number))
    assert content.rendered("en").subject == "In 2 days – Call for papers (5 May)"


def test_a_cancelled_entry_reminds_nobody(small: SmallCalendar) -> None:
    """Also where the reminder was due already, and the scheduler was late."""
    small.clock.advance(TWO_WEEKS_BEFORE - small.clock.now())
    small.change(status=Status.CANCELLED)
    assert small.tick() == []
    assert small.go_to(BEGINNING) == []
    assert small.made() == []
    assert START < TWO_WEEKS_BEFORE


def test_what_waits_for_another_try_ends_with_the_meeting(small: SmallCalendar) -> None:
    """A relay that puts mail off for a day must not deliver yesterday's “in one hour”."""
    small.change(remind=(Offset(minutes=60),))
    (number,) = small.go_to(HOUR_BEFORE)
    small.ticks.tend()
    assert campaigns.get(small.store, number).state is State.SENDING
    small.clock.advance(timedelta(hours=3))
    small.ticks.tend()
    status = small.service.campaigns.status(number)
    assert status.campaign.state is State.CANCELLED
    assert (status.counts.skipped, status.counts.balanced) == (2, True)


def test_what_was_held_is_not_sent_once_it_is_over(small: SmallCalendar) -> None:
    """A user who comes back from leave and sends what is held must not send this."""
    small.change(remind=(Offset(days=14),))
    small.go_to(TWO_WEEKS_BEFORE + timedelta(days=1))
    assert small.made()[0].state is State.HELD
    small.go_to(BEGINNING + timedelta(days=1))
    with pytest.raises(StateError, match="over"):
        small.service.campaigns.send(1)


def commands_of(work: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> int:
    """Count the commands that something sends to the store."""
    sent = count()
    original: Any = redis.connection.AbstractConnection.send_packed_command

    def send(self: Any, packed: Any, **options: Any) -> None:
        next(sent)
        original(self, packed, **options)

    with monkeypatch.context() as patch:
        patch.setattr(redis.connection.AbstractConnection, "send_packed_command", send)
        work()
    return next(sent)


def test_a_look_costs_the_same_however_many_entries_and_readers(
    small: SmallCalendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scheduler looks every two seconds: it may not read the calendar each time."""
    few = commands_of(small.reminders.run, monkeypatch)
    for number in range(60):
        small.put(MEETING, id=f"meeting-{number}", start=datetime(2023, 6, 1 + number % 28, 9))  # noqa: DTZ001
        small.service.subscribe(f"reader-{number}@example.org")
    small.tick()
    assert commands_of(small.reminders.run, monkeypatch) == few <= 3
