"""Transactional mail: one mail for one wish, to nobody who may not get it, with its end written down."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from mailer.domain.access.actor import Actor, Kind
from mailer.domain.access.rights import Right
from mailer.domain.subscribers.address import parse_address
from mailer.errors import InputError, NotAllowedError, NotFoundError
from mailer.services.access import audit
from mailer.services.access.acting import Recorder, acting_as
from mailer.services.subscriptions import subscribers
from mailer.services.transactional import ledger, library
from mailer.services.transactional.sending import (
    KeyReusedError,
    MailLimitError,
    MailRefusedError,
)
from mailer.store import keys, outbox
from mailer.store.outbox import State
from mailer.store.queue import QueueName, queue
from mailer.store.server.connection import Store
from mailer.store.transactional import templates
from support.samples.registration import DATA, FOLDER, files, small
from support.service.mail_service import text_of
from support.service.template_mail import TemplateMail

ANA = "ana@example.org"


@pytest.fixture
def service(store: Store, tmp_path: Path) -> TemplateMail:
    """A service whose programs have mail sent."""
    return TemplateMail(store, tmp_path / "data", public_url="https://news.example.org")


def fields(mail: EmailMessage, *names: str) -> list[str | None]:
    """Return header fields, on one line each."""
    return [" ".join(str(mail[name]).split()) if mail[name] else None for name in names]


def test_a_mail_is_queued_with_event_and_job_and_leaves_once(service: TemplateMail) -> None:
    """Law 9; the job runs in the lane that no campaign holds up (law 19)."""
    accepted = service.send(language="fr")
    assert (accepted.repeated, accepted.language) == (False, "fr")
    waiting = queue(service.store.redis, QueueName.URGENT).jobs
    assert [(job.func_name, list(job.args)) for job in waiting] == [
        ("mailer.workers.jobs.post", [accepted.number])
    ]
    queued = service.told("service_mail.queued")[-1]
    assert queued == {
        "outbox": str(accepted.number),
        "name": "template",
        "template": "registration",
        "language": "fr",
        "subscriber": "0",
    }
    (mail,) = service.arrived()
    assert mail["Subject"] == "Votre inscription : Annual meeting"
    assert "Bonjour Ana" in text_of(mail)
    assert "Bonjour Ana" in text_of(mail, "html")
    assert service.arrived() == []
    found = service.of(accepted.number)
    assert (found.state, found.reason[:3], found.attempts) == ("sent", "250", 1)


def test_what_the_mail_says_of_itself(service: TemplateMail) -> None:
    """RFC 3834; of no list, so that no program offers to leave one."""
    service.member()
    service.send()
    (mail,) = service.arrived()
    assert fields(mail, "To", "Auto-Submitted", "Content-Language", "X-Loop") == [
        ANA,
        "auto-generated",
        "en",
        "bulletin@lists.example.org",
    ]
    assert fields(mail, "List-Id", "List-Unsubscribe", "List-Help") == [None, None, None]
    assert mail["CFBL-Feedback-ID"]


def test_a_mail_of_a_topic_can_be_stopped_by_one_click(service: TemplateMail) -> None:
    """RFC 8058, and an address for who reads without a browser; both in the text as well."""
    service.member(topics="bulletin meetings")
    service.send(template="news")
    (mail,) = service.arrived()
    leave, stop = str(mail["List-Unsubscribe"]).split(", ")
    assert leave.startswith("<https://news.example.org/leave/")
    assert leave.endswith("?topic=meetings>")
    assert stop.startswith("<mailto:bulletin-confirm+")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert leave.strip("<>") in text_of(mail)
    assert "List-Id" in mail


def test_the_address_that_stops_a_topic_stops_that_topic(service: TemplateMail) -> None:
    """The rest of the subscription stays."""
    service.member(topics="bulletin meetings")
    service.send(template="news")
    (mail,) = service.arrived()
    stop = str(mail["List-Unsubscribe"]).split(", ")[1]
    service.get(stop.removeprefix("<mailto:").partition("?")[0], author=ANA)
    found = service.who()
    assert found is not None
    assert (found.status.value, found.topics) == ("active", ("bulletin",))
    with pytest.raises(MailRefusedError):
        service.send(template="news")


@pytest.mark.parametrize(
    ("asked", "subscriber", "got"),
    [("es", "fr", "es"), ("", "fr", "fr"), ("", "", "en"), ("fr-CH", "", "fr"), ("de", "es", "en")],
)
def test_the_language_is_the_one_asked_for_or_the_reader_s(
    service: TemplateMail, asked: str, subscriber: str, got: str
) -> None:
    """Where the template lacks it, its first language stands in."""
    if subscriber:
        service.member(language=subscriber)
    assert service.send(language=asked).language == got


def test_the_same_key_is_the_same_mail(service: TemplateMail) -> None:
    """A program that got no answer asks again."""
    first = service.send(idempotency_key="order-1")
    again = service.send(idempotency_key="order-1")
    assert (again.number, again.repeated) == (first.number, True)
    assert len(service.arrived()) == 1
    service.clock.advance(timedelta(hours=23))
    assert service.send(idempotency_key="order-1").number == first.number
    assert service.arrived() == []
    assert service.send(idempotency_key="order-2").number != first.number
    assert service.send().number != service.send().number


def test_a_key_outlives_a_new_version(service: TemplateMail) -> None:
    """What the program asked for has not changed."""
    first = service.send(idempotency_key="order-1")
    service.take(**{**files(), "en.md": files()["en.md"] + b"\nMore.\n"})
    assert service.send(idempotency_key="order-1").number == first.number


@pytest.mark.parametrize(
    "other",
    [
        {"data": {**DATA, "name": "Bo"}},
        {"address": "bo@example.org"},
        {"language": "fr"},
        {"template": "news"},
    ],
)
def test_a_key_for_other_content_is_an_error(service: TemplateMail, other: dict[str, Any]) -> None:
    """Two mails would be taken for one."""
    first = service.send(idempotency_key="order-1")
    with pytest.raises(KeyReusedError) as caught:
        service.send(idempotency_key="order-1", **other)
    assert caught.value.number == first.number
    assert len(service.arrived()) == 1


def test_many_at_once_with_one_key_queue_one_mail(service: TemplateMail) -> None:
    """Key and mail are written by one script."""
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(service.send, idempotency_key="order-1") for _ in range(12)]
    assert len({one.result().number for one in asked}) == 1
    assert sum(not one.result().repeated for one in asked) == 1
    assert len(service.arrived()) == 1
    assert ledger.listing(service.store)[0].state == "sent"


@pytest.mark.parametrize("key", ["a b", "é", "x" * 256, "\n"])
def test_a_key_is_plain(service: TemplateMail, key: str) -> None:
    """It comes in a header field."""
    with pytest.raises(InputError, match="cannot be a key"):
        service.send(idempotency_key=key)


def refused(service: TemplateMail, **asked: Any) -> tuple[int, str]:
    """Ask for a mail that is refused; returns its number and the reason."""
    with pytest.raises(MailRefusedError) as caught:
        service.send(**asked)
    return caught.value.number, caught.value.reason


def test_a_suppressed_address_gets_nothing_and_the_ledger_says_why(service: TemplateMail) -> None:
    """The program learns it with a stable word; nothing of the data is kept."""
    subscribers.suppress(
        service.store, service.settings, service.clock.now(), parse_address(ANA), "asked"
    )
    number, reason = refused(service, idempotency_key="order-1")
    assert reason == "suppressed"
    assert refused(service, idempotency_key="order-1") == (number, "suppressed")
    assert service.arrived() == []
    found = service.of(number)
    assert (found.state, found.reason) == ("skipped", "suppressed")
    kept = service.store.redis.hgetall(keys.outbox(number))
    assert b"to" not in kept
    assert b"facts" not in kept
    assert service.told("service_mail.skipped")[-1]["reason"] == "suppressed"
    assert library.show(service.store, "registration").counts == {"en": {"skipped": 1}}


@pytest.mark.parametrize(
    ("status", "without_topic", "with_topic"),
    [
        ("", "", "not-subscribed"),
        ("active", "", ""),
        ("suspended", "suspended", "suspended"),
        ("unsubscribed", "", "not-subscribed"),
        ("complained", "complained", "complained"),
        ("pending", "", "not-subscribed"),
        ("withdrawn", "", "not-subscribed"),
    ],
)
def test_the_status_decides_who_gets_it(
    service: TemplateMail, status: str, without_topic: str, with_topic: str
) -> None:
    """The table of `refusal`, as the script has it."""
    if status:
        number = service.member(topics="meetings").number
        service.store.redis.hset(keys.subscriber(number), "s", status)
    for template, reason in (("registration", without_topic), ("news", with_topic)):
        if reason:
            assert refused(service, template=template)[1] == reason
        else:
            assert service.send(template=template).number


def test_a_reader_of_other_topics_gets_no_mail_of_this_one(service: TemplateMail) -> None:
    """Nor one whose topic's name only begins like it."""
    service.member(topics="bulletin")
    assert refused(service, template="news")[1] == "not-subscribed"


