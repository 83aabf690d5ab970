"""Invitations from end to end: each reader counts once, by the last answer, by mail or page."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.config import secret_key
from mailer.domain.access.token import Purpose, Signer
from mailer.domain.calendar.attendance import Answer, Attendance, Verdict, judged
from mailer.domain.calendar.entry import Entry, Kind, Recurrence
from mailer.domain.events import Event
from mailer.domain.inbound.received import MailState, Received
from mailer.domain.subscribers.address import parse_address
from mailer.errors import StoreLostError
from mailer.message.icalendar.ics import Frame, Method, for_mail
from mailer.services.calendar.attendees import export_csv
from mailer.services.calendar.entries import Calendar, moved
from mailer.services.subscriptions import subscribers as vouched
from mailer.store import keys
from mailer.store.calendar import attendance
from mailer.store.inbound import mails as inbound
from mailer.store.server.connection import Store
from support.places import CORPUS
from support.service.command import Command
from support.service.invitations import invitation_token
from support.service.mail_service import MailService, text_of

SAMPLES = CORPUS / "replies"
ACCEPTED, TENTATIVE, DECLINED = Attendance


class Inviting(MailService):
    """A service with a board meeting that readers are invited to."""

    def __init__(self, store: Store, data_dir: Path, **options: Any) -> None:
        """Put the meeting into the calendar, and four readers onto the list."""
        super().__init__(store, data_dir, **({"owner_address": "desk@example.org"} | options))
        self.clock.advance(datetime(2023, 4, 20, 7, tzinfo=UTC) - self.clock.now())
        self.calendar = Calendar(store, self.settings, self.clock)
        self.entry = self.calendar.add(
            Entry(
                "board-2023",
                Kind.MEETING,
                datetime(2023, 4, 26, 14),  # noqa: DTZ001 - local
                "Europe/Zurich",
                {"en": "Board meeting", "fr": "Conseil"},
                datetime(2023, 4, 26, 16),  # noqa: DTZ001
                invite=True,
            )
        )
        readers = {"ana": "en", "ben": "fr", "eva": "es", "leo": "fr"}
        self.numbers = {
            name: self.member(f"{name}@example.org", language=code).number
            for name, code in readers.items()
        }

    def token(self, name: str = "ana") -> str:
        """Return what a reader's invitation carries."""
        signer = Signer(secret_key(self.settings))
        return invitation_token(
            signer, self.entry.number, self.numbers[name], f"{name}@example.org"
        )

    def address(self, name: str = "ana") -> str:
        """Return the organizer's address in a reader's invitation."""
        return self.own(f"rsvp+{self.token(name)}")

    def sample(self, file: str, name: str) -> Received:
        """Receive the answer of a reader's program."""
        raw = (SAMPLES / f"{file}.eml").read_bytes()
        raw = raw.replace(b"RSVP-ADDRESS", self.address(name).encode())
        return self.get(self.address(name), author=f"{name}@example.org", raw=raw)

    def says(self, partstat: str, name: str = "ana", **lines: str) -> Received:
        """Receive a short answer."""
        self.count += 1
        given_ = {"UID": self.entry.uid, "SEQUENCE": "0", "DTSTAMP": "20230420T070000Z"} | lines
        event = "\r\n".join(f"{key.replace('_', '-')}:{value}" for key, value in given_.items())
        raw = (
            f"From: {name}@example.org\r\nTo: {self.address(name)}\r\nSubject: Re {self.count}\r\n"
            "Content-Type: text/calendar; method=REPLY\r\n\r\n"
            f"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\n{event}\r\n"
            f"ATTENDEE;PARTSTAT={partstat}:mailto:{name}@example.org\r\n"
            "END:VEVENT\r\nEND:VCALENDAR\r\n"
        ).replace("RECURRENCE-ID:", "RECURRENCE-ID;TZID=Europe/Zurich:")
        return self.get(self.address(name), author=f"{name}@example.org", raw=raw.encode())

    def answers(self, *lines: str) -> Received:
        """Receive an answer to a reader's address that names those attendees."""
        self.count += 1
        attendees = "\r\n".join(lines)
        raw = (
            f"From: ana@example.org\r\nTo: {self.address()}\r\nSubject: Re {self.count}\r\n"
            "Content-Type: text/calendar; method=REPLY\r\n\r\n"
            f"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:{self.entry.uid}\r\n"
            f"DTSTAMP:20230420T070000Z\r\n{attendees}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        )
        return self.get(self.address(), author="ana@example.org", raw=raw.encode())

    def tally(self) -> Any:
        """Return the count of what does not repeat."""
        return attendance.tally(self.store, "board-2023").get("", {})

    def answered(self) -> list[dict[str, str]]:
        """Return the events about answers, oldest first."""
        return [one for one in self.events() if one["type"].startswith("calendar.answer")]


@pytest.fixture
def service(store: Store, data_dir: Path) -> Inviting:
    """A fresh service."""
    return Inviting(store, data_dir)


def test_the_answers_of_four_programs_are_counted_by_language(service: Inviting) -> None:
    """An answer counts whether its mail looks like an automatic answer or like a person's."""
    for file, name in (
        ("gmail", "ana"),
        ("outlook", "ben"),
        ("apple", "eva"),
        ("thunderbird", "leo"),
    ):
        record = service.sample(file, name)
        assert record.state is MailState.HANDLED, record.reason
        assert record.reason.startswith("an answer to board-2023: ")
    assert service.tally() == {
        ACCEPTED: {"en": 1, "fr": 1},
        TENTATIVE: {"fr": 1},
        DECLINED: {"es": 1},
    }
    assert [one["answer"] for one in service.answered()] == [
        *("accepted", "tentative", "declined", "accepted"),
    ]
    assert service.sent() == []


@pytest.mark.parametrize("others_first", [True, False])
def test_the_answers_of_other_attendees_are_never_taken_for_the_reader_s(
    service: Inviting, *, others_first: bool
) -> None:
    """Some programs repeat all who were invited; a chair's yes is not a reader's."""
    lines = [
        f"ATTENDEE;ROLE=CHAIR;PARTSTAT=ACCEPTED:mailto:{service.address()}",
        "ATTENDEE;PARTSTAT=TENTATIVE:mailto:ben@example.org",
        "ATTENDEE;PARTSTAT=DECLINED:mailto:ana@example.org",
    ]
    record = service.answers(*(lines if others_first else reversed(lines)))
    assert record.state is MailState.HANDLED, record.reason
    assert service.tally() == {DECLINED: {"en": 1}}
    record = service.answers(*lines[:2])
    assert (record.state, service.tally()) == (MailState.WAITING, {DECLINED: {"en": 1}})
    assert "does not say what the reader" in record.reason


def test_who_changes_their_mind_is_counted_once(service: Inviting) -> None:
    """The tally must equal the people."""
    service.says("ACCEPTED")
    service.clock.advance(timedelta(hours=1))
    service.says("DECLINED", DTSTAMP="20230420T080000Z")
    assert service.tally() == {DECLINED: {"en": 1}}
    assert len(service.answered()) == 2


def test_an_older_answer_that_comes_later_does_not_count(service: Inviting) -> None:
    """Mail does not keep its order (RFC 5546 section 2.1.5)."""
    service.clock.advance(timedelta(hours=2))
    service.says("DECLINED", DTSTAMP="20230420T080000Z")
    late = service.says("ACCEPTED", DTSTAMP="20230420T073000Z")
    assert "overtaken" in late.reason
    assert service.tally() == {DECLINED: {"en": 1}}
    assert service.answered()[-1]["reason"] == late.reason


def test_the_same_answer_twice_is_one_answer(service: Inviting) -> None:
    """A mail that comes twice, or a job that runs twice."""
    service.says("ACCEPTED")
    again = service.says("ACCEPTED")
    assert again.state is MailState.HANDLED
    assert service.tally() == {ACCEPTED: {"en": 1}}
    assert len(service.answered()) == 1
    service.intake.requeue(again.number)
    service.intake.process(again.number)
    assert service.tally() == {ACCEPTED: {"en": 1}}


def test_a_worker_that_dies_over_an_answer_loses_and_repeats_nothing(
    service: Inviting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answer, count, event and the end of the reading are one commit (law 9)."""

    def dies(*_: Any) -> None:
        raise StoreLostError("The store was lost.")

    with monkeypatch.context() as patched:
        patched.setattr(inbound, "move", dies)
        with pytest.raises(StoreLostError):
            service.says("ACCEPTED")
    assert (service.tally(), service.answered()) == ({}, [])
    service.clock.advance(timedelta(hours=1))
    for number in service.intake.sweep():
        service.intake.process(number)
    assert service.tally() == {ACCEPTED: {"en": 1}}
    assert len(service.answered()) == 1


def test_a_clock_that_is_years_ahead_does_not_keep_later_answers_out(service: Inviting) -> None:
    """Programs write their own time, and any sequence that they like."""
    service.says("ACCEPTED", DTSTAMP="20400101T000000Z", SEQUENCE="900")
    service.clock.advance(timedelta(hours=1))
    service.says("DECLINED", DTSTAMP="20230420T080000Z")
    assert service.tally() == {DECLINED: {"en": 1}}


def test_nobody_answers_for_another(service: Inviting) -> None:
    """The address is signed for one reader and one entry; a forged one is not ours."""
    forged = service.own("rsvp+1-1-0123456789abcdef")
    assert service.intake.address(forged) is None
    other = Signer(secret_key(service.settings)).sign(Purpose.LEAVE, service.entry.number, 1)
    assert service.intake.address(service.own(f"rsvp+{other}")) is None


def test_an_answer_to_something_else_is_kept_for_a_person(service: Inviting) -> None:
    """Law 11: it is not known, so it is not dropped either."""
    record = service.says("ACCEPTED", UID="other@example.org")
    assert (record.state, "not in the calendar" in record.reason) == (MailState.WAITING, True)
    assert service.tally() == {}
    assert service.answered()[0]["type"] == "calendar.answer_ignored"


@pytest.mark.parametrize("partstat", ["DELEGATED", "NEEDS-ACTION", "IN-PROCESS", "X-MAYBE"])
def test_an_answer_that_does_not_say_who_comes_is_for_a_person(
    service: Inviting, partstat: str
) -> None:
    """A delegate has an address of their own, which we did not invite."""
    record = service.says(partstat)
    assert (record.state, partstat in record.reason) == (MailState.WAITING, True)
    assert service.tally() == {}


def test_an_answer_that_comes_too_late_is_told_and_not_counted(service: Inviting) -> None:
    """So is one to what was cancelled; neither is dropped in silence."""
    service.clock.advance(timedelta(days=30))
    assert service.says("ACCEPTED").reason == "an answer (accepted) to what is over"
    assert service.answered()[0]["reason"] == "an answer (accepted) to what is over"
    assert service.tally() == {}


def test_an_answer_to_what_is_cancelled_is_told_and_not_counted(service: Inviting) -> None:
    """As above."""
    service.calendar.cancel("board-2023", {"en": "A flood"})
    assert service.says("ACCEPTED").reason == "an answer (accepted) to what is cancelled"
    assert service.tally() == {}


def test_an_answer_of_one_who_was_erased_leaves_nothing(service: Inviting) -> None:
    """The answers before that must not name anybody."""
    service.says("ACCEPTED")
    who = parse_address("ana@example.org")
    vouched.erase(service.store, service.settings, service.clock.now(), who, "asked for it")
    assert "erased" in service.says("DECLINED", DTSTAMP="20230420T080000Z").reason
    assert b"ana" not in b"".join(service.store.redis.hgetall(keys.answers("board-2023")).values())


def test_words_in_an_answer_reach_the_secretariat(service: Inviting) -> None:
    """A person wrote them for a person to read."""
    record = service.sample("outlook-comment", "ben")
    assert "passed on to the secretariat" in record.reason
    assert service.tally() == {DECLINED: {"fr": 1}}
    (mail,) = service.sent()
    assert mail["To"] == "desk@example.org"
    assert mail["Reply-To"] == "ben@example.org"
    assert "Je serai en voyage" in text_of(mail)


def test_a_counter_proposal_is_passed_on_with_both_times(service: Inviting) -> None:
    """A counter-proposal counts as no answer: what becomes of it is for people to say."""
    record = service.sample("outlook-counter", "ben")
    assert record.reason == "proposes something else for board-2023: passed on to the secretariat"
    assert service.tally() == {}
    assert "calendar.countered" in service.types()
    (mail,) = service.sent()
    assert mail["Subject"].startswith("The Bulletin: another time is proposed for Board meeting")
    text = " ".join(text_of(mail).split())
    assert "Board meeting (Wednesday, 26 April 2023, 14:00–16:00 (Zurich, UTC+2))" in text
    assert "another time: Thursday, 27 April 2023, 10:00–12:00 (Zurich, UTC+2)." in text
    (attached,) = [one for one in mail.walk() if one.get_filename() == "letter.eml"]
    assert b"method=COUNTER" in attached.get_payload(decode=True)


def test_without_an_address_of_the_secretariat_a_proposal_waits(
    store: Store, data_dir: Path
) -> None:
    """Law 11."""
    service = Inviting(store, data_dir, owner_address="")
    record = service.sample("outlook-counter", "ben")
    assert (record.state, "waits here" in record.reason) == (MailState.WAITING, True)


def test_words_without_a_calendar_file_are_a_letter(service: Inviting) -> None:
    """A reader who writes “I will come” to that address wrote to people."""
    record = service.get(
        service.address(), subject="Re: Board meeting", body="I will come, and bring Leo."
    )
    assert record.reason == "passed on to the secretariat"
    assert service.tally() == {}
    machine = service.get(
        service.address(),
        subject="Out of office",
        header="Auto-Submitted: auto-replied\n",
        body="Away.",
    )
    assert "a machine answered" in machine.reason


def test_one_occurrence_of_a_series_is_answered_by_itself(service: Inviting) -> None:
    """A reader who skips one week comes in the others."""
    service.calendar.change(
        "board-2023", lambda one: replace(one, recurrence=Recurrence(("FREQ=WEEKLY;COUNT=4",)))
    )
    service.says("ACCEPTED", RECURRENCE_ID="20230426T140000")
    service.says("DECLINED", RECURRENCE_ID="20230503T140000")
    assert attendance.tally(service.store, "board-2023") == {
        "2023-04-26T14:00:00": {ACCEPTED: {"en": 1}},
        "2023-05-03T14:00:00": {DECLINED: {"en": 1}},
    }
    service.says("TENTATIVE", "ben")
    assert attendance.tally(service.store, "board-2023")[""] == {TENTATIVE: {"fr": 1}}
    for nowhere in ("20240503T140000", "99991231T235959Z", "00010101T000000Z"):
        gone = service.says("ACCEPTED", RECURRENCE_ID=nowhere)
    assert gone.state is MailState.WAITING


# What the secretariat sees.


def test_the_secretariat_sees_the_count_and_gets_the_list(
    service: Inviting, data_dir: Path, tmp_path: Path
) -> None:
    """By language in `show`; with names as CSV, for badges and chairs."""
    mailer = Command(service.store, data_dir)
    assert "Nobody has answered yet." in mailer("calendar", "show", "board-2023").out
    service.says("ACCEPTED", "leo")
    service.says("ACCEPTED", "ana")
    service.says("DECLINED", "eva")
    shown = mailer("calendar", "show", "board-2023").out
    assert "  accepted        2  (en 1, fr 1)\n" in shown
    assert "  tentative       0\n" in shown
    assert "  declined        1  (es 1)\n" in shown
    facts = json.loads(mailer("calendar", "show", "board-2023", "--json").out)
    assert facts["answers"][""]["accepted"] == {"en": 1, "fr": 1}
    service.calendar.change("board-2023", lambda one: replace(one, place={"en": "Hall"}))
    service.says("TENTATIVE", "ben", SEQUENCE="1")
    service.calendar.change("board-2023", lambda one: moved(one, one.start + timedelta(days=1)))
    file = tmp_path / "who.csv"
    said = mailer("calendar", "attendees", "board-2023", "--output", str(file))
    assert said.out == f"4 answers written to {file}, which only you can read.\n"
    assert file.stat().st_mode & 0o777 == 0o600
    rows = list(csv.DictReader(file.read_text().splitlines()))
    assert [(row["address"], row["answer"], row["version"]) for row in rows] == [
        ("ana@example.org", "accepted", "0"),
        ("leo@example.org", "accepted", "0"),
        ("ben@example.org", "tentative", "1"),
        ("eva@example.org", "declined", "0"),
    ]
    assert {row["up to date"] for row in rows} == {"no"}
    assert mailer("calendar", "attendees", "board-2023").out == file.read_text()
    assert "There is no calendar entry 'x'" in mailer("calendar", "attendees", "x").err


def test_a_name_that_looks_like_a_formula_is_written_as_text(service: Inviting) -> None:
    """Spreadsheet programs run what begins with an equals sign."""
    number = service.numbers["ana"]
    service.store.redis.hset(keys.subscriber(number), "n", "=1+1")
    service.says("ACCEPTED")
    out = io.StringIO()
    assert export_csv(service.store, "board-2023", out) == 1
    assert "'=1+1" in out.getvalue()


# On a page.


def test_a_page_shows_and_takes_the_same_answer(service: Inviting) -> None:
    """Looking changes nothing (law 5); the answer counts beside those by mail."""
    before = service.store.redis.dbsize()
    shown = service.rsvp.look(service.token())
    assert shown is not None
    assert (shown.entry.id, shown.subscriber.address, shown.answer, shown.open) == (
        "board-2023",
        "ana@example.org",
        None,
        True,
    )
    assert service.store.redis.dbsize() == before
    for _ in range(2):
        done = service.rsvp.answer(service.token(), ACCEPTED)
        assert done is not None
        assert done.answer is ACCEPTED
    assert service.tally() == {ACCEPTED: {"en": 1}}
    assert [one["how"] for one in service.answered()] == ["web"]
    service.clock.advance(timedelta(hours=1))
    service.says("DECLINED", DTSTAMP="20230420T080000Z")
    shown = service.rsvp.look(service.token())
    assert shown is not None
    assert shown.answer is DECLINED


def test_a_page_for_nothing_shows_nothing(service: Inviting) -> None:
    """A false token, or one for a reader who is gone, is told as any page that is not there."""
    assert service.rsvp.look("1-1-0123456789abcdef") is None
    signer = Signer(secret_key(service.settings))
    assert (
        service.rsvp.look(invitation_token(signer, service.entry.number, 99, "ana@example.org"))
        is None
    )
    assert service.rsvp.look(invitation_token(signer, 5, 1, "ana@example.org")) is None
    assert service.rsvp.answer("x", ACCEPTED) is None


def test_a_page_says_why_an_answer_is_not_taken(service: Inviting) -> None:
    """Over, cancelled, or no invitation any more."""
    service.calendar.change("board-2023", lambda one: replace(one, invite=False))
    shown = service.rsvp.answer(service.token(), ACCEPTED)
    assert shown is not None
    assert (shown.why, shown.open) == ("not-invited", False)
    service.clock.advance(timedelta(days=9))
    shown = service.rsvp.look(service.token())
    assert shown is not None
    assert shown.why == "over"
    assert service.tally() == {}


# The law behind.

ANSWERS = st.builds(
    Answer,
    subscriber=st.sampled_from([1, 2]),
    attendance=st.sampled_from(Attendance),
    language=st.sampled_from(["en", "fr"]),
    sequence=st.integers(0, 2),
    stamp=st.integers(0, 5).map(lambda n: datetime(2023, 4, 1, n, tzinfo=UTC)),
    at=st.just(datetime(2023, 4, 2, tzinfo=UTC)),
    how=st.just("mail"),
)


@settings(max_examples=60)
@given(st.lists(ANSWERS, max_size=12))
def test_the_tally_always_equals_the_last_answers_of_all(
    store: Store, given_: list[Answer]
) -> None:
    """However many come, in whatever order; and the script judges as the rule does."""
    store.redis.delete(keys.answers("x"), keys.answer_tally("x"))
    known: dict[int, Answer] = {}
    for one in given_:
        event = Event("calendar.answered", one.at, {"entry": "x"})
        wanted = judged(known.get(one.subscriber), one)
        assert attendance.put(store, "x", one, event) is wanted
        if wanted is not Verdict.OLDER:
            known[one.subscriber] = one
    counted = attendance.tally(store, "x").get("", {})
    total = sum(n for by in counted.values() for n in by.values())
    assert total == len(known)
    assert {one.subscriber: one for one in attendance.each(store, "x")} == known
    for one in known.values():
        assert counted[one.attendance][one.language] >= 1


def test_the_invitation_that_is_sent_is_what_an_answer_comes_back_to(service: Inviting) -> None:
    """Organizer, UID and sequence of our file are those that programs repeat."""
    text = for_mail(
        service.entry,
        Frame("en", stamp=service.clock.now()),
        Method.REQUEST,
        organizer=service.address(),
        organizer_name="The Bulletin",
        attendee="ana@example.org",
    )
    assert f"\n mailto:{service.address()}\n" in text
    raw = text.replace("METHOD:REQUEST", "METHOD:REPLY").replace(
        "NEEDS-ACTION\n ;RSVP=TRUE", "ACCEPTED"
    )
    mail = (
        f"From: ana@example.org\r\nContent-Type: text/calendar; method=REPLY\r\n\r\n{raw}".encode()
    )
    record = service.get(service.address(), raw=mail)
    assert record.reason == "an answer to board-2023: accepted"
