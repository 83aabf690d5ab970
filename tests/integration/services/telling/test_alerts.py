"""Owners are told of what stands in the way, once a day for each thing, with the page to look at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from mailer.domain.access.mails import Topic
from mailer.domain.events import Event
from mailer.services.access import users
from mailer.services.operation.tick import Tick
from mailer.services.service_mail.alerts import Alerts
from mailer.store import events
from mailer.store.server.connection import Store
from support.service.approving_service import BASE, ApprovingService, text_of
from support.service.mail_service import text_of as text_part

CASES: Final[Mapping[str, tuple[str, Mapping[str, str | int], str, str]]] = {
    "relay-refuses": (
        "secretariat.alerted",
        {"reason": "relay-refuses", "campaign": 1, "mail": 0},
        "relais",
        "/console/campaigns/1",
    ),
    "directory-refused": (
        "secretariat.alerted",
        {"reason": "directory-refused", "campaign": 0, "mail": 0},
        "annuaire",
        "/console/operation",
    ),
    "reputation": (
        "secretariat.alerted",
        {"reason": "reputation", "campaign": 0, "mail": 9},
        "refusé nos messages",
        "/console/inbox/9",
    ),
    "flooded": ("secretariat.flooded", {"limit": "all", "mail": 3}, "réponses", "/console/inbox"),
    "full": ("inbound.full", {"limit": "room"}, "Du courrier est refusé", "/console/inbox"),
    "webhook": (
        "webhook.stopped",
        {"endpoint": "k2f9", "reason": "gone"},
        "k2f9",
        "/console/operation/webhooks/k2f9",
    ),
    "unbalanced": (
        "campaign.unbalanced",
        {"campaign": 1, "counts": "{}"},
        "ne tombent pas juste",
        "/console/campaigns/1",
    ),
}


@pytest.fixture
def service(store: Store, tmp_path: Path) -> ApprovingService:
    """A service whose owner, Cy, reads French."""
    return ApprovingService(store, tmp_path / "data", owner_address="desk@lists.example.com")


def happen(service: ApprovingService, kind: str, fields: Mapping[str, str | int]) -> None:
    """Write an event, as whatever finds the trouble does."""
    events.record(service.store, Event(kind, service.clock.now(), fields))


@pytest.mark.parametrize("case", CASES)
def test_owners_are_told_once_a_day_and_led_to_the_page(
    service: ApprovingService, case: str
) -> None:
    """In words of their language; senders and editors are not woken."""
    kind, fields, said, page = CASES[case]
    happen(service, kind, fields)
    happen(service, kind, fields)
    (mail,) = service.told()
    assert mail["To"] == "cy@example.org"
    text = text_of(mail)
    assert said in " ".join(text.split())
    assert f"{BASE}{page}\n" in text
    assert "{" not in text.replace("{}", "")
    happen(service, kind, fields)
    assert service.told() == []
    service.clock.advance(timedelta(days=1))
    happen(service, kind, fields)
    assert len(service.told()) == 1


def test_the_secretariat_s_address_gets_its_own_mail_and_no_second_one(
    store: Store, tmp_path: Path
) -> None:
    """Many institutions have one person for both."""
    service = ApprovingService(store, tmp_path / "data", owner_address="cy@example.org")
    happen(service, "inbound.full", {"limit": "room"})
    assert service.told() == []
    happen(service, "campaign.unbalanced", {"campaign": 1, "counts": "{}"})
    assert len(service.told()) == 1  # of which nobody else writes


def test_the_secretariat_s_mail_about_a_relay_leads_to_the_campaign(
    service: ApprovingService,
) -> None:
    """Whoever is woken must not have to look for the page."""
    given = (service.store, service.settings, service.clock)
    Alerts(*given).tell(1, {"main": "550 account suspended"})
    mails = {str(one["To"]): one for one in service.told()}
    assert set(mails) == {"desk@lists.example.com", "cy@example.org"}
    text = text_of(mails["desk@lists.example.com"])
    assert f"* Open the campaign\n  {BASE}/console/campaigns/1\n" in text
    assert "550 account suspended" in text


def test_a_campaign_that_did_not_start_is_told_with_its_reason(service: ApprovingService) -> None:
    """Nobody finds out at noon that the morning's bulletin is held (law 12)."""
    with service.as_("bo"):
        at = service.clock.now() + timedelta(hours=1)
        service.approvals.propose(1, at)
    with service.as_("cy"):
        service.approvals.approve(1)
        service.campaigns.schedule(1, at.replace(tzinfo=None), "UTC")
    service.told()
    service.clock.advance(timedelta(hours=12))
    Tick(service.store, service.settings, service.clock).start_due()
    (mail,) = service.told()
    text = text_of(mail)
    assert "« Nouvelles » n’a pas été envoyé" in text.replace("\u00a0", " ")
    assert "while the service was down" in text
    assert "while the service was down" in text_part(mail, "html")


def test_what_is_held_for_approval_asks_and_does_not_alarm(service: ApprovingService) -> None:
    """The service proposes what it made by itself; one mail is enough."""
    happen(service, "campaign.held", {"campaign": 1, "reason": "needs approval"})
    service.approvals.propose(1)
    service.told()
    assert set(service.queued()) == {"approval"}


def test_who_chose_otherwise_is_left_in_peace(service: ApprovingService) -> None:
    """Every mail tells where to choose."""
    at, number = service.clock.now(), service.users["cy"].number
    users.choose_mails(service.store, at, number, frozenset({Topic.APPROVALS}))
    happen(service, "inbound.full", {"limit": "room"})
    assert service.told() == []
