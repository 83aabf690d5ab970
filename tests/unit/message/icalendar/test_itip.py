"""Answers to invitations, as Gmail, Outlook, Apple Mail and Thunderbird mail them (RFC 6047).

The samples were written after what these programs are documented and known to send; nobody's mail
is among them.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.message.icalendar import itip
from mailer.message.icalendar.itip import Answer, Method
from support.places import CORPUS

SAMPLES = CORPUS / "replies"
UID = "board-2023@lists.example.org"


def sample(name: str) -> Answer:
    """Read the one answer of a sample."""
    (found,) = itip.answers((SAMPLES / f"{name}.eml").read_bytes())
    return found


def reply(
    *lines: str, kind: str = "text/calendar; method=REPLY", head: str = "METHOD:REPLY"
) -> bytes:
    """Write a mail that is a calendar file."""
    body = "\r\n".join(
        ["BEGIN:VCALENDAR", head, "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR"]
    )
    return f"From: ana@example.org\r\nContent-Type: {kind}\r\n\r\n{body}\r\n".encode()


@pytest.mark.parametrize(
    ("name", "partstat", "attendee", "stamp"),
    [
        ("gmail", "ACCEPTED", "ana@example.org", "2023-04-20T08:01:02"),
        ("outlook", "TENTATIVE", "ben@example.org", "2023-04-20T09:15:00"),
        ("apple", "DECLINED", "eva@example.org", "2023-04-21T07:08:09"),
        ("thunderbird", "ACCEPTED", "leo@example.org", "2023-04-20T06:45:00"),
    ],
)
def test_the_answer_of_each_program_is_understood(
    name: str, partstat: str, attendee: str, stamp: str
) -> None:
    """Each puts it elsewhere, and codes it otherwise."""
    found = sample(name)
    assert (found.method, found.uid, found.partstat) == (Method.REPLY, UID, partstat)
    assert (found.attendee, found.sequence) == (attendee, 0)
    assert found.stamp == datetime.fromisoformat(stamp).replace(tzinfo=UTC)
    assert (found.occurrence, found.comment) == (None, "")


def test_a_comment_and_a_proposal_of_outlook_are_read() -> None:
    """Exchange writes an empty comment into every answer: that is none."""
    assert sample("outlook-comment").comment == "Je serai en voyage, désolé."
    found = sample("outlook-counter")
    assert found.method is Method.COUNTER
    assert found.start is not None
    assert (found.start.local, found.start.zone) == (
        datetime(2023, 4, 27, 10),  # noqa: DTZ001 - local, as it stands there
        "W. Europe Standard Time",
    )


def test_an_answer_about_one_occurrence_says_which() -> None:
    """A reader who skips one week does not leave the series."""
    (found,) = itip.answers(
        reply(
            "UID:x",
            "RECURRENCE-ID;TZID=Europe/Zurich:20230509T100000",
            "ATTENDEE;PARTSTAT=DECLINED:MAILTO:Ana%2Bx@example.org",
            "SEQUENCE:3",
        )
    )
    assert found.occurrence is not None
    assert (found.occurrence.local.day, found.occurrence.zone) == (9, "Europe/Zurich")
    assert (found.sequence, found.attendee) == (3, "Ana+x@example.org")


@pytest.mark.parametrize(
    "kind",
    [
        "text/calendar; charset=utf-8; method=REPLY",
        "text/calendar",
        'application/ics; name="invite.ics"',
        'application/octet-stream; name="invite.ics"',
        "TEXT/CALENDAR",
    ],
)
def test_a_calendar_file_is_known_by_its_type_or_its_name(kind: str) -> None:
    """Gateways make octet streams of what they do not know."""
    assert itip.answers(reply("UID:x", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@b.c", kind=kind))


@pytest.mark.parametrize("method", ["METHOD:REQUEST", "METHOD:PUBLISH", "X-NONE:1"])
def test_what_does_not_answer_is_no_answer(method: str) -> None:
    """An invitation that somebody forwards to the address must not count as theirs."""
    assert itip.answers(reply("UID:x", kind="text/calendar", head=method)) == []
    assert itip.answers(b"From: ana@example.org\r\n\r\nI will come.\r\n") == []


def test_a_folded_and_quoted_line_is_read_whole() -> None:
    """Programs fold anywhere, also within a word, and put colons into names."""
    (found,) = itip.answers(
        reply(
            "UID:board-2023@li",
            " sts.example.org",
            'ATTENDEE;CN="Ana: the; first";PART',
            "\tSTAT=ACCEPTED;X-NUM-GUESTS=0:mailto:ana@exam",
            " ple.org",
        )
    )
    assert (found.uid, found.partstat, found.attendee) == (UID, "ACCEPTED", "ana@example.org")


def test_what_stands_in_an_alarm_is_not_the_entrys() -> None:
    """An alarm may name people too."""
    (found,) = itip.answers(
        reply(
            *("UID:x", "BEGIN:VALARM", "ATTENDEE;PARTSTAT=DECLINED:mailto:x@y.z", "END:VALARM"),
            "ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@b.c",
        )
    )
    assert found.partstat == "ACCEPTED"


CHAIR = "ATTENDEE;ROLE=CHAIR;PARTSTAT=ACCEPTED:mailto:bulletin-rsvp+x@lists.example.org"
OWN = "ATTENDEE;PARTSTAT=DECLINED:mailto:ana@example.org"
BEN = "ATTENDEE;PARTSTAT=TENTATIVE:mailto:ben@example.org"
ORGANIZER = "ORGANIZER:mailto:bulletin-rsvp+x@lists.example.org"


@pytest.mark.parametrize(
    ("lines", "partstat", "attendee"),
    [
        ((OWN,), "DECLINED", "ana@example.org"),
        ((CHAIR, OWN), "DECLINED", "ana@example.org"),
        ((OWN, CHAIR), "DECLINED", "ana@example.org"),
        ((BEN, CHAIR, OWN), "DECLINED", "ana@example.org"),
        (("ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:ben@example.org", OWN), "DECLINED", OWN[-15:]),
        (("ATTENDEE;PARTSTAT=DECLINED:MAILTO:Ana@EXAMPLE.org", BEN), "DECLINED", "Ana@EXAMPLE.org"),
        (("ATTENDEE;PARTSTAT=DECLINED;EMAIL=ana@example.org:urn:x:1", BEN), "DECLINED", OWN[-15:]),
        ((OWN, OWN, BEN), "DECLINED", "ana@example.org"),
        (("ATTENDEE:mailto:ana@example.org", OWN), "DECLINED", "ana@example.org"),
        # Another address of the reader's.
        ((BEN,), "TENTATIVE", "ben@example.org"),
        ((ORGANIZER, BEN), "TENTATIVE", "ben@example.org"),
        # Of others, whatever they say, and of the organizer.
        ((BEN, CHAIR), "", ""),
        ((CHAIR, BEN), "", ""),
        ((BEN, BEN.replace("ben", "eva")), "", ""),
        ((ORGANIZER, CHAIR), "", ""),
        (("ATTENDEE:mailto:ana@example.org", BEN), "", "ana@example.org"),
        # It contradicts itself, or is none.
        ((OWN, OWN.replace("DECLINED", "ACCEPTED")), "", ""),
        (("ATTENDEE;PARTSTAT=ACCEPTED:mailto:ana@example.org.example.net", BEN), "", ""),
        ((), "", ""),
    ],
)
def test_of_several_attendees_the_invited_one_answers(
    lines: tuple[str, ...], partstat: str, attendee: str
) -> None:
    """Programs repeat the other attendees, with what those answered; the order means nothing."""
    (found,) = itip.answers(reply("UID:x", *lines), "ana@example.org")
    assert (found.partstat, found.attendee) == (partstat, attendee.removeprefix("mailto:"))


def test_an_answer_with_thousands_of_attendees_takes_bounded_time() -> None:
    """The address is public once an invitation is forwarded."""
    lines = [f"ATTENDEE;EMAIL=ü{n}@é{n}.example:mailto:ü{n}@ö{n}.example" for n in range(1_900)]
    began = time.process_time()
    (found,) = itip.answers(reply("UID:x", *lines), "ana@example.org")
    assert found.attendee == ""
    assert time.process_time() - began < 1


@given(st.binary(max_size=500))
def test_any_bytes_are_read_without_failing(data: bytes) -> None:
    """The address is public once an invitation is forwarded."""
    assert isinstance(itip.answers(data), list)
    assert isinstance(itip.answers(b"Content-Type: text/calendar; method=REPLY\n\n" + data), list)


PIECES = st.sampled_from(
    [
        *("BEGIN:VEVENT", "END:VEVENT", "BEGIN:VCALENDAR", "END:VCALENDAR", "METHOD:REPLY"),
        *(
            "UID:x",
            "ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@b.c",
            "ATTENDEE:x",
            "SEQUENCE:٣",
            "SEQUENCE:99999999999",
        ),
        *(
            "DTSTAMP:20231399T999999Z",
            "DTSTAMP:20230101T000000",
            "RECURRENCE-ID;VALUE=DATE:20230101",
        ),
        *(";;;;", 'A;"', 'A;B="' + "x" * 600, "A" * 200 + ":", " folded", "COMMENT:" + "y" * 3000),
    ]
)


@given(st.lists(PIECES, max_size=30))
def test_any_lines_are_read_within_bounds(lines: list[str]) -> None:
    """Nothing that is kept of an answer is longer than what it must be."""
    body = "\r\n".join(["BEGIN:VCALENDAR", "METHOD:REPLY", *lines, "END:VEVENT"])
    mail = f"Content-Type: text/calendar\r\n\r\n{body}".encode()
    for found in itip.answers(mail):
        assert len(found.uid) <= itip.LONGEST
        assert 0 <= found.sequence < 10**9
