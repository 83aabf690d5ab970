"""The inbox: what waits for a person, how it is read and answered, and what people do about it."""

from __future__ import annotations

import email
import email.policy
from datetime import timedelta
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import pytest

from mailer.domain.access.actor import Actor
from mailer.domain.access.actor import Kind as ActorKind
from mailer.domain.access.rights import RIGHTS, Right, Role
from mailer.domain.inbound.inbox import BIN, NEXT, Deed, Group, Standing, Why
from mailer.domain.inbound.kinds import Kind
from mailer.domain.inbound.received import MailState, Received
from mailer.errors import InputError, NotFoundError, StateError
from mailer.services.access.acting import Recorder, acting_as
from mailer.services.inbound.inbox import listing, reading
from mailer.services.inbound.inbox.answering import Answering, Draft
from mailer.services.inbound.inbox.deeds import Deeds
from mailer.services.inbound.inbox.listing import Filter
from mailer.services.inbound.inbox.reading import Carried
from mailer.store import keys
from mailer.store.inbound import inbox, room
from mailer.store.inbound import mails as inbound
from mailer.store.server.connection import Store
from support.service.mail_service import MailService

DESK = "secretariat@example.org"


@pytest.fixture
def service(store: Store, tmp_path: Path) -> MailService:
    """A service with a secretariat that has a mailbox."""
    return MailService(store, tmp_path / "data", owner_address=DESK)


def items(service: MailService, chosen: Filter | None = None) -> list[Received]:
    """Return what the inbox lists, the newest first."""
    return list(listing.page(service.store, chosen or Filter()).mails)


def answering(service: MailService) -> Answering:
    """Return what answers."""
    return Answering(service.store, service.settings, service.clock)


def deeds(service: MailService) -> Deeds:
    """Return what acts on items."""
    return Deeds(service.store, service.settings, service.clock)


def letter(service: MailService, **given: Any) -> int:
    """Take in a letter to the secretariat; returns its number."""
    told: dict[str, Any] = {"subject": "Where do I register?", "body": "I cannot find the page."}
    return service.get(service.own("owner"), **(told | given)).number


def answers_in(mails: list[EmailMessage]) -> list[EmailMessage]:
    """Return those of the mails that a person wrote."""
    return [one for one in mails if one["Auto-Submitted"] == "no"]


def posted(service: MailService) -> list[EmailMessage]:
    """Post all that is due; returns what the relay got."""
    return [
        email.message_from_bytes(one.content, policy=email.policy.default)
        for one in service.posted()
    ]


# What is in it.


def test_letter_that_was_passed_on_waits_in_the_inbox_too(service: MailService) -> None:
    """The secretariat's mailbox gets it as before; whoever works here must not miss it."""
    number = letter(service, author="Ana Pérez <ana@example.org>")
    (one,) = items(service)
    assert (one.number, one.state) == (number, MailState.HANDLED)
    assert one.item is not None
    assert (one.item.why, one.item.group) == (Why.LETTER, Group.LETTERS)
    assert (one.item.author, one.item.name) == ("ana@example.org", "Ana Pérez")
    assert one.item.subject == "Where do I register?"
    assert service.queued() == ["letter"]
    assert listing.waiting(service.store) == 1


def test_one_word_subject_over_a_letter_says_why_it_was_not_acted_on(service: MailService) -> None:
    """Law 17; the secretariat sees at a glance what the author may have wanted."""
    body = "Dear all,\n\nour delegate has changed, and I should like to tell you more about it.\n"
    number = service.get(service.own(), subject="unsubscribe", body=body).number
    found = inbound.get(service.store, number).item
    assert found is not None
    assert (found.why, found.group) == (Why.ONE_WORD, Group.UNACTED)


def test_what_follows_from_by_itself_is_not_there(service: MailService) -> None:
    """Else nobody would look."""
    service.get(service.own("subscribe"), subject="subscribe")
    service.get(service.own("owner"), header="Auto-Submitted: auto-replied\n", subject="Away")
    assert items(service) == []
    assert listing.waiting(service.store) == 0


