"""Messages whose words differ between readers are written ahead in threads."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable

from hypothesis import given
from hypothesis import settings as trial
from hypothesis import strategies as st

from mailer.relay.envelope import Envelope
from mailer.services.sending.prewriting.threads import HANDS, WAKE_AT, ThreadedPrewriting
from mailer.services.sending.prewriting.written import AHEAD
from mailer.store.campaigns.chunks import Claimed
from support.patience import PATIENCE


def test_two_messages_are_written_at_the_same_time() -> None:
    """While one waits for the store, the other need not."""
    together = threading.Barrier(HANDS, timeout=PATIENCE)

    def write(delivery: Claimed) -> Envelope:
        if delivery.number < HANDS:  # the first one of each thread waits for the other's
            together.wait()
        return envelope(delivery)

    assert asyncio.run(written(range(3 * WAKE_AT), write)) == list(range(3 * WAKE_AT))


def test_no_more_is_written_ahead_than_is_of_use() -> None:
    """Written messages are claimed: a pause should find few of them."""

    async def main() -> tuple[int, int]:
        queue = deque(claimed(number) for number in range(3 * AHEAD))
        full = asyncio.Event()
        prewriting = ThreadedPrewriting(queue, envelope, full.set)
        prewriting.urge()
        await full.wait()
        most = 3 * AHEAD - len(queue)
        given_back = len(await prewriting.close())
        return most, given_back

    most, given_back = asyncio.run(main())
    assert AHEAD <= most <= AHEAD + HANDS
    assert given_back == most


@trial(max_examples=60)
@given(st.integers(0, 3 * WAKE_AT), st.integers(0, 3 * WAKE_AT), st.randoms(use_true_random=False))
def test_each_message_is_handed_out_or_given_back_once(
    total: int, wanted: int, chance: random.Random
) -> None:
    """Closing must work at any moment of the threads: a law of any queue, and of readers' mail."""
    stops = {chance.randrange(total + 1) for _ in range(3)}

    def write(delivery: Claimed) -> Envelope:
        if delivery.number in stops:
            time.sleep(0)  # lets another thread go first
        return envelope(delivery)

    async def main() -> list[int]:
        queue, more = deque(claimed(number) for number in range(total)), asyncio.Event()
        prewriting = ThreadedPrewriting(queue, write, more.set)
        prewriting.urge()
        seen: list[int] = []
        while len(seen) < min(wanted, total):
            found = prewriting.next()
            if found is None:
                await more.wait()
                more.clear()
            else:
                seen.append(found.delivery.number)
        seen += [delivery.number for delivery in await prewriting.close()]
        return sorted([*seen, *(delivery.number for delivery in queue)])

    assert asyncio.run(main()) == list(range(total))


def claimed(number: int) -> Claimed:
    """Return a delivery."""
    return Claimed(number, f"r{number}@example.org", "")


def envelope(delivery: Claimed) -> Envelope:
    """Return a message that costs nothing to write."""
    return Envelope(delivery.number, "b@example.com", delivery.address, b"", 0)


async def written(numbers: Iterable[int], write: Callable[[Claimed], Envelope]) -> list[int]:
    """Have messages written until there are no more; returns which, in numerical order."""
    queue, more, seen = deque(map(claimed, numbers)), asyncio.Event(), list[int]()
    prewriting = ThreadedPrewriting(queue, write, more.set)
    prewriting.urge()
    while queue or len(prewriting):
        await more.wait()
        more.clear()
        while (found := prewriting.next()) is not None:
            seen.append(found.delivery.number)
    assert await prewriting.close() == []
    return sorted(seen)
