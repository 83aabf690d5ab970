"""Many answers asked for at once: strangers get few, honest people theirs, the secretariat one word."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as trial
from hypothesis import strategies as st

from mailer.domain.inbound.received import Incoming, MailState, Way
from mailer.domain.settings.networks import domain_circle
from mailer.message.incoming.received_from import client_of
from mailer.services.inbound import answering
from mailer.store.inbound import mails as inbound
from mailer.store.server.connection import Store
from support.patience import PATIENCE
from support.service.inbound_service import listening
from support.service.mail_service import MailService

OWNER = "secretariat@office.example"
SMTP = "smtp://127.0.0.1:0"


@pytest.fixture
def service(store: Store, tmp_path: Path) -> MailService:
    """A service whose limits are the defaults."""
    return MailService(store, tmp_path / "data", owner_address=OWNER)


def asking(author: str, **fields: Any) -> Incoming:
    """Return a mail that asks to subscribe, as it comes straight from somebody's machine."""
    to = fields.pop("to", "bulletin-subscribe@lists.example.org")
    header = fields.pop("header", "")
    content = (
        f"{header}From: {author}\r\nTo: {to}\r\nSubject: {fields.pop('subject', '')}\r\n\r\n\r\n"
    )
    given: dict[str, Any] = {"way": Way.SMTP, "peer": "203.0.113.7", "connection": "one"}
    return Incoming(sender=author, recipients=(to,), content=content.encode(), **(given | fields))


def forged(count: int) -> Iterator[str]:
    """Yield addresses of as many strangers at as many domains."""
    return (f"victim@domain{number}.example" for number in range(count))


def states(service: MailService) -> Counter[str]:
    """Count the mails in each state."""
    return Counter(one.state.value for one in service.mails())


def process_due(service: MailService) -> None:
    """Let a tick pass, and what it asks for be read."""
    service.intake.process(*service.intake.sweep())


def test_three_hundred_forged_senders_over_one_connection_get_few_confirmations(
    service: MailService,
) -> None:
    """Otherwise anybody makes the list write to strangers, and ruins its name with providers."""
    service.get_all([asking(one) for one in forged(300)])
    assert service.queued().count("confirm") == 20
    assert states(service) == {"handled": 20, "held": 280}


def test_many_connections_from_one_network_do_not_help(store: Store, tmp_path: Path) -> None:
    """A connection is free; so are the addresses of one /24."""
    service = MailService(store, tmp_path / "data", answers_per_network=40, owner_address=OWNER)
    mails = [
        asking(author, peer=f"203.0.113.{n}", connection=str(n))
        for n, author in enumerate(forged(60))
    ]
    service.get_all(mails)
    assert service.queued().count("confirm") == 40


@pytest.mark.parametrize(
    ("peer", "most"),
    [("2001:db8:1:2::{:x}", 10), ("2001:db8:1:{:x}::1", 20), ("2001:db8:{:x}::1", 30)],
)
def test_ipv6_is_counted_by_what_one_person_can_have(
    store: Store, tmp_path: Path, peer: str, most: int
) -> None:
    """A /64 is one house, a /48 one site; and each has more addresses than there are stars."""
    service = MailService(
        store,
        tmp_path / "data",
        answers_per_address=10,
        answers_per_network=20,
        owner_address=OWNER,
    )
    service.get_all(
        [
            asking(one, peer=peer.format(n + 1), connection=str(n))
            for n, one in enumerate(forged(30))
        ]
    )
    assert service.queued().count("confirm") == most


def test_many_networks_are_limited_in_all_and_by_the_domain_that_they_write(
    store: Store, tmp_path: Path
) -> None:
    """A botnet has a thousand networks; one domain's users must not get it all."""
    service = MailService(
        store, tmp_path / "data", answers_per_hour=30, answers_per_domain=12, owner_address=OWNER
    )
    mails = [
        asking(f"x{n}@host{n}.victim.example", peer=f"198.51.{n}.1", connection=str(n))
        for n in range(50)
    ]
    service.get_all(mails)
    assert service.queued().count("confirm") == 12
    service.get_all(
        [asking(one, peer=f"198.18.{n}.1", connection=f"y{n}") for n, one in enumerate(forged(50))]
    )
    assert service.queued().count("confirm") == 30


