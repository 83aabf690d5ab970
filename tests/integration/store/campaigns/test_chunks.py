"""Chunks and the deliveries in them: taken, lost, given back, left by the dead, and closed for good."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from mailer.domain.campaigns.campaign import Counts, State
from mailer.domain.campaigns.delivery import deferred, unknown
from mailer.store import events, keys
from mailer.store.campaigns import books
from mailer.store.campaigns.chunks import Chunk, Lost
from mailer.store.campaigns.ledger import MOST_RESENDS, Ledger
from mailer.store.campaigns.settling import Settled
from mailer.store.server.connection import Store
from support.service.small_campaign import SmallService, settings_for

T = TypeVar("T")
LEASE = timedelta(seconds=1)
LATER = timedelta(minutes=5)


class Sending:
    """A campaign of a few readers, and its ledger as workers use it."""

    def __init__(self, store: Store, folder: Path, policy: str) -> None:
        """Start it; no worker has its chunk yet."""
        self.service = SmallService(store, settings_for(folder, unknown_policy=policy))
        self.numbers = self.service.subscribe(*(f"r{n}@example.org" for n in range(4)))
        self.number = self.service.started().number
        self.store, self.redis = store, store.redis
        self.chunk = Chunk(self.number, 0, 0, 8, "us")
        self.redis.hset(keys.chunk_owners(self.number), 0, "us")

    @property
    def now(self) -> datetime:
        """The time."""
        return self.service.clock.now()

    def ms(self, after: timedelta = timedelta()) -> float:
        """Tell an instant from now on as the scripts do."""
        return float(int((self.now + after).timestamp() * 1000))

    def do(self, work: Callable[[Ledger], Awaitable[T]]) -> T:
        """Do something with the ledger, in a loop of its own."""

        async def run() -> T:
            store = self.store.asyncio()
            try:
                return await work(Ledger(store, self.number, LEASE // timedelta(milliseconds=1)))
            finally:
                await store.close()

        return asyncio.run(run())

    def bits(self, name: str) -> list[int]:
        """List whose bit is set in one of the ledger's bitmaps."""
        found = keys.ledger(self.number, name)
        return [number for number in self.numbers if self.redis.getbit(found, number)]

    def told(self, kind: str) -> list[str]:
        """List how many deliveries each event of a type is about."""
        return [one["count"] for _, one in events.read(self.store) if one["type"] == kind]

    def due(self) -> dict[str, float]:
        """Tell which chunks want a worker, and when."""
        found = self.redis.zrange(keys.chunks_due(self.number), 0, -1, withscores=True)
        return {chunk.decode(): at for chunk, at in found}

    def retries(self) -> dict[int, float]:
        """Tell which deliveries are tried again, and when."""
        found = self.redis.zrange(keys.chunk_retries(self.number, 0), 0, -1, withscores=True)
        return {int(number): at for number, at in found}

    def attempts(self) -> dict[int, int]:
        """Tell how often deliveries were tried, where it was written down."""
        found = self.redis.hgetall(keys.attempts(self.number))
        return {int(number): int(count) for number, count in found.items()}


@pytest.fixture
def sending(store: Store, tmp_path: Path, request: pytest.FixtureRequest) -> Sending:
    """A campaign that is being sent, with the policy that the test asks for."""
    return Sending(store, tmp_path, getattr(request, "param", "resend"))


skipping = pytest.mark.parametrize("sending", ["skip"], indirect=True)


def test_the_chunk_that_has_waited_longest_is_taken_first(sending: Sending) -> None:
    """Else one chunk could starve."""
    due = keys.chunks_due(sending.number)
    sending.redis.zadd(
        due, {"0": sending.ms(-LATER), "1": sending.ms(-2 * LATER), "2": sending.ms(LATER)}
    )
    sending.redis.rpush(keys.chunks(sending.number), 16, 24)
    taken = sending.do(lambda ledger: ledger.take("me", sending.now))
    assert isinstance(taken, Chunk)
    assert (taken.index, taken.token) == (1, "me")
    assert sending.redis.hget(keys.chunk_owners(sending.number), 1) == b"me"
    assert sending.due() == {
        "0": sending.ms(-LATER), "1": sending.ms(LEASE), "2": sending.ms(LATER)
    }  # fmt: skip


