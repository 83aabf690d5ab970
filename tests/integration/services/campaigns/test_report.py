"""What came of a campaign, and what can be done about those who did not get it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mailer.domain.campaigns.campaign import Campaign, State
from mailer.domain.campaigns.delivery import Outcome
from mailer.domain.campaigns.report import Advice
from mailer.domain.campaigns.size import Expected
from mailer.domain.inbound.kinds import Reason
from mailer.domain.subscribers.address import parse_address
from mailer.domain.subscribers.subscriber import Action
from mailer.errors import StateError
from mailer.services.campaigns.again import Again, Resolution, missed
from mailer.services.campaigns.prospect import prospect
from mailer.services.campaigns.report import AT_ONCE, Reports
from mailer.services.campaigns.sizes import OtherSizeError
from mailer.services.sending.worker_context import Turn
from mailer.services.subscriptions import subscribers
from mailer.store import events, keys, queue
from mailer.store.campaigns import reopening
from mailer.store.server.connection import Store
from support.servers.faulty_relay import FaultyRelay
from support.service.settled_campaign import settled
from support.service.small_campaign import SmallService, settings_for


@pytest.fixture
def service(store: Store, tmp_path: Path) -> SmallService:
    """A service with readers at three domains."""
    service = SmallService(store, settings_for(tmp_path, unknown_policy="skip"))
    service.subscribe("ana@a.example", "ben@a.example", "leo@b.example")
    service.subscribe("eva@b.example", "zoe@c.example", language="fr")
    return service


def reports(service: SmallService) -> Reports:
    """Return the use cases."""
    return Reports(service.store, service.settings, service.clock)


def again(service: SmallService) -> Again:
    """Return the use cases."""
    return Again(service.store, service.settings, service.clock)


def send(service: SmallService, campaign: Campaign, **faults: Any) -> int:
    """Let a worker send what is due; returns how many messages the relay took."""

    async def run() -> int:
        async with FaultyRelay(**faults) as relay, service.worker([relay.url()]) as dispatcher:
            await dispatcher.send(campaign, Turn(60))
            return len(relay.received)

    taken = asyncio.run(run())
    service.campaigns.close_if_complete(campaign.number)
    return taken


def test_the_sums_balance_and_each_domain_and_language_has_its_share(
    service: SmallService,
) -> None:
    """A report that does not add up is worth nothing."""
    campaign = service.started()
    send(service, campaign)
    report = reports(service).of(campaign.number)
    counts = report.counts
    assert report.campaign.state is State.SENT
    assert counts.balanced
    assert counts.planned == 5
    assert report.tally is not None
    assert {name: found["planned"] for name, found in report.tally.domains.items()} == {
        "a.example": 2,
        "b.example": 2,
        "c.example": 1,
    }
    for slot in ("planned", "accepted", "rejected", "skipped", "unknown"):
        by_domain = sum(found[slot] for found in report.tally.domains.values())
        assert by_domain + report.tally.others[slot] == getattr(counts, slot)
    assert sum(one.accepted for one in report.over_time) == counts.accepted
    assert sum(one.rejected for one in report.over_time) == counts.rejected


def test_reasons_are_the_judges_with_what_can_be_done(service: SmallService) -> None:
    """Who does not know the codes of SMTP needs to know what to do."""
    campaign = settled(service, 2, 4, code=550, text="5.1.1 No such user here")
    report = reports(service).of(campaign.number)
    assert report.tally is not None
    (one,) = report.tally.refused
    assert (one.reason, one.count, one.advice) == (Reason.USER_UNKNOWN, 2, Advice.ASK)
    assert report.passing == 0
    assert again(service).retry(campaign.number) == 0
    assert service.campaigns.find(campaign.number).state is State.SENT


def test_what_may_be_over_is_tried_again_in_the_same_campaign(service: SmallService) -> None:
    """A full mailbox is emptied; whoever had it does not get it twice."""
    campaign = settled(service, 2, code=552, text="5.2.2 Mailbox full")
    report = reports(service).of(campaign.number)
    assert report.passing == 1
    with pytest.raises(OtherSizeError):
        again(service).retry(campaign.number, Expected(2))
    assert again(service).retry(campaign.number, Expected(1)) == 1
    open_ = service.campaigns.status(campaign.number)
    assert (open_.campaign.state, open_.counts.outstanding) == (State.SENDING, 1)
    assert open_.counts.balanced
    assert send(service, open_.campaign) == 1
    ended = service.campaigns.status(campaign.number)
    assert (ended.campaign.state, ended.counts.accepted) == (State.SENT, 5)
    told = [fields for _, fields in events.read(service.store) if "reopened" in fields["type"]]
    assert [(one["count"], one["was"]) for one in told] == [("1", "rejected")]


def lost(service: SmallService, *numbers: int) -> Campaign:
    """Send a campaign, and forget the relay's answers for some."""
    campaign = service.started()
    send(service, campaign)
    for number in numbers:
        service.store.redis.setbit(keys.ledger(campaign.number, "accepted"), number, 0)
        service.store.redis.setbit(keys.ledger(campaign.number, "unknown"), number, 1)
    return campaign


