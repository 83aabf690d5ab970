"""A relay that refuses everything is left alone, probed, and taken back, on real connections."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace

import pytest

from mailer.domain.campaigns.delivery import Attempt, Outcome
from mailer.domain.settings.transport_url import Destination
from mailer.relay.envelope import Envelope, Nothing
from mailer.relay.limits import Backoff, Limits
from mailer.relay.smtp.pool import RelayPool
from support.connections import open_connections
from support.patience import PATIENCE
from support.servers.faulty_relay import FaultyRelay

DENIED = b"550 5.7.1 Relay access denied\r\n"
CONTENT = b"Subject: hello\r\n\r\nText\r\n"


class Readers:
    """A feed that offers deferred letters again until each was accepted or rejected."""

    def __init__(self, count: int) -> None:
        self.waiting = deque(range(count))
        self.ends: dict[int, Attempt] = {}
        self.deferrals: list[Attempt] = []

    def take(self, relay: Destination) -> Envelope | Nothing | None:
        """Hand out the next one."""
        assert relay.host
        if not self.waiting:
            return None
        number = self.waiting.popleft()
        return Envelope(number, "b@example.com", f"r{number}@example.org", CONTENT, len(CONTENT))

    def settle(self, envelope: Envelope, attempt: Attempt) -> None:
        """Remember the end, or put it back."""
        if attempt.outcome is Outcome.DEFERRED:
            self.deferrals.append(attempt)
            self.waiting.append(envelope.number)
        else:
            self.ends[envelope.number] = attempt


def pool_of(*relays: FaultyRelay, connections: int = 4) -> RelayPool:
    """Make a pool with short waits."""
    return RelayPool(
        [relay.url() for relay in relays],
        connections=connections,
        limits=Limits(*[PATIENCE] * 5),
        backoff=Backoff(first=0.01, longest=0.02),
        ehlo_name="localhost",
    )


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what the other side of a socket brings about."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - a state of several objects has no event
            await asyncio.sleep(0.001)


async def until_accepted(feed: Readers, pool: RelayPool, count: int) -> None:
    """Wait until so many are accepted, poking as a worker does."""
    async with asyncio.timeout(PATIENCE):
        while sum(end.outcome is Outcome.ACCEPTED for end in feed.ends.values()) < count:
            pool.poke()
            await asyncio.sleep(0.001)


@pytest.mark.parametrize("refusal", [DENIED, b"451 4.7.1 Try later\r\n", b"550 Not our policy\r\n"])
def test_a_relay_that_refuses_everything_costs_no_reader_and_is_taken_back(refusal: bytes) -> None:
    """The list must be whole when the operator has mended the relay."""

    async def main() -> None:
        async with FaultyRelay(refusing=refusal) as relay:
            feed, pool = Readers(50), pool_of(relay)
            pool.serve(feed)
            await until(lambda: pool.problem is not None)
            assert "refuses all mail" in (pool.problem or "")
            assert feed.ends == {}
            relay.refusing = b""
            await until_accepted(feed, pool, 50)
            assert pool.problem is None
            assert pool.problems() == {}
            await pool.drain(PATIENCE)
            await pool.close()

    asyncio.run(main())


def test_while_it_refuses_everything_it_gets_one_message_at_a_time() -> None:
    """A blocklist looks at how often one knocks."""

    async def main() -> None:
        async with FaultyRelay(refusing=DENIED) as relay:
            feed, pool = Readers(1000), pool_of(relay)
            pool.serve(feed)
            await until(lambda: pool.problem is not None)
            await asyncio.sleep(0)
            before, relays = len(feed.deferrals), relay.connections
            await until(lambda: relay.connections >= relays + 3)
            # Each of those connections took one message; some of the four before had one under way.
            assert len(feed.deferrals) - before <= 3 + 4
            assert sum(open_connections(pool).values()) <= 1
            await pool.drain(PATIENCE)
            await pool.close()

    asyncio.run(main())


def test_the_other_relay_takes_what_one_refuses() -> None:
    """Failover: one relay on a blocklist must not hold up the mail."""

    async def main() -> None:
        async with FaultyRelay(refusing=DENIED) as bad, FaultyRelay() as good:
            feed, pool = Readers(200), pool_of(bad, good)
            pool.serve(feed)
            await until_accepted(feed, pool, 190)
            assert pool.problem is None
            assert len(good.received) >= 190
            await pool.drain(PATIENCE)
            await pool.close()
            # Those that the bad one refused before it was known stay rejected only if it had
            # accepted something: it never did.
            assert {end.outcome for end in feed.ends.values()} == {Outcome.ACCEPTED}

    asyncio.run(main())


def test_what_is_held_back_is_settled_when_the_feed_is_dry() -> None:
    """An end must leave nothing in the air: two refusals are too few to judge a relay by."""

    async def main() -> None:
        async with FaultyRelay(refusing=b"550 5.7.1 Not our policy\r\n") as relay:
            feed, pool = Readers(2), pool_of(relay)
            pool.serve(feed)
            async with asyncio.timeout(PATIENCE):
                await pool.idle()
            assert [end.outcome for end in feed.ends.values()] == [Outcome.REJECTED] * 2
            assert pool.in_flight == 0
            await pool.close()

    asyncio.run(main())


class Stopping(Readers):
    """Three letters: one that the relay refuses for our sake, one at whose end it hangs up.

    With the third, which comes back unsent, the worker is asked to stop.
    """

    pool: RelayPool
    stop: asyncio.Task[None] | None = None

    def take(self, relay: Destination) -> Envelope | Nothing | None:
        """Hand out the next one."""
        envelope = super().take(relay)
        if isinstance(envelope, Envelope):
            fault = {0: "+dot-554", 1: "+dot-drop"}.get(envelope.number, "")
            envelope = replace(envelope, recipient=f"r{fault}@example.org")
            if not fault:
                self.stop = asyncio.create_task(self.pool.drain(PATIENCE))
        return envelope


def test_a_stop_lets_go_what_was_held_back_when_the_rest_comes_back_unsent() -> None:
    """One refusal tells nothing of a relay; the worker must not wait for ever to learn more.

    Nor is it taken at its word: what was not judged goes again.
    """

    async def main() -> None:
        async with FaultyRelay() as relay:
            feed, pool = Stopping(3), pool_of(relay, connections=1)
            feed.pool = pool
            pool.serve(feed)
            await until(lambda: feed.stop is not None)
            assert feed.stop is not None
            async with asyncio.timeout(PATIENCE):
                await feed.stop
            outcomes = [feed.ends[number].outcome for number in (1, 2)]
            assert outcomes == [Outcome.UNKNOWN, Outcome.RELEASED]
            assert [one.counts for one in feed.deferrals] == [False]
            await pool.close()

    asyncio.run(main())


class TiedTo(Readers):
    """A feed whose letters may all go by one relay only."""

    def __init__(self, count: int, port: int) -> None:
        super().__init__(count)
        self.port = port

    def take(self, relay: Destination) -> Envelope | Nothing | None:
        """Hand out the next one, if it is that relay that asks."""
        if self.waiting and not relay.name.endswith(f":{self.port}"):
            return Nothing.FOR_THIS_RELAY
        return super().take(relay)


def test_what_only_one_relay_may_take_gets_a_connection_to_that_one() -> None:
    """The relay that is dialled first may not be the one that the mail is for."""

    async def main() -> None:
        async with FaultyRelay() as first, FaultyRelay() as second:
            feed, pool = TiedTo(5, second.port), pool_of(first, second)
            pool.serve(feed)
            await until(lambda: len(feed.ends) == 5)
            await pool.close()
            assert (len(first.received), len(second.received)) == (0, 5)

    asyncio.run(main())