def test_an_honest_person_gets_an_answer_at_once_while_others_flood(service: MailService) -> None:
    """The limits are the attacker's, not everybody's."""
    mails = [asking(one) for one in forged(150)]
    mails.insert(77, asking("ana@example.org", peer="192.0.2.1", connection="hers"))
    service.get_all(mails)
    assert "ana@example.org" in {str(mail["To"]) for mail in service.sent()}


def test_who_is_held_back_is_answered_within_a_day(service: MailService) -> None:
    """An honest person at a large provider, or behind the attacker's network, is not forgotten."""
    service.get_all([asking(one) for one in forged(22)])
    assert states(service)["held"] == 2
    held = inbound.newest(service.store, [MailState.HELD], (), 1)[0]
    assert held.reason.startswith(
        "held back: one connection asked for too many answers; tried again"
    )
    process_due(service)
    assert service.queued().count("confirm") == 20
    for _ in range(26):
        service.clock.advance(timedelta(hours=1))
        process_due(service)
    assert service.queued().count("confirm") == 22
    assert states(service) == {"handled": 22}


def test_what_is_held_for_a_day_is_left_to_a_person_who_may_have_it_answered(
    store: Store, tmp_path: Path
) -> None:
    """Law 11: it is neither answered by force nor dropped in silence."""
    service = MailService(store, tmp_path / "data", answers_per_address=2, owner_address=OWNER)
    for hour in range(27):
        service.get_all([asking(f"x@{n}-{hour}.example", connection=f"{hour}") for n in range(5)])
        service.clock.advance(timedelta(hours=1))
        process_due(service)
    kept = inbound.newest(service.store, [MailState.WAITING], (), 1)[0]
    assert "for a day; a person decides" in kept.reason
    before = service.queued().count("confirm")
    assert before <= 2 * answering.DAYS_SHARE * service.settings.answers_per_address
    service.intake.requeue(kept.number)
    service.intake.process(kept.number)
    assert service.queued().count("confirm") == before + 1


def test_the_secretariat_hears_of_an_attack_once_an_hour(service: MailService) -> None:
    """Three hundred notices would be a second attack."""
    service.get_all([asking(one) for one in forged(300)])
    assert service.queued().count("flood") == 1
    noticed = [event for event in service.events() if event["type"] == "secretariat.flooded"]
    assert [event["limit"] for event in noticed] == ["connection"]
    notice = next(mail for mail in service.sent() if mail["To"] == OWNER)
    assert "for one connection" in str(notice.get_body(("plain",)))
    service.clock.advance(timedelta(hours=1))
    service.get_all([asking(one, connection="two", subject="again") for one in forged(60)])
    assert service.queued().count("flood") == 2


def test_without_an_address_of_the_secretariat_there_is_one_event_an_hour(
    store: Store, tmp_path: Path
) -> None:
    """The event log is what monitoring reads."""
    service = MailService(store, tmp_path / "data")
    service.get_all([asking(one) for one in forged(60)])
    assert service.types().count("secretariat.flooded") == 1
    assert "flood" not in service.queued()


@pytest.mark.parametrize(
    ("to", "subject"),
    [
        ("bulletin-help@lists.example.org", ""),
        ("bulletin-calendar@lists.example.org", ""),
        ("bulletin-leave@lists.example.org", ""),
        ("bulletin-subscribe@lists.example.org", "subscribe address=x@example.net"),
        ("bulletin@lists.example.org", "help"),
        ("bulletin@lists.example.org", "status"),
        ("bulletin@lists.example.org", "subscribe"),
        ("bulletin@lists.example.org", "Please tell me more about your work"),
    ],
)
def test_every_kind_of_answer_is_limited(service: MailService, to: str, subject: str) -> None:
    """A neutral answer is mail to a stranger, too; and letters passed on fill the secretariat."""
    mails = [asking(one, to=to, subject=subject) for one in forged(60)]
    service.get_all(mails)
    assert 0 < len(service.queued()) - service.queued().count("flood") <= 2 * 20
    assert states(service)["held"] > 0


