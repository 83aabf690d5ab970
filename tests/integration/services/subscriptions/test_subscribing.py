"""Subscribing by mail, by the numbers of the cases: bytes in, what is known and what is sent out."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mailer.domain.inbound.received import Incoming, MailState, Way
from mailer.domain.subscribers.address import parse_address
from mailer.domain.subscribers.subscriber import Action
from mailer.services.inbound.intake import Intake
from mailer.services.subscriptions import subscribers as vouched
from mailer.services.subscriptions.subscribing import Subscribing
from mailer.store.server.connection import Store
from support.service.mail_service import MailService, text_of


@pytest.fixture
def service(store: Store, tmp_path: Path) -> MailService:
    """A service that readers write to."""
    return MailService(store, tmp_path / "data")


@pytest.mark.parametrize("to", ["bulletin-subscribe", "BULLETIN-SUBSCRIBE"])
def test_1_and_2_an_empty_mail_asks_for_a_confirmation(service: MailService, to: str) -> None:
    """Double opt-in: nobody is subscribed by what anybody can write."""
    kept = service.get(f"{to}@Lists.Example.ORG")
    (mail,) = service.sent()
    assert kept.state is MailState.HANDLED
    assert mail["To"] == "ana@example.org"
    assert service.status() == "pending"
    assert "bulletin-confirm+" in mail["Reply-To"]
    assert service.types()[-4:] == [
        "subscription.asked",
        "subscriber.added",
        "service_mail.queued",
        "service_mail.sent",
    ]


AUTOMATIC = {
    "3 null return path": {"sender": ""},
    "4 automatic reply": {"header": "Auto-Submitted: auto-replied\n"},
    "4 generated": {"header": "Auto-Submitted: auto-generated\n"},
    "4 unofficial": {"header": "X-Autoreply: yes\n"},
    "4 suppressing": {"header": "X-Auto-Response-Suppress: All\n"},
    "5 list": {"header": "List-Id: <other.example.org>\n"},
    "5 precedence list": {"header": "Precedence: list\n"},
    "5 precedence bulk": {"header": "Precedence: bulk\n"},
    "5 precedence junk": {"header": "Precedence: junk\n"},
    "6 our list": {"header": "List-Id: <bulletin.lists.example.org>\n"},
    "6 our loop": {"header": "X-Loop: bulletin@lists.example.org\n"},
    "6 from ourselves": {"author": "bulletin@lists.example.org"},
    "13 two authors": {"author": "ana@example.org, ben@example.org"},
    "13 two From fields": {"header": "From: ben@example.org\n"},
    "13 no author": {"author": ""},
    "13 an empty author": {"author": "<>"},
}


@pytest.mark.parametrize("extension", ["subscribe", "leave", "help", ""])
@pytest.mark.parametrize("fields", AUTOMATIC.values(), ids=AUTOMATIC)
def test_3_to_6_and_13_what_no_person_wrote_is_never_acted_on(
    service: MailService, fields: dict[str, Any], extension: str
) -> None:
    """Law 8: two machines that answer each other never stop."""
    service.get(service.own(extension), subject="subscribe", **fields)
    assert service.queued() == []
    assert service.who() is None
    assert "inbound.classified" in service.types()  # law 11: counted


def test_7_the_same_mail_twice_acts_once(service: MailService) -> None:
    """A sender whose answer was lost sends again."""
    content = b"From: ana@example.org\r\nMessage-ID: <1@example.org>\r\n\r\n"
    one = Incoming(Way.LMTP, "ana@example.org", (service.own("subscribe"),), content)
    service.get_all([one, one])
    service.get_all([one])
    service.intake.process(service.mails()[0].number)
    assert service.queued() == ["confirm"]


def test_8_twenty_requests_in_an_hour_ask_once(service: MailService) -> None:
    """Law 6: nobody can flood a stranger's mailbox through us."""
    for count in range(20):
        service.get(service.own("subscribe"), body=str(count))
        service.clock.advance(timedelta(minutes=3))
    assert service.queued() == ["confirm"]
    assert len(service.sent()) == 1
    service.clock.advance(timedelta(hours=24))
    service.get(service.own("subscribe"), body="another day")
    assert service.queued() == ["confirm"] * 2


def test_8_twenty_requests_at_one_instant_ask_once(service: MailService) -> None:
    """Workers that read them together know nothing of each other: the store must decide."""
    content = "From: ana@example.org\r\nMessage-ID: <{}@example.org>\r\n\r\n"
    mails = [
        Incoming(
            Way.LMTP, "ana@example.org", (service.own("subscribe"),), content.format(n).encode()
        )
        for n in range(20)
    ]
    service.get_all(mails)
    assert service.queued() == ["confirm"]
    assert len(service.sent()) == 1
    assert service.types().count("subscriber.added") == 1


