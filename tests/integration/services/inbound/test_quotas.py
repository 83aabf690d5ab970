"""Room for mail: nobody uses up what is kept for the others, and what is turned away is not lost."""

from __future__ import annotations

import hashlib
import json
import random
import smtplib
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as trial
from hypothesis import strategies as st

from mailer.config import secret_key
from mailer.domain.access.token import Purpose, Signer
from mailer.domain.events import Event
from mailer.domain.inbound.quotas import RECORD_BYTES, STRANGERS, Share
from mailer.domain.inbound.received import FREE, READ, Incoming, MailState, Way
from mailer.inbound import protocol
from mailer.message.outgoing.verp import ReturnPath
from mailer.services.inbound import intake as intakes
from mailer.store import keys
from mailer.store.inbound import mails as inbound
from mailer.store.inbound import room
from mailer.store.inbound.mails import Kept, Move
from mailer.store.queue import QueueName, queue
from mailer.store.server.connection import Store
from support.service.command import Command
from support.service.inbound_service import LIST, listening, mail
from support.service.mail_service import MailService

OWNER = "secretariat@office.example"
LARGEST = 100_000
ROOM = 10_000_000


@pytest.fixture
def service(store: Store, tmp_path: Path) -> MailService:
    """A service with little room, of which each has a share."""
    return MailService(
        store,
        tmp_path / "data",
        room=ROOM,
        inbound_max_bytes=LARGEST,
        owner_address=OWNER,
    )


def noise(seed: int, size: int = LARGEST - 1000) -> bytes:
    """Return a letter that does not shrink."""
    return b"From: x@example.net\r\n\r\n" + random.Random(seed).randbytes(size)


def letter(number: int, **fields: Any) -> Incoming:
    """Return a large letter of a stranger, who is another one each time, elsewhere."""
    given: dict[str, Any] = {
        "way": Way.SMTP,
        "sender": f"x@domain{number}.example",
        "peer": f"198.18.{number % 250}.{number // 250}",
    }
    return mail(**({"content": noise(number)} | given | fields))


def tokens(service: MailService, reader: int) -> tuple[str, str]:
    """Return two addresses that only one reader has: to leave, and for bounces."""
    signer = Signer(secret_key(service.settings))
    leave = f"bulletin-leave+{signer.sign(Purpose.LEAVE, reader, 1)}@lists.example.org"
    return leave, ReturnPath("bulletin", "lists.example.org", signer).write(1, reader)


def taken(service: MailService, mails: Sequence[Incoming]) -> list[Kept]:
    """Take in mails by tens, as a listener does."""
    return [
        one
        for first in range(0, len(mails), 10)
        for one in service.intake.receive(mails[first : first + 10])
    ]


@pytest.mark.parametrize(
    ("fields", "share", "most"),
    [
        ({"sender": "x@example.net"}, Kept.OVER_SENDER, 0.05),
        ({"peer": "203.0.113.7"}, Kept.OVER_NETWORK, 0.2),
        ({}, Kept.OVER_KIND, 0.4),
        ({"sender": "", "peer": "203.0.113.7"}, Kept.OVER_NETWORK, 0.2),
    ],
)
def test_a_share_of_the_room_is_all_that_one_takes(
    service: MailService, fields: dict[str, Any], share: Kept, most: float
) -> None:
    """One sender, one network, one kind of mail: the others find room."""
    kept = taken(service, [letter(n, **fields) for n in range(int(ROOM * most / LARGEST) + 5)])
    assert set(kept) == {Kept.NEW, share}
    assert kept.count(Kept.NEW) == pytest.approx(ROOM * most / LARGEST, abs=2)
    to = ("bulletin-help@lists.example.org",)
    other: dict[str, Any] = {"sender": "ana@example.org", "peer": "192.0.2.1", "recipients": to}
    assert service.intake.receive([letter(999, **other)]) == [Kept.NEW]


