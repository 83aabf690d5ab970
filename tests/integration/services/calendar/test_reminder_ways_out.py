"""A reader's answers to a reminder: stop them and nothing else, come or not, or leave."""

from __future__ import annotations

import re
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import icalendar
import pytest

from mailer.config import secret_key
from mailer.domain.access.token import Signer
from mailer.domain.calendar.attendance import Attendance
from mailer.domain.campaigns.campaign import Campaign
from mailer.domain.subscribers.subscriber import Subscriber
from mailer.message.outgoing.composing import Recipient
from mailer.services.calendar.reminders import Reminders
from mailer.services.operation.tick import Tick
from mailer.services.sending.composing import Composer
from mailer.store.calendar import attendance
from mailer.store.calendar import entries as calendar
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store
from support.service.invitations import invitation_token
from support.service.mail_service import MailService
from support.service.small_calendar import MEETING, put

LANGUAGES = pytest.mark.parametrize("language", ["en", "fr", "es"])


class Reminded:
    """A reader of the bulletin and of meetings, and the reminder that they got."""

    def __init__(self, service: MailService, language: str, **settings: Any) -> None:
        self.service, self.store = service, service.store
        self.settings = service.settings.model_copy(update=settings)
        self.reader: Subscriber = service.member(topics="bulletin meetings", language=language)
        service.member("bea@example.org", topics="meetings")
        put(self.store, replace(MEETING, topics=("meetings",), invite=True), service.clock.now())
        self.number = self.remind()
        self.mail = self.write()

    def remind(self) -> int:
        """Go to the next reminder; returns its campaign's number."""
        clock = self.service.clock
        Reminders(self.store, self.settings, clock).run()
        (first, *_) = calendar.coming(self.store, MEETING.starts_at())
        clock.advance(first.at - clock.now())
        Reminders(self.store, self.settings, clock).run()
        (number,) = Tick(self.store, self.settings, clock).start_due()
        return number

    @property
    def campaign(self) -> Campaign:
        return campaigns.get(self.store, self.number)

    def write(self) -> EmailMessage:
        """Write the reader's message, as a worker would."""
        composer = Composer(self.store, self.settings, secret_key(self.settings))
        to = Recipient(self.reader.number, self.reader.address)
        now = self.service.clock.now()
        envelope = composer.write(self.campaign, self.reader.language, to, now)
        assert not isinstance(envelope.content, bytes)
        parsed = message_from_bytes(b"".join(envelope.content), policy=default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    def text(self, kind: str = "plain") -> str:
        """Return a body."""
        part = self.mail.get_body((kind,))
        assert part is not None
        return "\n".join(str(part.get_content()).splitlines())


@pytest.fixture
def service(store: Store, tmp_path: Path) -> MailService:
    """A service that mail comes to."""
    return MailService(store, tmp_path)


@LANGUAGES
def test_an_empty_mail_to_the_address_below_stops_reminders_only(
    service: MailService, language: str
) -> None:
    """A reader tired of meetings still reads the bulletin; and no subject must be needed."""
    reminded = Reminded(service, language)
    found = re.search(r"^(bulletin-confirm\+\S+)$", reminded.text(), re.MULTILINE)
    assert found
    service.get(found[1])
    known = service.who()
    assert known is not None
    assert known.topics == ("bulletin",)
    assert service.status() == "active"
    reminded.number = reminded.remind()
    assert reminded.campaign.planned == 1


@LANGUAGES
def test_the_link_in_the_page_is_the_same_address(service: MailService, language: str) -> None:
    """Its subject says what it does, for a person who looks at what they are about to send."""
    reminded = Reminded(service, language)
    address = re.search(r"^(bulletin-confirm\+\S+)$", reminded.text(), re.MULTILINE)
    assert address
    page = reminded.text("html").replace("=\n", "")
    assert f'href="mailto:{address[1]}?subject=' in page


def test_with_web_pages_the_preferences_serve_for_all(service: MailService) -> None:
    """One page where everything can be chosen is better than an address for each."""
    reminded = Reminded(service, "en", public_url="https://bulletin.example.org")
    assert "bulletin-confirm+" not in reminded.text()
    assert "https://bulletin.example.org/preferences/" in reminded.text()


def test_with_web_pages_the_file_is_there_as_well(service: MailService) -> None:
    """Some programs hide attachments; an invitation must be answered in the mail, though."""
    reminded = Reminded(service, "fr", public_url="https://bulletin.example.org")
    file = f"https://bulletin.example.org/fr/calendar/{MEETING.id}.ics"
    assert file not in reminded.text()
    token = invitation_token(
        Signer(secret_key(reminded.settings)),
        calendar.get(reminded.store, MEETING.id).number,
        reminded.reader.number,
        reminded.reader.address,
    )
    assert f"https://bulletin.example.org/rsvp/{token}" in reminded.text()
    assert service.rsvp.look(token) is not None
    calendar_of = calendar.get(reminded.store, MEETING.id)
    put(reminded.store, replace(calendar_of, invite=False), service.clock.now())
    reminded.number = reminded.remind()
    reminded.mail = reminded.write()
    assert file in reminded.text()
    assert file in reminded.text("html")
    assert "/rsvp/" not in reminded.text()


def test_the_answer_of_a_program_is_counted(service: MailService) -> None:
    """The organizer's address leads back to entry and reader, whoever the answer is from."""
    reminded = Reminded(service, "fr")
    (part,) = (one for one in reminded.mail.walk() if one.get_content_type() == "text/calendar")
    data = part.get_payload(decode=True)
    assert isinstance(data, bytes)
    (event,) = icalendar.Calendar.from_ical(data.decode()).walk("VEVENT")
    organizer = str(event["ORGANIZER"]).removeprefix("mailto:")
    answer = (
        "BEGIN:VCALENDAR\nPRODID:-//Test//EN\nVERSION:2.0\nMETHOD:REPLY\nBEGIN:VEVENT\n"
        f"UID:{event['UID']}\nDTSTAMP:20230426T130000Z\nSEQUENCE:0\n"
        f"ORGANIZER:mailto:{organizer}\nATTENDEE;PARTSTAT=TENTATIVE:mailto:ana@example.org\n"
        "END:VEVENT\nEND:VCALENDAR"
    )
    header = "MIME-Version: 1.0\nContent-Type: text/calendar; method=REPLY; charset=utf-8\n"
    service.get(organizer, header=header, body=answer)
    tally = attendance.tally(reminded.store, MEETING.id)
    assert tally == {"": {Attendance.TENTATIVE: {"fr": 1}}}


def test_leaving_from_a_reminder_leaves_everything(service: MailService) -> None:
    """The button that mail programs show promises just that (RFC 8058)."""
    reminded = Reminded(service, "en")
    found = re.search(r"<mailto:(bulletin-leave\+[^?]+)\?", str(reminded.mail["List-Unsubscribe"]))
    assert found
    service.get(found[1])
    assert service.status() == "unsubscribed"