def test_8_workers_at_the_same_time_ask_once(service: MailService) -> None:
    """Processes that know nothing of each other read mails of one address side by side."""
    content = "From: ana@example.org\r\nMessage-ID: <{}@example.org>\r\n\r\n"
    to = (service.own("subscribe"),)
    mails = [
        Incoming(Way.LMTP, "ana@example.org", to, content.format(n).encode()) for n in range(24)
    ]
    service.intake.receive(mails)
    numbers = [one.number for one in service.mails()]

    def work(chosen: list[int]) -> None:
        own = Subscribing(service.store, service.settings, service.clock)
        intake = Intake(service.store, service.settings, service.clock, own.handlers())
        for number in chosen:
            intake.process(number)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, [numbers[n::6] + numbers for n in range(6)]))
    assert service.queued() == ["confirm"]
    assert service.types().count("subscription.asked") == 1
    assert {one.state for one in service.mails()} == {MailState.HANDLED}


def test_9_only_the_author_is_asked(service: MailService) -> None:
    """The envelope sender may be a forwarder, or anybody."""
    service.get(service.own("subscribe"), sender="ben@example.net")
    assert [mail["To"] for mail in service.sent()] == ["ana@example.org"]
    assert service.who("ben@example.net") is None


@pytest.mark.parametrize("to", ["subscribe", ""])
def test_10_nobody_subscribes_somebody_else(service: MailService, to: str) -> None:
    """Otherwise the confirmation would be a way to bother anybody."""
    service.get(service.own(to), subject="subscribe address=bill@example.net")
    (mail,) = service.sent()
    assert service.queued() == ["own"]
    assert mail["To"] == "ana@example.org"
    assert "bill" not in mail.as_string()  # no token holds an i
    assert service.who("bill@example.net") is None


def test_11_who_is_subscribed_is_told_so_privately_once_a_day(service: MailService) -> None:
    """Other people see nothing: the answer goes to the subscribed address alone."""
    service.member(language="fr")
    for _ in range(3):
        service.get(service.own("subscribe"), sender="spy@example.net")
    (mail,) = service.sent()
    assert (service.queued(), mail["To"]) == (["already"], "ana@example.org")
    assert mail["Content-Language"] == "fr"
    assert service.status() == "active"


def test_12_suppressed_addresses_get_nothing(service: MailService) -> None:
    """A reader who complained must never hear from us again, whoever writes in their name."""
    vouched.suppress(
        service.store, service.settings, service.clock.now(), parse_address("ana@example.org"), "x"
    )
    number = service.member("ben@example.net").number
    vouched.change(service.store, number, Action.COMPLAIN, service.clock.now())
    for author in ("ana@example.org", "ben@example.net"):
        for extension in ("subscribe", "leave", "help", "confirm"):
            service.get(service.own(extension), author=author)
        service.get(service.own(), author=author, subject="status")
    assert service.queued() == []
    assert (service.status(), service.status("ben@example.net")) == ("", "complained")


def test_12_a_mail_that_was_queued_before_is_not_sent(service: MailService) -> None:
    """Law 4: consent is asked for at the last moment."""
    service.get(service.own("subscribe"))
    vouched.suppress(
        service.store, service.settings, service.clock.now(), parse_address("ana@example.org"), "x"
    )
    assert service.sent() == []
    assert service.types()[-1] == "service_mail.failed"


def test_14_a_tag_is_kept(service: MailService) -> None:
    """People sort their mail by it."""
    assert service.asked(author="ana+news@example.org")["To"] == "ana+news@example.org"
    assert service.status("ana+news@example.org") == "pending"


def test_15_dots_at_gmail_matter_for_limits_only(service: MailService) -> None:
    """One mailbox with a thousand spellings is still one person who is bothered."""
    service.get(service.own("subscribe"), author="a.n.a@gmail.com")
    service.get(service.own("subscribe"), author="ana@gmail.com")
    service.get(service.own("subscribe"), author="an.a+list@gmail.com")
    assert [mail["To"] for mail in service.sent()] == ["a.n.a@gmail.com"]
    service.clock.advance(timedelta(days=1))
    service.get(service.own("subscribe"), author="ana@gmail.com")
    assert [mail["To"] for mail in service.sent()] == ["ana@gmail.com"]


def test_16_capitals_make_no_other_address(service: MailService) -> None:
    """Mail systems do not tell them apart."""
    service.member("ana@example.org")
    service.get(service.own("subscribe"), author="Ana@EXAMPLE.org")
    assert service.queued() == ["already"]