def test_what_bears_our_tokens_is_taken_when_strangers_have_used_up_their_part(
    service: MailService,
) -> None:
    """Law 15: replies, leaving and bounces come in while everybody else is put off."""
    help_address = "bulletin-help@lists.example.org"
    reports: dict[str, Any] = {"sender": ""}
    kinds: list[dict[str, Any]] = [{}, {"recipients": (help_address,)}, reports]
    for fields in kinds:
        taken(service, [letter(n, **fields) for n in range(42)])
    assert service.intake.receive([letter(77, **reports)]) == [Kept.OVER_STRANGERS]
    assert room.bytes_of_strangers(service.store) <= ROOM * STRANGERS
    for reader in range(1, 6):
        leave, bounces = tokens(service, reader)
        mails = [letter(500 + reader, recipients=(leave,)), letter(700, recipients=(bounces,))]
        assert service.intake.receive(mails) == [Kept.NEW] * 2


def test_a_token_that_somebody_has_does_not_open_all_the_room(service: MailService) -> None:
    """Every reader has one, a hostile one too."""
    leave, _ = tokens(service, 1)
    kept = taken(service, [letter(n, recipients=(leave,)) for n in range(10)])
    assert kept.count(Kept.NEW) == 4
    assert set(kept) == {Kept.NEW, Kept.OVER_TOKEN}
    assert service.intake.receive([letter(50, recipients=(tokens(service, 2)[0],))]) == [Kept.NEW]


def test_many_small_mails_are_counted_too(service: MailService) -> None:
    """A record costs memory, however little the mail says."""
    mails = [mail(b"%d" % n, way=Way.SMTP, sender="x@example.net") for n in range(300)]
    taken(service, mails)
    assert room.bytes_of_strangers(service.store) > 300 * RECORD_BYTES


def test_over_a_connection_a_stranger_is_put_off_and_a_reader_is_not(service: MailService) -> None:
    """451: the sender's mail server keeps the mail, and nothing that was answered 250 is lost."""
    leave, _ = tokens(service, 1)
    stranger: dict[str, Any] = {"way": Way.SMTP, "sender": "x@example.net", "peer": "127.0.0.1"}
    taken(service, [mail(noise(n), **stranger) for n in range(6)])
    taken(service, [mail(noise(n, 10_000), **stranger) for n in range(10)])
    large = b"Subject: x\r\n\r\n" + b64encode(random.Random(9).randbytes(66_000)) + b"\r\n"
    with (
        listening(service.intake, "smtp://127.0.0.1:0") as listener,
        smtplib.SMTP("127.0.0.1", listener.ports[0]) as client,
    ):
        with pytest.raises(smtplib.SMTPDataError) as refused:
            client.sendmail("x@example.net", [LIST], large)
        assert (refused.value.smtp_code, refused.value.smtp_error) == (
            451,
            protocol.OVER[4:].encode(),
        )
        client.sendmail("x@example.net", [leave], large)
    assert service.mails()[-1].recipients == (leave,)


def test_the_secretariat_hears_once_an_hour_that_mail_is_turned_away(service: MailService) -> None:
    """A full store that nobody knows of turns readers away for weeks."""
    for n in range(20):
        service.intake.receive([letter(n, sender="x@example.net")])
    assert service.queued() == ["full"]
    full = [event for event in service.events() if event["type"] == "inbound.full"]
    assert [event["limit"] for event in full] == ["sender"]
    assert "for one sender" in str(service.sent()[0].get_body(("plain",)))


STEPS = ("keep", "handle", "wait", "hold", "requeue", "drop", "tidy", "trim")


@trial(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 5)), max_size=40))
def test_the_shares_add_up_whatever_happens(
    service: MailService, steps: list[tuple[str, int]]
) -> None:
    """A count that drifts would shut everybody out one day, or let everybody in."""
    service.store.redis.flushall()
    for count, (step, which) in enumerate(steps):
        act(service, step, which, count)
        waits = [one for one in service.mails() if one.state not in FREE]
        used: dict[str, int] = {}
        for one in waits:
            for share in one.shares:
                used[share] = used.get(share, 0) + one.charge
        found = service.store.redis.hgetall(keys.INBOUND_SHARES)
        assert {name.decode(): int(value) for name, value in found.items()} == used
        kept = [one for one in service.mails() if one.state is not MailState.CITED]
        sizes = [service.store.redis.strlen(keys.inbound_raw(one.number)) for one in kept]
        assert room.bytes_kept(service.store) == sum(sizes)
        assert [one.charge for one in kept] == [size + RECORD_BYTES for size in sizes]


