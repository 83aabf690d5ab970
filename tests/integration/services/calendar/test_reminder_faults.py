"""A process may die at any instant: what it was about is done by the next one, and done once.

The instants that matter are those at which something has reached the store or has not. So each test
breaks the connection at the first command, then at the second, and so on, until all went through:
once before the command is sent, once after it was, with its answer lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import redis

from mailer.domain.campaigns.campaign import State
from mailer.store import keys
from mailer.store.calendar import entries as calendar
from mailer.store.server.connection import Store
from support.patience import PATIENCE
from support.service.small_calendar import SmallCalendar
from support.service.small_campaign import SmallService, settings_for

TWO_WEEKS_BEFORE = datetime(2023, 4, 26, 12, tzinfo=UTC)
NEXT_DAY = {"start": datetime(2023, 5, 11, 10), "end": datetime(2023, 5, 11, 12)}  # noqa: DTZ001
MOST = 400
"""Commands of one tick, at most."""


class Killed(BaseException):
    """The process ends here."""


@contextmanager
def killed_at(command: int, monkeypatch: pytest.MonkeyPatch, *, sent: bool) -> Iterator[None]:
    """End what runs in the block at its so-manieth command to the store.

    Args:
        command: counted from 1.
        monkeypatch: undoes it.
        sent: whether that command still reaches the store.
    """
    original: Any = redis.connection.AbstractConnection.send_packed_command
    turn = count(1)

    def send(self: Any, packed: Any, **options: Any) -> None:
        if next(turn) == command:
            if sent:
                original(self, packed, **options)
                self._sock.settimeout(PATIENCE)
                self.read_response(disconnect_on_error=False)  # it was carried out
            raise Killed
        original(self, packed, **options)

    with monkeypatch.context() as patch:
        patch.setattr(redis.connection.AbstractConnection, "send_packed_command", send)
        yield


def each_instant(
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    prepare: Callable[[], SmallCalendar],
    *,
    sent: bool,
) -> Iterator[SmallCalendar]:
    """Yield the calendar after a tick that was killed at each of its instants, in turn."""
    for command in range(1, MOST):
        small = prepare()
        died = True
        with suppress(Killed), killed_at(command, monkeypatch, sent=sent):
            small.tick()
            died = False
        store.redis.connection_pool.disconnect()
        yield small
        if not died:
            assert command > 20
            return
    pytest.fail("A tick has more commands than that.")


@pytest.fixture
def fresh(store: Store, tmp_path: Path) -> Callable[[], SmallCalendar]:
    """Makes an empty store with one meeting and two readers, at the time of the first reminder."""
    schema = store.redis.get(keys.SCHEMA)

    def make() -> SmallCalendar:
        store.redis.flushall()
        store.redis.set(keys.SCHEMA, schema)
        service = SmallService(store, settings_for(tmp_path))
        service.subscribe("ana@example.org")
        service.subscribe("luc@example.org", language="fr")
        small = SmallCalendar(service)
        small.put()
        small.tick()
        small.clock.advance(TWO_WEEKS_BEFORE - small.clock.now())
        return small

    return make


BOTH_WAYS = pytest.mark.parametrize("sent", [False, True])


@BOTH_WAYS
def test_a_reminder_survives_a_kill_at_any_instant(
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    fresh: Callable[[], SmallCalendar],
    *,
    sent: bool,
) -> None:
    """Law 9: campaign, mark, event and start hang together; nothing is lost, nothing is doubled."""
    for small in each_instant(store, monkeypatch, fresh, sent=sent):
        small.pass_time(seconds=2)
        small.pass_time(seconds=2)
        (campaign,) = small.made()
        assert (campaign.state, campaign.planned) == (State.SENDING, 2)
        assert len(small.seen("reminder.due")) == 1
        assert len(small.seen("campaign.created")) == 1
        assert len(small.seen("campaign.started")) == 1
        assert calendar.due(store, small.clock.now()) == []
        assert calendar.told(store, "private-sector") == 0


@BOTH_WAYS
def test_a_notice_survives_a_kill_at_any_instant(
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    fresh: Callable[[], SmallCalendar],
    *,
    sent: bool,
) -> None:
    """Between stopping the old reminder and making the notice, too."""

    def prepare() -> SmallCalendar:
        small = fresh()
        small.tick()
        small.change(**NEXT_DAY)
        small.tick()
        small.clock.advance(small.service.settings.notice_grace)
        return small

    for small in each_instant(store, monkeypatch, prepare, sent=sent):
        small.pass_time(seconds=2)
        small.pass_time(seconds=2)
        reminder, notice = small.made()
        assert reminder.state is State.CANCELLED
        assert (notice.state, notice.planned) == (State.SENDING, 2)
        assert len(small.seen("notice.due")) == 1
        assert len(small.seen("campaign.started")) == 2
        assert calendar.told(store, "private-sector") == 1
