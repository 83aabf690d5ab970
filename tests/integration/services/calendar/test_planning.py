"""Before a change is made, it is told whom it mails, in which language, and with which words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailer.domain.calendar.entry import Recurrence, Status
from mailer.domain.calendar.notice import Change
from mailer.services.calendar.planning import Planning
from mailer.services.sending import contents
from mailer.store import events
from mailer.store.calendar import entries as calendar
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store
from support.service.small_calendar import MEETING, SmallCalendar
from support.service.small_campaign import SmallService, settings_for

TWO_WEEKS_BEFORE = datetime(2023, 4, 26, 12, tzinfo=UTC)
NEXT_DAY = {"start": datetime(2023, 5, 11, 10), "end": datetime(2023, 5, 11, 12)}  # noqa: DTZ001


@pytest.fixture
def small(store: Store, tmp_path: Path) -> SmallCalendar:
    """A meeting that two readers were reminded of; a third subscribed since."""
    service = SmallService(store, settings_for(tmp_path))
    service.subscribe("ana@example.org")
    service.subscribe("luc@example.org", language="fr")
    made = SmallCalendar(service)
    made.put()
    made.go_to(TWO_WEEKS_BEFORE)
    made.accept_all(1)
    service.subscribe("new@example.org")
    return made


@pytest.fixture
def planning(small: SmallCalendar) -> Planning:
    """What plans."""
    return Planning(small.store, small.service.settings, small.clock)


def test_a_plan_counts_who_then_gets_the_notice_and_shows_that_very_mail(
    small: SmallCalendar, planning: Planning
) -> None:
    """The numbers of the plan are those of the campaign, and its subject is that of the mail."""
    plan = planning.plan(MEETING.id, lambda one: replace(one, **NEXT_DAY))  # type: ignore[arg-type]
    assert [one.change for one in plan.notices] == [Change.MOVED]
    assert (plan.readers, plan.by_language) == (2, {"en": 1, "fr": 1})
    assert [one.fields for one in plan.differences] == [("start", "end")]
    english, french = planning.mails(plan)[0]
    small.change(**NEXT_DAY)
    assert plan.at == small.clock.now() + small.service.settings.notice_grace
    small.pass_time(minutes=10)
    made = campaigns.get(small.store, 2)
    assert made.planned == plan.readers
    content = contents.load(small.store, small.service.settings, made)
    assert french.subject == content.rendered("fr").subject
    assert english.subject == content.rendered("en").subject
    assert "11 mai 2023" in french.text
    assert "\ue000" not in french.text + english.text


def test_a_plan_changes_nothing(small: SmallCalendar, planning: Planning) -> None:
    """Looking is free: no version, no event, no notice."""
    before = calendar.get(small.store, MEETING.id), len(list(events.read(small.store)))
    plan = planning.plan(MEETING.id, lambda one: replace(one, status=Status.CANCELLED))
    assert [one.change for one in plan.notices] == [Change.CANCELLED]
    planning.mails(plan)
    assert (calendar.get(small.store, MEETING.id), len(list(events.read(small.store)))) == before
    assert small.pass_time(minutes=30) == []


def test_words_alone_mail_nobody(planning: Planning) -> None:
    """The plan says so, and names what differs."""
    plan = planning.plan(MEETING.id, lambda one: replace(one, title={"en": "Other"}))
    assert (plan.readers, plan.notices) == (0, ())
    assert [one.fields for one in plan.differences] == [("title",)]


def test_what_is_so_already_is_no_plan(planning: Planning) -> None:
    """Nothing differs, nothing is mailed."""
    plan = planning.plan(MEETING.id, lambda one: one)
    assert (plan.after is plan.before, plan.differences, plan.notices) == (True, [], ())


def test_a_second_change_within_the_time_of_grace_counts_from_what_readers_know(
    small: SmallCalendar, planning: Planning
) -> None:
    """Changed back by hand, nothing is left to tell."""
    small.change(**NEXT_DAY)
    back = {"start": MEETING.start, "end": MEETING.end}
    plan = planning.plan(MEETING.id, lambda one: replace(one, **back))  # type: ignore[arg-type]
    assert (plan.readers, [one.fields for one in plan.differences]) == (0, [("start", "end")])


def test_one_occurrence_is_planned_by_itself(small: SmallCalendar, planning: Planning) -> None:
    """Only those who were told of that one hear of it."""
    small.put(
        MEETING,
        id="hours",
        start=datetime(2023, 6, 1, 9),  # noqa: DTZ001 - local
        end=None,
        recurrence=Recurrence(("FREQ=MONTHLY;COUNT=3",)),
    )
    small.go_to(datetime(2023, 5, 18, 7, 0, 1, tzinfo=UTC))
    small.accept_all(max(one.number for one in small.made()))
    off = lambda one: replace(one, status=Status.CANCELLED)  # noqa: E731 - said twice
    first = planning.plan("hours", off, "2023-06-01T09:00:00")
    assert (first.readers, first.notices[0].occurrence) == (3, "2023-06-01T09:00:00")
    assert planning.plan("hours", off, "2023-07-01T09:00:00").readers == 0
    assert [one.occurrence for one in planning.plan("hours", off).notices] == [
        "2023-06-01T09:00:00"
    ]
    assert timedelta(0) < first.at - small.clock.now()
