"""Confirming and leaving by mail, by the numbers of the cases."""

from __future__ import annotations

import json
from datetime import timedelta
from email.message import EmailMessage
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from mailer.domain.inbound.received import Incoming, MailState, Way
from mailer.domain.subscribers.address import parse_address
from mailer.services.subscriptions import exporting
from mailer.services.subscriptions import subscribers as vouched
from mailer.store.server.connection import Store
from mailer.store.subscribers import records as kept_subscribers
from support.service.mail_service import MailService, address_in, text_of

DSN = """From: MAILER-DAEMON@mx.example.org
To: {to}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

The mail could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; ana@example.org
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} no such user

--b--
"""


@pytest.fixture
def service(store: Store, tmp_path: Path) -> MailService:
    """A service that readers write to, and that believes its mail server."""
    return MailService(store, tmp_path / "data", authentication_server="mx.example.org")


def proven(domain: str = "example.org") -> str:
    """Return what our own mail server writes about a mail that its author's domain signed."""
    return (
        f"Authentication-Results: mx.example.org; spf=pass smtp.mailfrom=x;"
        f" dkim=pass (good) header.d={domain} header.s=k\n"
    )


# Confirming.


@pytest.mark.parametrize("words", ["", "Yes, please!", "confirm", "OK\n\n-- \nAna", "Merci bien"])
def test_22_and_35_a_reply_confirms(service: MailService, words: str) -> None:
    """The reply way must work alone: some readers have no web."""
    service.reply(service.asked(), words=words)
    assert service.status() == "active"
    (welcome,) = service.sent()
    assert service.queued() == ["confirm", "welcome"]
    assert address_in(welcome, "bulletin-leave+")


@pytest.mark.parametrize(
    "words",
    [
        "Please add me.",
        "Hello, I would like to confirm that I want to receive it. Best regards, Ana",
        "Bonjour, je souhaite m'abonner au bulletin. Merci beaucoup.",
        "Sure!",
    ],
)
def test_35_a_person_s_short_answer_confirms_though_it_quotes_nothing(
    service: MailService, words: str
) -> None:
    """Telephones leave the quotation out."""
    mail = service.asked()
    service.get(str(mail["Reply-To"]), subject=f"Re: {mail['Subject']}", body=words)
    assert service.status() == "active"


@pytest.mark.parametrize("mark", ["Re:", "AW:", "RE :", "回复:", ""])
def test_22_a_reply_to_the_list_with_the_token_in_its_subject_confirms(
    service: MailService, mark: str
) -> None:
    """Some programs answer to the From field, whatever Reply-To says."""
    mail = service.asked()
    service.get(service.own(), subject=f"{mark} {mail['Subject']}")
    assert service.status() == "active"


def test_the_token_may_stand_in_the_text_to_the_bare_confirm_address(service: MailService) -> None:
    """A person who types an address by hand leaves its end out."""
    token = service.asked()["Subject"].split()[-1]
    service.get(service.own("confirm"), subject=f"confirm {token}")
    assert service.status() == "active"


def test_the_consent_is_kept_and_exported(service: MailService) -> None:
    """A person who asks years later what a reader agreed to must get an answer."""
    service.reply(service.asked(to="subscribe+fr"))
    found = service.who()
    assert found is not None
    consent = json.loads(found.consent)
    assert consent["how"] == "mail"
    assert consent["from"] == "ana@example.org"
    assert (consent["language"], consent["topics"]) == ("fr", ["bulletin"])
    assert consent["at"] == service.clock.now().isoformat(timespec="seconds")
    assert "j’accepte de recevoir The Bulletin" in consent["text"]
    file = StringIO()
    exporting.export_csv(service.store, service.settings, file)
    assert "j’accepte de recevoir The Bulletin" in file.getvalue()