def test_12_a_mail_that_waits_is_skipped_if_its_reader_left_meanwhile(
    service: TemplateMail,
) -> None:
    """Law 4: the last moment counts."""
    number = service.member(topics="meetings").number
    first = service.send(template="news").number
    other = service.send().number
    service.store.redis.hset(keys.subscriber(number), "s", "unsubscribed")
    assert len(service.arrived()) == 1
    assert [service.of(one).state for one in (first, other)] == ["skipped", "sent"]
    assert service.of(first).reason == "not-subscribed"
    assert service.told("service_mail.skipped")[-1]["template"] == "news"


def test_what_does_not_fit_is_told_and_nothing_is_queued(service: TemplateMail) -> None:
    """All at once, before anything happened."""
    for asked, said in (
        ({"data": {}}, "data.meeting"),
        ({"data": {**DATA, "nmae": "x"}}, "unknown|declares no such"),
        ({"address": "nobody"}, "must have one @"),
        ({"data": {**DATA, "name": "x" * 70_000}}, "KB"),
        ({"data": {**DATA, "fee": float("nan")}}, "no plain data"),
        ({"data": {**DATA, "meeting": "x" * 500}}, "subject"),
    ):
        with pytest.raises(InputError, match=said):
            service.send(**asked)
    for asked in ({"template": "other"}, {"version": "0" * 16}):
        with pytest.raises(NotFoundError):
            service.send(**asked)
    assert service.store.redis.exists(keys.OUTBOX_NEXT) == 0
    assert service.told("service_mail.queued") == []