def requeued(service: MailService, number: int) -> Event:
    """Return an event, for a move of a mail that needs one."""
    return Event("inbound.requeued", service.clock.now(), {"mail": number})


def act(service: MailService, step: str, which: int, count: int) -> None:
    """Do one step to one of the mails, if it can be done."""
    if step == "keep":
        service.intake.receive([letter(which, content=b"x" * 50_000 + b"%d" % count)])
        return
    if step == "tidy":
        service.clock.advance(timedelta(days=4 * which))
        service.intake.tidy()
        return
    mails = service.mails()
    if not mails:
        return
    one = mails[which % len(mails)]
    event = requeued(service, one.number)
    states = {"handle": MailState.HANDLED, "wait": MailState.WAITING, "hold": MailState.HELD}
    if step in states:
        inbound.move(service.store, [Move(one.number, states[step], event)])
    elif step == "trim":
        move = Move(one.number, MailState.WAITING, event, content=b"short")
        inbound.move(service.store, [move])
    elif step == "drop":
        service.intake.drop([one.number])
    elif one.state in READ:
        service.intake.requeue(one.number)


REPORT = (
    b"From: Mail System <MAILER-DAEMON@mx.example.net>\r\nSubject: Undelivered mail\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status;"
    b' boundary="b"\r\n\r\n--b\r\n\r\nIt came back.\r\n--b\r\nContent-Type:'
    b" message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.net\r\n\r\n"
    b"Final-Recipient: rfc822; ana@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\n"
    b"Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\n"
)


def test_of_a_report_that_bears_no_token_the_beginning_is_kept(service: MailService) -> None:
    """Nothing can follow from it: anybody can send thousands, with 25 MB attached to each."""
    content = REPORT + noise(1, 500_000) + b"\r\n--b--\r\n"
    service.intake.receive([mail(content, sender="")])
    number = service.mails()[0].number
    service.intake.process(number)
    kept = inbound.get(service.store, number)
    assert kept.kind == "bounce"
    assert kept.size == len(content)
    assert inbound.raw(service.store, number) == content[: intakes.BRIEF_BYTES]
    assert kept.digest == hashlib.sha256(content).hexdigest()
    assert room.bytes_kept(service.store) < 2 * intakes.BRIEF_BYTES


def test_a_report_that_bears_our_token_is_kept_whole(service: MailService) -> None:
    """The secretariat may have to show it to a provider."""
    content = REPORT + noise(1, 100_000) + b"\r\n--b--\r\n"
    service.intake.receive([mail(content, sender="", recipients=(tokens(service, 1)[1],))])
    number = service.mails()[0].number
    service.intake.process(number)
    assert inbound.raw(service.store, number) == content


def test_the_mail_by_which_a_reader_agreed_outlives_all_others(service: MailService) -> None:
    """It proves the consent, for as long as the reader is subscribed, and not longer."""
    service.subscribed(author="ana@example.org")
    service.subscribed(author="bea@example.net")
    consents = [service.who(one) for one in ("ana@example.org", "bea@example.net")]
    cited = [json.loads(one.consent)["mail"] for one in consents if one]
    for _ in range(3):
        service.clock.advance(timedelta(days=31))
        service.intake.tidy()
    assert [(one.number, one.state) for one in service.mails()] == [
        (number, MailState.CITED) for number in cited
    ]
    assert room.bytes_kept(service.store) == 0
    assert b"From: ana@example.org" in inbound.raw(service.store, int(cited[0]))


def test_when_the_reader_leaves_that_mail_goes_too(service: MailService) -> None:
    """Personal data is kept for a reason, or not at all."""
    welcome = service.subscribed()
    text = str(welcome.get_body(("plain",)))
    way = next(word for word in text.split() if word.startswith("bulletin-leave+"))
    service.clock.advance(timedelta(days=31))
    service.intake.tidy()
    assert [one.state for one in service.mails()] == [MailState.CITED]
    service.get(way)
    assert service.status() == "unsubscribed"
    service.clock.advance(timedelta(days=32))
    service.intake.tidy()
    assert service.mails() == []