def test_mail_from_before_there_was_an_inbox_enters_it_once(service: MailService) -> None:
    """An upgrade must not hide what waits."""
    number = letter(service)
    service.store.redis.hset(keys.inbound(number), "state", "waiting")
    service.store.redis.hdel(keys.inbound(number), "item")
    service.store.redis.delete(keys.inbox("waiting", "letters"))
    service.intake.tidy()
    assert [one.number for one in items(service)] == [number]
    deeds(service).mark(number, Standing.DONE)
    service.intake.tidy()
    assert items(service) == []


# Lists.


def test_lists_page_by_page_choose_and_count(service: MailService) -> None:
    """Nothing is left out at the edge of a page, and nothing twice."""
    numbers = [letter(service, subject=f"Número {n}") for n in range(7)]
    service.get(service.own(), subject="subscribe", body="x", author="Zoë <zoe@example.net>")
    seen, before = [], 0
    while True:
        page = listing.page(service.store, Filter(groups=(Group.LETTERS,)), before=before, most=3)
        seen += [one.number for one in page.mails]
        if page.following is None:
            break
        before = page.following
    assert seen == numbers[::-1]
    assert [one.number for one in items(service, Filter(text="numero 3"))] == [numbers[3]]
    assert items(service, Filter(Standing.DONE)) == []
    counts = listing.counts(service.store)
    assert counts[Standing.WAITING, Group.LETTERS] == 7