def test_an_address_has_a_limit_that_says_when_it_ends(store: Store, tmp_path: Path) -> None:
    """A program gone wrong fills no mailbox; other spellings of it do not help."""
    service = TemplateMail(store, tmp_path / "data", mail_per_address=2)
    service.send()
    service.send("ANA+x@example.org")
    with pytest.raises(MailLimitError) as caught:
        service.send(idempotency_key="order-1")
    assert caught.value.limit == "address"
    assert 86_000 < caught.value.retry_after <= 86_400
    assert service.send("bo@example.org").number
    service.store.redis.delete(*service.store.redis.keys("mailer:mail:limit:address:*"))
    assert not service.send(idempotency_key="order-1").repeated


def test_who_asks_has_a_limit_that_refusals_count_for(store: Store, tmp_path: Path) -> None:
    """A token in wrong hands cannot fill the ledger."""
    service = TemplateMail(store, tmp_path / "data", mail_per_token=2)
    assert refused(service, template="news")[1]
    service.send()
    with pytest.raises(MailLimitError) as caught:
        service.send("bo@example.org")
    assert caught.value.limit == "actor"
    assert 3_500 < caught.value.retry_after <= 3_600


def token(name: str, *rights: Right) -> Actor:
    """Return a program with a token."""
    return Actor(Kind.TOKEN, name, frozenset(rights), name, "user:1", "api", "192.0.2.1")


def test_programs_have_limits_and_keys_of_their_own(store: Store, tmp_path: Path) -> None:
    """One that runs wild stops no other, and a key that another used is not taken for its own."""
    service = TemplateMail(store, tmp_path / "data", mail_per_token=1)
    recorder = Recorder(store, service.settings, service.clock)
    with acting_as(token("one", Right.MAIL_SEND), recorder):
        first = service.send(idempotency_key="k")
        with pytest.raises(MailLimitError):
            service.send(idempotency_key="other")
        assert service.send(idempotency_key="k").repeated
    with acting_as(token("two", Right.MAIL_SEND), recorder):
        assert service.send(idempotency_key="k").number != first.number
    kept = [(one.act, one.phase.value, one.code) for one in audit.each(store)]
    assert kept[:4] == [
        ("mail.send", "begun", ""),
        ("mail.send", "done", ""),
        ("mail.send", "begun", ""),
        ("mail.send", "refused", "mail_limit"),
    ]
    assert audit_facts(store)[1] == {"mail": first.number, "subscriber": 0}
    assert ANA not in str(audit_facts(store))


def audit_facts(store: Store) -> list[object]:
    """Return the facts of all entries of the audit log."""
    return [one.facts for one in audit.each(store)]