def test_one_that_is_due_this_very_millisecond_is_taken(sending: Sending) -> None:
    """A worker that was told to come back then must find it."""
    sending.redis.zadd(keys.chunks_due(sending.number), {"0": sending.ms()})
    assert isinstance(sending.do(lambda ledger: ledger.take("me", sending.now)), Chunk)


def test_a_worker_is_told_when_the_next_chunk_comes_due(sending: Sending) -> None:
    """It sleeps so long, and no longer."""
    due = keys.chunks_due(sending.number)
    sending.redis.zadd(due, {"0": sending.ms(LATER)})
    assert sending.do(lambda ledger: ledger.take("me", sending.now)) == 300_000
    sending.redis.delete(due)
    assert sending.do(lambda ledger: ledger.take("me", sending.now)) is None


@pytest.mark.parametrize("state", State)
def test_chunks_are_given_out_while_sending_and_after_a_cancel(
    sending: Sending, state: State
) -> None:
    """A delivery claimed before a cancel still has to be settled (law 2)."""
    sending.redis.hset(keys.campaign(sending.number), "state", state.value)
    taken = sending.do(lambda ledger: ledger.take("me", sending.now))
    assert isinstance(taken, Chunk) is (state in {State.SENDING, State.CANCELLED})


def test_who_has_lost_the_chunk_changes_nothing(sending: Sending) -> None:
    """A worker that slept past its lease must not send what another one has by now."""
    sending.do(lambda ledger: ledger.claim(sending.chunk, sending.numbers[:1], sending.now))
    sending.redis.hset(keys.chunk_owners(sending.number), 0, "another")
    before, due = sending.redis.hgetall(keys.attempts(sending.number)), sending.due()
    sending.service.clock.advance(LEASE)
    with pytest.raises(Lost):
        sending.do(lambda ledger: ledger.claim(sending.chunk, sending.numbers, sending.now))
    with pytest.raises(Lost):
        sending.do(lambda ledger: ledger.abandon(sending.chunk, sending.numbers, sending.now))
    finish = sending.do(lambda ledger: ledger.finish(sending.chunk, sending.now, left=True))
    assert finish is False
    assert sending.bits("claimed") == sending.numbers[:1]
    assert (sending.bits("unknown"), sending.due()) == ([], due)
    assert sending.redis.hgetall(keys.attempts(sending.number)) == before
    assert sending.redis.hget(keys.chunk_owners(sending.number), 0) == b"another"


def test_each_claim_prolongs_the_lease(sending: Sending) -> None:
    """A worker that works is not replaced."""
    sending.service.clock.advance(LATER)
    sending.do(lambda ledger: ledger.claim(sending.chunk, [], sending.now))
    assert sending.due() == {"0": sending.ms(LEASE)}


def test_what_the_dead_had_claimed_is_counted_and_told_as_often_as_it_is(sending: Sending) -> None:
    """Two of four were in flight: they are given back, and no other delivery is touched."""
    claimed = sending.numbers[1:3]
    sending.do(lambda ledger: ledger.claim(sending.chunk, claimed, sending.now))
    sending.do(lambda ledger: ledger.abandon(sending.chunk, sending.numbers, sending.now))
    for name, expected in {
        "unknown": claimed,
        "resend": claimed,
        "resent": claimed,
        "claimed": [],
    }.items():
        assert sending.bits(name) == expected, name
    assert sending.attempts() == dict.fromkeys(claimed, 1)
    assert (sending.told("delivery.unknown"), sending.told("delivery.resent")) == (["2"], ["2"])
    assert sending.bits("deferred") == []  # at once: the readers' server asked for no delay


