"""Whoever proposed or started a campaign is told how it ended, once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from mailer.domain.access.mails import Topic
from mailer.services.access import users
from mailer.services.operation.tick import Tick
from mailer.services.sending.worker_context import Turn
from mailer.store.server.connection import Store
from support.servers.faulty_relay import FaultyRelay
from support.service.approving_service import ApprovingService, text_of
from support.service.small_campaign import SmallService


@pytest.fixture
def service(store: Store, tmp_path: Path) -> ApprovingService:
    """A service whose editors want to know how their campaigns ended."""
    service = ApprovingService(store, tmp_path / "data", approval_for=[])
    mails = frozenset({Topic.FINISHED})
    users.choose_mails(store, service.clock.now(), service.users["ada"].number, mails)
    return service


def end(service: ApprovingService) -> None:
    """Send what campaign 1 sends, and let the scheduler close its books."""
    small = SmallService.__new__(SmallService)
    small.store, small.settings, small.clock = service.store, service.settings, service.clock

    async def send() -> None:
        async with FaultyRelay() as relay, small.worker([relay.url()]) as dispatcher:
            await dispatcher.send(service.campaigns.find(1), Turn(60))

    service.clock.advance(timedelta(minutes=72))
    asyncio.run(send())
    Tick(service.store, service.settings, service.clock).tend()


def told(service: ApprovingService) -> dict[str, str]:
    """Return who is told what by mail."""
    return {str(one["To"]).partition("@")[0]: text_of(one) for one in service.told()}


def test_who_proposed_and_who_started_are_told_in_figures(service: ApprovingService) -> None:
    """Ada proposed it, Bo sent it; Cy had no part in it, and asked not for all."""
    service.propose()
    service.told()
    with service.as_("bo"):
        service.campaigns.send(1)
    end(service)
    found = told(service)
    assert set(found) == {"ada", "bo"}
    for said in (
        "“News” has gone out",
        "Planned: 3",
        "Accepted: 3",
        "Rejected: 0",
        "Skipped: 0",
        "Unknown: 0",
        "Took: 1h 12m",
        "https://bulletin.example.org/console/campaigns/1/report",
    ):
        assert said in found["bo"]
    assert told(service) == {}


def test_who_scheduled_it_is_told_though_the_service_started_it(service: ApprovingService) -> None:
    """The person who meant it wants to know, not the scheduler."""
    with service.as_("bo"):
        at = (service.clock.now() + timedelta(hours=1)).replace(tzinfo=None)
        service.campaigns.schedule(1, at, "UTC")
    service.clock.advance(timedelta(hours=1))
    assert Tick(service.store, service.settings, service.clock).start_due() == [1]
    end(service)
    assert set(told(service)) == {"bo"}


def test_what_the_service_sent_by_itself_is_told_to_who_wants_to_know_of_all(
    service: ApprovingService,
) -> None:
    """Nobody by default; and one who wants all is not told twice of their own."""
    mails = frozenset({Topic.ALL_FINISHED, Topic.FINISHED})
    users.choose_mails(service.store, service.clock.now(), service.users["cy"].number, mails)
    service.campaigns.send(1)
    end(service)
    assert set(told(service)) == {"cy"}


def test_a_campaign_that_was_cancelled_is_told_as_stopped(service: ApprovingService) -> None:
    """That readers did not get it must not look like a success."""
    with service.as_("bo"):
        service.campaigns.send(1)
        service.campaigns.cancel(1)
    found = told(service)
    assert "“News” was stopped" in found["bo"]
    assert "Skipped: 3" in found["bo"]


def test_who_chose_otherwise_meanwhile_gets_nothing(service: ApprovingService) -> None:
    """The choice counts when the mail leaves."""
    with service.as_("bo"):
        service.campaigns.send(1)
        service.campaigns.cancel(1)
    service.following.work_off()
    users.choose_mails(service.store, service.clock.now(), service.users["bo"].number, frozenset())
    assert service.sent() == []