def test_junk_makes_room_before_what_is_cited(
    service: MailService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flood of handled mail must not wash the evidence away."""
    service.subscribed()
    monkeypatch.setattr("mailer.services.inbound.making_room._ROOM", 0.0)
    service.intake.tidy()
    assert [one.state for one in service.mails()] == [MailState.CITED]


@pytest.fixture
def mailer(store: Store, service: MailService) -> Command:
    """The command line, at the service's store."""
    return Command(store, service.settings.data_dir)


@pytest.mark.parametrize(
    ("options", "left"),
    [
        (("{0}", "{2}"), [1, 3]),
        (("--sender", "x@example.net"), [2, 3]),
        (("--sender", "@example.com"), [0, 1]),
        (("--kind", "person", "--sender", "@example.net"), [2, 3]),
        (("--older-than", "12h"), [3]),
        (("--state", "handled", "--sender", "@example.com"), [0, 1, 2, 3]),
        (("--kind", "bounce"), [0, 1, 2, 3]),
    ],
)
def test_mail_is_dropped_by_number_and_by_what_it_is(
    service: MailService, mailer: Command, options: tuple[str, ...], left: list[int]
) -> None:
    """A person clears up after a flood without reading a thousand mails."""
    senders = ["x@example.net", "x@example.net", "y@example.com", "z@example.com"]
    numbers = []
    for n, sender in enumerate(senders):
        if n == 3:
            service.clock.advance(timedelta(hours=13))
        service.intake.receive([mail(b"From: a@b.example\r\n\r\nletter %d" % n, sender=sender)])
        number = service.mails()[-1].number
        inbound.move(
            service.store,
            [Move(number, MailState.WAITING, requeued(service, number), {"kind": "person"})],
        )
        numbers.append(number)
    since = service.clock.now() - datetime.now(UTC)
    mailer.settings = {"MAILER_CLOCK_OFFSET_SECONDS": str(since.total_seconds())}
    said = mailer("inbound", "drop", *(one.format(*numbers) for one in options), "--yes")
    assert said.code == 0, said.err
    assert [one.number for one in service.mails()] == [numbers[n] for n in left]
    assert ("removed" in said.out) == (len(left) < 4)


def test_without_a_terminal_nothing_is_dropped_unless_it_is_said(
    service: MailService, mailer: Command
) -> None:
    """Law 18: it says how many first."""
    service.intake.receive([mail()])
    number = service.mails()[0].number
    inbound.move(service.store, [Move(number, MailState.WAITING, requeued(service, number))])
    said = mailer("inbound", "drop", str(number))
    assert said.code != 0
    assert "1 mail of" in said.err
    assert len(service.mails()) == 1
    assert mailer("inbound", "drop", "--yes").code != 0
    assert mailer("inbound", "drop", "--older-than", "soon", "--yes").code != 0


def test_mail_that_nobody_has_read_is_not_dropped(service: MailService, mailer: Command) -> None:
    """It may be a reader's who leaves."""
    service.intake.receive([mail()])
    assert "0 mails removed" in mailer("inbound", "drop", "1", "--yes").out
    assert len(service.mails()) == 1


def test_a_share_names_its_counter_in_bounded_length() -> None:
    """Strangers choose how long their names are."""
    assert len(Share("sender", "x" * 100_000, 1).key) < 40


@pytest.mark.parametrize(
    ("sender", "recipient", "lane"),
    [
        ("ana@example.org", "bulletin-subscribe@lists.example.org", "urgent"),
        ("ana@example.org", "bulletin@lists.example.org", "urgent"),
        ("", "bulletin-subscribe@lists.example.org", "upkeep"),
        ("reports@example.net", "bulletin-complaints@lists.example.org", "upkeep"),
        ("ana@example.org", "bulletin-owner@lists.example.org", "upkeep"),
    ],
)
def test_what_people_ask_for_is_read_in_the_urgent_lane(
    service: MailService, sender: str, recipient: str, lane: str
) -> None:
    """A storm of reports, or a campaign, must keep nobody waiting for a confirmation."""
    assert taken(service, [mail(sender=sender, recipients=(recipient,))]) == [Kept.NEW]
    found = {name.value: queue(service.store.redis, name).count for name in QueueName}
    assert found == {name.value: int(name.value == lane) for name in QueueName}
