"""The listener: what it says to good clients, bad ones and slow ones, and what is on disk then."""

from __future__ import annotations

import asyncio
import resource
import smtplib
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Self

import pytest
from hypothesis import assume, given
from hypothesis import settings as trial
from hypothesis import strategies as st

from mailer.config import secret_key
from mailer.domain.access.token import Signer
from mailer.domain.inbound.received import Incoming, Way
from mailer.domain.settings.listen_url import ListenUrl
from mailer.domain.subscribers.bearer import sign_leave
from mailer.errors import ConfigError, StoreError
from mailer.inbound import lines, protocol
from mailer.inbound import listener as listeners
from mailer.inbound.door import FREE_BYTES, Door, Limits, Origin
from mailer.message.outgoing.verp import ReturnPath
from mailer.store.inbound.mails import Kept
from mailer.store.server.connection import Store
from support.patience import PATIENCE
from support.quiet_loop import LeapingLoop
from support.service.inbound_service import LIST, MAIL, InboundService, listening

SMTP, LMTP = "smtp://127.0.0.1:0", "lmtp://127.0.0.1:0"
ENVELOPE = b"MAIL FROM:<ana@example.org>\r\nRCPT TO:<bulletin@lists.example.org>\r\n"


@pytest.fixture
def service(store: Store, tmp_path: Path) -> InboundService:
    """A service that takes mail in."""
    return InboundService(store, tmp_path / "data", inbound_max_bytes=1_000_000)