def test_sending_and_changing_templates_are_rights(service: TemplateMail) -> None:
    """A token that sends cannot change what is said, and the reverse."""
    recorder = Recorder(service.store, service.settings, service.clock)
    with acting_as(token("one", Right.MAIL_SEND), recorder):
        with pytest.raises(NotAllowedError):
            service.take(**files())
        number = service.send().number
        assert service.of(number).state == "queued"
    with acting_as(token("two", Right.TEMPLATES_WRITE), recorder):
        service.take(**files())
        with pytest.raises(NotAllowedError):
            service.send()
        with pytest.raises(NotAllowedError):
            service.of(number)


def test_data_and_address_are_forgotten_at_the_end(service: TemplateMail) -> None:
    """Personal data is kept until the mail has left, and is in no event at any time."""
    number = service.send(data={**DATA, "name": "Zebedee"}).number
    assert b"Zebedee" in service.store.redis.hget(keys.outbox(number), "facts")
    service.arrived()
    dump = " ".join(
        str(service.store.redis.hgetall(key))
        for key in service.store.redis.scan_iter("mailer:outbox:mail:*")
    )
    assert "Zebedee" not in dump
    assert ANA not in dump
    assert "Zebedee" not in str(service.events())
    assert ANA not in str(service.events())
    assert service.of(number).who


@pytest.mark.parametrize(("marker", "state"), [("rcpt-550", "failed"), ("dot-drop", "unknown")])
def test_what_became_of_it_is_in_the_ledger(service: TemplateMail, marker: str, state: str) -> None:
    """As of all mail: a lost answer is not sent again."""
    number = service.send(f"ana+{marker}@example.org").number
    service.posted()
    assert service.of(number).state == state
    assert library.show(service.store, "registration").counts == {"en": {"queued": 1, state: 1}}
    service.clock.advance(timedelta(days=1))
    assert service.posted() == []


def test_a_mail_whose_worker_died_is_unknown(service: TemplateMail) -> None:
    """The claim was written down first (law 3); its version is in use no more."""
    number = service.send().number
    assert outbox.claim(service.store, number, service.clock.now(), 60) is not None
    service.clock.advance(timedelta(minutes=2))
    assert service.outbox.sweep() == []
    assert (service.of(number).state, service.arrived()) == ("unknown", [])
    assert service.store.redis.exists(keys.TEMPLATE_USES) == 0


def test_a_lost_job_is_found(service: TemplateMail) -> None:
    """A worker killed before its claim costs a minute, not the mail."""
    number = service.send().number
    service.store.redis.delete(queue(service.store.redis, QueueName.URGENT).key)
    service.clock.advance(timedelta(minutes=2))
    assert service.outbox.sweep() == [number]
    assert len(service.arrived()) == 1


def test_a_mail_keeps_its_version_and_old_ones_go_when_nothing_needs_them(
    service: TemplateMail,
) -> None:
    """What was checked is what is sent; nothing piles up."""
    old = library.show(service.store, "registration").summary.version
    number = service.send("ana+rcpt-451@example.org").number
    new = service.take(**{**files(), "en.md": files()["en.md"] + b"\nMore.\n"})
    service.posted()
    service.clock.advance(timedelta(days=1, hours=1))
    templates.tidy(service.store, service.clock.now() + timedelta(days=60))
    assert set(templates.versions(service.store, "registration")) == {old, new}
    assert service.of(number).version == old
    for _ in range(40):
        service.posted()
        service.clock.advance(timedelta(hours=5))
    assert service.of(number).state == "failed"
    templates.tidy(service.store, service.clock.now() + timedelta(days=60))
    assert templates.versions(service.store, "registration") == [new]
    with pytest.raises(NotFoundError):
        service.send("bo@example.org", version=old)


def test_a_replaced_version_can_be_named_for_a_while(service: TemplateMail) -> None:
    """A program is deployed after the template, or before."""
    old = library.show(service.store, "registration").summary.version
    service.take(**{**files(), "en.md": files()["en.md"] + b"\nMore.\n"})
    assert service.send(version=old).version == old
    (mail,) = service.arrived()
    assert "More." not in text_of(mail)


