"""A relay that turns against our account: no reader pays, the campaign waits, and goes on by itself.

The refusals are of our own wording, in the manner of those that relays are known to give.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mailer.domain.campaigns.campaign import State
from mailer.relay.limits import Backoff
from mailer.relay.opening import open_transport
from mailer.services.sending.sender import Sender
from mailer.store import events, keys
from mailer.store.server.connection import Store
from support.servers.faulty_relay import FaultyRelay
from support.service.small_campaign import SmallService, settings_for

BACKOFF = Backoff(first=0.01, longest=0.02)
REFUSALS = (
    "554 Message refused: sending is suspended for this account, see its inbox",
    "554 Mail rejected: address is not verified; identities that failed: lists.example.org",
    "550 5.4.5 Daily user sending quota exceeded",
    "554 5.2.252 SendAsDenied; robot@example.org may not send as bulletin@lists.example.org",
    "550 5.4.6 Unusual sending activity seen, try after some time",
    "550 5.1.0 <bulletin@lists.example.org>: Sender address rejected: User unknown",
    "550 5.1.90 Your message can't be sent because you've reached your limit of recipients a day",
    "550 5.7.1 Account disabled",
    "550 Account suspended (ticket %d)",
    "550 5.2.1 The account is not active",
    "554 5.7.1 Your account has been locked, contact support",
    "550 5.7.1 User robot is over its hourly sending limit (%d/200)",
    "452 4.5.3 Sending rate exceeded, slow down",
    "454 4.7.1 Throttling failure: maximum sending rate exceeded",
    "450 4.7.0 Too many messages from your domain, try later",
    "554 5.7.1 Duplicate header List-Unsubscribe",
    "550 5.7.1 Message contains more than one From header",
    "535 5.7.8 Credentials have expired",
    "530 5.7.0 Authentication required",
    "550 5.7.26 Unauthenticated mail from lists.example.org is not accepted (DMARC)",
    "550 5.7.20 No valid DKIM signature",
    "550 5.7.25 192.0.2.1 has no PTR record",
    "554 5.7.1 Client host [192.0.2.1] is on a block list",
    "550 5.7.1 Mail from your network has a poor reputation",
    "550 5.7.0 Rejected by our policy (ref: abcd%defgh)",
    "554 5.7.1 Relay access denied",
    "550 Relaying not permitted",
    "550 5.7.1 Payment required: plan expired",
    "552 Out of credits",
    "550 5.7.1 The sending domain is not verified",
    "550 5.7.1 IP not allowed",
    "550 5.7.10 TLS required",
    "550 5.1.1 User unknown",
    "550 5.1.1 No such mailbox here, session %d",
    "552 5.2.2 Mailbox full",
    "554 Transaction failed",
    "550 Rejected",
    "554 5.0.0 Service unavailable",
    "550 5.0.350 Generic error xKq%dZ",
    "501 5.1.3 Bad address",
    "503 5.5.1 Not now",
    "421 4.7.0 Too many errors",
    "451 4.3.0 Local error in processing",
    "550 Votre compte est bloqué",
    "550 Ihr Konto ist gesperrt",
    "550 Su cuenta ha sido suspendida",
)


STAGES = ("mail", "rcpt", "data", "dot")
CASES = [
    *((words, STAGES[at % 4]) for at, words in enumerate(REFUSALS)),
    *((words, stage) for words in REFUSALS[:8] for stage in STAGES),
]
"""Each wording at some command, and some at each; `test_domain_refusal` has the whole product."""


class Service(SmallService):
    """A service whose relay refuses all, and a worker's jobs."""

    def __init__(self, store: Store, folder: Path, relay: FaultyRelay, **settings: Any) -> None:
        super().__init__(store, settings_for(folder, relays=[relay.url()], **settings))
        self.connection = store.asyncio()
        self.sender = Sender(store, self.connection, self.settings, self.clock)

    async def work(self, number: int, seconds: int = 15) -> None:
        """Do a job on a campaign as a worker does, and let some time pass."""
        await self.sender.run(number)
        self.clock.advance(timedelta(seconds=seconds))

    async def close(self) -> None:
        """Close what is open."""
        await self.sender.close()
        await self.connection.close()

    def events(self, kind: str) -> list[dict[str, str]]:
        """Return the events of a type."""
        return [fields for _, fields in events.read(self.store) if fields["type"] == kind]