@skipping
def test_with_policy_skip_none_of_it_is_sent_again(sending: Sending) -> None:
    """It stays unknown, and nobody reads that it was resent."""
    sending.do(lambda ledger: ledger.claim(sending.chunk, sending.numbers[:3], sending.now))
    sending.do(lambda ledger: ledger.abandon(sending.chunk, sending.numbers, sending.now))
    assert sending.bits("unknown") == sending.numbers[:3]
    assert sending.bits("resend") == sending.bits("resent") == []
    assert (sending.told("delivery.unknown"), sending.told("delivery.resent")) == (["3"], [])


def test_of_nothing_left_behind_nothing_is_told(sending: Sending) -> None:
    """An event that says `0 deliveries` is noise."""
    sending.do(lambda ledger: ledger.abandon(sending.chunk, sending.numbers, sending.now))
    assert (sending.told("delivery.unknown"), sending.told("delivery.resent")) == ([], [])
    assert sending.attempts() == {}


def test_what_the_dead_had_tried_before_waits_for_the_next_try(sending: Sending) -> None:
    """The claim wrote down when that is: a greylisting server is not asked again at once."""
    number = sending.numbers[0]
    put_off = Settled(number, deferred(451, "4.7.1", "Greylisted"), "", sending.now + LATER)
    sending.do(lambda ledger: ledger.settle(sending.chunk, [], [put_off], sending.now))
    sending.service.clock.advance(LATER)
    sending.do(lambda ledger: ledger.claim(sending.chunk, [number], sending.now))
    second = {number: sending.ms(timedelta(minutes=10))}
    assert (sending.attempts(), sending.retries()) == ({number: 2}, second)
    sending.do(lambda ledger: ledger.abandon(sending.chunk, [number], sending.now))
    assert (sending.attempts(), sending.retries()) == ({number: 2}, second)
    assert sending.bits("deferred") == sending.bits("resend") == [number]


@pytest.mark.parametrize(("tried", "again"), [(MOST_RESENDS, True), (MOST_RESENDS + 1, False)])
def test_a_message_that_kills_its_worker_every_time_is_given_up(
    sending: Sending, tried: int, again: bool
) -> None:
    """Something about it fails: it stays unknown, and no try of it is left."""
    number = sending.numbers[0]
    for name in ("claimed", "unknown", "resend", "resent"):
        sending.redis.setbit(keys.ledger(sending.number, name), number, 1)
    sending.redis.hset(keys.attempts(sending.number), number, tried)
    sending.redis.zadd(keys.chunk_retries(sending.number, 0), {number: sending.ms(LATER)})
    sending.do(lambda ledger: ledger.abandon(sending.chunk, [number], sending.now))
    expected = [number] if again else []
    assert sending.bits("resend") == sending.bits("deferred") == [*sending.retries()] == expected
    assert sending.bits("unknown") == [number]


@pytest.mark.parametrize(("tried", "again"), [(MOST_RESENDS, True), (MOST_RESENDS + 1, False)])
def test_a_message_that_is_never_answered_is_given_up(
    sending: Sending, tried: int, again: bool
) -> None:
    """The same where the worker lives and the connection dies."""
    number = sending.numbers[0]
    for name in ("claimed", "unknown", "resend", "resent"):
        sending.redis.setbit(keys.ledger(sending.number, name), number, 1)
    lost = Settled(number, unknown("The connection was lost"), "", sending.now + LATER, tried)
    sending.do(lambda ledger: ledger.settle(sending.chunk, [], [lost], sending.now))
    assert [*sending.retries()] == sending.bits("resend") == ([number] if again else [])
    assert sending.attempts() == {number: tried}
    assert sending.told("delivery.unknown") == ["1"]