class Raw:
    """A client that sends what it is told, byte for byte."""

    def __init__(self, port: int, greeting: bytes = b"EHLO client\r\n") -> None:
        """Connect, and greet unless told not to."""
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")
        self.first = self.reply()
        if greeting:
            self.say(greeting)

    def reply(self) -> str:
        """Read one reply, all its lines; empty when the connection has ended."""
        lines = []
        while True:
            line = self.file.readline().decode("ascii")
            lines.append(line.rstrip("\r\n"))
            if line[3:4] != "-":
                return "\n".join(lines)

    def say(self, data: bytes, replies: int = 1) -> str:
        """Send something and read replies; returns the last."""
        self.socket.sendall(data)
        return [self.reply() for _ in range(replies)][-1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()
        self.socket.close()


def until(true: Callable[[], bool]) -> None:
    """Return once the listener, in its thread, has brought something about."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def has_room(door: Door, most: int) -> bool:
    """Tell whether one of so many clients has left."""
    return len(door.inside) < most


@pytest.fixture
def smtp(service: InboundService) -> Iterator[Raw]:
    """A client at an SMTP listener, after its greeting."""
    with listening(service.intake, SMTP) as listener, Raw(listener.ports[0]) as client:
        yield client


@pytest.fixture
def lmtp(service: InboundService) -> Iterator[Raw]:
    """The same with LMTP."""
    with (
        listening(service.intake, LMTP) as listener,
        Raw(listener.ports[0], b"LHLO client\r\n") as client,
    ):
        yield client


@pytest.mark.parametrize(("place", "client"), [(SMTP, smtplib.SMTP), (LMTP, smtplib.LMTP)])
def test_a_mail_comes_in_with_its_envelope_and_every_byte(
    service: InboundService, place: str, client: Callable[..., smtplib.SMTP]
) -> None:
    """The simplest thing, by a client that others wrote."""
    content = b"Subject: \xe9\r\n\r\n.dot\r\n..\r\n" + b"long line " * 2000 + b"\r\n\0\x80\xff\r\n"
    with (
        listening(service.intake, place) as listener,
        client("127.0.0.1", listener.ports[0]) as session,
    ):
        assert session.sendmail("ana@example.org", [LIST], content, ["BODY=8BITMIME"]) == {}
        session.sendmail("", ["bulletin-subscribe+fr@lists.example.org"], MAIL)
    assert service.contents() == [content, MAIL]
    assert [(one.way, one.sender, one.recipients) for one in service.mails()] == [
        (Way(place[:4]), "ana@example.org", (LIST,)),
        (Way(place[:4]), "", ("bulletin-subscribe+fr@lists.example.org",)),
    ]


def test_it_offers_what_senders_need(service: InboundService) -> None:
    """Without SMTPUTF8 some readers could not write to us; without PIPELINING all is slow."""
    with listening(service.intake, SMTP, LMTP) as listener:
        with smtplib.SMTP("127.0.0.1", listener.ports[0]) as session:
            session.ehlo()
            offered = set(session.esmtp_features)
            assert session.esmtp_features["size"] == "1000000"
        with Raw(listener.ports[1], b"") as client:
            assert client.say(b"EHLO x\r\n").startswith("500 5.5.2")
            assert "250-PIPELINING" in client.say(b"LHLO x\r\n")
    assert offered == {"pipelining", "size", "8bitmime", "smtputf8", "enhancedstatuscodes"}


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        (b"RCPT TO:<nobody@lists.example.org>", "550 5.1.1"),
        (b"RCPT TO:<bulletin@example.org>", "550 5.1.1"),
        (b"RCPT TO:<bulletin-bounces+1-2-0123456789abcdef@lists.example.org>", "550 5.1.1"),
        (b"RCPT TO:<bulletin-leave+1-2-0123456789abcdef@lists.example.org>", "550 5.1.1"),
        (b"RCPT TO:<bulletin-confirm+1-0123456789abcdef@lists.example.org>", "550 5.1.1"),
        (b"RCPT TO:<@relay.example:bulletin@lists.example.org>", "250 2.1.5"),
        (b"RCPT TO:<Postmaster>", "250 2.1.5"),
        (b"RCPT TO:<BULLETIN-help@Lists.Example.ORG>", "250 2.1.5"),
        (b"RCPT TO:bulletin@lists.example.org", "553 5.1.3"),
        (b"RCPT TO:<bulletin@lists.example.org", "553 5.1.3"),
        (b"RCPT TO:<\xff@lists.example.org>", "553 5.1.3"),
        (b"RCPT TO:<" + b"(" * 1500 + b">", "553 5.1.3"),
        (b"RCPT TO:<" + b"a" * 5000 + b">", "500 5.5.2"),
        (b"RCPT", "501 5.5.4"),
        (b"MAIL FROM:<x@example.org>", "503 5.5.1"),
        (b"DATA", "503 5.5.1"),
        (b"DATA x", "501 5.5.4"),
        (b"NOSUCH", "500 5.5.2"),
        (b"\xff\xfe\0", "500 5.5.2"),
        (b"", "500 5.5.2"),
        (b"AUTH PLAIN AHgAeA==", "500 5.5.2"),
        (b"STARTTLS", "454 4.3.0"),
        (b"VRFY bulletin@lists.example.org", "252 2.5.0"),
        (b"VRFY <bulletin@lists.example.org>", "252 2.5.0"),
        (b"EXPN x", "502 5.5.1"),
        (b"NOOP", "250 2.0.0"),
        (b"RSET", "250 2.0.0"),
        (b"QUIT", "221 2.0.0"),
    ],
)
def test_every_command_has_its_answer_with_an_enhanced_code(
    smtp: Raw, command: bytes, reply: str
) -> None:
    """Senders decide by the code whether to try again, and people read it in their bounce."""
    assert smtp.say(b"MAIL FROM:<>\r\n") == "250 2.0.0 OK"
    assert smtp.say(command + b"\r\n").startswith(reply)


@pytest.mark.parametrize(
    ("options", "reply"),
    [
        (b"SIZE=1000000", "250"),
        (b"SIZE=1000001", "552 5.3.4"),
        (b"BODY=8BITMIME SMTPUTF8", "250"),
        (b"BODY=BINARYMIME", "501"),
        (b"RET=HDRS", "555"),
    ],
)
def test_options_of_the_sender_are_understood_or_refused(
    smtp: Raw, options: bytes, reply: str
) -> None:
    """A mail that is too large need not be sent first."""
    assert smtp.say(b"MAIL FROM:<x@example.org> " + options + b"\r\n").startswith(reply)


def test_a_signed_address_is_accepted(smtp: Raw, service: InboundService) -> None:
    """Addresses that we wrote into a mail must work."""
    signer = Signer(secret_key(service.settings))
    path = ReturnPath("bulletin", "lists.example.org", signer).write(2**63 + 3, 4)
    leave = f"bulletin-leave+{sign_leave(signer, 4, 'ana@example.org')}@lists.example.org"
    smtp.say(b"MAIL FROM:<>\r\n")
    for address in (path, leave, leave.upper()):
        assert smtp.say(f"RCPT TO:<{address}>\r\n".encode()).startswith("250")


def test_lmtp_answers_for_each_recipient(lmtp: Raw, service: InboundService) -> None:
    """RFC 2033 section 4.2: an MTA that gets one answer for three waits for ever."""
    lmtp.say(
        b"MAIL FROM:<>\r\nRCPT TO:<bulletin@lists.example.org>\r\nRCPT TO:<x@lists.example.org>\r\n"
        b"RCPT TO:<bulletin-help@lists.example.org>\r\nDATA\r\n",
        5,
    )
    assert lmtp.say(MAIL + b".\r\n", 2) == protocol.KEPT
    assert lmtp.say(b"NOOP\r\n") == "250 2.0.0 OK"
    assert service.mails()[0].recipients == (LIST, "bulletin-help@lists.example.org")


def test_commands_may_follow_the_final_dot_at_once(smtp: Raw, service: InboundService) -> None:
    """RFC 2920 section 3.1: the next mail's first commands come in the same packet."""
    smtp.say(ENVELOPE + b"DATA\r\n", 3)
    assert smtp.say(MAIL + b".\r\n" + ENVELOPE + b"DATA\r\n", 4).startswith("354")
    assert smtp.say(b".\r\nQUIT\r\n", 2).startswith("221")
    assert service.contents() == [MAIL, b""]


@pytest.mark.parametrize(
    "end", [b"\r.\r", b"\r\n.\r", b"\0\r\n..\r\n", b"\r\n.x\r\n", b"\n..\n", b"\nx.\n", b"\n\n"]
)
def test_only_one_sequence_ends_a_mail(smtp: Raw, service: InboundService, end: bytes) -> None:
    """Otherwise a second mail can be smuggled within one, under another's name."""
    smtp.say(ENVELOPE + b"DATA\r\n", 3)
    smuggled = b"one" + end + ENVELOPE + b"DATA\r\ntwo"
    assert smtp.say(smuggled + b"\r\n.\r\n") == protocol.KEPT
    assert len(service.mails()) == 1
    assert service.contents()[0].startswith(b"one")
    assert service.contents()[0].endswith(b"two\r\n")


@pytest.mark.parametrize("end", [b"\n.\n", b"\n.\r\n", b"\r\n.\n"])
@pytest.mark.parametrize("before", [b"one", b"", b"one\n"])
@pytest.mark.parametrize("rest", [b"", ENVELOPE + b"DATA\r\ntwo\r\n.\r\n"])
def test_who_ends_a_mail_with_a_bare_line_feed_is_sent_away(
    smtp: Raw, service: InboundService, before: bytes, end: bytes, rest: bytes
) -> None:
    """RFC 5321 section 4.1.1.4: another server took that for an end, so what follows is forged."""
    smtp.say(ENVELOPE + b"DATA\r\n", 3)
    assert smtp.say(before + end + rest) == lines.BARE
    assert smtp.reply() == ""
    assert service.mails() == []


@pytest.mark.parametrize("cut", range(1, 6))
def test_a_bare_line_feed_is_seen_wherever_the_packets_part(
    lmtp: Raw, service: InboundService, cut: int
) -> None:
    """An attacker chooses the packets, too."""
    lmtp.say(ENVELOPE + b"DATA\r\n", 3)
    text = b"x\n.\r\ny"
    for part in (text[:cut], text[cut:]):
        lmtp.socket.sendall(part)
    assert lmtp.reply() == lines.BARE
    assert service.mails() == []


@pytest.mark.parametrize("command", [b"NOOP\n", b"MAIL FROM:<>\n", b"DATA\n", b"\n", b"X\r\rY\n"])
def test_a_command_ended_by_a_bare_line_feed_is_the_last(
    smtp: Raw, service: InboundService, command: bytes
) -> None:
    """RFC 5321 section 2.3.8: it is no command, and nothing after it is looked at."""
    assert smtp.say(command + ENVELOPE + b"DATA\r\n" + MAIL + b".\r\n") == lines.BARE
    assert smtp.reply() == ""
    assert service.mails() == []


@pytest.mark.parametrize(
    "verb", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "TRACE", "PATCH", "get"]
)
@pytest.mark.parametrize("greeting", [b"", b"EHLO client\r\n"])
def test_a_browser_is_sent_away_at_its_first_word(
    service: InboundService, verb: str, greeting: bytes
) -> None:
    """A page can make its reader's browser post a form to port 25 with commands in it."""
    request = f"{verb} / HTTP/1.1\r\nHost: lists.example.org\r\n\r\n".encode()
    with listening(service.intake, SMTP) as listener, Raw(listener.ports[0], greeting) as client:
        assert client.say(request + ENVELOPE + b"DATA\r\n" + MAIL + b".\r\n") == lines.WEB
        assert client.reply() == ""
    assert service.mails() == []


