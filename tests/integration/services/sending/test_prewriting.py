"""A message that takes long is made before a connection asks; the same laws hold."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mailer.domain.campaigns.campaign import State
from mailer.services.sending.composing import Composer
from mailer.services.sending.prewriting.signed import SignedPrewriting
from mailer.services.sending.prewriting.signing import Signing
from mailer.services.sending.prewriting.threads import ThreadedPrewriting
from mailer.services.sending.worker_context import Turn, Verdict
from mailer.store.server.connection import Store
from support.servers.faulty_relay import FaultyRelay
from support.service.small_campaign import SmallService, sent_until_stopped, settings_for

PEM = rsa.generate_private_key(65537, 2048).private_bytes(
    Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
)
READERS = 300
WAYS = {"signed": SignedPrewriting, "personal": ThreadedPrewriting}
"""The reason why it takes long, and what writes then."""


@pytest.fixture(params=WAYS)
def service(
    request: pytest.FixtureRequest, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> SmallService:
    """A service that signs with RSA and has 300 readers, and perhaps words for some of them only.

    It fails unless the messages are written as they must be.
    """
    key = tmp_path / "key.pem"
    key.write_bytes(PEM)
    key.chmod(0o600)
    keys = [{"domain": "lists.example.org", "selector": "rsa", "file": str(key)}]
    service = SmallService(store, settings_for(tmp_path, dkim_keys=keys))
    service.subscribe(*[f"r{n}@example.org" for n in range(READERS)])
    if request.param == "personal":
        service.publish('\n{% if "meetings" in topics %}See you there.{% endif %}\n')
    for unused in set(WAYS.values()) - {WAYS[request.param]}:
        monkeypatch.setattr(unused, "urge", lambda _: pytest.fail("written in the wrong way"))
    return service


def test_everybody_gets_a_signed_message_once(service: SmallService) -> None:
    """Law 1 does not depend on who writes the messages."""
    campaign = service.started()

    async def run() -> FaultyRelay:
        async with FaultyRelay() as relay, service.worker([relay.url()]) as dispatcher:
            assert await dispatcher.send(campaign, Turn(60)) is Verdict.FINISHED
            return relay

    assert_all_are_served(service, campaign.number, asyncio.run(run()))


def test_a_stop_gives_back_what_was_written_and_not_sent(service: SmallService) -> None:
    """No delivery may be in doubt after a clean stop, wherever its message was."""
    campaign = service.started()

    handed_over = asyncio.run(sent_until_stopped(service, campaign))
    counts = service.campaigns.status(campaign.number).counts
    assert counts.accepted == handed_over
    assert (counts.unknown, counts.in_flight) == (0, 0)
    assert counts.outstanding == READERS - handed_over > 0


def test_an_error_while_writing_is_raised_and_leaves_nothing_claimed(
    service: SmallService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect in a template must be heard of, and must cost no delivery."""
    campaign = service.started()
    for name in ("write", "draft"):
        monkeypatch.setattr(Composer, name, failing_on_the_hundredth(getattr(Composer, name)))

    async def run() -> None:
        async with FaultyRelay() as relay, service.worker([relay.url()]) as dispatcher:
            with pytest.raises(RuntimeError, match="a defect"):
                await dispatcher.send(campaign, Turn(60))

    asyncio.run(run())
    counts = service.campaigns.status(campaign.number).counts
    assert counts.balanced
    assert (counts.unknown, counts.in_flight) == (0, 0)
    assert counts.accepted < READERS


@pytest.mark.parametrize("service", ["signed"], indirect=True)
@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGTERM])
def test_the_death_of_what_signs_costs_no_delivery(
    service: SmallService, blow: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that runs out of memory first must not be noticed by any reader."""
    campaign = service.started()
    started: list[int] = []
    sign = Signing.sign

    async def noted(self: Signing, digests: list[bytes]) -> list[bytes]:
        if self.pid is not None and self.pid not in started:
            started.append(self.pid)
        return await sign(self, digests)

    monkeypatch.setattr(Signing, "sign", noted)

    async def run() -> FaultyRelay:
        async with FaultyRelay() as relay, service.worker([relay.url()]) as dispatcher:
            sending = asyncio.create_task(dispatcher.send(campaign, Turn(60)))
            while len(relay.received) < 20:  # noqa: ASYNC110 - it lives in this very loop
                await asyncio.sleep(0)
            os.kill(started[0], blow)
            assert await sending is Verdict.FINISHED
            return relay

    assert_all_are_served(service, campaign.number, asyncio.run(run()))
    assert len(started) == 1 or blow is signal.SIGKILL  # which may have been replaced by then


def failing_on_the_hundredth(write: Any) -> Any:
    """Return the method with a defect that shows at one reader."""

    def fail(self: Composer, *arguments: Any) -> Any:
        if arguments[2].number == 100:
            raise RuntimeError("a defect")
        return write(self, *arguments)

    return fail


def assert_all_are_served(service: SmallService, number: int, relay: FaultyRelay) -> None:
    """Check that each reader got one signed message, and that the books are closed."""
    assert Counter(relay.recipients()) == {f"r{n}@example.org": 1 for n in range(READERS)}
    assert all(message.content.startswith(b"DKIM-Signature:") for message in relay.received)
    service.campaigns.close_if_complete(number)
    assert service.campaigns.status(number).campaign.state is State.SENT