@pytest.mark.parametrize(
    ("given", "retry", "expected"),
    [
        ("", None, None),
        ("left awaited", LATER, timedelta()),
        ("again", LATER, timedelta()),
        ("", LATER, LATER),
        ("awaited", None, LEASE),
        ("awaited", LATER, LEASE),
        ("awaited", LEASE / 2, LEASE / 2),
    ],
)
def test_a_chunk_that_is_given_back_comes_due_when_there_is_something_to_do(
    sending: Sending, given: str, retry: timedelta | None, expected: timedelta | None
) -> None:
    """At once, at its next try, or when whoever awaits its late answers has been silent; or never."""
    owners, left = keys.chunk_owners(sending.number), "left" in given
    if "again" in given:
        sending.redis.hset(owners, "again:0", 1)
    if retry is not None:
        retries = keys.chunk_retries(sending.number, 0)
        sending.redis.zadd(retries, {str(sending.numbers[0]): sending.ms(retry)})
    theirs = sending.numbers[1:3] if "awaited" in given else []
    sending.redis.zadd(keys.chunks_due(sending.number), {"0": sending.ms(2 * LATER)})
    done = sending.do(
        lambda ledger: ledger.finish(sending.chunk, sending.now, left=left, awaited=theirs)
    )
    assert done is (expected is None)
    at_once = expected == timedelta()
    when = 0 if at_once else sending.ms(expected or timedelta())
    assert sending.due() == ({} if expected is None else {"0": when})
    assert sending.redis.hgetall(owners) == {}
    waits = sending.redis.zrange(keys.awaited(sending.number), 0, -1, withscores=True)
    assert waits == [(b"%d" % number, sending.ms(LEASE)) for number in theirs]


def test_answers_awaited_in_another_chunk_are_not_this_ones(sending: Sending) -> None:
    """The numbers awaited are those of the whole campaign."""
    sending.redis.zadd(keys.awaited(sending.number), {"8": sending.ms(), "99": sending.ms()})
    assert sending.do(lambda ledger: ledger.finish(sending.chunk, sending.now, left=False))
    assert sending.due() == {}


@pytest.mark.parametrize(
    ("taken", "left", "others", "due"),
    [
        (False, False, False, {}),
        (False, True, False, {"0": timedelta()}),
        (False, False, True, {"0": LEASE}),
        (True, False, False, {"0": LATER}),
        (True, True, False, {"0": LATER}),
    ],
)
def test_a_late_answer_ends_the_chunk_or_has_it_looked_at(
    sending: Sending, taken: bool, left: bool, others: bool, due: dict[str, timedelta]
) -> None:
    """It came when the chunk was given back; by now another worker may have it."""
    owners, number = keys.chunk_owners(sending.number), sending.numbers[0]
    if not taken:
        sending.redis.hdel(owners, "0")
    sending.redis.zadd(keys.chunks_due(sending.number), {"0": sending.ms(LATER)})
    awaited = {str(one): sending.ms(LEASE) for one in sending.numbers[: 2 if others else 1]}
    sending.redis.zadd(keys.awaited(sending.number), awaited)
    sending.do(lambda ledger: ledger.settle_late(sending.chunk, [number], left=left))
    expected = {chunk: sending.ms(at) if at else 0 for chunk, at in due.items()}
    assert sending.due() == expected
    assert sending.redis.hexists(owners, "again:0") is (taken and left)
    waits = sending.redis.zrange(keys.awaited(sending.number), 0, -1)
    assert waits == [b"%d" % one for one in sending.numbers[1:2] if others]


def test_late_answers_may_come_several_at_a_time(sending: Sending) -> None:
    """Each is awaited no longer."""
    sending.redis.hdel(keys.chunk_owners(sending.number), "0")
    sending.redis.zadd(keys.chunks_due(sending.number), {"0": sending.ms(LATER)})
    awaited = {str(one): sending.ms(LEASE) for one in sending.numbers}
    sending.redis.zadd(keys.awaited(sending.number), awaited)
    sending.do(lambda ledger: ledger.settle_late(sending.chunk, sending.numbers[:3], left=False))
    waits = sending.redis.zrange(keys.awaited(sending.number), 0, -1)
    assert waits == [b"%d" % sending.numbers[3]]
    assert sending.due() == {"0": sending.ms(LEASE)}


def test_a_chunk_that_is_to_be_looked_at_at_once_stays_so(sending: Sending) -> None:
    """An answer before this one left something to be done."""
    sending.redis.hdel(keys.chunk_owners(sending.number), "0")
    sending.do(lambda ledger: ledger.settle_late(sending.chunk, sending.numbers, left=False))
    assert sending.due() == {"0": 0}


