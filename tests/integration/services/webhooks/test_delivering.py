"""Deliveries: every event reaches every endpoint that wants it, whatever dies or fails meanwhile."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from datetime import timedelta
from pathlib import Path

import pytest

from mailer.domain.webhooks.endpoint import State
from mailer.domain.webhooks.retrying import TRIES
from mailer.services.webhooks import delivering, log_reader, turn
from mailer.store import events, keys, outbox
from mailer.store.queue import QueueName, queue
from mailer.store.server.connection import Store
from mailer.store.webhooks import deliveries, turns
from mailer.store.webhooks.turns import Turns
from support.servers.hook_receiver import HookReceiver, Message
from support.service.hook_service import HookService


@pytest.fixture
def service(store: Store, tmp_path: Path) -> HookService:
    """A service without endpoints, where something happened before."""
    service = HookService(store, tmp_path / "data")
    service.happen(3)
    return service


def test_an_event_is_told_to_whoever_wants_it(service: HookService) -> None:
    """From the moment on at which the endpoint was added, and to nobody else."""

    async def scene() -> None:
        async with HookReceiver() as receiver:
            every = service.add(receiver.url("/200/every"))
            service.add(receiver.url("/200/some"), "campaign.finished", "subscriber.*")
            paused = service.happen()
            finished = service.happen(kind="campaign.finished", campaign=1, planned=2)
            left = service.happen(kind="subscriber.left", subscriber=5)
            assert await service.deliver()
            assert [one.id for one in receiver.to("/200/every")] == paused + finished + left
            some = receiver.to("/200/some")
            assert [one.id for one in some] == finished + left
            assert some[0].told == {
                "type": "campaign.finished",
                "timestamp": "2023-04-12T07:00:00.000+00:00",
                "data": {"campaign": "1", "planned": "2"},
            }
            assert not await service.deliver()
            standing = service.hooks.show(every).standing
            assert (standing.taken, standing.waiting) == (3, 0)

    asyncio.run(scene())


def test_a_message_can_be_verified_with_the_secret(service: HookService) -> None:
    """Else anybody could tell the institution's systems anything."""

    async def scene() -> None:
        async with HookReceiver() as receiver:
            one = service.add(receiver.url())
            service.happen()
            await service.deliver()
            service.hooks.rotate(one)
            service.happen()
            await service.deliver()
            seen = service.hooks.show(one)
            first, second = receiver.messages
            assert signatures(first, seen.old_secret) == first.fields["webhook-signature"].split()
            both = [*signatures(second, seen.secret), *signatures(second, seen.old_secret)]
            assert second.fields["webhook-signature"].split() == both

    asyncio.run(scene())