MACHINES = {
    "36 vacation": {"header": "Auto-Submitted: auto-replied\n", "words": "confirm"},
    "36 null sender": {"sender": ""},
    "36 exchange": {"header": "X-Auto-Response-Suppress: All\n"},
    "40 ticket system": {
        "subject": "[Ticket#4711] We have received your request",
        "words": "Thank you for your message. Your request has been received and a ticket was opened.",
    },
    "41 only its subject tells": {"subject": "Out of office: your message"},
    "41 only its text tells": {
        "words": "I am out of the office until 3 May with no access to my mail. In urgent matters"
        " please write to my colleague."
    },
}


@pytest.mark.parametrize("fields", MACHINES.values(), ids=MACHINES)
def test_36_40_and_41_a_machine_confirms_nothing(
    service: MailService, fields: dict[str, Any]
) -> None:
    """Otherwise an absence note would subscribe its owner."""
    mail = service.asked()
    to = str(mail["Reply-To"])
    given = {"subject": f"Re: {mail['Subject']}"} | fields
    service.get(to, body=given.pop("words", ""), **given)
    assert service.status() == "pending"
    assert service.queued() == ["confirm"]


def test_41_what_may_be_a_machine_in_any_language_is_left_to_a_person(
    service: MailService,
) -> None:
    """Notes are written in every language; one that quotes nothing and agrees to nothing waits."""
    mail = service.asked()
    body = "Olen lomalla 3. toukokuuta asti. Kiireellisissä asioissa ottakaa yhteyttä."
    kept = service.get(str(mail["Reply-To"]), subject=f"Re: {mail['Subject']}", body=body)
    assert (kept.state, service.status()) == (MailState.WAITING, "pending")


def test_42_a_person_whose_subject_mentions_an_absence_confirms(service: MailService) -> None:
    """A person's clear words win."""
    mail = service.asked()
    service.get(str(mail["Reply-To"]), subject="Re: before I am out of office", body="confirm")
    assert service.status() == "active"


def test_43_auto_submitted_no_is_a_person(service: MailService) -> None:
    """RFC 3834 section 5 says so."""
    service.reply(service.asked(), header="Auto-Submitted: no\n")
    assert service.status() == "active"


@pytest.mark.parametrize("sender", ["", "mailer-daemon@mx.example.org"])
def test_37_a_confirmation_that_came_back_closes_its_request(
    service: MailService, sender: str
) -> None:
    """The address does not work; and a report is no answer."""
    mail = service.asked()
    raw = DSN.format(to=mail["Reply-To"], action="failed", status="5.1.1").encode()
    service.get(str(mail["Reply-To"]), sender=sender, raw=raw)
    assert service.who() is None
    assert service.events()[-1]["type"] == "subscription.closed"
    service.reply(mail)
    assert service.status() != "active"


def test_37_a_confirmation_that_is_late_may_still_be_answered(service: MailService) -> None:
    """A delay is no failure."""
    mail = service.asked()
    raw = DSN.format(to=mail["Reply-To"], action="delayed", status="4.4.1").encode()
    service.get(str(mail["Reply-To"]), sender="", raw=raw)
    service.reply(mail)
    assert service.status() == "active"


def test_38_a_receipt_changes_nothing(service: MailService) -> None:
    """A reader who has read it has not yet agreed."""
    mail = service.asked()
    raw = (
        f"From: ana@example.org\nTo: {mail['Reply-To']}\nSubject: Read: x\nMIME-Version: 1.0\n"
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n"
        "--b\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822;a@b.c\n"
        "Disposition: manual-action/MDN-sent-manually; displayed\n\n--b--\n"
    ).encode()
    service.get(str(mail["Reply-To"]), raw=raw)
    assert (service.status(), service.queued()) == ("pending", ["confirm"])


