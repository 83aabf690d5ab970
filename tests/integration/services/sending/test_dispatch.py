"""A campaign from its start to its closed books, with real store and real SMTP."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from mailer.domain.campaigns.campaign import State
from mailer.domain.subscribers.address import parse_address
from mailer.domain.subscribers.subscriber import Action
from mailer.errors import StateError
from mailer.services.sending.worker_context import Turn, Verdict
from mailer.services.subscriptions import subscribers
from mailer.store import keys
from mailer.store.campaigns.ledger import Ledger
from mailer.store.server.connection import Store
from support.servers.faulty_relay import FaultyRelay
from support.service.small_campaign import SmallService, sent_until_stopped, settings_for


@pytest.fixture
def service(store: Store, tmp_path: Path) -> SmallService:
    """A service that sends to nobody yet."""
    return SmallService(store, settings_for(tmp_path))


async def send(service: SmallService, relay: FaultyRelay, number: int) -> Verdict:
    """Run one worker's job on a campaign, and close the books if they are complete."""
    async with service.worker([relay.url()]) as dispatcher:
        campaign = service.campaigns.status(number).campaign
        verdict = await dispatcher.send(campaign, Turn(60))
    service.campaigns.close_if_complete(number)
    return verdict


def test_each_reader_gets_the_edition_once_in_their_language(service: SmallService) -> None:
    """Law 1, on the wire."""
    english = service.subscribe("ana@example.org", "bo@example.net")
    french = service.subscribe("chantal@example.org", language="fr")
    campaign = service.started()

    async def run() -> FaultyRelay:
        async with FaultyRelay() as relay:
            assert await send(service, relay, campaign.number) is Verdict.FINISHED
            return relay

    relay = asyncio.run(run())
    subjects = {
        message.recipient: message_from_bytes(message.content, policy=policy.default)["Subject"]
        for message in relay.received
    }
    assert subjects == {
        "ana@example.org": "News",
        "bo@example.net": "News",
        "chantal@example.org": "Nouvelles",
    }
    assert len(relay.received) == 3
    status = service.campaigns.status(campaign.number)
    assert status.campaign.state is State.SENT
    assert status.counts.by_language["fr"]["accepted"] == len(french)
    assert status.counts.by_language["en"]["accepted"] == len(english)


def test_a_reader_of_a_language_without_translation_gets_the_one_that_stands_in(
    service: SmallService,
) -> None:
    """Nobody is left out because a translation is missing."""
    service.subscribe("eva@example.org", language="es")
    campaign = service.started()
    assert campaign.languages == ("en",)

    async def run() -> list[bytes]:
        async with FaultyRelay() as relay:
            await send(service, relay, campaign.number)
            return [message.content for message in relay.received]

    (content,) = asyncio.run(run())
    assert message_from_bytes(content, policy=policy.default)["Content-Language"] == "en"


def test_every_outcome_is_written_down_and_the_books_balance(service: SmallService) -> None:
    """Law 2: planned is the sum of what became of them, with reasons for what went wrong."""
    service.subscribe(
        "fine@example.org", "no+rcpt-550@example.org", "spam+dot-554@example.org",
        "busy+rcpt-451@example.org", "lost+dot-drop@example.org",
    )  # fmt: skip
    campaign = service.started()

    async def run() -> None:
        async with FaultyRelay() as relay:
            await send(service, relay, campaign.number)

    asyncio.run(run())
    status = service.campaigns.status(campaign.number)
    found = status.as_json()
    assert status.campaign.state is State.SENDING
    assert {name: found[name] for name in ("accepted", "rejected", "unknown", "deferred")} == {
        "accepted": 1, "rejected": 2, "unknown": 1, "deferred": 1,
    }  # fmt: skip
    assert found["planned"] == 5
    assert status.counts.balanced
    details = service.store.redis.hvals(keys.details(campaign.number))
    assert any(b"5.1.1" in detail for detail in details)
    assert any(b"Looks like advertising" in detail for detail in details)