def test_search_looks_at_so_much_at_once_and_goes_on(
    service: MailService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page costs the same however much waits, and what is further down is found all the same."""
    oldest = letter(service, subject="The one")
    for _ in range(5):
        letter(service)
    monkeypatch.setattr(listing, "MOST_LOOKED_AT", 2)
    monkeypatch.setattr(listing, "_LOT", 2)
    found: list[int] = []
    before: int | None = 0
    pages = 0
    while before is not None:
        page = listing.page(service.store, Filter(text="the one"), before=before)
        found += [one.number for one in page.mails]
        before, pages = page.following, pages + 1
    assert found == [oldest]
    assert pages > 2


def test_mail_that_was_dealt_with_by_itself_is_found_and_read(service: MailService) -> None:
    """The service may have been wrong, and then nobody else looks."""
    away = [
        service.get(
            service.own("owner"), header="Auto-Submitted: auto-replied\n", subject=f"Away {n}"
        )
        for n in range(5)
    ]
    letter(service)
    seen, before = [], 0
    while True:
        page = listing.others(service.store, before=before, most=2)
        seen += [one.number for one in page.mails]
        if page.following is None:
            break
        before = page.following
    assert seen == [one.number for one in away[::-1]]
    assert listing.others(service.store, text="nobody@").mails == []
    opened = reading.opened(service.store, service.settings, away[0].number)
    assert (opened.item.why, opened.item.subject) == (Why.BY_ITSELF, "Away 0")
    assert opened.suggested == ()
    with pytest.raises(NotFoundError):
        answering(service).answer(away[0].number, Draft("x"))


# Answers.


def test_answer_reaches_the_author_in_the_thread_and_its_reply_comes_back_to_it(
    service: MailService,
) -> None:
    """The way there and back, whatever the reader's program does to the header."""
    number = letter(service)
    actor = Actor(ActorKind.USER, "Grace", RIGHTS[Role.SENDER], "7")
    with acting_as(actor, Recorder(service.store, service.settings, service.clock)):
        made = answering(service).answer(number, Draft("Here it is.\n\nGrace", form="f1"))
        again = answering(service).answer(number, Draft("Here it is.\n\nGrace", form="f1"))
    assert again == made
    (mail,) = answers_in(posted(service))
    assert (mail["To"], mail["Subject"]) == ("ana@example.org", "Re: Where do I register?")
    assert (mail["In-Reply-To"], mail["Content-Language"]) == ("<1@example.org>", "en")
    text = mail.get_content().replace("\r\n", "\n")
    assert text.startswith("Here it is.\n\nGrace\n\n-- \nThe Bulletin\n")
    assert "ana@example.org wrote:\n> I cannot find the page.\n" in text
    record = inbound.get(service.store, number)
    assert record.item is not None
    assert (record.item.standing, record.item.by) == (Standing.ANSWERED, "user:7")
    # A program that keeps the thread, and one that keeps nothing but the address.
    back = parseaddr(mail["Reply-To"])[1]
    first = service.get(
        back, subject="Thanks", header=f"In-Reply-To: {mail['Message-ID']}\n", body="Got it."
    )
    second = service.get(back.upper(), subject="One more thing", body="And when?")
    opened = reading.opened(service.store, service.settings, second.number)
    assert [turn.mail.number for turn in opened.thread if turn.mail] == [
        number,
        first.number,
        second.number,
    ]
    assert [turn.carried for turn in opened.thread if turn.answer] == [Carried.SENT]
    assert opened.item.why is Why.REPLY


def test_reader_is_answered_in_their_language(service: MailService) -> None:
    """Also where they wrote in another one."""
    service.get(service.own("subscribe+fr"), subject="subscribe")
    (question,) = [one for one in posted(service) if one["To"] == "ana@example.org"]
    service.get(parseaddr(question["Reply-To"])[1], subject=f"Re: {question['Subject']}")
    number = letter(service)
    posted(service)
    made = answering(service).answer(number, Draft("Voici."))
    assert made.language == "fr"
    (mail,) = answers_in(posted(service))
    assert "a écrit\xa0:" in mail.get_content()


@pytest.mark.parametrize(
    "draft",
    [
        Draft("x", subject="Hello\r\nBcc: eve@example.net"),
        Draft("x", subject="Hello\nBcc: eve@example.net"),
        Draft("x", subject="Hello\u2028Bcc: eve@example.net"),
        Draft("x\0y"),
        Draft("x\x1b[2J"),
        Draft("  \n "),
        Draft("x" * 20_001),
        Draft("x", language="xx"),
        Draft("x", form="f" * 101),
    ],
)
def test_answer_that_cannot_be_is_refused_and_nothing_leaves(
    service: MailService, draft: Draft
) -> None:
    """No header field can be added, by whatever is called a line break somewhere."""
    number = letter(service)
    with pytest.raises(InputError):
        answering(service).answer(number, draft)
    assert answers_in(posted(service)) == []
    assert [one.number for one in items(service)] == [number]


def test_subject_of_a_stranger_adds_no_field_to_the_answer(service: MailService) -> None:
    """Encoded words can hold any octet."""
    number = letter(service, subject="=?utf-8?q?Hi=0D=0ABcc:_eve=40example.net=E2=80=AE?=")
    answering(service).answer(number, Draft("Hello.\r\n.\r\nBcc: x"))
    (mail,) = answers_in(posted(service))
    assert (mail["Bcc"], mail["To"]) == (None, "ana@example.org")
    assert mail["Subject"] == "Re: Hi Bcc: eve@example.net"
    assert "\r\n.\r\nBcc: x\r\n" in mail.get_content()


@pytest.mark.parametrize(
    "given",
    [
        {"sender": ""},
        {"author": ""},
        {"author": "ana@example.org, eve@example.net"},
        {"author": "bulletin@lists.example.org"},
    ],
)
def test_nobody_answers_loops_and_mail_without_one_author(
    service: MailService, given: dict[str, Any]
) -> None:
    """Law 8, and nobody is written to who did not write."""
    number = service.get(service.own("owner"), subject="Hi", body="x", **given).number
    deeds(service).reclassify(number, Kind.PERSON)
    with pytest.raises(InputError, match="cannot be answered"):
        answering(service).answer(number, Draft("x"))


def test_suppressed_address_is_not_answered(service: MailService) -> None:
    """Law 4: it is told at once, not found out in the outbox."""
    number = letter(service)
    deeds(service).do(number, Deed.SUPPRESS, unvouched=True)
    with pytest.raises(InputError, match="suppressed"):
        answering(service).answer(number, Draft("x"))


def test_answer_that_did_not_leave_has_its_letter_wait_again(service: MailService) -> None:
    """Whoever wrote it believes that it arrived."""
    number = letter(service, author="eva+rcpt-550@example.net")
    answering(service).answer(number, Draft("Hello."))
    assert items(service) == []
    posted(service)
    (one,) = items(service, Filter(groups=(Group.FAILED,)))
    assert (one.number, one.item and one.item.why) == (number, Why.UNSENT)
    opened = reading.opened(service.store, service.settings, number)
    assert [turn.carried for turn in opened.thread if turn.answer] == [Carried.FAILED]


def test_answer_that_comes_back_has_its_letter_wait_again(service: MailService) -> None:
    """Its return path is the address that replies come to."""
    number = letter(service)
    answering(service).answer(number, Draft("Hello."))
    (mail,) = [one for one in service.posted() if one.sender]
    report = (
        "From: MAILER-DAEMON@example.org\nSubject: Undelivered\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\n\nNo such user.\n--b\nContent-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; mx.example.org\n\nFinal-Recipient: rfc822; ana@example.org\n"
        "Action: failed\nStatus: 5.1.1\n\n--b--\n"
    )
    record = service.get(mail.sender, sender="", raw=report.replace("\n", "\r\n").encode())
    assert (record.kind, record.state) == ("bounce", MailState.HANDLED)
    (one,) = items(service)
    assert (one.number, one.item and one.item.why) == (number, Why.RETURNED)
    forged = mail.sender.replace("+", "+0")
    assert service.intake.address(forged) is None


def test_message_id_of_another_cannot_be_taken_over(service: MailService) -> None:
    """A stranger who knows it joins the thread at most, and replies still find it."""
    number = letter(service)
    raw = b"From: eve@example.net\r\nMessage-ID: <1@example.org>\r\nSubject: x\r\n\r\nx\r\n"
    forged = service.get(service.own("owner"), author="eve@example.net", raw=raw)
    assert forged.item is not None
    assert forged.item.thread == forged.number
    reply = letter(service, header="In-Reply-To: <1@example.org>\n")
    found = inbound.get(service.store, reply).item
    assert found is not None
    assert found.thread == number


# Deeds.


def test_what_is_dealt_with_takes_no_room_and_can_wait_again(store: Store, tmp_path: Path) -> None:
    """Mail that waits counts against its sender's share."""
    service = MailService(store, tmp_path / "data")
    number = letter(service)
    assert inbound.get(store, number).state is MailState.WAITING
    assert room.bytes_of_strangers(store) > 0
    deeds(service).mark(number, Standing.DONE)
    assert inbound.get(store, number).state is MailState.HANDLED
    assert room.bytes_of_strangers(store) == 0
    deeds(service).mark(number, Standing.WAITING)
    assert [one.number for one in items(service)] == [number]
    assert room.bytes_of_strangers(store) == 0


def test_what_is_dropped_can_be_taken_back_until_its_time_is_over(service: MailService) -> None:
    """Then it goes for good, and leaves nothing behind in the lists."""
    kept, gone = letter(service), letter(service)
    for number in (kept, gone):
        deeds(service).mark(number, Standing.DROPPED)
    with pytest.raises(StateError):
        answering(service).answer(gone, Draft("x"))
    deeds(service).mark(kept, Standing.WAITING)
    service.clock.advance(BIN - timedelta(minutes=1))
    assert service.intake.tidy() == 0
    service.clock.advance(timedelta(minutes=2))
    assert service.intake.tidy() == 1
    assert [one.number for one in items(service)] == [kept]
    assert items(service, Filter(Standing.DROPPED)) == []
    assert sum(inbox.counts(service.store).values()) == 1
    with pytest.raises(NotFoundError):
        inbound.get(service.store, gone)


@pytest.mark.parametrize("before", [one for one in Standing if one is not Standing.ANSWERED])
@pytest.mark.parametrize("after", list(Standing))
def test_every_standing_follows_as_the_table_says(
    service: MailService, before: Standing, after: Standing
) -> None:
    """And the lists say the same as the record."""
    number = letter(service)
    deeds(service).mark(number, before)
    if after is Standing.ANSWERED:
        with pytest.raises(InputError):
            deeds(service).mark(number, after)
        after = before
    elif after in NEXT[before]:
        deeds(service).mark(number, after)
    else:
        with pytest.raises(StateError):
            deeds(service).mark(number, after)
        after = before
    item = inbound.get(service.store, number).item
    assert item is not None
    assert item.standing is after
    assert [one.number for one in items(service, Filter(after))] == [number]
    assert sum(inbox.counts(service.store).values()) == 1


def test_letter_that_was_taken_for_an_absence_note_is_made_one(service: MailService) -> None:
    """The service can be wrong; what a person says holds, and can be looked up later."""
    record = service.get(
        service.own("owner"), header="Auto-Submitted: auto-replied\n", subject="Away", body="Hi"
    )
    assert record.item is None
    item = deeds(service).reclassify(record.number, Kind.PERSON)
    assert (item.why, item.standing) == (Why.TOLD, Standing.WAITING)
    item = deeds(service).reclassify(record.number, Kind.AUTO_REPLY)
    assert item.standing is Standing.DONE
    assert items(service) == []
    told = [one for one in service.events() if one["type"] == "inbox.taught"]
    assert [(one["from"], one["to"]) for one in told] == [
        ("auto-reply", "person"),
        ("person", "auto-reply"),
    ]
    with pytest.raises(InputError):
        deeds(service).reclassify(record.number, Kind.CHALLENGE)


def test_several_at_once_and_one_that_fails_stops_no_other(service: MailService) -> None:
    """Each has its outcome; taking somebody off by a forged address asks for a word more."""
    service.get(service.own("subscribe"), subject="subscribe")
    (question,) = posted(service)
    service.get(parseaddr(question["Reply-To"])[1], subject=f"Re: {question['Subject']}")
    first, second = letter(service), letter(service, author="ben@example.org")
    done = deeds(service).each([first, second, 999], Deed.UNSUBSCRIBE)
    assert [one.error.code if one.error else "" for one in done] == [
        "invalid_input",
        "invalid_input",
        "not_found",
    ]
    who = service.who()
    assert who is not None
    assert who.status.value == "active"
    done = deeds(service).each([first, second, 999], Deed.UNSUBSCRIBE, unvouched=True)
    assert [one.error.code if one.error else "" for one in done] == ["", "not_found", "not_found"]
    who = service.who()
    assert who is not None
    assert who.status.value == "unsubscribed"
    assert [one.number for one in items(service)] == [second]


def test_adding_the_author_asks_them_and_adds_nobody(service: MailService) -> None:
    """Law 6: whoever wrote the letter may have used another's address."""
    number = letter(service, author="new@example.net")
    posted(service)
    deeds(service).do(number, Deed.ADD)
    (mail,) = posted(service)
    assert mail["To"] == "new@example.net"
    assert "onfirm" in mail["Subject"]
    who = service.who("new@example.net")
    assert who is not None
    assert who.status.value == "pending"


def test_reading_hides_the_reader_from_whoever_may_not_see_readers(service: MailService) -> None:
    """A token for the inbox alone learns nobody's subscription by it."""
    service.get(service.own("subscribe"), subject="subscribe")
    number = letter(service)
    actor = Actor(ActorKind.TOKEN, "t", frozenset({Right.INBOUND_READ}), "1")
    with acting_as(actor, Recorder(service.store, service.settings, service.clock)):
        assert reading.opened(service.store, service.settings, number).author.subscriber is None
    assert reading.opened(service.store, service.settings, number).author.subscriber is not None
