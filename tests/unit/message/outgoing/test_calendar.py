"""Reminders and invitations as mail: what mail programs look for, at the place where they look."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from urllib.parse import unquote

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.content.rendering.rendered import CalendarFile, Rendered, slot
from mailer.domain.access.token import Signer
from mailer.domain.calendar.entry import Entry, Kind
from mailer.domain.subscribers.bearer import sign_standing
from mailer.domain.subscribers.subscribing import Choice, mark
from mailer.message.icalendar.ics import Frame, Method, for_mail
from mailer.message.outgoing.composing import Recipient, Template, WireMessage, compile_message
from mailer.message.outgoing.headers import Identity, Mailing
from mailer.message.outgoing.slots import UnsendableError
from support.readers.ics_readers import complaints, icaljs
from support.service.invitations import invitation_token

SIGNER = Signer(b"a secret of thirty-two octets ...")
NOW = datetime(2023, 4, 12, 7, 0, tzinfo=UTC)
ENTRY = Entry(
    id="private-sector",
    uid="private-sector@lists.example.org",
    kind=Kind.MEETING,
    start=datetime(2023, 4, 26, 14),  # noqa: DTZ001 - local, as all entries are
    end=datetime(2023, 4, 26, 16),  # noqa: DTZ001 - as above
    zone="Europe/Zurich",
    title={"fr": "Réunion avec le secteur privé, les petites entreprises et leurs associations"},
    description={"fr": "Première ligne ; deuxième, avec des virgules\\et une barre.\nFin = 5 %."},
    topics=("meetings", "bulletin"),
    invite=True,
)
IDENTITY = Identity(
    sender_name="Secrétariat",
    sender_address="bulletin@example.org",
    list_name="bulletin",
    list_domain="lists.example.org",
)
MAILING = Mailing(
    campaign=42,
    mailing=2**63 + 42,
    topic="meetings",
    automatic=True,
    topics=("meetings", "bulletin"),
    invitation=ENTRY.number,
)
METHODS = pytest.mark.parametrize("method", list(Method))
LOCALS = st.from_regex(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,60}", fullmatch=True)


def calendar_file(method: Method) -> CalendarFile:
    """Write the file as the service does."""
    text = for_mail(
        ENTRY,
        Frame("fr", stamp=NOW),
        method,
        organizer=f"bulletin-rsvp+{slot('rsvp')}@lists.example.org",
        organizer_name='Secrétariat "du Groupe"',
        attendee="" if method is Method.PUBLISH else slot("attendee"),
    )
    return CalendarFile(method.value, text, "private-sector.ics")


def template(method: Method, mailing: Mailing = MAILING) -> Template:
    """Compile a small mail with its file."""
    rendered = Rendered(
        language="fr",
        direction="ltr",
        subject="Demain – Réunion",
        preheader="",
        html=f"<p><a href='mailto:bulletin-confirm+{slot('stop_b')}@x.example'>Arrêter</a></p>\n",
        text=f"Arrêter : {slot('stop_a')} {slot('stop_b')}\n",
        images=(),
        warnings=(),
        calendar=calendar_file(method),
    )
    return compile_message(rendered, IDENTITY, mailing, SIGNER)


def read(message: WireMessage) -> EmailMessage:
    """Parse a message; no part may have a defect."""
    parsed = message_from_bytes(message.content, policy=default)
    assert isinstance(parsed, EmailMessage)
    assert not any(part.defects for part in parsed.walk())
    return parsed


def files(message: EmailMessage) -> tuple[str, str]:
    """Return the calendar file that programs show, and the one that is attached."""
    shown, attached = (
        part.get_payload(decode=True)
        for part in message.walk()
        if part.get_content_type() in {"text/calendar", "application/ics"}
    )
    assert isinstance(shown, bytes)
    assert isinstance(attached, bytes)
    return shown.decode(), attached.decode()


@METHODS
def test_the_parts_stand_where_programs_look_for_them(method: Method) -> None:
    """Outlook looks in the first part of multipart/mixed only; the last alternative is the best."""
    message = read(template(method).fill(Recipient(7, "ana@example.org"), NOW))
    assert message.get_content_type() == "multipart/mixed"
    alternatives, attached = message.iter_parts()
    assert alternatives.get_content_type() == "multipart/alternative"
    kinds = [part.get_content_type() for part in alternatives.iter_parts()]
    assert kinds == ["text/plain", "text/html", "text/calendar"]
    shown = list(alternatives.iter_parts())[-1]
    assert shown["Content-Type"].params["method"] == method.value
    assert shown["Content-Type"].params["charset"] == "utf-8"
    assert shown["Content-Disposition"] is None
    assert attached.get_content_type() == "application/ics"
    assert attached.get_filename() == "private-sector.ics"
    assert attached.get_content_disposition() == "attachment"
    assert message["Auto-Submitted"] == "auto-generated"


@METHODS
def test_both_files_are_the_same_and_say_their_method(method: Method) -> None:
    """Programs that find another method in the file than in the header refuse it (RFC 6047, 2.4)."""
    shown, attached = files(read(template(method).fill(Recipient(7, "ana@example.org"), NOW)))
    assert shown == attached
    assert f"\r\nMETHOD:{method.value}\r\n" in shown
    assert "\ue000" not in shown


@METHODS
def test_programs_by_others_read_it_without_complaint(method: Method) -> None:
    """A file accepted by icalendar, libical and ical.js will be understood by most programs."""
    shown, _ = files(read(template(method).fill(Recipient(7, "ana@example.org"), NOW)))
    assert complaints(shown) == []
    (found,) = icaljs(shown)
    assert found


def test_an_invitation_names_the_reader_and_an_address_of_their_own() -> None:
    """An answer must lead back to whom it is from, whatever address it is sent from."""
    shown, _ = files(read(template(Method.REQUEST).fill(Recipient(7, "ana@example.org"), NOW)))
    (event,) = icalendar.Calendar.from_ical(shown).walk("VEVENT")
    token = invitation_token(SIGNER, ENTRY.number, 7, "ana@example.org")
    assert str(event["ORGANIZER"]) == f"mailto:bulletin-rsvp+{token}@lists.example.org"
    assert str(event["ATTENDEE"]) == "mailto:ana@example.org"
    assert event["ATTENDEE"].params["RSVP"] == "TRUE"
    assert len(str(event["ORGANIZER"]).removeprefix("mailto:").partition("@")[0]) <= 64
    assert event["DESCRIPTION"] == ENTRY.description["fr"]


@given(local=LOCALS, domain=st.sampled_from(["example.org", "a-long.name.of.a.host.example.net"]))
def test_any_address_stays_one_attendee_on_legal_lines(local: str, domain: str) -> None:
    """An address is a stranger's text: it must neither end its line nor begin a property."""
    address = f"{local}@{domain}"
    wire = template(Method.REQUEST).fill(Recipient(7, address), NOW)
    assert max(map(len, wire.content.split(b"\r\n"))) <= 998
    assert b"".join(wire.parts[2:]).isascii()
    shown, attached = files(read(wire))
    assert shown == attached
    assert all(len(line.encode()) <= 75 for line in shown.split("\r\n"))
    (event,) = icalendar.Calendar.from_ical(shown).walk("VEVENT")
    assert unquote(str(event["ATTENDEE"])) == f"mailto:{address}"