def test_39_a_challenge_is_never_answered(service: MailService) -> None:
    """Otherwise two machines would ask each other for ever who they are."""
    mail = service.asked()
    service.get(
        str(mail["Reply-To"]),
        subject="Please confirm your message",
        body="Your message was held. To deliver it, click the link below to prove that you are"
        " human:\nhttps://challenge.example.net/x",
    )
    assert (service.status(), service.queued()) == ("pending", ["confirm"])


def test_44_a_used_token_changes_nothing_and_tells_so_once(service: MailService) -> None:
    """People press twice."""
    mail = service.asked()
    for _ in range(4):
        service.reply(mail)
    assert service.status() == "active"
    assert service.queued() == ["confirm", "welcome", "already"]
    assert service.types().count("subscription.confirmed") == 1


def test_44_confirmations_at_one_instant_welcome_once(service: MailService) -> None:
    """Two workers may read a reply that was sent twice."""
    mail = service.asked()
    content = "From: ana@example.org\r\nMessage-ID: <x{}@example.org>\r\n\r\n"
    to = (str(mail["Reply-To"]),)
    service.get_all(
        [Incoming(Way.LMTP, "ana@example.org", to, content.format(n).encode()) for n in range(5)]
    )
    assert len(service.sent()) == 1
    assert service.queued() == ["confirm", "welcome"]


def test_44_a_token_of_who_left_again_asks_anew(service: MailService) -> None:
    """An old mail found by somebody must not bring a person back (law 7)."""
    mail = service.asked()
    service.reply(mail)
    service.get(address_in(service.sent()[0], "bulletin-leave+"))
    service.clock.advance(timedelta(days=2))
    service.reply(mail)
    assert service.status() == "unsubscribed"
    assert service.queued() == ["confirm", "welcome", "goodbye", "confirm"]


@pytest.mark.parametrize("tidied", [True, False])
def test_44_an_expired_token_asks_anew(service: MailService, tidied: bool) -> None:
    """Friendly: the person was slow, and needs to do nothing but answer again."""
    mail = service.asked(to="subscribe+fr")
    service.clock.advance(timedelta(days=7))
    if tidied:
        assert service.subscribing.expire() == 1
        assert service.who() is None  # a stranger who did not agree is forgotten
        assert kept_subscribers.count(service.store).total == 0
        assert service.types()[-1] == "subscription.expired"
        assert service.subscribing.expire() == 0
    service.reply(mail)
    (again,) = service.sent()
    assert again["Content-Language"] == "fr"
    assert service.status() == "pending"
    service.reply(again)
    assert service.status() == "active"


def test_a_request_in_time_does_not_expire(service: MailService) -> None:
    """Seven days are seven days."""
    mail = service.asked()
    service.clock.advance(timedelta(days=6, hours=23))
    assert service.subscribing.expire() == 0
    service.reply(mail)
    service.clock.advance(timedelta(days=2))
    service.subscribing.expire()
    assert service.status() == "active"


def test_a_later_request_outlives_an_earlier_one(service: MailService) -> None:
    """A reader who asked again on the fifth day has seven days from then."""
    service.asked()
    service.clock.advance(timedelta(days=5))
    later = service.asked(body="again")
    service.clock.advance(timedelta(days=3))
    service.subscribing.expire()
    assert service.status() == "pending"
    service.reply(later)
    assert service.status() == "active"


def test_a_forged_token_is_no_address_of_ours(service: MailService) -> None:
    """It is refused when the recipient is named, before any mail is taken."""
    assert service.intake.address(service.own("confirm+1-0000000000000000")) is None


def test_45_a_token_from_another_address_is_honoured_and_logged(service: MailService) -> None:
    """It is a capability; the log tells who used it."""
    mail = service.asked()
    service.reply(mail, author="ana@work.example.net")
    assert service.status() == "active"
    assert service.who("ana@work.example.net") is None
    confirmed = [e for e in service.events() if e["type"] == "subscription.confirmed"]
    assert confirmed[0]["from"] == "other"
    (welcome,) = service.sent()
    assert welcome["To"] == "ana@example.org"
    assert welcome["In-Reply-To"] is None