@pytest.mark.parametrize("author", ["пример@example.org", "ana@bücher.example"])
def test_17_addresses_beyond_ascii_are_asked(service: MailService, author: str) -> None:
    """The relay knows whether they can be delivered to (RFC 6531)."""
    service.get(service.own("subscribe"), author=author)
    (mail,) = service.posted()
    given = parse_address(author)
    assert mail.recipient == (given.ascii or given.given)
    assert service.status(author) == "pending"


def test_17_a_relay_that_cannot_take_it_ends_it_with_a_reason(service: MailService) -> None:
    """Law 11: it must not be tried for ever, nor vanish."""
    service.get(service.own("subscribe"), author="пример@example.org")
    assert service.sent(extensions=("PIPELINING",)) == []
    failed = service.events()[-1]
    assert failed["type"] == "service_mail.failed"
    assert "SMTPUTF8" in failed["reason"]


def test_17_an_address_that_cannot_be_one_is_left_to_a_person(service: MailService) -> None:
    """Nobody can be told, so somebody must see it."""
    kept = service.get(service.own("subscribe"), author="ana@localhost")
    assert (kept.state, service.queued()) == (MailState.WAITING, [])


@pytest.mark.parametrize(
    "author",
    [
        "=?utf-8?Q?P=C3=A9rez=2C_Ana?= <ana@example.org>",
        '"Pérez, Ana" <ana@example.org>',
        "=?utf-8?B?PGJlbkBleGFtcGxlLm5ldD4s?= <ana@example.org>",
    ],
)
def test_18_names_are_not_decoded_before_addresses_are_read(
    service: MailService, author: str
) -> None:
    """A comma or an address hidden in a name must not make another recipient."""
    mail = service.asked(author=author)
    assert mail["To"] == "ana@example.org"
    for word in ("Pérez", "ben@"):  # law 6: no text of the stranger's choosing
        assert word not in text_of(mail)
        assert word not in text_of(mail, "html")


def test_no_word_of_a_stranger_is_in_what_a_stranger_gets(service: MailService) -> None:
    """Law 6: or we would be a way to send advertisements under our good name."""
    chosen = "Buy-gold.example"
    mail = service.asked(
        author=f'"{chosen}" <ana@example.org>',
        subject=f"subscribe {chosen}",
        body=chosen,
        header=f"References: <{chosen} now@x>\nIn-Reply-To: {chosen}\nX-Note: {chosen}\n",
    )
    assert chosen not in mail.as_string()
    assert mail["In-Reply-To"] == "<1@example.org>"


@pytest.mark.parametrize("extension", ["", "owner"])
def test_20_a_letter_goes_to_the_secretariat(service: MailService, extension: str) -> None:
    """People write to people: that is no command."""
    kept = service.get(
        service.own(extension), subject="The meeting in June", body="Could you send me the agenda?"
    )
    assert (kept.state, service.queued()) == (MailState.WAITING, [])


def test_20_a_letter_is_passed_on_to_the_secretariat(store: Store, tmp_path: Path) -> None:
    """A person who reads there answers the author, and has the letter as it came."""
    service = MailService(store, tmp_path / "data", owner_address="secretariat@example.org")
    raw = (
        b"From: Ana <ana@example.net>\r\nSubject: =?utf-8?Q?R=C3=A9union?=\r\n"
        b"Content-Type: text/plain; charset=utf-8\r\n\r\n.\r\n<b>Could</b> you send it?\xc3\xa9\r\n"
    )
    kept = service.get(service.own(), raw=raw)
    (mail,) = service.sent()
    (letter,) = mail.iter_attachments()
    assert kept.state is MailState.HANDLED
    assert (mail["To"], mail["Reply-To"]) == ("secretariat@example.org", "ana@example.net")
    assert letter.get_payload(decode=True) == raw
    assert "> Réunion" in text_of(mail)
    assert "&lt;b&gt;Could" in text_of(mail, "html")
    assert service.who("ana@example.net") is None
    assert mail["Auto-Submitted"] == "auto-replied"


@pytest.mark.parametrize(
    "author",
    ["пример@example.org", "ana@localhost", '"a\\"b"@x.org', "x@y@z", "a" * 300 + "@x.org"],
)
def test_20_a_letter_from_an_odd_author_is_passed_on_or_waits(
    store: Store, tmp_path: Path, author: str
) -> None:
    """Law 11: what cannot be answered can still be read."""
    service = MailService(store, tmp_path / "data", owner_address="secretariat@example.org")
    kept = service.get(service.own(), author=author, subject="The meeting in June", body="Hello")
    assert service.queued() == ["letter"] or kept.state is MailState.WAITING
    for mail in service.sent():
        assert mail["To"] == "secretariat@example.org"


