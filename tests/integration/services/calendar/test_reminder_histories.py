"""In any order of events: no reminder twice, none of what is over, no notice of nothing."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailer.domain.calendar.entry import Status
from mailer.domain.calendar.notice import change_between
from mailer.domain.campaigns.campaign import FINAL, Campaign, Content, State
from mailer.services.calendar.reminders import Reminders
from mailer.store import keys
from mailer.store.calendar import entries as calendar
from mailer.store.calendar import reminders
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store
from support.service.small_calendar import MEETING, SmallCalendar
from support.service.small_campaign import SmallService, settings_for

BEGIN = datetime(2023, 4, 24, 9, tzinfo=UTC)
SPANS = st.sampled_from([2.0, 300.0, 601.0, 3600.0, 6.5 * 3600, 86400.0, 3 * 86400.0, 9 * 86400.0])
CHANGES = st.sampled_from(
    [
        {"start": datetime(2023, 5, 10, 15), "end": None},  # noqa: DTZ001 - local, as all are
        {"start": datetime(2023, 5, 17, 9), "end": None},  # noqa: DTZ001
        {"start": MEETING.start, "end": MEETING.end},
        {"place": {"en": "Elsewhere"}},
        {"place": MEETING.place},
        {"title": {"en": "Another title"}},
        {"status": Status.CANCELLED},
        {"status": Status.CONFIRMED},
    ]
)
STEPS = st.one_of(
    st.tuples(st.just("wait"), SPANS),
    st.tuples(st.just("change"), CHANGES),
    st.tuples(st.just("tick"), st.none()),
    st.tuples(st.just("make"), st.none()),
    st.tuples(st.just("sent"), st.none()),
)


def carried_out(small: SmallCalendar, step: tuple[str, Any]) -> None:
    """Do one step: time passes, somebody edits, one of two schedulers runs wholly or in part."""
    kind, value = step
    if kind == "wait":
        small.clock.advance(timedelta(seconds=value))
    elif kind == "change":
        present = calendar.get(small.store, MEETING.id)
        if present.status is not Status.CANCELLED or "status" in value:
            small.change(**value)
    elif kind == "tick":
        small.tick()
        small.ticks.tend()
    elif kind == "make":
        Reminders(small.store, small.service.settings, small.clock).run()
    else:
        for campaign in small.made():
            if campaign.state is State.SENDING:
                small.accept_all(campaign.number)


@given(steps=st.lists(STEPS, min_size=4, max_size=25))
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_history_keeps_the_laws(
    store: Store, tmp_path: Path, steps: list[tuple[str, Any]]
) -> None:
    """Laws 1, 9 and 12, over edits, outages and two schedulers in any order."""
    store.redis.flushall()
    store.redis.set(keys.SCHEMA, 1)
    service = SmallService(store, settings_for(tmp_path))
    service.subscribe("ana@example.org")
    service.clock.advance(BEGIN - service.clock.now())
    small = SmallCalendar(service)
    small.put()
    for step in steps:
        carried_out(small, step)
        for campaign in small.made():
            assert_lawful(small, campaign)
    small.tick()
    small.pass_time(minutes=11)
    assert_settled(small)


def assert_lawful(small: SmallCalendar, campaign: Campaign) -> None:
    """Check what must hold at every moment of each campaign."""
    about = campaign.about
    assert about is not None
    made = Counter(reminders.made(small.store, about.entry).values())
    assert made[campaign.number] == 1
    if campaign.started_at is None:
        return
    limit = small.service.settings.lateness_limit
    assert timedelta() <= campaign.started_at - about.due <= limit
    told = calendar.version(small.store, about.entry, int(campaign.digest))
    assert told is not None
    if campaign.content is Content.REMINDER:
        assert told.status is not Status.CANCELLED
        assert about.until is not None
        assert campaign.started_at < about.until
        return
    known = calendar.version(small.store, about.entry, int(about.known))
    assert known is not None
    assert change_between(known, told, about.due) is not None


def assert_settled(small: SmallCalendar) -> None:
    """Check that nothing is left undone, and that readers know how it stands."""
    assert calendar.due(small.store, small.clock.now()) == []
    assert reminders.changed(small.store) == []
    begun = [one for one in small.made() if one.digest]
    marks = Counter(
        (one.about.offset, one.digest) for one in begun if one.about and one.about.offset
    )
    assert all(number == 1 for number in marks.values())
    waiting = [one for one in small.made() if one.state in {State.HELD, State.SCHEDULED}]
    if not begun or waiting:
        return
    known = calendar.version(small.store, MEETING.id, max(int(one.digest) for one in begun))
    assert known is not None
    present = calendar.get(small.store, MEETING.id)
    assert change_between(known, present, small.clock.now()) is None
    assert all(one.state in FINAL | {State.SENDING} for one in begun)


def test_the_histories_reach_every_kind_of_campaign(store: Store, tmp_path: Path) -> None:
    """A property that only ever sees quiet days proves nothing: this one is not quiet."""
    service = SmallService(store, settings_for(tmp_path))
    service.subscribe("ana@example.org")
    small = SmallCalendar(service)
    small.put()
    small.tick()
    for step in (
        ("wait", 14 * 86400.0 + 6 * 3600),
        ("tick", None),
        ("sent", None),
        ("change", {"status": Status.CANCELLED}),
        ("wait", 601.0),
        ("tick", None),
        ("sent", None),
        ("change", {"status": Status.CONFIRMED}),
        ("wait", 601.0),
        ("tick", None),
    ):
        carried_out(small, step)
    assert [one.content for one in small.made()] == [
        Content.REMINDER,
        Content.NOTICE,
        Content.NOTICE,
    ]
    assert campaigns.get(store, 3).state is State.SENDING