def accepted(sending: Sending) -> Counts:
    """Have everybody's delivery accepted, and count the books."""
    sending.do(lambda ledger: ledger.claim(sending.chunk, sending.numbers, sending.now))
    sending.do(lambda ledger: ledger.settle(sending.chunk, sending.numbers, [], sending.now))
    return books.count(sending.store, sending.number)


def test_a_campaign_is_closed_once(sending: Sending) -> None:
    """Law 2; and one event says so."""
    counts = accepted(sending)
    sending.redis.zadd(keys.awaited(sending.number), {"1": 1})
    assert books.close(sending.store, sending.number, counts, sending.now)
    sending.service.clock.advance(LATER)
    assert not books.close(sending.store, sending.number, counts, sending.now)
    campaign = sending.redis.hgetall(keys.campaign(sending.number))
    assert campaign[b"state"] == b"sent"
    assert campaign[b"finished_at"] == (sending.now - LATER).isoformat().encode()
    finished = [one for _, one in events.read(sending.store) if one["type"] == "campaign.finished"]
    assert [(one["planned"], one["accepted"]) for one in finished] == [("4", "4")]
    assert not sending.redis.sismember(keys.CAMPAIGNS_OPEN, str(sending.number))
    assert not sending.redis.exists(keys.awaited(sending.number), keys.chunks_due(sending.number))


@pytest.mark.parametrize("name", ["accepted", "rejected", "skipped", "unknown", "resend"])
def test_a_campaign_whose_books_have_changed_since_the_count_is_not_closed(
    sending: Sending, name: str
) -> None:
    """Between the count and the end a late answer may have come."""
    counts = accepted(sending)
    bitmap, number = keys.ledger(sending.number, name), sending.numbers[0]
    changed = 1 - int(sending.redis.getbit(bitmap, number))
    sending.redis.setbit(bitmap, number, changed)
    assert not books.close(sending.store, sending.number, counts, sending.now)
    assert sending.redis.hget(keys.campaign(sending.number), "state") == b"sending"
    sending.redis.setbit(bitmap, number, 1 - changed)
    assert books.close(sending.store, sending.number, counts, sending.now)


def test_a_cancelled_campaign_was_finished_when_it_was_cancelled(sending: Sending) -> None:
    """What was in flight then comes in later, and moves neither its state nor its end."""
    sending.do(lambda ledger: ledger.claim(sending.chunk, sending.numbers, sending.now))
    assert books.cancel(sending.store, sending.number, sending.now)[0]
    cancelled = sending.redis.hmget(keys.campaign(sending.number), "state", "finished_at")
    sending.service.clock.advance(LATER)
    sending.do(lambda ledger: ledger.settle(sending.chunk, sending.numbers, [], sending.now))
    counts = books.count(sending.store, sending.number)
    assert books.close(sending.store, sending.number, counts, sending.now)
    assert cancelled == [b"cancelled", (sending.now - LATER).isoformat().encode()]
    now = sending.redis.hmget(keys.campaign(sending.number), "state", "finished_at")
    assert now == cancelled


def test_a_campaign_that_is_not_open_is_not_closed_again(sending: Sending) -> None:
    """A cancelled one is closed when its last answer is in, and its state does not change then."""
    counts = accepted(sending)
    sending.redis.srem(keys.CAMPAIGNS_OPEN, sending.number)
    assert not books.close(sending.store, sending.number, counts, sending.now)


def test_the_rate_counts_each_second_for_itself(sending: Sending) -> None:
    """The outcomes of a second are added up; a minute later its place is used anew."""
    one, two, three, four = sending.numbers
    told: list[float] = []

    def settle(*numbers: int) -> None:
        sending.do(lambda ledger: ledger.settle(sending.chunk, numbers, [], sending.now))
        until = sending.now + timedelta(seconds=1)
        told.append(books.settled_per_second(sending.store, sending.number, until, 1))

    settle(one)
    settle(two, one)
    sending.service.clock.advance(timedelta(seconds=64))
    settle(three)
    settle(three)
    assert told == [1, 2, 1, 1]
    assert four not in sending.bits("accepted")
