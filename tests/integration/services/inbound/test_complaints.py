"""Complaints act only for their owner (law 13): reports by strangers, by listed reporters, by readers.

Each attack is what somebody could write who wants a reader, or anybody else, never mailed again.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from mailer.domain.inbound.received import Incoming, MailState, Way
from mailer.domain.inbound.received import Received as Kept
from mailer.message.incoming import mime
from mailer.store.inbound import mails as inbound
from mailer.store.server.connection import Store
from mailer.store.subscribers import suppression
from support.samples.returned_mail import ANA, ReturnedMail
from support.servers.faulty_relay import Received as Sent

SERVER = "mx.example.org"
SECRET = bytes(range(32))
OTHER = "bo@other.example"
REPORTERS = ["reports.provider.example for example.com", "staff@mail.example for mail.example"]
VOUCHED = f"Authentication-Results: {SERVER}; dkim=pass header.d="
REPORT = """{header}From: Feedback <{author}>
Subject: abuse report
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="A1"

--A1
Content-Type: text/plain

This is an email abuse report.

--A1
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Reports/1.0
Version: 1
{facts}

--A1
Content-Type: message/rfc822

{original}
From: The Bulletin <bulletin@lists.example.org>
Subject: News

...

--A1--
"""


@pytest.fixture
def service(store: Store, tmp_path: Path) -> ReturnedMail:
    """A service that believes its mail server, and two reporters about their mailboxes."""
    return ReturnedMail(
        store,
        tmp_path / "data",
        authentication_server=SERVER,
        complaint_reporters=REPORTERS,
    )


def reported(
    service: ReturnedMail,
    *,
    to: str = "abuse",
    author: str = "fbl@reports.provider.example",
    signed: str = "reports.provider.example",
    header: str = "",
    facts: str = "Source-IP: 203.0.113.9",
    original: str = "X-Nothing: of ours",
) -> Kept:
    """Receive a report, signed by a domain as our own server found it."""
    header = header or (f"{VOUCHED}{signed}\n" if signed else "")
    text = REPORT.format(header=header, author=author, facts=facts, original=original)
    recipient = to if "@" in to else service.own(to) if to != "abuse" else "abuse@lists.example.org"
    return service.get(recipient, raw=text.replace("\n", "\r\n").encode(), sender=author)


def field(mail: Sent, name: str) -> str:
    """Return a header field of a message that the relay got, unfolded, with its name."""
    return f"{name}: {mime.read(mail.content).field(name.lower())}"


def is_suppressed(service: ReturnedMail, address: str) -> bool:
    """Tell whether an address is never mailed again."""
    return suppression.find(service.store, SECRET, address) is not None


@pytest.mark.parametrize(
    ("author", "signed"),
    [
        ("fbl@attacker.example", "attacker.example"),
        ("fbl@reports.provider.example", ""),
        ("fbl@reports.provider.example", "attacker.example"),
        ("fbl@reports.provider.example.attacker.example", "attacker.example"),
        ("ana@mail.example", "mail.example"),
        ("a@reports.provider.example, b@attacker.example", "attacker.example"),
    ],
)
@pytest.mark.parametrize("claim", ["address", "Message-ID", "Outlook", "both"])
@pytest.mark.parametrize("to", ["abuse", "complaints", "owner", ""])
def test_a_stranger_takes_nobody_off_the_list(
    service: ReturnedMail, author: str, signed: str, claim: str, to: str
) -> None:
    """A text that anybody can write, or that every reply shows, never counts, however signed."""
    _, sent = service.campaign(ANA)
    original, facts = "X: y", "Version: 1"
    if claim in {"address", "both"}:
        facts = f"Original-Rcpt-To: {ANA}\nRemoval-Recipient: {ANA}"
    if claim in {"Message-ID", "both"}:
        original = field(sent[ANA], "Message-ID")
    if claim == "Outlook":
        original = f"X-HmXmrOriginalRecipient: {ANA}"
    kept = reported(service, to=to, author=author, signed=signed, original=original, facts=facts)
    assert (service.status(ANA), is_suppressed(service, ANA)) == ("active", False)
    assert (kept.kind, kept.state) == ("complaint", MailState.WAITING)
    (event,) = service.told("complaint.ignored")
    assert event["reason"] == kept.reason
    assert event["claim"] == ("Message-ID" if claim in {"Message-ID", "both"} else "address")


@pytest.mark.parametrize("signed", ["attacker.example", "reports.provider.example", ""])
@pytest.mark.parametrize("facts", [f"Original-Rcpt-To: {OTHER}", "Original-Rcpt-To: x@example.com"])
def test_nobody_has_a_stranger_s_address_suppressed(
    service: ReturnedMail, signed: str, facts: str
) -> None:
    """An address that never wrote to us never subscribed; not even a listed reporter can say so."""
    kept = reported(service, author=f"fbl@{signed or 'x.example'}", signed=signed, facts=facts)
    address = facts.rpartition(" ")[2]
    assert not is_suppressed(service, address)
    assert (kept.state, service.types().count("complaint.ignored")) == (MailState.WAITING, 1)


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("CFBL-Feedback-ID", "CFBL-Feedback-ID"),
        ("List-Unsubscribe", "token to leave"),
        ("Return-Path", "return path"),
    ],
)
def test_a_secret_of_ours_shows_whose_report_it_is(
    service: ReturnedMail, name: str, how: str
) -> None:
    """The reader with the mail has them, and nobody else: providers hide all else."""
    _, sent = service.campaign(ANA, OTHER)
    path = f"Return-Path: <{sent[ANA].sender}>"
    original = path if name == "Return-Path" else field(sent[ANA], name)
    kept = reported(service, signed="", original=original, facts=f"Original-Rcpt-To: {OTHER}")
    assert (service.status(ANA), service.status(OTHER)) == ("complained", "active")
    assert (kept.state, is_suppressed(service, ANA)) == (MailState.HANDLED, True)
    assert how in kept.reason


def test_a_report_that_came_to_the_return_path_is_the_reader_s(service: ReturnedMail) -> None:
    """Some providers send it there."""
    _, sent = service.campaign(ANA)
    reported(service, to=sent[ANA].sender, signed="")
    assert service.status(ANA) == "complained"


@pytest.mark.parametrize(
    "forged",
    [
        "CFBL-Feedback-ID: 1-1-0123456789abcdef",
        "List-Unsubscribe: <https://lists.example.org/leave/1-1-0123456789abcdef>",
        "Return-Path: <bulletin-bounces+1-1-0123456789abcdef@lists.example.org>",
    ],
)
def test_a_secret_that_we_did_not_sign_is_none(service: ReturnedMail, forged: str) -> None:
    """Numbers of campaigns and readers are easily guessed."""
    service.campaign(ANA)
    assert reported(service, signed="", original=forged).state is MailState.WAITING
    assert service.status(ANA) == "active"


@pytest.mark.parametrize("claim", ["address", "Message-ID", "Outlook"])
@pytest.mark.parametrize(
    "proof",
    [
        "dkim=pass header.d=reports.provider.example",
        "dkim=pass header.d=provider.example",
        "dmarc=pass header.from=reports.provider.example",
        "spf=pass smtp.mailfrom=bounce@reports.provider.example",
    ],
)
def test_a_listed_reporter_is_believed_about_a_delivery_to_its_mailboxes(
    service: ReturnedMail, claim: str, proof: str
) -> None:
    """It leaves our tokens out, but knows its own readers, and we know whom we mailed."""
    _, sent = service.campaign(ANA)
    original = {
        "Message-ID": field(sent[ANA], "Message-ID"),
        "Outlook": f"X-HmXmrOriginalRecipient: {ANA}",
    }.get(claim, "X: y")
    facts = f"Original-Rcpt-To: {ANA}" if claim == "address" else "Version: 1"
    header = f"Authentication-Results: {SERVER}; {proof}\n"
    kept = reported(service, header=header, original=original, facts=facts)
    assert (service.status(ANA), is_suppressed(service, ANA)) == ("complained", True)
    assert "a listed reporter names a delivery of ours" in kept.reason


def test_a_listed_reporter_cannot_speak_of_others_readers(service: ReturnedMail) -> None:
    """A reporter believed about one provider's mailboxes is not believed about all."""
    _, sent = service.campaign(OTHER)
    kept = reported(
        service,
        original=field(sent[OTHER], "Message-ID"),
        facts=f"Original-Rcpt-To: {OTHER}",
    )
    assert (kept.state, service.status(OTHER)) == (MailState.WAITING, "active")
    assert service.told("complaint.ignored")[0]["authority"] == "listed reporter, elsewhere"


