"""The use cases' statements about the data do not depend on the version that wrote it."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from mailer.clock import SimulatedClock
from mailer.domain.access.token import Purpose, Signer
from mailer.domain.calendar.attendance import Attendance
from mailer.domain.campaigns.campaign import State
from mailer.domain.inbound.quotas import STRANGERS
from mailer.domain.inbound.received import FREE, MailState
from mailer.domain.subscribers.address import parse_address
from mailer.services.operation import migrating
from mailer.services.subscriptions import subscribers as vouched
from mailer.services.subscriptions.forms import Forms
from mailer.store import keys
from mailer.store.calendar import attendance
from mailer.store.inbound import room
from mailer.store.server.connection import Store
from mailer.store.subscribers import records as subscribers
from support.samples import store_dump
from support.samples.returned_mail import ReturnedMail
from support.servers.faulty_relay import Received
from support.service import filled
from support.service.filled import former
from support.service.small_calendar import SmallCalendar
from support.service.small_campaign import SECRET, START

MAKING: Final = timedelta(days=14, hours=5)
"""The delay from the service's beginning to the making of a dump."""


class Upgraded(ReturnedMail):
    """A service on the data of a former version, or of the present one."""

    known: dict[str, Any]


@pytest.fixture(params=range(1, keys.SCHEMA_VERSION + 1), ids=lambda version: f"v{version}")
def service(request: pytest.FixtureRequest, store: Store, data_dir: Path) -> Upgraded:
    """A service whose data was migrated from a former version, or is of the present one."""
    if request.param == keys.SCHEMA_VERSION:
        known = filled.fill(store, data_dir)
    else:
        settings = former(store, data_dir, request.param)
        migrating.migrate(store, settings, SimulatedClock(START), connected=True)
        known = dict(store_dump.read(request.param).known)
    made = Upgraded(store, data_dir, owner_address="desk@example.org")
    made.clock.advance(MAKING)
    made.known = known
    return made


def test_readers_are_who_they_were(service: Upgraded) -> None:
    """Nobody who left, complained or bounced is back, and nobody is lost (law 7)."""
    found = {
        name: service.status(f"{name}@example.org")
        for name in ("mira", "ida", "olga", "pia", "leo", "joy", "gone")
    }
    assert found == {
        "mira": "active",
        "ida": "active",
        "olga": "pending",
        "pia": "pending",
        "leo": "unsubscribed",
        "joy": "complained",
        "gone": "",
    }
    assert service.status("ana@example.com") == "suspended"
    assert service.who("ben@example.com").language == "fr"  # type: ignore[union-attr]
    assert all(service.status(address) == "active" for address in filled.READERS)
    for address in ("gone@example.org", "never@example.org"):
        service.get(service.own("subscribe"), author=address)
    assert service.status("never@example.org") == ""
    counts = subscribers.count(service.store)
    assert counts.by_status["active"] == len(filled.READERS) + 4