def test_a_removed_template_sends_what_is_queued_and_no_more(service: TemplateMail) -> None:
    """Its numbers stay."""
    number = service.send().number
    library.remove(service.store, "registration", service.clock)
    with pytest.raises(NotFoundError):
        service.send()
    assert len(service.arrived()) == 1
    assert service.of(number).state == "sent"
    service.outbox.sweep()
    assert templates.versions(service.store, "registration") == []
    assert templates.tally(service.store, "registration") == {
        ("en", "queued"): 1,
        ("en", "sent"): 1,
    }
    assert service.told("template.removed")
    with pytest.raises(NotFoundError):
        library.remove(service.store, "registration", service.clock)


def test_importing_the_same_files_again_changes_nothing(service: TemplateMail) -> None:
    """A script that imports at each start makes no versions."""
    given = (service.store, service.settings, FOLDER, service.clock)
    assert not library.import_folder(*given)[1]
    assert len(service.told("template.imported")) == 2
    with pytest.raises(InputError):
        service.take(**small("[a]({{ stranger }})"))
    assert [one.slug for one in library.listed(service.store)] == ["news", "registration"]


def test_a_preview_sends_nothing(service: TemplateMail) -> None:
    """With the examples, or with a program's own data."""
    shown = library.preview(service.store, service.settings, "news", language="fr")
    assert "rappels de réunions" in shown.text
    own = library.preview(
        service.store, service.settings, "registration", data={**DATA, "name": "Bo"}
    )
    assert "Dear Bo" in own.text
    assert service.store.redis.exists(keys.OUTBOX_NEXT) == 0


def test_what_comes_back_counts_for_the_reader_and_in_the_ledger(service: TemplateMail) -> None:
    """Law 13: the return path is signed, so that the report says whose it is."""
    service.member()
    number = service.send().number
    (sent,) = service.posted()
    assert sent.sender.startswith("bulletin-bounces+")
    service.returned("54-postfix.eml", sent)
    assert service.status() == "suspended"
    assert service.of(number).bounced
    told = service.told("service_mail.bounced")[-1]
    assert (told["outbox"], told["severity"]) == (str(number), "hard")
    assert refused(service)[1] == "suspended"
    service.returned("54-postfix.eml", sent)
    assert library.show(service.store, "registration").counts["en"]["bounced"] == 1


def test_a_report_about_somebody_who_is_no_reader_is_in_the_ledger(service: TemplateMail) -> None:
    """Nobody is suspended, and the program can see it."""
    number = service.send("bo@example.org").number
    (sent,) = service.posted()
    service.returned("54-postfix.eml", sent)
    assert service.of(number).bounced
    assert service.status("bo@example.org") == ""


@pytest.mark.parametrize("file", ["65-feedback-id.eml", "65-original-return-path.eml"])
def test_a_complaint_takes_its_reader_off_the_list(service: TemplateMail, file: str) -> None:
    """As one about any other mail, by each secret that it bears."""
    service.member()
    service.send()
    (sent,) = service.posted()
    service.returned(file, sent, "bulletin@lists.example.org")
    assert service.status() == "complained"
    assert refused(service)[1] == "suppressed"


def test_a_complaint_of_somebody_who_is_no_reader_suppresses_their_address(
    service: TemplateMail,
) -> None:
    """Our secret says that a mail of ours is meant, and the mail's own record to whom it was."""
    service.send()
    (sent,) = service.posted()
    to = "bulletin@lists.example.org"
    raw = service.report("65-original-return-path.eml", sent, to)
    author = "MAILER-DAEMON@mx.example.com"
    for named in (b"bo@example.org", b"ana@example.org"):
        told = raw.replace(b"Original-Rcpt-To: redacted@example.com", b"Original-Rcpt-To: " + named)
        assert told != raw
        service.get(to, raw=told, sender="", author=author)
    assert service.send("bo@example.org").number
    assert refused(service)[1] == "suppressed"


def test_nobody_guesses_a_mail_of_another_kind(service: TemplateMail) -> None:
    """The ledger of programs holds their mails alone."""
    service.get(service.own("subscribe"))
    with pytest.raises(NotFoundError):
        service.of(1)
    assert ledger.listing(service.store) == []
    assert ledger.listing(service.store, "registration") == []


def test_many_states_are_listed_the_newest_first(service: TemplateMail) -> None:
    """By template, or all."""
    service.member(topics="meetings")
    numbers = [service.send().number, service.send(template="news").number]
    assert [one.number for one in ledger.listing(service.store)] == numbers[::-1]
    assert [one.number for one in ledger.listing(service.store, "news")] == numbers[1:]
    assert ledger.listing(service.store)[0].facts()["state"] == "queued"
    assert outbox.counts(service.store)[State.QUEUED] == 2