def test_a_deferred_delivery_is_tried_again_when_its_time_has_come(service: SmallService) -> None:
    """4xx means later, not never; and later means after a wait."""
    service.subscribe("busy+rcpt-451@example.org")
    campaign = service.started()

    async def run() -> None:
        async with FaultyRelay() as relay:
            for waits, attempts in ((0, 1), (60, 1), (600, 2), (3600, 3)):
                service.clock.advance(timedelta(seconds=waits))
                await send(service, relay, campaign.number)
                tried = sum(b"RCPT" in command.upper() for command in relay.commands)
                assert tried == attempts

    asyncio.run(run())
    assert service.campaigns.status(campaign.number).counts.deferred == 1


def test_a_delivery_deferred_for_too_long_is_rejected_with_the_last_reason(
    store: Store, tmp_path: Path
) -> None:
    """After the retry limit a person must learn why it failed."""
    service = SmallService(store, settings_for(tmp_path, retry_hours=1))
    service.subscribe("busy+rcpt-451@example.org")
    campaign = service.started()

    async def run() -> None:
        async with FaultyRelay() as relay:
            for _ in range(10):
                await send(service, relay, campaign.number)
                service.clock.advance(timedelta(hours=5))

    asyncio.run(run())
    status = service.campaigns.status(campaign.number)
    assert status.campaign.state is State.SENT
    assert status.counts.rejected == 1
    (detail,) = store.redis.hvals(keys.details(campaign.number))
    assert b"Not just now" in detail
    assert b"tried" in detail


def test_an_unknown_outcome_is_sent_again_under_the_same_message_id(service: SmallService) -> None:
    """Law 3, policy `resend`: a reader may get it twice, and can tell that it is the same."""
    service.subscribe("lost+dot-drop@example.org")
    campaign = service.started()

    async def run() -> list[str]:
        async with FaultyRelay() as relay:
            for _ in range(10):
                await send(service, relay, campaign.number)
                service.clock.advance(timedelta(hours=5))
            return [
                str(message_from_bytes(message.content)["Message-ID"]) for message in relay.received
            ]

    identifiers = asyncio.run(run())
    status = service.campaigns.status(campaign.number)
    assert len(identifiers) == 6  # once, and five times again
    assert len(set(identifiers)) == 1
    assert status.counts.unknown == 1
    assert status.counts.resent == 1
    assert status.campaign.state is State.SENT


def test_with_policy_skip_an_unknown_outcome_is_left_alone(store: Store, tmp_path: Path) -> None:
    """Law 3, policy `skip`: no repeats at all."""
    service = SmallService(store, settings_for(tmp_path, unknown_policy="skip"))
    service.subscribe("lost+dot-drop@example.org")
    campaign = service.started()

    async def run() -> int:
        async with FaultyRelay() as relay:
            for _ in range(3):
                await send(service, relay, campaign.number)
                service.clock.advance(timedelta(hours=5))
            return len(relay.received)

    assert asyncio.run(run()) == 1
    status = service.campaigns.status(campaign.number)
    assert status.counts.unknown == 1
    assert status.campaign.state is State.SENT


def test_who_leaves_after_the_start_is_skipped(service: SmallService) -> None:
    """Law 4: consent counts at the moment of handing over."""
    service.subscribe("stays@example.org")
    gone, banned, erased = service.subscribe(
        "goes@example.org", "banned@example.org", "x@example.org"
    )
    campaign = service.started()
    now = service.clock.now()
    subscribers.change(service.store, gone, Action.LEAVE, now)
    subscribers.suppress(
        service.store, service.settings, now, parse_address("banned@example.org"), "complaint"
    )
    subscribers.erase(
        service.store, service.settings, now, parse_address("x@example.org"), "asked to"
    )

    async def run() -> list[str]:
        async with FaultyRelay() as relay:
            await send(service, relay, campaign.number)
            return relay.recipients()

    assert asyncio.run(run()) == ["stays@example.org"]
    status = service.campaigns.status(campaign.number)
    assert status.counts.skipped == 3
    assert status.counts.by_skip_reason["suppressed"] == 1
    assert status.campaign.state is State.SENT
    assert banned
    assert erased