@trial(max_examples=60)
@given(
    st.lists(st.sampled_from([b".", b"\r\n", b"\n", b"\r", b"x", b"\r\n.", b".\n"])).map(b"".join),
    st.integers(0, 40),
)
def test_an_end_that_is_none_is_seen_in_any_message(content: bytes, cut: int) -> None:
    """Compared with looking at the whole: a message comes in pieces, cut anywhere."""
    raw = bytearray(b"\r\n" + content)
    cut = min(cut, len(raw))
    found = lines.is_smuggled(raw[:cut], 0, cut) or lines.is_smuggled(raw, cut, len(raw))
    dots = [at for at in range(1, len(raw)) if raw[at : at + 1] == b"." and raw[at - 1] == 10]
    bare = [raw[at + 1 : at + 2] == b"\n" for at in dots]
    half = [raw[at + 1 : at + 3] == b"\r\n" and raw[at - 2 : at - 1] != b"\r" for at in dots]
    assert found == any(bare + half)


@trial(max_examples=40)
@given(
    st.lists(st.sampled_from([b".", b"\r\n", b"\n", b"\r", b"x", b"..", b"\0", b"y" * 70_000]))
    .map(b"".join)
    .map(lambda content: content + b"\r\n"),
    st.integers(1, 5),
)
def test_any_content_arrives_as_it_was_sent(
    service: InboundService, content: bytes, pieces: int
) -> None:
    """Signatures break at a single lost octet."""
    service.store.redis.flushall()
    assume(not lines.is_smuggled(bytearray(b"\r\n" + content), 0, len(content) + 2))
    stuffed = (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:]
    step = len(stuffed) // pieces + 1
    with listening(service.intake, SMTP) as listener, Raw(listener.ports[0]) as client:
        client.say(ENVELOPE + b"DATA\r\n", 3)
        for at in range(0, len(stuffed), step):
            client.socket.sendall(stuffed[at : at + step])
        assert client.say(b".\r\n") == protocol.KEPT
    assert service.contents() == [content]


