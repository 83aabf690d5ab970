"""The script that counts bounces does what the pure policy says, and refusals take the same way."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.domain.bounces.policy import Policy, Said, after, day_of, read
from mailer.domain.campaigns.delivery import rejected
from mailer.domain.inbound.kinds import Reason, Severity
from mailer.domain.subscribers.subscriber import Status
from mailer.services.inbound.bounces import rules_of
from mailer.store import keys
from mailer.store.campaigns.chunks import Chunk
from mailer.store.campaigns.ledger import Ledger
from mailer.store.campaigns.settling import Settled
from mailer.store.server.connection import Store
from mailer.store.subscribers import bounces
from mailer.store.subscribers import records as subscribers
from mailer.store.subscribers.bounces import Fact, Rules
from support.samples.returned_mail import ANA, ReturnedMail
from support.service.small_campaign import START


@pytest.fixture
def service(store: Store, tmp_path: Path) -> ReturnedMail:
    """A service with a secretariat."""
    return ReturnedMail(store, tmp_path / "data", owner_address="secretariat@example.org")


steps = st.lists(
    st.tuples(
        st.sampled_from(Severity),
        st.booleans(),
        st.integers(0, 3),
        st.integers(0, 2),
        st.sampled_from([None, -9, 0, 9]),
    ),
    max_size=12,
)


@settings(max_examples=60)
@given(
    st.builds(Policy, st.integers(1, 3), st.integers(1, 4), st.integers(1, 8)),
    st.sampled_from(Status),
    steps,
)
def test_the_script_does_what_the_policy_says(
    store: Store,
    policy: Policy,
    status: Status,
    steps: list[tuple[Severity, bool, int, int, int | None]],
) -> None:
    """Two that decide the same thing must never differ; one of them would be untested."""
    store.redis.flushall()
    store.redis.hset(
        keys.subscriber(1),
        mapping={"a": ANA, "s": status.value, "l": "en", "t": "bulletin", "i": 1, "o": "import"},
    )
    store.redis.hset(keys.subscriber(1), "v", int(START.timestamp()))
    store.redis.setbit(keys.status_bits(status), 1, 1)
    now, marks = START, read("")
    for severity, delayed, ahead, behind, sent in steps:
        now += timedelta(days=ahead)
        said = Said(severity, Reason.UNDETERMINED, delayed=delayed)
        at = now - timedelta(days=behind)
        fact = Fact(said, 1, at, 1, START + timedelta(seconds=sent) if sent is not None else None)
        expected = after(
            policy,
            status,
            marks,
            said,
            day=day_of(at),
            today=day_of(now),
            again=sent is not None and sent < 0,
        )
        with store.redis.pipeline(transaction=True) as pipe:
            pipe.multi()
            told = {name: name for name in ("suspended", "counted", "repeated", "stale", "late")}
            told |= {"none": "none", "": ""}
            bounces.take(store, 1, [fact], now, pipe, rules=Rules(policy), told=told)
            (effect,) = pipe.execute()
        found = subscribers.get(store, 1)
        assert found is not None
        assert (effect.decode(), found.status) == (expected.effect, expected.status)
        assert read(found.marks) == expected.marks
        status, marks = expected.status, expected.marks
    for one in Status:
        assert store.redis.getbit(keys.status_bits(one), 1) == (one is status)


def test_a_refusal_by_the_relay_feeds_the_policy(service: ReturnedMail) -> None:
    """A refusal at once and a later report must make no difference."""
    addresses = {
        "hard": "h+rcpt-550@example.com",
        "ours": "o+rcpt-554@example.com",
        "fine": "f@example.com",
    }
    campaign, sent = service.campaign(*addresses.values())
    assert {name: service.status(address) for name, address in addresses.items()} == {
        "hard": "suspended",
        "ours": "active",
        "fine": "active",
    }
    assert list(sent) == ["f@example.com"]
    told = sorted(service.told("subscriber.bounced"), key=lambda one: one["subscriber"])
    assert told == [
        {
            "subscriber": "1",
            "campaign": "1",
            "severity": "hard",
            "reason": "user-unknown",
            "status": "5.1.1",
            "mail": "0",
            "effect": "suspended",
            "points": "5",
        },
        {
            "subscriber": "2",
            "campaign": "1",
            "severity": "sender",
            "reason": "content",
            "status": "5.7.1",
            "mail": "0",
            "effect": "none",
            "points": "0",
        },
    ]
    assert service.queued() == ["alert"]
    counts = service.books(campaign).counts
    assert counts.complete
    assert (counts.accepted, counts.rejected) == (1, 2)


def test_the_notice_that_a_refusal_causes_is_posted_by_the_next_round(
    service: ReturnedMail,
) -> None:
    """A script cannot enqueue a job; that the mail is due, it can write down."""
    _, _ = service.campaign("o+rcpt-554@example.com")
    assert service.outbox.sweep() == [1]
    (alert,) = service.sent()
    assert alert["To"] == "secretariat@example.org"


def test_outcomes_that_are_written_down_twice_count_once(service: ReturnedMail) -> None:
    """An answer of the store may be lost; the worker then repeats what it wrote."""
    (number,) = service.small.subscribe(ANA)
    campaign = service.small.started()
    attempt = rejected(552, "5.2.2", "Mailbox full")
    said = Said(Severity.SOFT, Reason.MAILBOX_FULL, "5.2.2", "Mailbox full")

    async def settle() -> None:
        store = service.store.asyncio()
        ledger = Ledger(store, campaign.number, rules=rules_of(service.settings))
        chunk = await ledger.take("token", service.clock.now())
        assert isinstance(chunk, Chunk)
        await ledger.claim(chunk, [number], service.clock.now())
        outcomes = [Settled(number, attempt, "relay.example.org", said=said)]
        for _ in range(3):
            service.clock.advance(timedelta(days=1))
            await ledger.settle(chunk, [], outcomes, service.clock.now())
        await store.close()

    asyncio.run(settle())
    found = service.who(ANA)
    assert found is not None
    assert found.marks == "19460s"
    assert service.types().count("subscriber.bounced") == 1
    assert service.types().count("delivery.rejected") == 1


def test_a_reader_who_was_suspended_is_skipped_by_what_is_sending(service: ReturnedMail) -> None:
    """Law 4: consent, and the state of an address, are asked for at the last moment."""
    _, first = service.campaign(ANA)
    other = service.small.started()
    service.returned("54-postfix.eml", first[ANA])
    sent = asyncio.run(service.sent_now(other))
    assert sent == {}
    counts = service.books(other).counts
    assert (counts.skipped, counts.by_skip_reason["inactive"]) == (1, 1)
