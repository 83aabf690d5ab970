"""The intake: what was accepted is kept, once, with its event and its job; nothing is dropped."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as trial
from hypothesis import strategies as st

from mailer.config import secret_key
from mailer.domain.access.token import Purpose, Signer
from mailer.domain.inbound.kinds import Kind, Understanding
from mailer.domain.inbound.received import NEXT, READ, MailState, Way
from mailer.errors import NotFoundError, StateError, StoreError
from mailer.services.inbound import intake as intakes
from mailer.store import keys
from mailer.store.inbound import mails as inbound
from mailer.store.inbound import reading, room
from mailer.store.inbound.mails import Kept, Move
from mailer.store.server.connection import Store, connect
from support.service.inbound_service import LIST, MAIL, InboundService, mail

NOISE = random.Random(4).randbytes


@pytest.fixture
def service(store: Store, tmp_path: Path) -> InboundService:
    """A service that takes mail in."""
    return InboundService(store, tmp_path / "data", room=10_000_000, inbound_max_bytes=2_500_000)


def understood_as(monkeypatch: pytest.MonkeyPatch, kind: Kind) -> None:
    """Have every mail be of that kind."""
    monkeypatch.setattr(intakes, "understand", lambda *_: Understanding(kind))


def test_a_mail_is_kept_as_it_came_with_event_and_job(service: InboundService) -> None:
    """Law 9: no crash may leave one without the others."""
    content = b"\0\xff\r\n.\r\n\nany bytes" * 100
    assert service.intake.receive([mail(content, peer="192.0.2.1")]) == [Kept.NEW]
    (kept,) = service.mails()
    assert (kept.state, kept.way, kept.sender, kept.recipients, kept.peer, kept.size) == (
        MailState.UNREAD,
        Way.LMTP,
        "ana@example.org",
        (LIST,),
        "192.0.2.1",
        len(content),
    )
    assert service.contents() == [content]
    assert service.jobs() == [[kept.number]]
    assert [(event["type"], event["mail"]) for event in service.events()] == [
        ("inbound.received", str(kept.number))
    ]


def test_what_comes_again_is_answered_with_success_and_does_nothing_more(
    service: InboundService,
) -> None:
    """A sender whose answer was lost tries again; the reader must not be subscribed twice."""
    service.intake.receive([mail()])
    assert service.intake.receive([mail(), mail(way=Way.PIPE)]) == [Kept.REPEATED] * 2
    assert service.intake.receive([mail(), mail(MAIL + b"more")]) == [Kept.REPEATED, Kept.NEW]
    assert service.intake.receive([mail(sender=""), mail(recipients=("x",))]) == [Kept.NEW] * 2
    assert len(service.mails()) == len(service.events()) == 4


def test_the_order_of_recipients_makes_no_other_mail(service: InboundService) -> None:
    """Some senders shuffle them between tries."""
    service.intake.receive([mail(recipients=("a", "b"))])
    assert service.intake.receive([mail(recipients=("b", "a"))]) == [Kept.REPEATED]


@trial(max_examples=50)
@given(st.binary(max_size=300), st.text(max_size=30), st.lists(st.text(max_size=30), min_size=1))
def test_any_bytes_and_any_envelope_are_kept(
    service: InboundService, content: bytes, sender: str, recipients: list[str]
) -> None:
    """A text from a stranger must not make an error, because then nobody would see it."""
    service.store.redis.flushall()
    one = mail(content, sender=sender, recipients=tuple(recipients))
    assert service.intake.receive([one]) == [Kept.NEW]
    assert service.contents() == [content]
    service.intake.process(service.mails()[0].number)
    assert service.mails()[0].state in READ


def test_an_envelope_that_is_no_utf_8_is_kept_as_text(service: InboundService) -> None:
    """Old servers send Latin-1, whatever was agreed."""
    sender = b"Jos\xe9@example.org".decode("utf-8", "surrogateescape")
    service.intake.receive([mail(sender=sender)])
    assert service.mails()[0].sender == "Jos�@example.org"


def test_without_the_store_nothing_is_said_to_be_kept(
    service: InboundService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 10: then the sender must keep it."""
    with monkeypatch.context() as away:
        away.setattr(service.store, "redis", connect("unix:///nowhere/store.sock"))
        with pytest.raises(StoreError):
            service.intake.receive([mail()])
    assert service.mails() == []