@pytest.fixture
def office(store: Store, tmp_path: Path) -> MailService:
    """A service whose secretariat reads letters."""
    return MailService(store, tmp_path / "data", owner_address="secretariat@example.org")


REFUSALS = ["No thanks", "Non merci", "Please do NOT add me!", "I never asked for this. Spam!"]


@pytest.mark.parametrize("words", REFUSALS)
def test_a_refusal_closes_the_request_and_is_read_by_a_person(
    office: MailService, words: str
) -> None:
    """Law 17: nobody who says no is subscribed; and a person who refuses may complain, too."""
    mail = office.asked()
    kept = office.reply(mail, words=words)
    assert (kept.state, kept.reason) == (
        MailState.HANDLED,
        "the owner of the address does not want it",
    )
    assert office.who() is None
    closed = [one for one in office.events() if one["type"] == "subscription.closed"]
    assert [(one["reason"], one["mail"]) for one in closed] == [("refused", str(kept.number))]
    assert office.queued() == ["confirm", "letter"]


def test_who_refuses_twice_is_not_asked_anew(office: MailService) -> None:
    """Another question after a no would be an insult, and a way to bother strangers."""
    mail = office.asked()
    for _ in range(3):
        office.reply(mail, words="NO!")
        office.clock.advance(timedelta(days=2))
    assert office.queued().count("confirm") == 1
    assert office.status() != "active"


def test_a_subject_changed_to_no_refuses(office: MailService) -> None:
    """People write where the cursor stands."""
    mail = office.asked()
    office.get(str(mail["Reply-To"]), subject="NO")
    assert office.who() is None


DOUBTS = [
    "Who are you?",
    "Yes, but please don't send it to my office.",
    "This goes to our lawyers. Where have you got my address?",
    "ja, nein",
]


@pytest.mark.parametrize("words", DOUBTS)
def test_what_neither_agrees_nor_refuses_goes_to_a_person(office: MailService, words: str) -> None:
    """Law 17: in doubt nobody is subscribed, and somebody reads what was asked."""
    mail = office.asked()
    kept = office.reply(mail, words=words)
    assert (kept.state, office.status()) == (MailState.HANDLED, "pending")
    assert office.queued() == ["confirm", "letter"]
    office.reply(mail, words="Yes")
    assert office.status() == "active"


def test_a_forwarded_confirmation_confirms_nothing(office: MailService) -> None:
    """A reader who passes it on asks somebody what it is."""
    mail = office.asked()
    office.get(str(mail["Reply-To"]), subject=f"Fwd: {mail['Subject']}")
    assert office.status() == "pending"


def test_who_is_asked_whether_to_leave_and_says_no_stays(office: MailService) -> None:
    """The question was caused by anybody who wrote a name into a mail."""
    office.member()
    office.get(office.own("leave"))
    (asked,) = office.sent()
    for words in ("No", "No, I want to stay!", "Who asked for that?", "Keep me on the list"):
        office.reply(asked, words=words)
    assert office.status() == "active"
    assert office.types().count("command.ignored") == 2
    office.reply(asked, words="Yes, remove me please")
    assert office.status() == "unsubscribed"


def test_words_below_a_subject_with_a_token_to_leave_are_read(office: MailService) -> None:
    """The token stays in the subject of whatever is answered."""
    office.member()
    office.get(office.own("leave"))
    (asked,) = office.sent()
    office.get(office.own(), subject=f"Re: {asked['Subject']}", body="Please do not remove me!")
    assert office.status() == "active"


def test_who_answers_no_is_forgotten(service: MailService) -> None:
    """A clear refusal is worth as much as a clear consent."""
    mail = service.asked()
    service.reply(mail, words="unsubscribe")
    assert service.who() is None
    service.reply(mail)
    assert service.status() != "active"


