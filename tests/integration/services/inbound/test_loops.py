"""Law 8: whatever answers us, and whomever we answer, it ends after one round."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from mailer.domain.inbound.received import Incoming, Way
from mailer.store.server.connection import Store, open_store
from support.servers.faulty_relay import Received
from support.service.mail_service import MailService

ROUNDS = 6
ANA = "ana@example.org"
Responder = Callable[[EmailMessage], bytes]


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store of the second service's own."""
    opened = open_store(tmp_path_factory.mktemp("other"))
    yield opened
    opened.close()


@pytest.fixture
def services(store: Store, other: Store, tmp_path: Path) -> tuple[MailService, MailService]:
    """Two services, each of which has the other's list as a reader."""
    other.redis.flushall()
    one = MailService(store, tmp_path / "one")
    two = MailService(other, tmp_path / "two", list_name="news")
    one.member("news@lists.example.org")
    two.member("bulletin@lists.example.org")
    return one, two


def test_two_services_subscribed_to_each_other_fall_silent(
    services: tuple[MailService, MailService],
) -> None:
    """A forged mail begins it, once; nothing may go on by itself."""
    one, two = services
    for subject in ("status", "subscribe", "leave", "help", "language fr"):
        one.get(one.own(), author="news@lists.example.org", subject=subject)
    first = len(rounds(services))
    assert 0 < first <= 5
    assert rounds(services) == []
    assert two.queued() == []


def test_secretariats_that_are_each_other_s_lists_fall_silent(
    store: Store, other: Store, tmp_path: Path
) -> None:
    """A mail to the secretariat must not go on by itself where nobody reads it."""
    other.redis.flushall()
    settings = {"owner_address": "news@lists.example.org"}
    one = MailService(store, tmp_path / "one", **settings)
    two = MailService(
        other, tmp_path / "two", list_name="news", owner_address="bulletin@lists.example.org"
    )
    one.member("news@lists.example.org")
    two.member("bulletin@lists.example.org")
    one.member(ANA)
    words = "This email address is no longer in use."
    one.get(
        one.own(), subject="Automatic reply", body=words, header="Auto-Submitted: auto-replied\n"
    )
    one.get(one.own(), subject="A question", body="When is the next meeting, and where is it held?")
    assert one.queued() == ["closed", "letter"]
    assert len(rounds((one, two))) == 2
    assert two.queued() == []


def polite(mail: EmailMessage) -> bytes:
    """Answer as RFC 3834 wants it, but for the null sender that it should have heeded."""
    return answer(mail, "Auto-Submitted: auto-replied\n", "I am away.")


def rude(mail: EmailMessage) -> bytes:
    """Answer without any sign of a machine, and quote nothing."""
    return answer(mail, "", "I read my mail twice a week and shall come back to you soon.")


def foreign(mail: EmailMessage) -> bytes:
    """Answer in a language that we do not know."""
    return answer(mail, "", "Olen lomalla toukokuun loppuun asti. Palaan asiaan sen jälkeen.")


@pytest.mark.parametrize("responder", [polite, rude, foreign])
@pytest.mark.parametrize("subject", ["subscribe", "leave", "help", "status"])
@pytest.mark.parametrize("member", [True, False])
def test_an_auto_responder_gets_one_answer(
    services: tuple[MailService, MailService], responder: Responder, subject: str, *, member: bool
) -> None:
    """It answers each of our mails, and each of its answers must be the end."""
    one, _ = services
    if member:
        one.member(ANA)
    status = one.status(ANA)
    one.get(one.own(), subject=subject)
    assert len(rounds(services, responder)) == 1
    one.get(one.own(), subject=subject, body="again")
    assert rounds(services, responder) == []
    assert one.status(ANA) == (status or ("pending" if subject == "subscribe" else ""))


def answer(mail: EmailMessage, header: str, words: str) -> bytes:
    """Write an answer, as machines do: to whom the mail says, about what it says."""
    to = mail["Reply-To"] or mail["From"]
    text = (
        f"From: {mail['To']}\nTo: {to}\nSubject: Re: {mail['Subject']}\n{header}"
        f"In-Reply-To: {mail['Message-ID']}\n\n{words}\n"
    )
    return text.encode()


def rounds(
    services: tuple[MailService, MailService], responder: Responder | None = None
) -> list[Received]:
    """Carry mail to and fro until there is none, or for some rounds; returns all of it."""
    carried: list[Received] = []
    for _ in range(ROUNDS):
        mails = [mail for service in services for mail in service.posted()]
        carried += mails
        for mail in mails:
            carry(services, mail.recipient, mail.content)
            if responder is not None and mail.recipient == ANA:
                message = parsed(mail.content)
                reply = responder(message)
                carry(services, address(message), reply, sender=ANA)
        if not mails:
            return carried
    pytest.fail("mail goes on and on")


def carry(
    services: tuple[MailService, MailService], to: str, content: bytes, sender: str = ""
) -> None:
    """Hand a mail to the service whose address it is to; as rude mail systems do, with a sender."""
    for service in services:
        if service.intake.address(to):
            service.get_all([Incoming(Way.LMTP, sender or "x@example.com", (to,), content)])


def parsed(content: bytes) -> EmailMessage:
    """Read a mail."""
    import email
    import email.policy

    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def address(mail: EmailMessage) -> str:
    """Return where an answer to a mail goes."""
    from email.utils import parseaddr

    return parseaddr(str(mail["Reply-To"] or mail["From"]))[1]