def test_an_address_in_another_script_is_escaped() -> None:
    """RFC 6068 section 2: a mailto address holds ASCII only."""
    shown, _ = files(
        read(template(Method.REQUEST).fill(Recipient(7, "lectora-ñ@example.org"), NOW))
    )
    assert "mailto:lectora-%C3%B1@example.org" in shown.replace("\r\n ", "")


def test_each_topic_has_an_address_that_stops_it() -> None:
    """A reader tired of reminders must not have to leave the bulletin."""
    message = read(template(Method.PUBLISH).fill(Recipient(7, "ana@example.org"), NOW))
    body = message.get_body(("plain",))
    assert body is not None
    tokens = body.get_content().split()[2:]
    wanted = [
        sign_standing(SIGNER, 7, "ana@example.org", mark(Choice.DROP, topic))
        for topic in MAILING.topics
    ]
    assert tokens == wanted


def test_a_method_that_the_file_does_not_have_is_refused() -> None:
    """Better no mail than one that each program reads differently."""
    good = calendar_file(Method.PUBLISH)
    rendered = Rendered("fr", "ltr", "x", "", "<p>x</p>", "x", (), ())
    for wrong in (replace(good, method="CANCEL"), replace(good, filename="a b.ics")):
        with pytest.raises(UnsendableError):
            compile_message(replace(rendered, calendar=wrong), IDENTITY, MAILING, SIGNER)


def test_the_same_arguments_give_the_same_octets() -> None:
    """A delivery that is repeated after a crash must be the same mail."""
    reader = Recipient(7, "ana@example.org")
    first, second = (template(Method.REQUEST).fill(reader, NOW).content for _ in range(2))
    assert first == second