def test_a_suspended_reader_comes_back_by_confirming(service: MailService) -> None:
    """The reply shows that the address works again."""
    from mailer.domain.subscribers.subscriber import Action

    number = service.member(topics="meetings").number
    vouched.change(service.store, number, Action.SUSPEND, service.clock.now())
    service.reply(service.asked())
    found = service.who()
    assert found is not None
    assert (found.status.value, found.topics) == ("active", ("bulletin",))


# Leaving.


def test_47_an_empty_mail_to_the_leave_address_is_enough(service: MailService) -> None:
    """Phones send mailto links as they are; and leaving must never be hard."""
    leave = address_in(service.subscribed(), "bulletin-leave+")
    for _ in range(3):
        service.get(leave)
    (goodbye,) = service.sent()
    assert service.status() == "unsubscribed"
    assert goodbye["To"] == "ana@example.org"
    assert service.queued() == ["confirm", "welcome", "goodbye"]
    assert service.types().count("subscriber.left") == 1


def test_47_the_notice_is_in_the_reader_s_language(service: MailService) -> None:
    """The subject of the link that mail programs use is an English word for all."""
    welcome = service.subscribed(to="subscribe+fr")
    service.get(address_in(welcome, "bulletin-leave+"), subject="leave")
    (notice,) = service.sent()
    assert notice["Content-Language"] == "fr"


def test_48_the_token_s_owner_leaves_whoever_sends_it(service: MailService) -> None:
    """Mail is forwarded, and people answer from where they read."""
    service.member("ben@example.net")
    leave = address_in(service.subscribed(), "bulletin-leave+")
    service.get(leave, author="ben@example.net")
    assert (service.status(), service.status("ben@example.net")) == ("unsubscribed", "active")
    left = next(event for event in service.events() if event["type"] == "subscriber.left")
    assert (left["proof"], left["from"]) == ("token", "other")


def test_49_an_author_whom_our_server_vouches_for_leaves_at_once(service: MailService) -> None:
    """Nothing more could be proved by asking."""
    service.member()
    service.get(service.own("leave"), header=proven())
    assert (service.status(), service.queued()) == ("unsubscribed", ["goodbye"])


FORGED = {
    "no word of it": "",
    "another domain": proven("example.net"),
    "another server": proven().replace("mx.example.org", "mx.example.net"),
    "a server within a name": proven().replace("mx.example.org", "x.mx.example.org"),
    "failed": proven().replace("dkim=pass", "dkim=fail"),
    "in a comment": "Authentication-Results: mx.example.org;"
    " none (; dkim=pass header.d=example.org)\n",
}


@pytest.mark.parametrize("header", FORGED.values(), ids=FORGED)
@pytest.mark.parametrize("words", ["", "UnSuBScRiBe ME NOW"])
def test_30_and_50_without_proof_the_owner_is_asked(
    service: MailService, header: str, words: str
) -> None:
    """Nobody may take others off the list by writing their name into a mail."""
    service.member()
    for count in range(3):
        to = service.own("" if words else "leave")
        service.get(to, subject=words, header=header, body="\n" * count)
    assert service.status() == "active"
    (asked,) = service.sent()
    assert service.queued() == ["leave"]
    service.reply(asked)
    assert service.status() == "unsubscribed"


def test_50_a_reply_to_the_list_with_the_token_leaves_too(service: MailService) -> None:
    """Some programs answer to the From field."""
    service.member(language="fr")
    service.get(service.own("leave"))
    (asked,) = service.sent()
    service.get(service.own(), subject=f"Re: {asked['Subject']}")
    assert service.status() == "unsubscribed"


@pytest.mark.parametrize("language", ["en", "fr", "es"])
@pytest.mark.parametrize("kind", ["confirm", "leave"])
def test_subjects_are_commands_in_every_language(
    service: MailService, language: str, kind: str
) -> None:
    """A reply must be understood by its subject alone, whatever language it was asked in."""
    if kind == "leave":
        service.member(language=language)
    mail = service.asked(to="leave" if kind == "leave" else f"subscribe+{language}")
    assert mail["Content-Language"] == language
    service.get(service.own(), subject=f"Re: {mail['Subject']}")
    assert service.status() == ("unsubscribed" if kind == "leave" else "active")


