"""The demo's mail catcher keeps exactly what it was given, and its sample subscribers import."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.clock import SimulatedClock
from mailer.config import Settings
from mailer.demo import maildir
from mailer.demo.catcher import REFUSED, Catcher
from mailer.demo.subscribers import FEWEST, SHARES, sample
from mailer.domain.subscribers.address import key_of
from mailer.errors import MailerError
from mailer.services.subscriber_files.importing import import_csv
from mailer.store.server.connection import Store
from support.patience import PATIENCE


class Talk:
    """A conversation with the catcher, octet for octet."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._replies = self._socket.makefile("rb")
        self.reply()

    def say(self, octets: bytes) -> None:
        """Send something and wait for nothing."""
        self._socket.sendall(octets)

    def reply(self) -> bytes:
        """Read one reply, all its lines."""
        lines = [self._replies.readline()]
        while lines[-1][3:4] == b"-":
            lines.append(self._replies.readline())
        return b"".join(lines)

    def send(self, recipient: bytes, content: bytes) -> list[bytes]:
        """Hand over a message in one write for each round trip; `content` is dot-stuffed."""
        self.say(b"MAIL FROM:<b@example.org>\r\nRCPT TO:<" + recipient + b">\r\nDATA\r\n")
        replies = [self.reply() for _ in range(3)]
        if replies[2].startswith(b"354"):
            self.say(content + b".\r\n")
            replies.append(self.reply())
        return replies

    def close(self) -> None:
        """Hang up."""
        self._replies.close()
        self._socket.close()


@pytest.fixture(scope="module")
def catcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catcher]:
    """One catcher for the tests of this file, which use addresses of their own."""
    with Catcher(tmp_path_factory.mktemp("catcher") / "mail") as started:
        yield started


@pytest.fixture
def talk(catcher: Catcher) -> Iterator[Talk]:
    """A greeted conversation."""
    opened = Talk(catcher.port)
    opened.say(b"EHLO localhost\r\n")
    opened.reply()
    yield opened
    opened.close()


def kept(catcher: Catcher, recipient: str) -> list[maildir.Captured]:
    """Return what the catcher holds for an address."""
    return [mail for mail in maildir.read(catcher.folder) if mail.recipient == recipient]


def test_offers_what_our_sending_uses(catcher: Catcher) -> None:
    """Without PIPELINING and SMTPUTF8 the demo would show a slower, poorer way of sending."""
    talk = Talk(catcher.port)
    talk.say(b"EHLO localhost\r\n")
    offered = {line[4:] for line in talk.reply().splitlines()}
    talk.close()
    assert {b"PIPELINING", b"SMTPUTF8", b"8BITMIME", b"ENHANCEDSTATUSCODES"} <= offered


def test_keeps_the_octets_below_the_envelope(catcher: Catcher, talk: Talk) -> None:
    """The captured message must be the one that was sent, or looking at it proves nothing."""
    content = b"Subject: one\r\nContent-Language: fr\r\n\r\n..dot\r\ntext.\r\n\r\n"
    assert talk.send(b"exact@example.org", content)[-1].startswith(b"250")
    (mail,) = kept(catcher, "exact@example.org")
    assert mail.content == b"Subject: one\r\nContent-Language: fr\r\n\r\n.dot\r\ntext.\r\n\r\n"
    assert (mail.sender, mail.language) == ("b@example.org", "fr")
    assert mail.parsed()["Subject"] == "one"
    assert mail.path.suffix == ".eml"


def test_takes_pipelined_commands_and_the_next_message_in_one_write(
    catcher: Catcher, talk: Talk
) -> None:
    """Our client sends a body and the next envelope together (RFC 2920); none may be mixed up."""
    envelope = b"MAIL FROM:<>\r\nRCPT TO:<piped-%d@example.org>\r\nDATA\r\n"
    talk.say(envelope % 1)
    talk.say(b"Subject: 1\r\n\r\nA\r\n.\r\n" + envelope % 2)
    replies = [talk.reply()[:3] for _ in range(7)]
    talk.say(b"Subject: 2\r\n\r\nB\r\n.\r\n")
    assert [*replies, talk.reply()[:3]] == [b"250", b"250", b"354", b"250"] * 2
    held = [kept(catcher, f"piped-{n}@example.org")[0].content for n in (1, 2)]
    assert held == [b"Subject: 1\r\n\r\nA\r\n", b"Subject: 2\r\n\r\nB\r\n"]


def test_refuses_marked_mailboxes_and_goes_on(catcher: Catcher, talk: Talk) -> None:
    """The demo's table shows rejections; they must not disturb the message after them."""
    refused = talk.send(f"{REFUSED}-9@example.org".encode(), b"x\r\n")
    assert [reply[:3] for reply in refused] == [b"250", b"550", b"503"]
    assert refused[1].startswith(b"550 5.1.1 ")
    talk.say(b"RSET\r\n")
    talk.reply()
    assert talk.send(b"after@example.org", b"Subject: x\r\n\r\nx\r\n")[-1].startswith(b"250")
    assert not kept(catcher, f"{REFUSED}-9@example.org")


