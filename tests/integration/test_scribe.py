"""Where signing is slow, messages are written ahead in a thread: the same laws hold."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from faulty_relay import FaultyRelay
from hypothesis import given
from hypothesis import settings as trial
from hypothesis import strategies as st
from patience import PATIENCE
from small_campaign import SmallService, settings_for

from mailer.domain.campaign import State
from mailer.relay.envelope import Envelope
from mailer.services.composing import Composer
from mailer.services.scribe import AHEAD, HANDS, WAKE_AT, Scribe
from mailer.services.tools import Turn, Verdict
from mailer.store.connection import Store
from mailer.store.ledger import Claimed

PEM = rsa.generate_private_key(65537, 2048).private_bytes(
    Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
)


@pytest.fixture
def service(store: Store, tmp_path: Path) -> SmallService:
    """A service that signs with RSA, and has 300 readers."""
    key = tmp_path / "key.pem"
    key.write_bytes(PEM)
    key.chmod(0o600)
    keys = [{"domain": "lists.example.org", "selector": "rsa", "file": str(key)}]
    service = SmallService(store, settings_for(tmp_path, dkim_keys=keys))
    service.subscribe(*[f"r{n}@example.org" for n in range(300)])
    return service


def test_everybody_gets_a_signed_message_once(service: SmallService) -> None:
    """Law 1 does not depend on who writes the messages."""
    campaign = service.started()

    async def run() -> FaultyRelay:
        async with FaultyRelay() as relay, service.worker([relay.url()]) as dispatcher:
            assert await dispatcher.send(campaign, Turn(60)) is Verdict.FINISHED
            return relay

    relay = asyncio.run(run())
    assert Counter(relay.recipients()) == {f"r{n}@example.org": 1 for n in range(300)}
    assert all(message.content.startswith(b"DKIM-Signature:") for message in relay.received)
    service.campaigns.close_if_complete(campaign.number)
    assert service.campaigns.status(campaign.number).campaign.state is State.SENT


def test_a_stop_gives_back_what_was_written_and_not_sent(service: SmallService) -> None:
    """No delivery may be in doubt after a clean stop, wherever its message was."""
    campaign = service.started()

    async def run() -> int:
        async with FaultyRelay() as relay, service.worker([relay.url()]) as dispatcher:
            sending = asyncio.create_task(dispatcher.send(campaign, Turn(60)))
            while len(relay.received) < 20:  # noqa: ASYNC110 - it lives in this very loop
                await asyncio.sleep(0)
            dispatcher.stop()
            assert await sending is Verdict.STOPPED
            return len(relay.received)

    handed_over = asyncio.run(run())
    counts = service.campaigns.status(campaign.number).counts
    assert counts.accepted == handed_over
    assert (counts.unknown, counts.in_flight) == (0, 0)
    assert counts.outstanding == 300 - handed_over > 0


def test_an_error_while_writing_is_raised_and_leaves_nothing_claimed(
    service: SmallService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect in a template must be heard of, and must cost no delivery."""
    campaign = service.started()
    write = Composer.write

    def fail_on_the_hundredth(self: Composer, *arguments: Any) -> Any:
        if arguments[2].number == 100:
            raise RuntimeError("a defect")
        return write(self, *arguments)

    monkeypatch.setattr(Composer, "write", fail_on_the_hundredth)

    async def run() -> None:
        async with FaultyRelay() as relay, service.worker([relay.url()]) as dispatcher:
            with pytest.raises(RuntimeError, match="a defect"):
                await dispatcher.send(campaign, Turn(60))

    asyncio.run(run())
    counts = service.campaigns.status(campaign.number).counts
    assert counts.balanced
    assert (counts.unknown, counts.in_flight) == (0, 0)
    assert counts.accepted < 300


def test_two_messages_are_signed_at_the_same_time() -> None:
    """A signature leaves the processor's other cores idle, and readers waiting."""
    together = threading.Barrier(HANDS, timeout=PATIENCE)

    def write(delivery: Claimed) -> Envelope:
        if delivery.number < HANDS:  # the first one of each thread waits for the other's
            together.wait()
        return envelope(delivery)

    assert asyncio.run(written(range(3 * WAKE_AT), write)) == list(range(3 * WAKE_AT))


def test_no_more_is_written_ahead_than_is_of_use() -> None:
    """What is written is claimed: a pause should find little of it."""

    async def main() -> tuple[int, int]:
        queue = deque(claimed(number) for number in range(3 * AHEAD))
        full = asyncio.Event()
        scribe = Scribe(queue, envelope, full.set)
        scribe.urge()
        await full.wait()
        most = 3 * AHEAD - len(queue)
        given_back = len(await scribe.close())
        return most, given_back

    most, given_back = asyncio.run(main())
    assert AHEAD <= most <= AHEAD + HANDS
    assert given_back == most


@trial(max_examples=60)
@given(st.integers(0, 3 * WAKE_AT), st.integers(0, 3 * WAKE_AT), st.randoms(use_true_random=False))
def test_each_message_is_handed_out_or_given_back_once(
    total: int, wanted: int, chance: random.Random
) -> None:
    """Whoever closes, however the threads run: a law of any queue, and here of readers' mail."""
    stops = {chance.randrange(total + 1) for _ in range(3)}

    def write(delivery: Claimed) -> Envelope:
        if delivery.number in stops:
            time.sleep(0)  # lets another thread go first
        return envelope(delivery)

    async def main() -> list[int]:
        queue, more = deque(claimed(number) for number in range(total)), asyncio.Event()
        scribe = Scribe(queue, write, more.set)
        scribe.urge()
        seen: list[int] = []
        while len(seen) < min(wanted, total):
            found = scribe.next()
            if found is None:
                await more.wait()
                more.clear()
            else:
                seen.append(found.delivery.number)
        seen += [delivery.number for delivery in await scribe.close()]
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
    scribe = Scribe(queue, write, more.set)
    scribe.urge()
    while queue or len(scribe):
        await more.wait()
        more.clear()
        while (found := scribe.next()) is not None:
            seen.append(found.delivery.number)
    assert await scribe.close() == []
    return sorted(seen)