def test_51_who_is_not_subscribed_gets_one_neutral_answer(service: MailService) -> None:
    """Perhaps the person is subscribed with another address."""
    for subject in ("", "leave", "status"):
        service.get(service.own("leave"), subject=subject)
    service.get(service.own(), subject="status")
    assert service.queued() == ["not-member"]


def test_52_automatic_mail_does_not_leave(service: MailService) -> None:
    """An absence note to the leave address is a machine's."""
    leave = address_in(service.subscribed(), "bulletin-leave+")
    service.get(leave, header="Auto-Submitted: auto-replied\n")
    service.get(leave, sender="")
    assert service.status() == "active"


def test_53_a_leave_token_of_who_is_erased_does_nothing(service: MailService) -> None:
    """Old links outlive people's data."""
    leave = address_in(service.subscribed(), "bulletin-leave+")
    at = service.clock.now()
    vouched.erase(service.store, service.settings, at, parse_address("ana@example.org"), "asked")
    service.get(leave)
    assert (service.who(), service.sent()) == (None, [])


# Language, topics and status.


def test_a_welcome_changes_topics_by_its_addresses(service: MailService) -> None:
    """Readers must be able to do everything by mail alone."""
    welcome = service.subscribed()
    service.get(way(welcome, "Also receive: reminders of meetings"))
    (changed,) = service.sent()
    assert topics(service) == ("bulletin", "meetings")
    service.get(way(changed, "No longer receive: the bulletin"))
    assert topics(service) == ("meetings",)
    service.get(way(changed, "No longer receive: reminders of meetings"), author="x@example.net")
    assert topics(service) == ("meetings",)  # the last one is left by leaving
    assert service.types().count("subscriber.updated") == 2


@pytest.mark.parametrize(
    ("subject", "label"),
    [
        ("language fr", "Lire en français"),
        ("topics meetings", "Read it in French"),
        ("status", "Read it in French"),
    ],
)
def test_without_proof_a_reader_is_sent_the_ways_to_change(
    service: MailService, subject: str, label: str
) -> None:
    """The answer holds addresses that only its owner has: a proof by the next mail."""
    before = service.member()
    service.get(service.own(), subject=subject)
    (mail,) = service.sent()
    assert service.who() == before
    service.get(way(mail, label))
    found = service.who()
    assert found is not None
    assert found.language == "fr"


@pytest.mark.parametrize(
    ("subject", "language", "topics_then"),
    [
        ("langue fr", "fr", ("bulletin",)),
        ("topics meetings bulletin", "en", ("bulletin", "meetings")),
    ],
)
def test_with_proof_a_change_is_made_at_once(
    service: MailService, subject: str, language: str, topics_then: tuple[str, ...]
) -> None:
    """The owner of the address must be told."""
    service.member()
    service.get(service.own(), subject=subject, header=proven())
    found = service.who()
    assert found is not None
    assert (found.language, found.topics) == (language, topics_then)
    assert service.queued() == ["changed"]


def test_a_topic_is_left_alone_with_proof(service: MailService) -> None:
    """The others stay."""
    service.member(topics="bulletin meetings")
    service.get(service.own("meetings-leave"), header=proven())
    assert topics(service) == ("bulletin",)


def topics(service: MailService) -> tuple[str, ...]:
    """Return what the reader gets."""
    found = service.who()
    assert found is not None
    return found.topics


def way(mail: EmailMessage, label: str) -> str:
    """Find the address that a mail offers for something."""
    lines = text_of(mail).splitlines()
    return lines[lines.index(f"* {label}") + 1].strip()