def test_too_large_a_mail_is_refused_and_the_connection_goes_on(
    smtp: Raw, service: InboundService
) -> None:
    """A sender that announced no size learns it after the dot, and has others to send."""
    smtp.say(ENVELOPE + b"DATA\r\n", 3)
    assert smtp.say(b"x" * 1_100_000 + b"\r\n.\r\n") == protocol.TOO_LARGE
    smtp.say(ENVELOPE + b"DATA\r\n", 3)
    assert smtp.say(MAIL + b".\r\n") == protocol.KEPT
    assert service.contents() == [MAIL]


def test_too_many_recipients_are_put_off(smtp: Raw) -> None:
    """RFC 5321 section 4.5.3.1.10: the rest come with the next mail."""
    smtp.say(b"MAIL FROM:<>\r\n")
    assert smtp.say(b"RCPT TO:<bulletin@lists.example.org>\r\n" * 100, 100).startswith("250")
    assert smtp.say(b"RCPT TO:<bulletin@lists.example.org>\r\n").startswith("452 4.5.3")


def test_who_guesses_addresses_is_sent_away(smtp: Raw) -> None:
    """A dictionary of names must not be tried out here."""
    smtp.say(b"MAIL FROM:<>\r\n")
    replies = smtp.say(b"RCPT TO:<x@lists.example.org>\r\n" * 30, 22)
    assert replies.startswith("421 4.7.0")
    assert smtp.reply() == ""