def test_a_reader_whom_we_never_mailed_cannot_have_complained(service: ReturnedMail) -> None:
    """A listed reporter makes mistakes, too; an import may come before the first edition."""
    service.campaign("bo@example.com")
    service.small.subscribe(ANA)
    kept = reported(service, facts=f"Original-Rcpt-To: {ANA}")
    assert (kept.state, service.status(ANA)) == (MailState.WAITING, "active")


def test_who_got_a_service_mail_of_ours_may_complain_of_it(service: ReturnedMail) -> None:
    """A person written to because a stranger used their name must not be written to again."""
    service.get(service.own("help"), author="stranger@example.com")
    (mail,) = service.posted()
    facts = "Original-Rcpt-To: stranger@example.com"
    reported(
        service, original=field(mail, "Message-ID"), facts=facts, signed="", author="x@y.example"
    )
    assert not is_suppressed(service, "stranger@example.com")
    reported(service, original=field(mail, "Message-ID"), facts=facts)
    assert is_suppressed(service, "stranger@example.com")


@pytest.mark.parametrize(
    ("way", "peer", "believed"),
    [
        (Way.LMTP, "", True),
        (Way.LMTP, "127.0.0.1", True),
        (Way.LMTP, "::ffff:127.0.0.1", True),
        (Way.SMTP, "::1", False),
        (Way.SMTP, "127.0.0.1", False),
        (Way.SMTP, "", False),
        (Way.IMAP, "imaps://imap.example.net:993/INBOX", True),
        (Way.PIPE, "", True),
        (Way.LMTP, "10.0.0.25", True),
        (Way.SMTP, "::ffff:10.0.0.25", True),
        (Way.SMTP, "10.0.0.26", False),
        (Way.LMTP, "203.0.113.9", False),
        (Way.SMTP, "203.0.113.9", False),
        (Way.SMTP, "2001:db8::1", False),
        (Way.SMTP, "localhost.example.net", False),
    ],
)
def test_our_server_is_believed_about_what_came_through_it(
    store: Store, tmp_path: Path, way: Way, peer: str, *, believed: bool
) -> None:
    """RFC 8601 section 5: any client of an open listener can write our server's name."""
    service = ReturnedMail(
        store,
        tmp_path / "data",
        authentication_server=SERVER,
        authentication_hosts=["10.0.0.25"],
        complaint_reporters=REPORTERS,
    )
    service.campaign(ANA)
    text = REPORT.format(
        header=f"{VOUCHED}reports.provider.example\n",
        author="fbl@reports.provider.example",
        facts=f"Original-Rcpt-To: {ANA}",
        original="X: y",
    )
    one = Incoming(way, "", ("abuse@lists.example.org",), text.encode(), peer)
    (kept,) = service.get_all([one])
    assert (service.status(ANA) == "complained") is believed
    assert inbound.get(store, kept.number).state is (
        MailState.HANDLED if believed else MailState.WAITING
    )


def test_a_command_is_not_vouched_for_by_who_sent_it_himself(service: ReturnedMail) -> None:
    """A stranger must not remove a reader by the field that only our server writes."""
    service.campaign(ANA)
    forged = f"{VOUCHED}example.com\n"
    mail = f"{forged}From: {ANA}\nSubject: unsubscribe\n\n".encode()
    to = (service.own("leave"),)
    service.get_all([Incoming(Way.SMTP, ANA, to, mail, "203.0.113.9")])
    assert (service.status(ANA), service.queued()) == ("active", ["leave"])
    received = b"Received: from evil.example (evil.example [203.0.113.9]) by x with ESMTP\n"
    service.get_all([Incoming(Way.LMTP, ANA, to, received + mail)])
    assert service.status(ANA) == "active"
    service.get_all([Incoming(Way.LMTP, ANA, to, forged.encode() + received + mail)])
    assert service.status(ANA) == "unsubscribed"