def test_at_the_limit_mail_is_turned_away_until_handled_mail_gives_way(
    service: InboundService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full store must neither lose mail nor say that it took what it did not."""
    signer = Signer(secret_key(service.settings))
    leave = [
        f"bulletin-leave+{signer.sign(Purpose.LEAVE, n, 1)}@lists.example.org" for n in range(5)
    ]
    large = [mail(NOISE(2_400_000), recipients=(to,)) for to in leave]
    assert service.intake.receive(large) == [Kept.NEW] * 4 + [Kept.NO_ROOM]
    assert service.intake.receive(large[4:]) == [Kept.NO_ROOM]
    understood_as(monkeypatch, Kind.RECEIPT)
    service.intake.process(service.mails()[0].number)
    assert service.intake.receive(large[4:]) == [Kept.NEW]
    assert len(service.mails()) == 4
    assert service.events()[-2]["type"] == "inbound.removed"
    full = [event["limit"] for event in service.events() if event["type"] == "inbound.full"]
    assert full == ["room"]
    kept = sum(service.store.redis.strlen(keys.inbound_raw(one.number)) for one in service.mails())
    assert room.bytes_kept(service.store) == kept


def test_a_lost_job_is_found_and_enqueued_again(service: InboundService) -> None:
    """A worker killed between a mail's acceptance and its reading must not cost the mail."""
    service.intake.receive([mail(), mail(b"another")])
    assert service.intake.sweep() == []
    service.clock.advance(timedelta(minutes=2))
    numbers = [one.number for one in service.mails()]
    assert service.intake.sweep() == numbers
    assert service.jobs() == [numbers, numbers]
    assert service.intake.sweep() == []
    for number in numbers:
        service.intake.process(number)
    service.clock.advance(timedelta(hours=1))
    assert service.intake.sweep() == []


@pytest.mark.parametrize("kind", Kind)
def test_what_nobody_handles_waits_for_a_person(
    service: InboundService, monkeypatch: pytest.MonkeyPatch, kind: Kind
) -> None:
    """Law 11: nothing is dropped in silence, whatever kind of mail it is."""
    understood_as(monkeypatch, kind)
    service.intake.receive([mail()])
    service.intake.process(service.mails()[0].number)
    (kept,) = service.mails()
    assert kept.state is (MailState.HANDLED if kind in intakes.HANDLERS else MailState.WAITING)
    assert kept.kind == kind
    assert kept.reason
    assert service.events()[-1] | {"at": ""} == {
        "type": "inbound.classified",
        "at": "",
        "mail": str(kept.number),
        "kind": kind.value,
        "state": kept.state.value,
    }


def test_reading_twice_does_nothing_more(service: InboundService) -> None:
    """Jobs may run twice, at once or after one another."""
    service.intake.receive([mail()])
    number = service.mails()[0].number
    for _ in range(3):
        service.intake.process(number)
    assert [event["type"] for event in service.events()] == [
        "inbound.received",
        "inbound.classified",
    ]
    service.intake.process(999)


def test_mail_that_cannot_be_read_is_put_aside_and_can_be_put_back(
    service: InboundService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect of ours on one mail must neither lose it nor stop the others."""

    def fail(*_: object) -> None:
        raise RecursionError("too deep")

    service.intake.receive([mail()])
    number = service.mails()[0].number
    with monkeypatch.context() as defect:
        defect.setattr(intakes, "understand", fail)
        service.intake.process(number)
    (kept,) = service.mails()
    assert (kept.state, kept.reason) == (
        MailState.QUARANTINED,
        "reading it failed: RecursionError",
    )
    with pytest.raises(NotFoundError):
        service.intake.requeue(999)
    service.intake.requeue(number)
    with pytest.raises(StateError):
        service.intake.requeue(number)
    assert service.jobs()[-1] == [number]
    service.intake.process(number)
    assert service.mails()[0].state is not MailState.QUARANTINED


def test_mail_on_which_workers_die_is_put_aside(
    service: InboundService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise it would end one worker after the other, for ever."""
    monkeypatch.setattr(intakes, "understand", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    service.intake.receive([mail(), mail(b"innocent")])
    number, other = (one.number for one in service.mails())
    for _ in range(intakes.MOST_ATTEMPTS):
        with pytest.raises(KeyboardInterrupt):
            service.intake.process(number, other)
        service.intake.process(number)  # for all anybody knows, that worker lives
        service.clock.advance(timedelta(hours=1))
    monkeypatch.setattr(intakes, "understand", lambda *_: Understanding(Kind.PERSON))
    service.intake.process(number, other)
    assert [one.state for one in service.mails()] == [MailState.QUARANTINED, MailState.WAITING]


def test_mail_is_kept_for_its_time_and_then_removed_with_an_event(
    service: InboundService,
) -> None:
    """Mail holds personal data; and what nobody looked at must not vanish unnoticed."""
    service.intake.receive([mail()])
    service.intake.process(service.mails()[0].number)
    service.clock.advance(timedelta(days=29))
    service.intake.receive([mail(b"unread")])
    assert service.intake.tidy() == 0
    service.clock.advance(timedelta(days=40))
    assert service.intake.tidy() == 1
    (left,) = service.mails()
    assert left.state is MailState.UNREAD  # never removed before it is read
    assert service.events()[-1] | {"at": ""} == {
        "type": "inbound.removed",
        "at": "",
        "count": "1",
        "unseen": "1",
    }
    with pytest.raises(NotFoundError):
        inbound.raw(service.store, left.number - 1)


@pytest.mark.parametrize("before", MailState)
@pytest.mark.parametrize("after", MailState)
def test_states_change_as_the_table_says(
    service: InboundService, before: MailState, after: MailState
) -> None:
    """Every state and every way from it is decided, none by accident."""
    from mailer.domain.events import Event

    service.intake.receive([mail()])
    number = service.mails()[0].number
    event = Event("inbound.requeued", service.clock.now(), {"mail": number})
    if before is not MailState.UNREAD:
        first = MailState.HANDLED if before is MailState.CITED else before
        inbound.move(service.store, [Move(number, first, event)])
    if before is MailState.CITED:
        room.keep_cited(service.store, [number], service.clock.now())
    went = inbound.move(service.store, [Move(number, after, event)])
    assert went == ([number] if after in NEXT[before] else [])
    assert service.mails()[0].state is (after if went else before)
    assert sum(inbound.counts(service.store).values()) == 1


def test_a_job_reads_what_waits_with_its_mail(service: InboundService) -> None:
    """A job costs more than to read a mail: a flood must not keep others waiting for theirs."""
    service.intake.receive([mail(b"%d" % n) for n in range(30)])
    first, *others = (one.number for one in service.mails())
    service.intake.work_off(first)
    assert {one.state for one in service.mails()} == {MailState.WAITING}
    for number in others:
        service.intake.work_off(number)
    assert [one.attempts for one in service.mails()] == [1] * 30


def test_what_another_worker_has_begun_is_left_to_it(service: InboundService) -> None:
    """Read twice at once, a mail would count twice against limits, and as one that kills workers."""
    service.intake.receive([mail(), mail(b"another")])
    number, other = (one.number for one in service.mails())
    now = service.clock.now()
    assert [one.number for one in reading.begin(service.store, [number], now, 60)] == [number]
    assert reading.begin(service.store, [number], now, 60) == []
    assert reading.unread(service.store, 10) == [other]
    later = now + timedelta(seconds=61)
    assert [one.attempts for one in reading.begin(service.store, [number], later, 60)] == [2]