def test_connections_are_limited_in_all_and_by_address(service: InboundService) -> None:
    """One client must not keep the others out."""
    with listening(service.intake, f"{SMTP}?connections=3", f"{SMTP}?per_address=2") as listener:
        for door, port, most, reply in zip(
            listener._doors, listener.ports, (3, 2), ("421 4.3.2", "421 4.7.0"), strict=True
        ):
            clients = [Raw(port) for _ in range(most)]
            with Raw(port, b"") as refused:
                assert refused.first.startswith(reply)
            clients.pop().__exit__()
            until(partial(has_room, door, most))
            with Raw(port) as accepted:
                assert accepted.first.startswith("220")
            for client in clients:
                client.__exit__()


def test_addresses_of_one_network_count_as_one() -> None:
    """A client with one IPv6 address has 2**64 of them."""
    one, other = Origin.of(("2001:db8::1", 1, 0, 0)), Origin.of(("2001:db8::ffff:2", 2, 0, 0))
    assert one == other != Origin.of(("2001:db8:0:1::1", 1, 0, 0))
    assert one.network == Origin.of(("2001:db8:0:1::1", 1, 0, 0)).network == "2001:db8::/48"
    mapped, plain = Origin.of(("::ffff:192.0.2.1", 1, 0, 0)), Origin.of(("192.0.2.1", 9))
    assert mapped == plain == Origin("192.0.2.1/32", "192.0.2.0/24")
    assert Origin.of("") == Origin.of(None) == Origin("", "")


def test_connections_are_limited_by_network() -> None:
    """A client with a /24 has 254 addresses; an MTA by a unix socket has as many as it likes."""
    door = Door(Limits(per_network=2))
    inside = [("192.0.2.1", 1), ("192.0.2.9", 1)]
    assert [door.enter(peer, peer) for peer in inside] == ["", ""]
    assert door.enter("x", ("192.0.2.77", 1)).startswith("421 4.7.0")
    assert door.enter("y", ("198.51.100.1", 1)) == ""
    assert [door.enter(n, "") for n in range(9)] == [""] * 9
    door.leave(inside[0], inside[0])
    assert door.enter("x", ("192.0.2.77", 1)) == ""


def test_one_network_cannot_take_all_the_memory() -> None:
    """Three addresses of one network that send large mails slowly would else stop all others."""
    door = Door(Limits(budget_bytes=1_000_000, network_bytes=400_000))
    with door.mail(("192.0.2.1", 1)) as one, door.mail(("192.0.2.2", 1)) as other:
        assert one.grow(FREE_BYTES + 400_000)
        assert not other.grow(FREE_BYTES + 1)
        with door.mail(("198.51.100.1", 1)) as elsewhere:
            assert elsewhere.grow(FREE_BYTES + 400_000)
        with door.mail("") as own:
            assert own.grow(FREE_BYTES + 600_000)
    with door.mail(("192.0.2.2", 1)) as other:
        assert other.grow(FREE_BYTES + 400_000)


def test_memory_for_large_mails_is_shared_out_and_given_back() -> None:
    """Two hundred slow senders of 25 MB must not take 5 GB."""
    door = Door(Limits(budget_bytes=1000_000))
    with door.mail() as one:
        assert one.grow(900_000)
        with door.mail() as other:
            assert not other.grow(500_000)
            assert other.grow(100_000)  # small ones always find room
    with door.mail() as one:
        assert one.grow(1_000_000)


