"""The scheduler's tick: what is due starts, what is late waits, what was left lying is found."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mailer.domain.campaigns.campaign import Campaign, State
from mailer.errors import InputError
from mailer.services.campaigns.starting import Start
from mailer.services.operation.tick import Tick
from mailer.store import events, keys, queue
from mailer.store.campaigns import books
from mailer.store.server.connection import Store
from support.service.small_campaign import SmallService, settings_for

TOMORROW = datetime(2023, 4, 13, 9, 0)  # noqa: DTZ001 - local time, as a secretary gives it


@pytest.fixture
def service(store: Store, tmp_path: Path) -> SmallService:
    """A service with one reader and a campaign for tomorrow at nine, Geneva's time."""
    service = SmallService(store, settings_for(tmp_path))
    service.subscribe("ana@example.org")
    campaign = service.campaigns.create("small", "bulletin")
    service.campaigns.schedule(campaign.number, TOMORROW, "Europe/Zurich")
    return service


def tick_of(service: SmallService) -> Tick:
    """Return a scheduler of the service."""
    return Tick(service.store, service.settings, service.clock)


def state(service: SmallService) -> State:
    """Return the campaign's state."""
    return service.campaigns.status(1).campaign.state


def seen(service: SmallService) -> list[str]:
    """List the types of all events."""
    return [fields["type"] for _, fields in events.read(service.store)]


def test_a_scheduled_campaign_starts_at_its_time_and_not_before(service: SmallService) -> None:
    """Nine in Geneva is seven in UTC in April."""
    service.clock.advance(timedelta(hours=23, minutes=59))
    assert tick_of(service).start_due() == []
    service.clock.advance(timedelta(minutes=1))
    assert tick_of(service).start_due() == [1]
    assert state(service) is State.SENDING


@pytest.mark.parametrize("not_yet", [False, True])
def test_what_is_scheduled_anew_while_it_starts_does_not_start(
    service: SmallService, monkeypatch: pytest.MonkeyPatch, not_yet: bool
) -> None:
    """Whoever was told that it goes out next week must not see it go out now."""
    freeze = Start.freeze

    def meanwhile(start: Start, campaign: Campaign) -> None:
        freeze(start, campaign)
        later = TOMORROW + timedelta(days=7)
        service.campaigns.schedule(1, later, "Europe/Zurich", not_yet=not_yet)

    monkeypatch.setattr(Start, "freeze", meanwhile)
    service.clock.advance(timedelta(hours=24))
    assert tick_of(service).start_due() == []
    assert state(service) is State.SCHEDULED
    assert "campaign.held" not in seen(service)


def test_two_schedulers_start_it_once(service: SmallService) -> None:
    """Law 1: a second scheduler on another machine must do no harm."""
    service.clock.advance(timedelta(hours=25))
    first, second = tick_of(service), tick_of(service)
    assert [*first.start_due(), *second.start_due()] == [1]
    assert seen(service).count("campaign.started") == 1


def test_what_is_late_within_the_limit_is_sent(service: SmallService) -> None:
    """Law 12: after a short outage the bulletin goes out all the same."""
    service.clock.advance(timedelta(hours=24 + 6))
    assert tick_of(service).start_due() == [1]


def test_what_is_later_than_the_limit_is_held_and_says_so(service: SmallService) -> None:
    """Law 12: after a long outage a person decides."""
    service.clock.advance(timedelta(hours=24 + 6, minutes=1))
    assert tick_of(service).start_due() == []
    status = service.campaigns.status(1)
    assert status.campaign.state is State.HELD
    assert "6 h 1 min" in status.campaign.reason
    assert "campaign.held" in seen(service)
    assert tick_of(service).start_due() == []


def test_a_held_campaign_can_be_sent_by_hand(service: SmallService) -> None:
    """The person decided."""
    service.clock.advance(timedelta(days=3))
    tick_of(service).start_due()
    assert service.campaigns.send(1).state is State.SENDING


def test_a_due_campaign_without_readers_is_held(service: SmallService) -> None:
    """Nobody should find out by silence that a topic has no readers any more."""
    service.store.redis.delete(keys.status_bits("active"))
    service.clock.advance(timedelta(hours=24))
    assert tick_of(service).start_due() == []
    assert state(service) is State.HELD


def test_a_past_time_is_refused(service: SmallService) -> None:
    """A slip in the year must not send the bulletin at once."""
    with pytest.raises(InputError, match="is past"):
        service.campaigns.schedule(1, datetime(2022, 4, 13, 9), "Europe/Zurich")  # noqa: DTZ001


def test_jobs_that_were_lost_are_enqueued_again(service: SmallService) -> None:
    """A worker that dies between taking a job and starting it takes the job with it."""
    service.campaigns.send(1)
    service.store.redis.delete(queue.queue(service.store.redis, queue.QueueName.CAMPAIGNS).key)
    tick_of(service).tend()
    assert queue.waiting_lanes(service.store, 1) == 1
    tick_of(service).tend()
    assert queue.waiting_lanes(service.store, 1) == 1


def test_a_campaign_makes_room_for_others_only(service: SmallService) -> None:
    """Its own further jobs are no reason to stop and begin anew; a person who waits is."""
    store = service.store
    service.campaigns.send(1)
    queue.enqueue_lanes(store, 1, 2)
    assert queue.others_waiting(store, 1) == set()
    assert queue.others_waiting(store, 11) == {queue.QueueName.CAMPAIGNS}
    queue.enqueue(store, queue.QueueName.URGENT, "post", 1)
    assert queue.others_waiting(store, 1) == {queue.QueueName.URGENT}


def test_books_that_do_not_balance_are_seen(service: SmallService) -> None:
    """Law 2: a count that does not add up is an error that a person sees, once."""
    service.campaigns.send(1)
    service.store.redis.setbit(keys.ledger(1, "audience"), 999, 1)
    tick_of(service).tend()
    tick_of(service).tend()
    assert seen(service).count("campaign.unbalanced") == 1
    assert not service.campaigns.status(1).counts.balanced
    assert state(service) is State.SENDING


def test_a_chunk_that_was_closed_too_soon_is_opened_again(service: SmallService) -> None:
    """A delivery without an outcome must never be forgotten, whatever went wrong."""
    service.campaigns.send(1)
    service.store.redis.delete(keys.chunks_due(1))
    tick_of(service).tend()
    assert books.chunks_left(service.store, 1) == 1
