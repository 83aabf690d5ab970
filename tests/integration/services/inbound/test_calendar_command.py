"""The mail command `calendar`: the year's dates in the reader's language, with a calendar file."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailer.content.parsing.source import load_edition
from mailer.domain.inbound.received import MailState
from mailer.services.calendar.entries import Calendar
from mailer.services.calendar.importing import Options, import_file
from mailer.services.editions.library import links_for
from mailer.store.server.connection import Store
from support.places import ROOT
from support.readers.ics_readers import complaints, icaljs
from support.service.mail_service import MailService, text_of

DEMO = ROOT / "mailer/demo/spring-2023"


@pytest.fixture
def service(store: Store, data_dir: Path) -> MailService:
    """A service with the sample's calendar, in May 2023."""
    service = MailService(store, data_dir)
    service.clock.advance(datetime(2023, 5, 2, 7, tzinfo=UTC) - service.clock.now())
    calendar = Calendar(store, service.settings, service.clock)
    import_file(calendar, service.settings, DEMO / "calendar.toml", Options())
    return service


@pytest.mark.parametrize(
    ("subject", "heading", "day"),
    [
        ("calendar", "Dates", "Tuesday, 27 June 2023"),
        ("calendrier", "Dates", "Mardi 27 juin 2023"),
        ("calendario", "Fechas", "Martes, 27 de junio de 2023"),
    ],
)
def test_the_word_of_each_language_is_answered_in_that_language(
    service: MailService, subject: str, heading: str, day: str
) -> None:
    """Also to somebody who is no subscriber: the calendar is everybody's to see."""
    assert service.get(service.own(), subject=subject).state is MailState.HANDLED
    (mail,) = service.sent()
    text = text_of(mail)
    assert text.startswith(heading)
    assert day in text
    assert day in text_of(mail, "html")
    assert text.count("https://example.org/msme/") == 7
    assert max(map(len, text.splitlines())) < 72


def test_the_address_alone_is_enough_and_says_the_language(service: MailService) -> None:
    """A link in an edition leads here; its reader may not be known to us."""
    service.get(service.own("calendar+fr"), subject="", body="")
    (mail,) = service.sent()
    assert mail["Subject"] == "Les dates de The Bulletin"
    assert "Mercredi 26 avril 2023, 14:00 (Genève, UTC+2) (passé)" in text_of(mail)


def test_the_file_holds_all_dates_and_rings_no_alarm(service: MailService) -> None:
    """A reader who imports it must not be woken by us."""
    service.get(service.own("calendar"))
    (mail,) = service.sent()
    (file,) = list(mail.iter_attachments())
    assert (file.get_content_type(), file.get_filename()) == ("text/calendar", "bulletin.ics")
    text = bytes(file.get_payload(decode=True) or b"").decode()
    assert complaints(text) == []
    assert len(icaljs(text)[0]["events"]) == 7
    assert "VALARM" not in text


def test_a_cancelled_date_says_so_and_a_private_one_is_left_out(
    service: MailService, store: Store
) -> None:
    """An entry for some readers must not be shown to others."""
    calendar = Calendar(store, service.settings, service.clock)
    calendar.cancel("group-october-2023", {"en": "The hall is closed"})
    calendar.change("group-december-2023", lambda one: replace(one, tags=("board",)))
    service.get(service.own("calendar+en"))
    (mail,) = service.sent()
    text = text_of(mail)
    assert "Cancelled: Meeting of the group" in text
    assert "December" not in text


def test_an_empty_calendar_is_told_in_words(store: Store, data_dir: Path) -> None:
    """An answer with nothing in it would look broken."""
    service = MailService(store, data_dir)
    service.get(service.own("calendar+es"))
    (mail,) = service.sent()
    assert "Por el momento no hay fechas previstas." in text_of(mail)
    assert list(mail.iter_attachments()) == []


def test_nobody_is_answered_twice_a_day_and_no_machine_at_all(service: MailService) -> None:
    """Laws 6 and 8."""
    for _ in range(3):
        service.get(service.own("calendar"))
    service.get(
        service.own("calendar"), author="bot@example.org", header="Auto-Submitted: auto-replied\n"
    )
    assert len(service.sent()) == 1


def test_a_reader_gets_it_in_their_own_language_and_beside_other_answers(
    service: MailService,
) -> None:
    """Asking for help before does not use up the answer."""
    service.member("ana@example.org", language="es")
    service.get(service.own("help"))
    service.get(service.own("calendar"))
    assert [mail["Subject"] for mail in service.sent()][-1] == "Las fechas de The Bulletin"


def test_an_editions_link_leads_to_the_answer(service: MailService) -> None:
    """With no web, the calendar that is kept up to date is a mail away."""
    edition = load_edition(DEMO)
    link = links_for(service.settings, edition, "fr").calendar_url
    assert link == "mailto:bulletin-calendar+fr@lists.example.org?subject=calendrier"
    own = service.intake.address("bulletin-calendar+fr@lists.example.org")
    assert own is not None
    assert own.language == "fr"


def test_the_dates_are_those_of_the_day_on_which_the_mail_leaves(
    service: MailService, store: Store
) -> None:
    """A mail that waited for its relay must not tell of a time that is no more."""
    service.get(service.own("calendar+en"))
    calendar = Calendar(store, service.settings, service.clock)
    calendar.change(
        "group-june-2023", lambda one: replace(one, start=one.first_day + timedelta(days=1))
    )
    (mail,) = service.sent()
    assert "Thursday, 29 June 2023" in text_of(mail)


def test_with_web_pages_it_leads_to_the_calendar_that_is_kept_up_to_date(
    store: Store, data_dir: Path
) -> None:
    """The file is of today; the page is of the day on which it is read."""
    service = MailService(store, data_dir, public_url="https://bulletin.example.org")
    service.get(service.own("calendar+fr"))
    (mail,) = service.sent()
    assert "https://bulletin.example.org/fr/calendar" in text_of(mail).split()
    assert 'href="https://bulletin.example.org/fr/calendar"' in text_of(mail, "html")