def test_large_mails_are_put_off_while_others_take_the_memory(
    service: InboundService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slow senders of large mails must not cost more memory the more they are; small mail passes."""
    monkeypatch.setattr(
        listeners, "Limits", lambda **given: Limits(**given | {"budget_bytes": 300_000})
    )
    large = b"x" * 400_000 + b"\r\n"
    with listening(service.intake, SMTP) as listener, Raw(listener.ports[0]) as quick:
        with Raw(listener.ports[0]) as slow:
            slow.say(ENVELOPE + b"DATA\r\n", 3)
            slow.socket.sendall(large)
            until(lambda: listener._doors[0]._budget == 300_000 + FREE_BYTES - len(large))
            quick.say(ENVELOPE + b"DATA\r\n", 3)
            assert quick.say(large + b".\r\n") == protocol.NO_ROOM
            quick.say(ENVELOPE + b"DATA\r\n", 3)
            assert quick.say(MAIL + b".\r\n") == protocol.KEPT
            assert slow.say(b".\r\n") == protocol.KEPT
        quick.say(ENVELOPE + b"DATA\r\n", 3)
        assert quick.say(b"y" + large + b".\r\n") == protocol.KEPT


class Away:
    """An intake without its store."""

    most_bytes = 1_000_000

    def __init__(self, error: Exception) -> None:
        """Keep the error to raise."""
        self._error = error

    def address(self, _recipient: str) -> bool:
        """Every address is ours."""
        return True

    def receive(self, _mails: Sequence[Incoming]) -> list[Kept]:
        """Fail."""
        raise self._error


@pytest.mark.parametrize("error", [StoreError("away"), ValueError("a defect")])
def test_without_the_store_the_sender_is_asked_to_try_again(error: Exception) -> None:
    """Law 10: 250 means that it is on disk, and nothing else does."""
    with listening(Away(error), SMTP) as listener, Raw(listener.ports[0]) as client:
        client.say(ENVELOPE + b"DATA\r\n", 3)
        assert client.say(MAIL + b".\r\n") == protocol.NOT_KEPT
        assert client.say(b"NOOP\r\n").startswith("250")


class Slow(Away):
    """An intake that takes its time, and tells what it was given at once."""

    def __init__(self) -> None:
        """Wait until told to go on."""
        super().__init__(StoreError(""))
        self.begun, self.go, self.lots = threading.Event(), threading.Event(), list[int]()

    def receive(self, mails: Sequence[Incoming]) -> list[Kept]:
        """Take mails in, later."""
        self.begun.set()
        assert self.go.wait(PATIENCE)
        self.lots.append(len(mails))
        return [Kept.NEW] * len(mails)


def test_mail_that_arrives_together_is_written_together() -> None:
    """A durable write costs milliseconds: one for each mail would be the limit of all."""
    slow = Slow()
    with listening(slow, SMTP) as listener:
        clients = [Raw(listener.ports[0]) for _ in range(30)]
        for client in clients:
            client.say(ENVELOPE + b"DATA\r\n", 3)
            client.socket.sendall(MAIL + b".\r\n")
        slow.go.set()
        assert {client.reply() for client in clients} == {protocol.KEPT}
        for client in clients:
            client.__exit__()
    assert sum(slow.lots) == 30
    assert len(slow.lots) < 30


def test_a_clean_stop_lets_mail_arrive_that_is_on_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """A restart must cost senders nothing."""
    slow, close = Slow(), listeners.Listener.close

    async def close_and_go_on(listener: listeners.Listener) -> None:
        asyncio.get_running_loop().call_soon(slow.go.set)  # as soon as it waits
        await close(listener)

    monkeypatch.setattr(listeners.Listener, "close", close_and_go_on)
    with listening(slow, SMTP) as listener:
        client, idle = Raw(listener.ports[0]), Raw(listener.ports[0])
        client.say(ENVELOPE + b"DATA\r\n", 3)
        client.socket.sendall(MAIL + b".\r\n")
        assert slow.begun.wait(PATIENCE)
    assert client.reply() == protocol.KEPT
    assert idle.reply().startswith("421 4.3.2")
    for one in (client, idle):
        one.__exit__()


def test_silent_clients_are_ended(service: InboundService, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise they would fill all connections for ever."""
    monkeypatch.setattr(listeners, "Limits", lambda **given: Limits(**given, idle_seconds=1000))
    loop = LeapingLoop()
    with listening(service.intake, SMTP, loop=loop) as listener:
        with Raw(listener.ports[0]) as silent:
            loop.call_soon_threadsafe(loop.leap, 1001)
            assert silent.reply() == ""
        with Raw(listener.ports[0]) as slow:
            slow.say(ENVELOPE + b"DATA\r\nSubject: ", 3)
            loop.call_soon_threadsafe(loop.leap, 1001)
            assert slow.reply() == protocol.TOO_SLOW
            assert slow.reply() == ""
    assert service.mails() == []


def test_who_sends_a_mail_by_drops_is_sent_away_and_who_is_only_slow_is_not(
    service: InboundService,
) -> None:
    """A drop a minute keeps a connection and its memory for half an hour; a modem is no attack."""
    loop, limits = LeapingLoop(), Limits()
    piece = b"x" * (limits.pace_bytes // 2) + b"\r\n"
    with listening(service.intake, SMTP, loop=loop) as listener:
        with Raw(listener.ports[0]) as modem:
            modem.say(ENVELOPE + b"DATA\r\n", 3)
            for _ in range(5):
                for _ in range(2):
                    modem.socket.sendall(piece)
                    leap(loop, limits.pace_seconds / 2 - 1)
            assert modem.say(b".\r\n") == protocol.KEPT
        with Raw(listener.ports[0]) as drops:
            drops.say(ENVELOPE + b"DATA\r\n", 3)
            drops.socket.sendall(piece * 3)
            leap(loop, limits.pace_seconds + 1)
            drops.socket.sendall(b"y")
            leap(loop, limits.pace_seconds + 1)
            assert drops.reply() == protocol.TOO_SLOW
            assert drops.reply() == ""
    assert len(service.mails()) == 1


def leap(loop: LeapingLoop, seconds: float) -> None:
    """Let time go by, once the loop has done what it had to do."""
    asyncio.run_coroutine_threadsafe(_leap(loop, seconds), loop).result(PATIENCE)


async def _leap(loop: LeapingLoop, seconds: float) -> None:
    for _ in range(20):
        await asyncio.sleep(0)
    loop.leap(seconds)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for this machine, with its key."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "key.pem",
         "-out", folder / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder


def test_tls_is_offered_and_required_as_told(service: InboundService, certificate: Path) -> None:
    """Mail from readers need not cross the network in clear."""
    place = f"{SMTP}?certificate={certificate}/cert.pem&key={certificate}/key.pem&starttls=required"
    context = ssl.create_default_context(cafile=certificate / "cert.pem")
    with listening(service.intake, place) as listener:
        with Raw(listener.ports[0]) as client:
            assert client.say(b"MAIL FROM:<>\r\n").startswith("530 5.7.0")
        with smtplib.SMTP("127.0.0.1", listener.ports[0]) as session:
            session.starttls(context=context)
            session.ehlo()
            assert not session.has_extn("starttls")
            assert not session.has_extn("auth")
            session.sendmail("ana@example.org", [LIST], MAIL)
    assert service.contents() == [MAIL]


def test_commands_smuggled_before_tls_are_forgotten(
    service: InboundService, certificate: Path
) -> None:
    """RFC 3207 section 4.2: what a stranger put into the clear part must not count."""
    place = f"{SMTP}?certificate={certificate}/cert.pem&key={certificate}/key.pem"
    context = ssl.create_default_context(cafile=certificate / "cert.pem")
    with listening(service.intake, place) as listener, Raw(listener.ports[0]) as client:
        assert client.say(b"STARTTLS\r\n" + ENVELOPE).startswith("220")
        with context.wrap_socket(client.socket, server_hostname="127.0.0.1") as inside:
            inside.sendall(b"EHLO x\r\nDATA\r\n")
            said = b""
            while b"503" not in said:
                said += inside.recv(4096)
            assert b"250 2." not in said


def test_places_that_cannot_be_listened_at_are_named(
    service: InboundService, tmp_path: Path
) -> None:
    """The operator must know which line of the configuration to change."""
    with listening(service.intake, SMTP) as listener:
        place = f"smtp://127.0.0.1:{listener.ports[0]}"
        with pytest.raises(ConfigError, match=f"{place}: .*in use"):
            listeners.run([ListenUrl.parse(place)], service.intake, "x")
    file = tmp_path / "cert.pem"
    file.write_text("x")
    place = f"{SMTP}?certificate={file}"
    with pytest.raises(ConfigError, match="certificate"):
        listeners.run([ListenUrl.parse(place)], service.intake, "x")


def test_a_unix_socket_serves_as_well(service: InboundService, tmp_path: Path) -> None:
    """Between two programs of one machine, files' rights decide who may speak."""
    path = tmp_path / "in.sock"
    with listening(service.intake, f"lmtp://{path}"):
        assert path.stat().st_mode & 0o777 == 0o660
        with smtplib.LMTP(str(path)) as session:
            session.sendmail("ana@example.org", [LIST], MAIL)
    assert service.contents() == [MAIL]
    assert not path.exists()


@trial(max_examples=60)
@given(
    st.lists(
        st.binary(max_size=60)
        | st.sampled_from(
            [
                b"\r\n",
                b"EHLO x\r\n",
                ENVELOPE,
                b"DATA\r\n",
                b"\r\n.\r\n",
                b"RSET\r\n",
                b"STARTTLS\r\n",
                b"MAIL FROM:<",
                b"\0" * 3000,
            ]
        )
    )
)
def test_no_bytes_end_the_listener(smtp: Raw, parts: list[bytes]) -> None:
    """Anyone may connect and send anything; the next client must find it well."""
    port = smtp.socket.getpeername()[1]
    with Raw(port, b"") as client:
        client.socket.sendall(b"".join(parts))
        client.socket.shutdown(socket.SHUT_WR)
        client.file.read()
    with Raw(port) as good:
        assert good.say(b"NOOP\r\n") == "250 2.0.0 OK"


def test_a_flood_with_garbage_and_slow_senders_is_stored_to_the_last_mail(
    service: InboundService,
) -> None:
    """All that was acknowledged is there, and memory stays bounded."""
    per_client, clients = 50, 20
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def client(number: int) -> list[bytes]:
        acknowledged = []
        with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE) as session:
            session.ehlo()
            for turn in range(per_client):
                content = b"Subject: %d-%d\r\n\r\n%b\r\n" % (number, turn, b"x" * 2000)
                if turn == number:
                    garbage(port)
                if number == 0 and turn < 3:
                    slowly(port)
                session.sendmail("ana@example.org", [LIST], content)
                acknowledged.append(content)
        return acknowledged

    with listening(service.intake, LMTP, SMTP) as listener:
        port = listener.ports[1]
        with ThreadPoolExecutor(clients) as pool:
            said = [one for found in pool.map(client, range(clients)) for one in found]
    assert len(said) == clients * per_client
    assert sorted(service.contents()) == sorted(said)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 100_000  # KiB


def garbage(port: int) -> None:
    """Send what is no SMTP, and a mail that breaks off."""
    for data in (b"\x16\x03\x01\0\xff" * 500, ENVELOPE + b"DATA\r\nSubject: lost"):
        with Raw(port) as client:
            client.socket.sendall(data)


def slowly(port: int) -> None:
    """Begin a mail in single octets, and go away."""
    with Raw(port) as client:
        for octet in ENVELOPE + b"DATA\r\nSubject: s":
            client.socket.sendall(bytes([octet]))


def test_the_answers_name_no_secret(smtp: Raw) -> None:
    """An attacker must not learn which software we run."""
    assert smtp.first == "220 lists.example.org ESMTP"
    said: Any = smtp.say(b"HELP\r\n")
    assert "aiosmtpd" not in said.lower()