def test_what_a_dead_worker_had_claimed_is_counted_as_unknown_and_sent(
    service: SmallService,
) -> None:
    """Law 3: a claim without an outcome is found by whoever takes the chunk next."""
    numbers = service.subscribe("a@example.org", "b@example.org", "c@example.org")
    campaign = service.started()

    async def die_with_claims() -> None:
        store = service.store.asyncio()
        ledger = Ledger(store, campaign.number, lease_ms=1000)
        chunk = await ledger.take("dead", service.clock.now())
        assert not isinstance(chunk, int)
        assert chunk is not None
        await ledger.claim(chunk, numbers[:2], service.clock.now())
        await store.close()

    async def run() -> list[str]:
        await die_with_claims()
        async with FaultyRelay() as relay:
            assert await send(service, relay, campaign.number) is Verdict.FINISHED
            assert relay.received == []  # the lease still holds
            service.clock.advance(timedelta(seconds=2))
            await send(service, relay, campaign.number)
            return relay.recipients()

    assert Counter(asyncio.run(run())) == Counter(
        ["a@example.org", "b@example.org", "c@example.org"]
    )
    status = service.campaigns.status(campaign.number)
    assert status.campaign.state is State.SENT
    assert status.counts.accepted == 3
    assert status.counts.resent == 2
    assert status.counts.unknown == 0


def test_a_second_send_says_that_a_campaign_is_sent_once(service: SmallService) -> None:
    """Law 1, against the impatient."""
    service.subscribe("ana@example.org")
    campaign = service.started()
    with pytest.raises(StateError, match="it is sending"):
        service.campaigns.send(campaign.number)


def test_a_campaign_without_readers_is_not_started(service: SmallService) -> None:
    """A wrong topic or tag should be noticed, not celebrated."""
    campaign = service.campaigns.create("small", "bulletin", ("nobody-has-this",))
    with pytest.raises(StateError, match="without readers"):
        service.campaigns.send(campaign.number)
    assert service.campaigns.status(campaign.number).campaign.state is State.DRAFT


def test_a_paused_campaign_hands_over_nothing_and_goes_on_where_it_stopped(
    service: SmallService,
) -> None:
    """A secretary who sees a mistake must be able to stop it at once."""
    service.subscribe(*[f"r{n}@example.org" for n in range(20)])
    campaign = service.started()
    service.campaigns.pause(campaign.number)

    async def run() -> tuple[int, int]:
        async with FaultyRelay() as relay:
            await send(service, relay, campaign.number)
            before = len(relay.received)
            service.campaigns.resume(campaign.number)
            await send(service, relay, campaign.number)
            return before, len(set(relay.recipients()))

    assert asyncio.run(run()) == (0, 20)
    assert service.campaigns.status(campaign.number).campaign.state is State.SENT


def test_cancelling_skips_what_has_not_begun_and_the_books_balance(service: SmallService) -> None:
    """Law 2 holds for what was given up, too."""
    service.subscribe(*[f"r{n}@example.org" for n in range(5)], "busy+rcpt-451@example.org")
    campaign = service.started()

    async def run() -> None:
        async with FaultyRelay() as relay:
            await send(service, relay, campaign.number)

    asyncio.run(run())
    cancelled, skipped = service.campaigns.cancel(campaign.number)
    assert cancelled.state is State.CANCELLED
    assert skipped == 1
    status = service.campaigns.status(campaign.number)
    assert status.counts.balanced
    assert status.counts.outstanding == 0
    assert status.counts.by_skip_reason["cancelled"] == 1
    assert not service.store.redis.smembers(keys.CAMPAIGNS_OPEN)