@pytest.fixture
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A relay that fails is tried again soon, and not waited for."""
    monkeypatch.setattr("mailer.services.sending.chunk_job.RELAY_PATIENCE_SECONDS", 0.05)
    soon = partial(open_transport, backoff=BACKOFF)
    monkeypatch.setattr("mailer.services.sending.sender.open_transport", soon)


@pytest.mark.usefixtures("_soon")
@pytest.mark.parametrize(("refusal", "stage"), CASES)
def test_a_relay_that_refuses_our_account_costs_no_reader(
    store: Store, tmp_path: Path, refusal: str, stage: str
) -> None:
    """5 of 30 are accepted, the others wait with the reason; when it has recovered, all have it."""

    async def run() -> None:
        words = refusal.encode() + b"\r\n"
        async with FaultyRelay(refusing=words, refusing_at=stage, refusing_after=5) as relay:
            service = Service(store, tmp_path, relay)
            service.subscribe(*[f"r{n}@example.org" for n in range(30)])
            number = service.started().number
            for _ in range(2):
                await service.work(number)
                status = service.campaigns.status(number)
                assert (status.counts.rejected, status.counts.skipped) == (0, 0)
                assert status.counts.accepted < 30
                assert status.campaign.standing == "paused by itself"
                assert status.campaign.reason
            relay.refusing = b""
            for _ in range(6):
                await service.work(number)
                if service.campaigns.status(number).campaign.state is State.SENT:
                    break
                service.clock.advance(timedelta(minutes=10))
            status = service.campaigns.status(number)
            assert status.counts.accepted == 30
            assert service.campaigns.status(number).counts.rejected == 0
            assert len(set(relay.recipients())) == 30
            assert store.redis.bitcount(keys.status_bits("active")) == 30
            await service.close()

    asyncio.run(run())
    assert not [
        fields for _, fields in events.read(store) if fields["type"] == "subscriber.bounced"
    ]


@pytest.mark.usefixtures("_soon")
def test_the_secretariat_gets_one_mail_and_the_reason_tells_since_and_until(
    store: Store, tmp_path: Path
) -> None:
    """A person must look at the account, but must not be told of each of a thousand refusals."""

    async def run() -> None:
        words = b"554 Sending suspended for this account\r\n"
        async with FaultyRelay(refusing=words, refusing_at="dot") as relay:
            service = Service(store, tmp_path, relay, owner_address="office@example.org")
            service.subscribe(*[f"r{n}@example.org" for n in range(30)])
            number = service.started().number
            for _ in range(5):
                await service.work(number)
            reason = service.campaigns.status(number).campaign.reason
            assert (
                "554 Sending suspended for this account; since 07:00 UTC, next try after" in reason
            )
            queued = [one["name"] for one in service.events("service_mail.queued")]
            assert queued == ["refused"]
            (told,) = service.events("secretariat.alerted")
            assert (told["reason"], told["campaign"]) == ("relay-refuses", str(number))
            assert len(service.events("campaign.waiting")) == 1
            await service.close()

    asyncio.run(run())


@pytest.mark.usefixtures("_soon")
@pytest.mark.parametrize("dead_last", [False, True], ids=["others-follow", "nothing-follows"])
def test_twelve_dead_addresses_in_a_row_end_as_rejected(
    store: Store, tmp_path: Path, dead_last: bool
) -> None:
    """By the rule they are ours at first; the relay proves itself, or the time for tries is over."""
    dead = [f"r{n}+rcpt-550@example.org" for n in range(12)]
    live = [f"r{n}@example.org" for n in range(12, 30)]

    async def run() -> None:
        async with FaultyRelay() as relay:
            service = Service(store, tmp_path, relay, connections=1, retry_hours=1)
            service.subscribe(*(live + dead if dead_last else dead + live))
            number = service.started().number
            await service.work(number)
            assert service.campaigns.status(number).counts.rejected == 0
            tries = 0
            while service.campaigns.status(number).campaign.state is not State.SENT:
                await service.work(number, 1200 if tries > 3 else 15)
                tries += 1
                assert tries < 60
            counts = service.campaigns.status(number).counts
            assert (counts.accepted, counts.rejected) == (18, 12)
            suspended = [e for e in service.events("subscriber.status") if e["to"] == "suspended"]
            assert len(suspended) == 12
            assert tries > 4 if dead_last else tries <= 4
            await service.close()

    asyncio.run(run())


@pytest.mark.usefixtures("_soon")
def test_dead_addresses_among_others_are_rejected_and_suspended_at_once(
    store: Store, tmp_path: Path
) -> None:
    """The judge must not protect readers who are gone."""
    addresses = [f"r{n}{'' if n % 6 == 5 else '+rcpt-550'}@example.org" for n in range(60)]

    async def run() -> None:
        async with FaultyRelay() as relay:
            service = Service(store, tmp_path, relay, connections=1)
            service.subscribe(*addresses)
            number = service.started().number
            await service.work(number)
            status = service.campaigns.status(number)
            assert (status.counts.accepted, status.counts.rejected) == (10, 50)
            assert status.campaign.state is State.SENT
            await service.close()

    asyncio.run(run())


@pytest.mark.usefixtures("_soon")
def test_what_goes_back_counts_as_no_try(store: Store, tmp_path: Path) -> None:
    """An outage of two days must not use up the tries of a reader whose mailbox is full then."""

    async def run() -> None:
        words = b"550 5.4.5 Daily sending quota exceeded\r\n"
        async with FaultyRelay(refusing=words) as relay:
            service = Service(store, tmp_path, relay, retry_hours=1)
            numbers = service.subscribe(*[f"r{n}@example.org" for n in range(12)])
            number = service.started().number
            for _ in range(12):
                await service.work(number, 600)
            attempts = store.redis.hmget(keys.attempts(number), numbers)
            assert {int(one or 0) for one in attempts} == {0}
            relay.refusing = b""
            await service.work(number)
            assert service.campaigns.status(number).counts.accepted == 12
            await service.close()

    asyncio.run(run())
