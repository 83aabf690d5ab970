"""Where signing is slow, messages are written ahead in a thread: the same laws hold."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, deque
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from faulty_relay import FaultyRelay
from small_campaign import SmallService, settings_for

from mailer.domain.campaign import State
from mailer.relay.envelope import Envelope
from mailer.services.composing import Composer
from mailer.services.scribe import BATCH, HANDS, Scribe
from mailer.services.tools import Verdict
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
            assert await dispatcher.send(campaign, 60) is Verdict.FINISHED
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
            sending = asyncio.create_task(dispatcher.send(campaign, 60))
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
                await dispatcher.send(campaign, 60)

    asyncio.run(run())
    counts = service.campaigns.status(campaign.number).counts
    assert counts.balanced
    assert (counts.unknown, counts.in_flight) == (0, 0)
    assert counts.accepted < 300


def test_two_messages_are_signed_at_the_same_time() -> None:
    """A signature leaves the processor's other cores idle, and readers waiting."""
    together = threading.Barrier(HANDS, timeout=10)

    def write(delivery: Claimed) -> Envelope:
        if delivery.number % BATCH == 0:  # the first of each batch waits for the other's
            together.wait()
        return Envelope(delivery.number, "b@example.com", delivery.address, b"", 0)

    async def main() -> set[int]:
        queue = deque(Claimed(number, f"r{number}@example.org", "") for number in range(2 * BATCH))
        more = asyncio.Event()
        scribe, numbers = Scribe(queue, write, more.set), set[int]()
        scribe.urge()
        while len(numbers) < 2 * BATCH:
            await more.wait()
            more.clear()
            while (written := scribe.next()) is not None:
                assert isinstance(written.result, Envelope)
                numbers.add(written.delivery.number)
        assert await scribe.close() == []
        return numbers

    assert asyncio.run(main()) == set(range(2 * BATCH))