def test_what_bears_our_token_is_never_held_back(service: MailService) -> None:
    """Law 15: an attack must not keep readers from confirming or leaving."""
    asked = service.asked()
    welcome = None
    service.get_all([asking(one, way=Way.LMTP, peer="", connection="") for one in forged(120)])
    assert states(service)["held"] > 0
    kept = service.reply(asked)
    assert kept.state is MailState.HANDLED
    assert service.status() == "active"
    welcome = next(mail for mail in service.sent() if mail["To"] == "ana@example.org")
    leave = str(welcome.get_body(("plain",))).split("bulletin-leave+")[1].split("@")[0]
    service.get(service.own(f"leave+{leave}"))
    assert service.status() == "unsubscribed"


def test_a_token_that_others_have_cannot_fill_its_readers_mailbox(
    store: Store, tmp_path: Path
) -> None:
    """A forwarded mail holds addresses that change something; each change is told to the reader."""
    service = MailService(store, tmp_path / "data", answers_per_address=10)
    welcome = str(service.subscribed().get_body(("plain",)))
    ways = [part.split(">")[0].split()[0] for part in welcome.split("\n  ") if "confirm+" in part]
    for n in range(30):
        service.get(ways[n % 2].strip(), author="x@evil.example")
    assert 0 < service.queued().count("changed") <= 10


def test_repeats_for_one_address_use_up_nothing(service: MailService) -> None:
    """An address that gets one mail a day anyway must not cost the others their answers."""
    service.get(service.own("subscribe"))
    mails = [
        asking("ana@example.org", subject=f"{n}", way=Way.LMTP, peer="", connection="")
        for n in range(50)
    ]
    service.get_all(mails)
    assert states(service) == {"handled": 51}


def test_those_who_prove_their_domain_do_not_wait_for_those_who_only_write_it(
    store: Store, tmp_path: Path
) -> None:
    """Forging a provider's name would else shut out all its users."""
    service = MailService(
        store, tmp_path / "data", answers_per_domain=5, authentication_server="mx.example.org"
    )
    service.get_all(
        [asking(f"x{n}@example.net", peer=f"198.18.{n}.1", connection=str(n)) for n in range(30)]
    )
    vouched = "Authentication-Results: mx.example.org; dkim=pass header.d=example.net\r\n"
    (kept,) = service.get_all(
        [asking("bea@example.net", header=vouched, way=Way.LMTP, peer="", connection="")]
    )
    assert kept.state is MailState.HANDLED


RECEIVED = (
    "Received: from {} by mx.lists.example.org with ESMTP id 1; Mon, 1 Jan 2024 00:00:00 +0000"
)


@pytest.mark.parametrize(
    ("hops", "client"),
    [
        (["x.example (x.example [203.0.113.9])"], "203.0.113.9"),
        (["[192.0.2.1] (unknown [203.0.113.9])"], "203.0.113.9"),
        (["x ([IPv6:2001:db8::9])"], "2001:db8::9"),
        (["x.example ([203.0.113.9] helo=[192.0.2.1])"], "203.0.113.9"),
        (["x.example (HELO y) (203.0.113.9)"], "203.0.113.9"),
        (["x.example (2001:db8::9)"], "2001:db8::9"),
        (["localhost (localhost [127.0.0.1])", "x (y [203.0.113.9])"], "203.0.113.9"),
        (
            ["filter (filter.lan [10.1.2.3])", "x (y [203.0.113.9])", "z ([192.0.2.1])"],
            "203.0.113.9",
        ),
        (["x (y [203.0.113.9])", "z (z [192.0.2.1])"], "203.0.113.9"),
        (["x.example", "z (z [192.0.2.1])"], ""),
        (["x by (y) (z [203.0.113.9])", "z (z [192.0.2.1])"], ""),
        ([], ""),
    ],
)
def test_the_client_is_the_one_that_our_own_mail_server_names(hops: list[str], client: str) -> None:
    """Fields below our own server's may have been forged by the sender."""
    head = "\r\n".join(RECEIVED.format(hop) for hop in hops)
    assert client_of(f"{head}\r\nSubject: x\r\n\r\nReceived: no\r\n".encode()) == client


@trial(max_examples=100)
@given(st.binary(max_size=400), st.binary(max_size=400))
def test_no_bytes_hide_what_stands_above_them(above: bytes, rest: bytes) -> None:
    """The attacker writes all but the first line."""
    first = RECEIVED.format("x (y [203.0.113.9])").encode()
    assert client_of(first + b"\r\nX: " + rest) == "203.0.113.9"
    client_of(b"Received: " + above + b"\r\n" + rest)


