"""Stores that hold some of everything: of a small service that is driven so far, or of a dump."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from mailer.config import Settings
from mailer.domain.calendar.attendance import Answer, Attendance
from mailer.domain.calendar.entry import Recurrence
from mailer.domain.events import Event
from mailer.domain.inbound.received import MailState
from mailer.domain.subscribers.address import parse_address
from mailer.domain.subscribers.subscriber import Action
from mailer.services.subscriptions import subscribers
from mailer.services.subscriptions.forms import Forms
from mailer.store import keys
from mailer.store.calendar import attendance
from mailer.store.inbound.mails import Move, move
from mailer.store.server.connection import Store
from mailer.store.subscribers.forms import Form
from support.samples import store_dump
from support.samples.returned_mail import ReturnedMail, put_key
from support.servers.faulty_relay import Received
from support.service.inbound_service import mail
from support.service.small_calendar import MEETING, SmallCalendar
from support.service.small_campaign import sent_until_stopped, settings_for

READERS: Final = [f"reader-{number:02}@example.net" for number in range(1, 41)]
IN_FLIGHT: Final = "flying@example.net"
"""A reader whose message was claimed by a worker that was killed."""
_CLIENT: Final = "192.0.2.7"


def fill(store: Store, data_dir: Path) -> dict[str, Any]:
    """Let an empty store hold some of everything; returns what readers have in their mail."""
    service = ReturnedMail(store, data_dir, owner_address="desk@example.org")
    known: dict[str, Any] = {}
    _subscribe(service)
    _bounce(service, known)
    _answer(service)
    _ask(service, known)
    _receive(service)
    _send_half(service, known)
    return known


def _subscribe(service: ReturnedMail) -> None:
    service.subscribed(author="mira@example.org")
    service.small.subscribe(
        "ana@example.com",
        "leo@example.org",
        "gone@example.org",
        "ida@example.org",
        "joy@example.org",
    )
    service.small.subscribe("ben@example.com", language="fr")
    now = service.clock.now()
    left = subscribers.find(service.store, parse_address("leo@example.org"))
    subscribers.change(service.store, left.number, Action.REMOVE, now)
    angry = subscribers.find(service.store, parse_address("joy@example.org"))
    subscribers.change(service.store, angry.number, Action.COMPLAIN, now)
    erased, never = parse_address("gone@example.org"), parse_address("never@example.org")
    subscribers.erase(service.store, service.settings, now, erased, "asked for it")
    subscribers.suppress(service.store, service.settings, now, never, "asked for it")


def _ask(service: ReturnedMail, known: dict[str, Any]) -> None:
    """Let requests wait: to be confirmed, to be asked, and in a form."""
    asked = service.asked(author="olga@example.org")
    known["confirm"] = str(asked["Reply-To"])
    service.get(service.own("subscribe"), author="pia@example.org")
    forms = Forms(service.store, service.settings, service.clock)
    form = Form("form@example.org", "en", ("bulletin",))
    forms.keep([forms.entry(form, _CLIENT, "stamp")])


def _bounce(service: ReturnedMail, known: dict[str, Any]) -> None:
    _, sent = service.campaign()
    service.returned("54-postfix.eml", sent["ana@example.com"])
    known["sent"] = {to: _marks(one) for to, one in sent.items()}


def _answer(service: ReturnedMail) -> None:
    calendar = SmallCalendar(service.small)
    entry = calendar.put(replace(MEETING, invite=True))
    weekly = Recurrence(rules=("FREQ=WEEKLY;COUNT=10",))
    calendar.put(replace(MEETING, id="weekly", recurrence=weekly, title={"en": "Weekly meeting"}))
    member = service.who("ida@example.org")
    assert member is not None
    now = service.clock.now()
    answer = Answer(member.number, Attendance.ACCEPTED, "en", entry.sequence, now, now, "mail")
    facts: dict[str, str | int] = {"entry": entry.id, "occurrence": "", "mail": 0}
    facts |= {"subscriber": member.number, "answer": "accepted", "language": "en", "how": "mail"}
    attendance.put(service.store, entry.id, answer, Event("calendar.answered", now, facts))
    calendar.go_to(entry.starts_at() - timedelta(days=14))  # a reminder is made, and goes out later


def _receive(service: ReturnedMail) -> None:
    """Leave mail in each state; what became of it up to here is among it."""
    service.get(service.own(), author="tom@example.org", subject="A question", body="When is it?")
    service.intake.receive([mail(b"From: eva@example.org\r\nSubject: Unread\r\n\r\nHello.\r\n")])
    broken = service.mails()[-1].number
    event = Event(
        "inbound.quarantined", service.clock.now(), {"mail": broken, "reason": "a defect"}
    )
    move(service.store, [Move(broken, MailState.QUARANTINED, event, {"reason": "a defect"})])
    service.intake.receive([mail(b"From: lou@example.org\r\nSubject: Later\r\n\r\nHello.\r\n")])
    later = service.mails()[-1].number
    told = Event("inbound.classified", service.clock.now(), {"mail": later, "state": "held"})
    again = service.clock.now() + timedelta(hours=1)
    move(service.store, [Move(later, MailState.HELD, told, again=again)])
    service.intake.receive([mail(b"From: kai@example.org\r\nSubject: New\r\n\r\nHello.\r\n")])


def _send_half(service: ReturnedMail, known: dict[str, Any]) -> None:
    service.small.subscribe(*READERS, IN_FLIGHT)
    half = service.small.started()
    known["half"] = half.number
    asyncio.run(sent_until_stopped(service.small, half))
    flying = subscribers.find(service.store, parse_address(IN_FLIGHT)).number
    service.store.redis.setbit(keys.ledger(half.number, "claimed"), flying, 1)
    known["flying"] = flying
    later = service.campaigns.create("small", "bulletin")
    at = (service.clock.now() + timedelta(days=30)).replace(tzinfo=None)
    service.campaigns.schedule(later.number, at, "UTC")
    known["draft"] = service.campaigns.create("small", "bulletin").number


def _marks(one: Received) -> dict[str, str]:
    return {"sender": one.sender, "content": one.content.partition(b"\r\n\r\n")[0].decode()}


def former(store: Store, data_dir: Path, version: int) -> Settings:
    """Let a store hold the data of a version; returns the settings of its service."""
    data_dir.mkdir(parents=True, exist_ok=True)
    put_key(data_dir)
    store.redis.flushall()
    store_dump.load(store.redis, store_dump.read(version))
    return settings_for(data_dir, owner_address="desk@example.org")