def test_a_campaign_that_was_half_sent_goes_on_without_repeating(service: Upgraded) -> None:
    """Only what was in flight when its worker was killed leaves again, by the same name (law 3)."""
    half, flying = service.known["half"], service.known["flying"]
    campaign = service.campaigns.status(half).campaign
    accepted = service.store.redis.get(keys.ledger(half, "accepted"))
    before = {n for n in range(len(accepted) * 8) if accepted[n // 8] >> (7 - n % 8) & 1}
    assert 20 <= len(before) < 40
    sent = asyncio.run(service.sent_now(campaign))
    numbers = {vouched.find(service.store, parse_address(to)).number for to in sent}
    assert not numbers & before
    assert flying in numbers
    status = service.campaigns.status(half)
    assert status.campaign.state is State.SENT
    assert status.counts.accepted == status.counts.planned == len(before) + len(sent)
    assert status.counts.resent == 1
    if not campaign.identity:
        old = Signer(SECRET).sign(Purpose.MESSAGE, half, flying)
        assert f"Message-ID: <{old}@".encode() in sent[filled.IN_FLIGHT].content


def test_bounces_of_mail_that_the_former_version_sent_count(service: Upgraded) -> None:
    """Its return paths are of another form, and stand in mail that comes back for days."""
    marks = service.known["sent"]["mira@example.org"]
    head = marks["content"].encode() + b"\r\n\r\n"
    service.returned("54-postfix.eml", Received(marks["sender"], "mira@example.org", head, 1))
    assert service.status("mira@example.org") == "suspended"
    assert service.campaigns.status(1).counts.bounced == 2


def test_readers_leave_by_mail_that_the_former_version_sent(service: Upgraded) -> None:
    """Its tokens name no address; they act for readers who were there before there were marks."""
    marks = service.known["sent"]["ida@example.org"]
    (token,) = re.findall(r"(bulletin-leave\+[^@]+@[\w.]+)", marks["content"].replace("\r\n ", ""))
    service.get(token, author="ida@example.org")
    assert service.status("ida@example.org") == "unsubscribed"


def test_requests_that_were_open_can_be_confirmed(service: Upgraded) -> None:
    """By the address in the mail of then; what still waits to be asked is asked, forms too."""
    service.get(service.known["confirm"], author="olga@example.org", body="yes")
    assert service.status("olga@example.org") == "active"
    Forms(service.store, service.settings, service.clock).process()
    assert service.status("form@example.org") == "pending"
    asked = [mail for mail in service.sent() if "-confirm+" in str(mail["Reply-To"])]
    assert {str(mail["To"]) for mail in asked} == {"pia@example.org", "form@example.org"}


def test_mail_counts_in_the_room_that_it_takes(service: Upgraded) -> None:
    """All that waits, and nothing more, once it is read or dropped (law 15)."""
    mails = service.mails()
    assert {MailState.UNREAD, MailState.QUARANTINED, MailState.HANDLED} <= {
        one.state for one in mails
    }
    assert all(one.charge and one.shares for one in mails)
    waiting = [one for one in mails if one.state not in FREE]
    assert room.bytes_of_strangers(service.store) == sum(
        one.charge for one in waiting if any(name.startswith("strangers ") for name in one.shares)
    )
    sizes = [service.store.redis.strlen(keys.inbound_raw(one.number)) for one in mails]
    assert (
        room.bytes_kept(service.store) == sum(sizes) < STRANGERS * service.settings.keep_raw_bytes
    )
    service.intake.process(*(one.number for one in waiting))
    service.intake.drop([one.number for one in service.mails()])
    assert room.bytes_of_strangers(service.store) == 0
    assert not service.store.redis.exists(keys.INBOUND_SHARES)


def test_the_mail_that_a_consent_cites_stays(service: Upgraded) -> None:
    """It proves that the reader agreed, for as long as that is of use."""
    member = service.who("mira@example.org")
    assert member is not None
    (cited,) = map(int, service.store.redis.hkeys(keys.INBOUND_CITES))
    service.clock.advance(timedelta(days=service.settings.keep_raw_days + 1))
    service.intake.tidy()
    assert [one.number for one in service.mails() if one.state is MailState.CITED] == [cited]


def test_the_calendar_goes_on(service: Upgraded) -> None:
    """No reminder is made twice, the next ones are, and answers still count."""
    calendar = SmallCalendar(service.small)
    calendar.clock = service.clock
    calendar.reminders._clock = service.clock
    (answer,) = attendance.each(service.store, "private-sector")
    assert answer.attendance is Attendance.ACCEPTED
    assert attendance.tally(service.store, "private-sector") == {
        "": {Attendance.ACCEPTED: {"en": 1}}
    }
    last = service.known["draft"]
    assert calendar.tick() == []
    assert [one.number for one in calendar.made()] == list(range(1, last + 1))
    calendar.pass_time(days=13, hours=1)
    assert {one.about.entry for one in calendar.made()[last:] if one.about} == {
        "private-sector",
        "weekly",
    }


def test_campaigns_that_waited_start(service: Upgraded) -> None:
    """They draw an identity then, as all do."""
    draft = service.campaigns.send(service.known["draft"])
    assert draft.identity
    assert len(asyncio.run(service.sent_now(draft))) == len(filled.READERS) + 4


def test_what_the_queues_held_is_found_again(service: Upgraded) -> None:
    """The scheduler makes jobs anew from the records: a mail that waited is read."""
    service.clock.advance(timedelta(hours=1))
    service.store.redis.delete(*service.store.redis.keys("rq:*"))
    service.intake.sweep()
    unread = [one.number for one in service.mails() if one.state is MailState.UNREAD]
    assert unread
    assert {number for job in service.jobs() for number in job} >= set(unread)