def test_behind_a_mail_server_its_received_field_tells_the_network(service: MailService) -> None:
    """There all mail comes from one machine: the limits are not for that one."""
    head = RECEIVED.format("x (y [{}])") + "\r\n"
    flood = [
        asking(one, header=head.format("203.0.113.9"), way=Way.LMTP, peer="127.0.0.1")
        for one in forged(130)
    ]
    honest = asking(
        "ana@example.org", header=head.format("192.0.2.1"), way=Way.LMTP, peer="127.0.0.1"
    )
    service.get_all([*flood, honest])
    assert service.queued().count("confirm") == service.settings.answers_per_address + 1


def test_received_fields_of_strangers_are_not_believed(service: MailService) -> None:
    """A client that connects by SMTP could name a new network in every mail."""
    mails = [
        asking(one, header=RECEIVED.format(f"x (y [198.51.{n}.1])") + "\r\n", connection=str(n))
        for n, one in enumerate(forged(130))
    ]
    service.get_all(mails)
    assert service.queued().count("confirm") == service.settings.answers_per_address


def test_those_of_a_mail_server_of_ours_are(store: Store, tmp_path: Path) -> None:
    """It hands all mail over by one connection."""
    service = MailService(store, tmp_path / "data", authentication_hosts=["203.0.113.0/24"])
    mails = [
        asking(one, header=RECEIVED.format(f"x (y [198.51.{n}.1])") + "\r\n")
        for n, one in enumerate(forged(60))
    ]
    service.get_all(mails)
    assert service.queued().count("confirm") == 60


@pytest.mark.parametrize(
    ("address", "circle"),
    [
        ("x@example.org", "example.org"),
        ("x@a.b.example.org", "example.org"),
        ("x@dept.uni.ac.uk", "uni.ac.uk"),
        ("x@mail.bbc.co.uk", "bbc.co.uk"),
        ("x@a.example.fr", "example.fr"),
        ("x@Example.ORG.", "example.org"),
        ("x@localhost", "localhost"),
    ],
)
def test_names_below_one_domain_count_as_one(address: str, circle: str) -> None:
    """An owner of a domain has as many names below it as they like."""
    assert domain_circle(address) == circle


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_the_notice_is_in_the_secretariats_language_and_names_the_limit(
    store: Store, tmp_path: Path, language: str
) -> None:
    """Every limit has words in every language."""
    service = MailService(
        store, tmp_path / "data", owner_address=OWNER, languages=[language],
        answers_per_connection=1,
    )  # fmt: skip
    service.get_all([asking(one) for one in forged(2)])
    (notice,) = [mail for mail in service.sent() if mail["To"] == OWNER]
    text = str(notice.get_body(("plain",)))
    assert "{" not in text
    from mailer.content.rendering import service_mail

    assert all(service_mail.limit(language, name) for name in answering.WORDS)


def test_floods_over_real_connections_leave_an_honest_sender_unharmed(service: MailService) -> None:
    """The listener tells connections and networks apart."""
    with listening(service.intake, SMTP.replace("127.0.0.1", "0.0.0.0")) as listener:  # noqa: S104
        port = listener.ports[0]
        for source, count in (("127.0.9.1", 60), ("127.0.8.1", 1), ("127.0.9.2", 30)):
            with socket.create_connection(
                ("127.0.0.1", port), PATIENCE, source_address=(source, 0)
            ) as client:
                file = client.makefile("rb")
                client.sendall(b"HELO x\r\n")
                lines = [file.readline() for _ in range(2)]
                for n in range(count):
                    client.sendall(
                        f"MAIL FROM:<x@{source}.{n}.example>\r\n"
                        "RCPT TO:<bulletin-subscribe@lists.example.org>\r\nDATA\r\n"
                        f"From: x@{n}.{source.replace('.', '-')}.example\r\n\r\n\r\n.\r\n".encode()
                    )
                    lines = [file.readline() for _ in range(4)]
                    assert lines[-1].startswith(b"250"), lines
                file.close()
    numbers = [one.number for one in service.mails()]
    service.intake.process(*numbers)
    to = Counter(str(mail["To"]).rpartition("-")[0].rpartition(".")[2] for mail in service.sent())
    assert to.pop("") == 1  # the secretariat's
    assert to == Counter({"127-0-9": 40, "127-0-8": 1})