def test_keeps_addresses_in_other_scripts(catcher: Catcher, talk: Talk) -> None:
    """A sample subscriber has one; SMTPUTF8 (RFC 6531) is the only way to it."""
    talk.say("MAIL FROM:<b@example.org> SMTPUTF8\r\nRCPT TO:<año@example.org>\r\nDATA\r\n".encode())
    for _ in range(3):
        talk.reply()
    talk.say("To: año@example.org\r\n\r\nx\r\n.\r\n".encode())
    assert talk.reply().startswith(b"250")
    assert kept(catcher, "año@example.org")[0].content.startswith("To: año".encode())


def test_a_message_cut_short_is_not_kept(catcher: Catcher) -> None:
    """Nobody was told 250 for it: the sender will send it again, and it must not be there twice."""
    talk = Talk(catcher.port)
    talk.say(b"EHLO localhost\r\n")
    talk.reply()
    talk.say(b"MAIL FROM:<>\r\nRCPT TO:<cut@example.org>\r\nDATA\r\n")
    for _ in range(3):
        talk.reply()
    talk.say(b"Subject: half a mess")
    talk.close()
    other = Talk(catcher.port)
    other.say(b"EHLO localhost\r\n")
    other.reply()
    assert other.send(b"whole@example.org", b"x: y\r\n\r\n\r\n")[-1].startswith(b"250")
    other.close()
    assert not kept(catcher, "cut@example.org")


@settings(max_examples=50)
@given(lines=st.lists(st.text("a.\r =", max_size=6).map(lambda t: t.replace("\r", "")), max_size=8))
def test_any_lines_come_out_as_they_went_in(catcher: Catcher, talk: Talk, lines: list[str]) -> None:
    """Lines of dots, empty messages: dot-stuffing (RFC 5321 4.5.2) loses and adds nothing."""
    content = "".join(f"{line}\r\n" for line in lines).encode()
    stuffed = "".join(f"{'.' if line[:1] == '.' else ''}{line}\r\n" for line in lines).encode()
    assert talk.send(b"dots@example.org", stuffed)[-1].startswith(b"250")
    assert kept(catcher, "dots@example.org")[-1].content == content


def test_keeps_many_large_messages_from_many_connections(tmp_path: Path) -> None:
    """The demo hands over 300 messages on dozens of connections; each must be there once."""
    body = b"Subject: x\r\n\r\n" + b"A line of a bulletin, as long as they are.\r\n" * 2000
    with Catcher(tmp_path / "mail") as catcher:

        def send(start: int) -> None:
            talk = Talk(catcher.port)
            talk.say(b"EHLO localhost\r\n")
            talk.reply()
            for number in range(start, start + 30):
                talk.send(b"r%d@example.org" % number, body)
            talk.close()

        threads = [threading.Thread(target=send, args=(start,)) for start in range(0, 300, 30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        mails = list(maildir.read(catcher.folder))
    assert Counter(mail.recipient for mail in mails) == Counter(
        f"r{number}@example.org" for number in range(300)
    )
    assert {len(mail.content) for mail in mails} == {len(body)}


def test_says_so_where_it_cannot_start(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A demo without a catcher would wait for ever; it must end with words instead."""
    (tmp_path / "mail").write_text("a file where the folder should be")
    with pytest.raises(MailerError, match="cannot be used"), Catcher(tmp_path / "mail"):
        pytest.fail("it started")
    assert "Traceback" not in capfd.readouterr().err


def test_three_hundred_sample_subscribers_are_shared_out_as_announced() -> None:
    """Half read English, the rest French and Spanish: the table shows all three at any number."""
    readers = sample(300).readers
    assert Counter(language for _, language, _ in readers) == {"en": 150, "fr": 81, "es": 69}
    assert len({key_of(address) for address, _, _ in sample(300).lines}) == 304


@pytest.mark.parametrize("count", [FEWEST, 13, 37, 300, 1001])
def test_sample_subscribers_import_without_a_refusal(
    store: Store, tmp_path: Path, count: int
) -> None:
    """The demo begins with a file that the real import takes whole, whatever its length."""
    file = tmp_path / "readers.csv"
    made = sample(count)
    made.write(file)
    clock = SimulatedClock(datetime(2023, 4, 12, 7, tzinfo=UTC))
    report = import_csv(store, Settings(data_dir=tmp_path), clock, file)
    assert (report.added, report.refused) == (len(made.lines), 0)
    assert len(made.readers) == count
    assert len(made.refused) == 2
    assert {language for _, language, _ in made.readers} == set(SHARES)
    assert sum(not address.isascii() for address, _, _ in made.readers) == 2