def test_a_stop_leaves_nothing_unknown(service: SmallService) -> None:
    """SIGTERM drains: what is in flight ends, the rest is given back."""
    service.subscribe(*[f"r{n}@example.org" for n in range(300)])
    campaign = service.started()

    handed_over = asyncio.run(sent_until_stopped(service, campaign))
    counts = service.campaigns.status(campaign.number).counts
    assert 20 <= handed_over < 300
    assert counts.accepted == handed_over
    assert counts.unknown == 0
    assert counts.in_flight == 0
    assert counts.outstanding == 300 - handed_over


def test_a_reply_that_does_not_come_keeps_no_chunk_waiting(store: Store, tmp_path: Path) -> None:
    """A relay may think about one message for ten minutes (RFC 5321 section 4.5.3.2.6)."""
    configured = settings_for(tmp_path).model_copy(update={"chunk_size": 8})
    service = SmallService(store, configured)
    service.subscribe("slow+dot-stall@example.org", *[f"r{n}@example.org" for n in range(99)])
    campaign = service.started()

    async def run() -> None:
        async with FaultyRelay() as relay, service.worker([relay.url()]) as dispatcher:
            assert await dispatcher.send(campaign, Turn(60)) is Verdict.FINISHED
            # Behind the one that got no reply waits the next one on that connection.
            assert service.campaigns.status(campaign.number).counts.accepted >= 98
            relay.cut()
            while dispatcher.awaits:  # noqa: ASYNC110 - it lives in this very loop
                await asyncio.sleep(0.01)
            repeats = Counter(relay.recipients()).most_common(1)
            assert repeats[0][1] == 1

    asyncio.run(run())
    counts = service.campaigns.status(campaign.number).counts
    assert counts.balanced
    assert (counts.unknown, counts.in_flight) == (1, 0)
    assert counts.accepted + counts.deferred == 99


def test_a_stop_gives_back_the_chunk_that_was_taken_early(store: Store, tmp_path: Path) -> None:
    """The next chunk is taken before the one before is sent; nobody has to wait for its lease."""
    configured = settings_for(tmp_path).model_copy(update={"chunk_size": 500})
    service = SmallService(store, configured)
    service.subscribe(*[f"r{n}@example.org" for n in range(1200)])
    campaign = service.started()
    client, owners = service.store.redis, keys.chunk_owners(campaign.number)
    assert client.llen(keys.chunks(campaign.number)) > 2, "there is more than one chunk"

    async def run() -> int:
        async with FaultyRelay() as relay, service.worker([relay.url()]) as dispatcher:
            sending = asyncio.create_task(dispatcher.send(campaign, Turn(60)))
            while client.hlen(owners) < 2:  # noqa: ASYNC110 - it lives in this very loop
                await asyncio.sleep(0)
            dispatcher.stop()
            assert await sending is Verdict.STOPPED
            return len(relay.received)

    handed_over = asyncio.run(run())
    assert client.hlen(owners) == 0
    due = client.zrange(keys.chunks_due(campaign.number), 0, -1, withscores=True)
    assert due, "the stop came in time"
    assert {when for _, when in due} == {0}
    counts = service.campaigns.status(campaign.number).counts
    assert counts.balanced
    assert (counts.accepted, counts.unknown, counts.in_flight) == (handed_over, 0, 0)


def test_with_all_relays_down_nothing_is_lost_and_the_campaign_says_why(
    service: SmallService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relay that is away for a minute costs a minute, no delivery."""
    monkeypatch.setattr("mailer.services.sending.chunk_job.RELAY_PATIENCE_SECONDS", 0.1)
    service.subscribe("ana@example.org")
    campaign = service.started()

    async def run() -> None:
        async with FaultyRelay() as relay:
            await relay.stop()
            assert await send(service, relay, campaign.number) is Verdict.NO_RELAY
            counts = service.campaigns.status(campaign.number).counts
            assert (counts.outstanding, counts.in_flight) == (1, 0)
            await relay.start()
            await send(service, relay, campaign.number)
            assert relay.recipients() == ["ana@example.org"]

    asyncio.run(run())
    assert service.campaigns.status(campaign.number).campaign.state is State.SENT