def test_what_nobody_can_tell_is_counted_as_sent_if_a_person_says_so(
    service: SmallService,
) -> None:
    """The books balance before and after."""
    campaign = lost(service, 1, 2)
    assert reports(service).of(campaign.number).unresolved == 2
    assert again(service).resolve(campaign.number, Resolution.SENT, Expected(2)) == 2
    report = reports(service).of(campaign.number)
    assert (report.counts.accepted, report.counts.unknown, report.unresolved) == (5, 0, 0)
    assert report.counts.balanced
    assert again(service).resolve(campaign.number, Resolution.SENT) == 0


def test_what_nobody_can_tell_is_sent_again_if_a_person_says_so(service: SmallService) -> None:
    """Only those whose outcome is unknown get it again."""
    campaign = lost(service, 1, 2)
    assert again(service).resolve(campaign.number, Resolution.AGAIN) == 2
    going = service.campaigns.status(campaign.number)
    assert (going.counts.resend, going.counts.balanced) == (2, True)
    assert send(service, going.campaign) == 2
    ended = service.campaigns.status(campaign.number)
    assert (ended.campaign.state, ended.counts.accepted, ended.counts.unknown) == (
        State.SENT,
        5,
        0,
    )


def test_those_missed_get_a_campaign_of_their_own_and_nobody_else_does(
    service: SmallService,
) -> None:
    """Whoever subscribed since was not missed, and whoever left does not want it."""
    campaign = settled(service, 2, 4, 5, code=552, text="5.2.2 Mailbox full")
    service.subscribe("new@a.example")
    subscribers.change(service.store, 5, Action.REMOVE, service.clock.now())
    assert missed(service.store, service.settings, campaign) == 2
    made = again(service).make_for_missed(campaign.number)
    found = prospect(service.store, service.settings, made)
    assert (made.state, found.total, found.planned) == (State.DRAFT, 2, {"en": 1, "fr": 1})
    assert service.campaigns.send(made.number).planned == 2
    assert missed(service.store, service.settings, campaign) == 0


@pytest.mark.parametrize("state", [State.DRAFT, State.CANCELLED])
def test_what_was_not_sent_cannot_be_tried_again(service: SmallService, state: State) -> None:
    """What was cancelled is over for good."""
    number = service.campaigns.create("small", "bulletin").number
    if state is State.CANCELLED:
        service.campaigns.cancel(number)
    with pytest.raises(StateError):
        again(service).retry(number)
    with pytest.raises(StateError):
        again(service).resolve(number, Resolution.SENT)
    assert reopening.reopen(service.store, number, [1], Outcome.REJECTED, service.clock.now()) == (
        0,
        state.value,
    )
    assert service.campaigns.find(number).state is state


def test_a_large_campaign_is_counted_by_a_job_and_that_is_kept(
    service: SmallService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for a pass over a million readers, and no report asks for it twice."""
    monkeypatch.setattr("mailer.services.campaigns.report.AT_ONCE", 1)
    assert AT_ONCE > 1
    campaign = service.started()
    send(service, campaign)
    waiting = queue.queue(service.store.redis, queue.QueueName.CAMPAIGNS).job_ids
    assert waiting.count(f"tally-{campaign.number}") == 1  # of its end
    first = reports(service).of(campaign.number)
    assert (first.tally, first.recounting) == (None, True)
    reports(service).count(campaign.number)
    service.clock.advance(timedelta(hours=1))
    second = reports(service).of(campaign.number)
    assert second.tally is not None
    assert not second.recounting
    service.store.redis.setbit(keys.ledger(campaign.number, "bounced"), 1, 1)
    third = reports(service).of(campaign.number)
    assert (third.tally, third.recounting) == (second.tally, True)  # meanwhile, as it was


def test_an_erased_reader_is_counted_without_a_domain(service: SmallService) -> None:
    """The sums stay, and the person is gone."""
    campaign = service.started()
    send(service, campaign)
    address = parse_address("zoe@c.example")
    subscribers.erase(service.store, service.settings, service.clock.now(), address, "asked")
    report = reports(service).of(campaign.number)
    assert report.tally is not None
    assert report.tally.domains[""]["accepted"] == 1
    assert "c.example" not in report.tally.domains


def test_of_a_campaign_that_takes_long_the_later_minutes_are_told_by_the_hour(
    service: SmallService,
) -> None:
    """What is kept of it must not grow with each minute of two days."""
    campaign = service.started()
    key = keys.over_time(campaign.number)
    begin = int(service.clock.now().timestamp()) // 60 * 60
    for minute in range(480):
        service.store.redis.hset(key, f"60 {begin + 60 * minute} accepted", 1)
    service.clock.advance(timedelta(hours=9, minutes=7))
    send(service, campaign)
    assert service.store.redis.hlen(key) == 481
    report = reports(service).of(campaign.number)
    assert len({one.seconds for one in report.over_time}) == 1
    assert sum(one.accepted for one in report.over_time) == 480 + 5