def signatures(message: Message, secret: str) -> list[str]:
    """Sign a message as its receiver would."""
    fields = message.fields
    signed = f"{fields['webhook-id']}.{fields['webhook-timestamp']}.".encode() + message.body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return ["v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()]


def test_what_fails_comes_again_under_the_same_id(service: HookService) -> None:
    """At least once; receivers tell repeats by the id."""

    async def scene() -> None:
        async with HookReceiver() as receiver:
            receiver.answers["/200"] = [500]
            one = service.add(receiver.url())
            (event,) = service.happen()
            await service.deliver()
            assert not await service.deliver()
            service.pass_time(seconds=6)
            await service.deliver()
            assert [message.id for message in receiver.messages] == [event, event]
            last, before = service.hooks.show(one).attempts
            assert (last.outcome, last.number, last.status) == ("delivered", 2, 200)
            assert (before.outcome, before.number, before.words) == ("failed", 1, "said 500")

    asyncio.run(scene())


def test_while_an_endpoint_fails_it_is_tried_with_one_event_at_a_time(service: HookService) -> None:
    """A server that is down must not be hammered with all that waits for it."""

    async def scene() -> None:
        async with HookReceiver() as receiver:
            receiver.answers["/200"] = [500, 500]
            one = service.add(receiver.url())
            happened = service.happen(20)
            await service.deliver()
            assert len(receiver.messages) == 1
            service.pass_time(seconds=6)
            await service.deliver()
            assert len(receiver.messages) == 2
            assert service.hooks.show(one).standing.failures == 2
            service.pass_time(minutes=6)
            await service.deliver()
            assert {message.id for message in receiver.messages} == set(happened)
            assert len(receiver.messages) == 22
            standing = service.hooks.show(one).standing
            assert (standing.failures, standing.waiting) == (0, 0)

    asyncio.run(scene())


def test_an_endpoint_that_asks_for_it_is_left_alone(service: HookService) -> None:
    """Retry-After (RFC 9110 section 10.2.3)."""

    async def scene() -> None:
        async with HookReceiver() as receiver:
            service.add(receiver.url("/later"))
            service.happen()
            await service.deliver()
            service.pass_time(seconds=119)
            assert not await service.deliver()
            service.pass_time(seconds=2)
            assert await service.deliver()

    asyncio.run(scene())


def test_a_dead_endpoint_is_stopped_after_three_days_and_a_person_told(
    service: HookService,
) -> None:
    """With all that waits kept, and sent when a person says that it works again."""

    async def scene() -> None:
        async with HookReceiver() as receiver:
            receiver.answers["/200"] = [500] * TRIES
            one = service.add(receiver.url(), "campaign.*")
            happened = service.happen(2)
            began = service.clock.now()
            for _ in range(TRIES - 1):
                await service.deliver()
                service.pass_time(hours=21)
            assert service.hooks.get(one).state is State.ACTIVE
            await service.deliver()
            assert len(receiver.messages) == TRIES
            assert service.clock.now() - began > timedelta(days=3)
            found = service.hooks.get(one)
            assert (found.state, found.reason, found.by) == (State.STOPPED, "answered 500", "")
            (told,) = service.told("webhook.stopped")
            assert (told["endpoint"], told["reason"]) == (one, "answered 500")
            mail = outbox.get(service.store, 1)
            assert mail is not None
            assert (mail.name, mail.to, mail.language) == ("webhook", "office@example.org", "en")
            assert mail.facts == {"endpoint": one, "host": "127.0.0.1", "words": "answered 500"}
            happened += service.happen()
            assert not await service.deliver()
            assert service.told("webhook.given_up") == []
            service.hooks.resume(one)
            await service.deliver()
            got = [message.id for message in receiver.messages[TRIES:]]
            assert sorted(got) == sorted(happened)

    asyncio.run(scene())


def test_an_endpoint_that_is_gone_is_stopped_at_once(service: HookService) -> None:
    """410 says that it wants nothing any more."""

    async def scene() -> None:
        async with HookReceiver() as receiver:
            one = service.add(receiver.url("/410"))
            service.happen(5)
            await service.deliver()
            assert len(receiver.messages) == 1
            assert service.hooks.get(one).state is State.STOPPED
            assert service.hooks.show(one).standing.waiting == 5
            assert outbox.get(service.store, 1) is not None

    asyncio.run(scene())


def test_without_an_address_of_the_secretariat_it_is_stopped_all_the_same(
    store: Store, tmp_path: Path
) -> None:
    """The event log tells of it then."""
    service = HookService(store, tmp_path / "data", owner_address="")

    async def scene() -> None:
        async with HookReceiver() as receiver:
            one = service.add(receiver.url("/410"))
            service.happen()
            await service.deliver()
            assert service.hooks.get(one).state is State.STOPPED
            assert outbox.get(store, 1) is None
            assert len(service.told("webhook.stopped")) == 1

    asyncio.run(scene())


def test_an_event_that_is_never_taken_is_given_up_and_told(service: HookService) -> None:
    """One that breaks the receiver must not keep it from all others, nor vanish in silence."""

    async def scene() -> None:
        async with HookReceiver() as receiver:
            one = service.add(receiver.url())
            (broken,) = service.happen()
            receiver.refused = {broken}
            for _ in range(TRIES):
                service.happen()
                await service.deliver()
                service.pass_time(hours=21)
            (told,) = service.told("webhook.given_up")
            assert told["event"] == broken
            assert service.hooks.get(one).state is State.ACTIVE
            assert service.hooks.show(one).standing.dropped == 1

    asyncio.run(scene())


def test_a_worker_that_dies_before_it_writes_down_the_answer_loses_nothing(
    service: HookService,
) -> None:
    """The event comes again under its id when the dead worker's lease is over; others wait."""

    async def scene() -> None:
        async with HookReceiver() as receiver:
            one = service.add(receiver.url("/hang"))
            (event,) = service.happen()
            got = asyncio.Event()
            receiver.on_message = lambda _: got.set()
            delivering.wake(service.store, service.clock)
            async with service.worker() as worker:
                task = worker.start()
                await got.wait()
                kill(worker)
                await asyncio.wait({task})
            # As after a kill: nobody gave the endpoint back.
            service.store.redis.hset(keys.webhook(one), "holder", "dead")
            lease = service.clock.now() + timedelta(seconds=60)
            service.store.redis.zadd(keys.WEBHOOKS_DUE, {one: lease.timestamp() * 1000})
            receiver.answers["/hang"] = [200]
            assert not await service.deliver()
            service.pass_time(seconds=61)
            assert await service.deliver()
            assert [message.id for message in receiver.messages] == [event, event]
            assert service.hooks.show(one).attempts[0].number == 2

    asyncio.run(scene())


def kill(worker: delivering.Delivering) -> None:
    """Cut off all turns where they are."""
    worker.stop()
    for one in worker._turns:
        one.cancel()


def test_a_crash_between_waiting_and_place_is_none(service: HookService) -> None:
    """Both change in one script: a place that moved on without its events would lose them."""
    one = service.add("https://93.184.216.34/")
    happened = service.happen(3)
    standing = service.hooks.show(one).standing
    now = service.clock.now()

    async def scene() -> None:
        opened = service.store.asyncio()
        mine, other = Turns(opened, "mine"), Turns(opened, "other")
        (taken,) = await mine.take(now, timedelta(seconds=60), 10)
        assert taken.endpoint == one
        for whose, before in ((other, standing.position), (mine, "9-9")):
            moved = await whose.read_on(
                one, place="position", before=before, after=happened[-1], wanted=happened, now=now
            )
            assert not moved
        await opened.close()

    asyncio.run(scene())
    assert service.hooks.show(one).standing == standing


def test_a_full_waiting_room_loses_nothing(
    service: HookService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits is bounded; the rest stays in the log until there is room."""
    monkeypatch.setattr(log_reader, "PAGE", 7)
    monkeypatch.setattr(turns, "MOST_WAITING", 5)
    monkeypatch.setattr(deliveries, "MOST_WAITING", 5)

    async def scene() -> None:
        async with HookReceiver() as receiver:
            receiver.answers["/200"] = [500]
            one = service.add(receiver.url())
            happened = service.happen(33)
            await service.deliver()
            assert service.hooks.show(one).standing.waiting == 5
            service.pass_time(seconds=6)
            while await service.deliver():
                pass
            got = [message.id for message in receiver.messages[1:]]
            assert sorted(got) == sorted(happened)

    asyncio.run(scene())


def test_a_log_that_was_cut_is_told_of(service: HookService) -> None:
    """Law 11: an endpoint that missed something must be seen to have."""

    async def scene() -> None:
        async with HookReceiver() as receiver:
            one = service.add(receiver.url())
            await service.deliver()
            service.hooks.pause(one)
            gone = service.happen(5)
            service.happen(2)
            service.hooks.resume(one)
            service.store.redis.xtrim(keys.EVENTS, minid=gone[-1], approximate=False)
            service.store.redis.xdel(keys.EVENTS, gone[-1])
            before = service.hooks.show(one).standing.position
            await service.deliver()
            (told,) = service.told("webhook.gap")
            assert (told["endpoint"], told["after"]) == (one, before)
            assert told["until"] > gone[-1]
            assert len(receiver.messages) == 2
            service.happen()
            await service.deliver()
            assert len(service.told("webhook.gap")) == 1

    asyncio.run(scene())


def test_an_event_that_was_cut_while_it_waited_is_told_of(service: HookService) -> None:
    """It cannot be sent any more, and must not wait for ever."""

    async def scene() -> None:
        async with HookReceiver() as receiver:
            receiver.answers["/200"] = [500]
            one = service.add(receiver.url())
            (event,) = service.happen()
            await service.deliver()
            service.happen()
            service.store.redis.xdel(keys.EVENTS, event)
            service.pass_time(seconds=6)
            await service.deliver()
            (told,) = service.told("webhook.given_up")
            assert told["event"] == event
            assert service.hooks.show(one).standing.waiting == 0

    asyncio.run(scene())


def test_a_pause_takes_effect_between_two_events(service: HookService) -> None:
    """Whoever pauses an endpoint that is being told wants it to end now."""

    async def scene() -> None:
        async with HookReceiver() as receiver:
            one = service.add(receiver.url())
            service.happen(10)

            def pause(_: Message) -> None:
                service.hooks.pause(one)

            receiver.on_message = pause
            await service.deliver()
            assert len(receiver.messages) == 1
            assert service.hooks.show(one).standing.waiting == 9

    asyncio.run(scene())


def test_an_endpoint_that_is_removed_while_it_is_told_leaves_nothing(service: HookService) -> None:
    """A late answer must not bring its keys back."""

    async def scene() -> None:
        async with HookReceiver() as receiver:
            one = service.add(receiver.url())
            service.happen(10)
            receiver.on_message = lambda _: service.hooks.remove(one)
            await service.deliver()
            assert len(receiver.messages) == 1
            assert list(service.store.redis.scan_iter(f"{keys.WEBHOOK}*")) == []
            assert not await service.deliver()

    asyncio.run(scene())


def test_a_test_that_succeeds_ends_the_wait(service: HookService) -> None:
    """Who repaired the receiver should not wait half a day for the next try."""

    async def scene() -> None:
        async with HookReceiver() as receiver:
            receiver.answers["/200"] = [500] * 3
            one = service.add(receiver.url())
            happened = service.happen(2)
            for minutes in (6, 6, 0):
                await service.deliver()
                service.pass_time(minutes=minutes)
            assert not await service.deliver()
            answer = await service.hooks.test(one, poster=service.poster())
            assert answer.status == 200
            test = receiver.messages[-1]
            assert test.told["type"] == "webhook.test"
            assert test.id.startswith("test-")
            await service.deliver()
            assert [message.id for message in receiver.messages[4:]] == happened

    asyncio.run(scene())


def test_events_are_sent_again_on_request(
    service: HookService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A receiver that lost its data gets it back, under the same ids, beside what is new."""
    monkeypatch.setattr(log_reader, "PAGE", 5)
    monkeypatch.setattr(turn, "PAGE", 5)

    async def scene() -> None:
        async with HookReceiver() as receiver:
            one = service.add(receiver.url(), "campaign.paused")
            happened = service.happen(22)
            service.happen(kind="subscriber.left", subscriber=1)
            while await service.deliver():
                pass
            receiver.messages.clear()
            service.hooks.replay(one, since=happened[4])
            new = service.happen(2)
            while await service.deliver():
                pass
            got = [message.id for message in receiver.messages]
            assert sorted(got) == sorted(happened[5:] + new)
            assert not service.hooks.show(one).standing.replay

    asyncio.run(scene())


def test_nothing_to_do_asks_for_no_worker(service: HookService) -> None:
    """A campaign writes thousands of events; endpoints that want none of them cost nothing."""

    async def scene() -> None:
        async with HookReceiver() as receiver:
            one = service.add(receiver.url(), "campaign.finished")
            await service.deliver()
            service.happen(100, kind="delivery.rejected", campaign=1, subscriber=1)
            assert not delivering.wake(service.store, service.clock)
            last = events.last_id(service.store)
            assert service.hooks.show(one).standing.position == last
            service.happen(kind="campaign.finished", campaign=1)
            assert await service.deliver()
            assert len(receiver.messages) == 1

    asyncio.run(scene())


def test_a_tick_asks_for_one_job_however_often_it_comes(service: HookService) -> None:
    """Ticks come every two seconds, also while all workers are busy."""
    service.add("https://93.184.216.34/")
    for _ in range(3):
        assert delivering.wake(service.store, service.clock)
    jobs = queue(service.store.redis, QueueName.UPKEEP).jobs
    assert [job.func_name for job in jobs] == ["mailer.workers.jobs.deliver_hooks"]


def test_after_a_long_sleep_every_endpoint_looks_for_itself(
    service: HookService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where more happened than a tick looks at, nobody may be forgotten."""
    monkeypatch.setattr(delivering, "WOKEN_AT_ONCE", 5)

    async def scene() -> None:
        async with HookReceiver() as receiver:
            service.add(receiver.url(), "campaign.finished")
            await service.deliver()
            service.happen(20)
            service.happen(kind="campaign.finished", campaign=1)
            while await service.deliver():
                pass
            assert len(receiver.messages) == 1

    asyncio.run(scene())