@pytest.mark.parametrize(
    ("fields", "language"),
    [
        ({"to": "subscribe+fr", "subject": "subscribe"}, "fr"),
        ({"to": "subscribe", "subject": "s'abonner"}, "fr"),
        ({"to": "subscribe", "subject": "suscribirse", "header": "Content-Language: fr\n"}, "es"),
        ({"to": "subscribe", "header": "Content-Language: es\n"}, "es"),
        ({"to": "subscribe", "header": "Accept-Language: fr-CH, en\n"}, "fr"),
        (
            {"to": "subscribe", "body": "Bonjour, je vous prie de m'envoyer le bulletin. Merci"},
            "fr",
        ),
        ({"to": "subscribe"}, "en"),
        ({"to": "subscribe+de"}, "en"),
    ],
)
def test_21_the_language_is_told_by_address_word_header_text_and_default(
    service: MailService, fields: dict[str, str], language: str
) -> None:
    """In that order: the surer sign wins."""
    mail = service.asked(**fields)
    assert mail["Content-Language"] == language
    found = service.who()
    assert found is not None
    assert found.language == language


def test_21_the_language_can_be_changed_later(service: MailService) -> None:
    """By an address in the welcome that does it alone."""
    welcome = service.subscribed()
    service.get(next(way for way in ways(welcome) if "French" in way[0])[1])
    (mail,) = service.sent()
    found = service.who()
    assert found is not None
    assert (found.language, mail["Content-Language"]) == ("fr", "fr")
    assert service.queued()[-1] == "changed"


def test_25_who_asks_unclearly_is_helped_once_and_seen_by_a_person(service: MailService) -> None:
    """Nothing is guessed beyond a clear first word."""
    for _ in range(3):
        kept = service.get(
            service.own(), subject="Hello", body="Please subscribe me to your list, thanks"
        )
        assert kept.state is MailState.WAITING
    assert service.queued() == ["help"]
    assert service.who() is None


def test_33_the_address_wins_over_the_text(service: MailService) -> None:
    """A forwarded sentence must not undo what somebody did on purpose."""
    service.get(service.own("subscribe"), subject="unsubscribe", body="unsubscribe")
    assert service.queued() == ["confirm"]


def test_topics_are_taken_from_the_address(service: MailService) -> None:
    """Meetings without the bulletin, say."""
    service.subscribed(to="meetings-subscribe+es")
    found = service.who()
    assert found is not None
    assert (found.topics, found.language) == (("meetings",), "es")


def test_help_is_given_once_a_day(service: MailService) -> None:
    """It is an answer to whoever the From field names."""
    for count in range(3):
        service.get(service.own("help"), body=str(count))
    (mail,) = service.sent()
    assert "bulletin-subscribe+fr@lists.example.org" in text_of(mail)


def test_who_asks_people_for_help_is_read_by_people(store: Store, tmp_path: Path) -> None:
    """The list of commands is no answer to a question about a meeting."""
    service = MailService(store, tmp_path / "data", owner_address="secretariat@example.org")
    service.get(service.own("help"), body="I cannot open the registration page. What shall I do?")
    assert service.queued() == ["letter", "help"]


VOUCHED = "Authentication-Results: mx.example.org; dmarc=pass header.from=example.org\n"
LETTERS = {
    "a question under a command": ("Stop", "Which tram stop is nearest to the hall?"),
    "a wish passed on": ("Fwd: unsubscribe", "---------- Forwarded message ---------\nFrom: Bob"),
    "a mark of another language": ("WG: unsubscribe", ""),
    "somebody else is to leave": ("Unsubscribe", "Please take Bob Miller off the list."),
}


@pytest.mark.parametrize(("subject", "body"), LETTERS.values(), ids=LETTERS)
def test_a_letter_costs_no_reader_the_list(
    store: Store, tmp_path: Path, subject: str, body: str
) -> None:
    """A command acts at once if our server vouches for its author: a letter must be none."""
    service = MailService(
        store,
        tmp_path / "data",
        owner_address="secretariat@example.org",
        authentication_server="mx.example.org",
    )
    service.member()
    service.get(service.own(), subject=subject, body=body, header=VOUCHED)
    assert (service.status(), service.queued()[:1]) == ("active", ["letter"])


@pytest.mark.parametrize(
    ("subject", "mail"),
    [("unsubscribe ana@example.org", "leave"), ("unsubscribe bill@example.net", "own")],
)
def test_10_ones_own_address_may_be_named(service: MailService, subject: str, mail: str) -> None:
    """Users of other list servers write it so."""
    service.member()
    service.get(service.own(), subject=subject)
    assert service.queued() == [mail]


def ways(mail: object) -> list[tuple[str, str]]:
    """Return what a mail offers: label and address."""
    lines = text_of(mail).splitlines()  # type: ignore[arg-type]
    return [
        (line[2:], following.strip())
        for line, following in itertools.pairwise(lines)
        if line.startswith("* ")
    ]
