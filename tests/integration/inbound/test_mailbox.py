"""A mailbox at a provider: what is in it comes in, and nothing is lost on the way."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from email.parser import BytesHeaderParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imap_tools import MailBoxUnencrypted

from mailer.domain.inbound.received import Incoming, Way
from mailer.domain.settings.mailbox_url import MailboxUrl
from mailer.errors import StoreError
from mailer.inbound import mailbox
from mailer.inbound.mailbox import Mailbox
from mailer.store.inbound.mails import Kept
from mailer.store.server.connection import Store
from support.patience import PATIENCE
from support.servers.chatty_mailbox import chatty_server
from support.servers.mailbox_server import DOVECOT, PASSWORD, USER, mailbox_server
from support.service.inbound_service import LIST, InboundService

needs_dovecot = pytest.mark.skipif(
    not Path(DOVECOT).exists(), reason="Dovecot is missing: apt-get install dovecot-imapd"
)


def mail(number: int, *, size: int = 0, head: bytes = b"") -> bytes:
    """Return one of several mails."""
    return b"%bSubject: Mail %d\r\n\r\n%b\r\n" % (head, number, b"x" * size)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that another user may enter: Dovecot does not run as root."""
    made = Path(tempfile.mkdtemp(prefix="mailer-imap-"))
    made.chmod(0o755)
    yield made / "imap"
    shutil.rmtree(made, ignore_errors=True)  # the last of its processes may write still


@pytest.fixture(autouse=True)
def _lively(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for a request to stop, and connect again, sooner than a provider would like."""
    monkeypatch.setattr(mailbox, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(mailbox, "FIRST_WAIT", 0.1)


@pytest.fixture
def service(store: Store, tmp_path: Path) -> InboundService:
    """A service that takes mail in."""
    return InboundService(store, tmp_path / "data", inbound_max_bytes=100_000)


def reader(service: InboundService, port: int) -> Mailbox:
    """Return what reads the mailbox."""
    url = MailboxUrl.parse(f"imap://list%40example.org:{PASSWORD}@127.0.0.1:{port}/INBOX")
    return Mailbox(url, service.intake)


def put(port: int, *mails: bytes) -> None:
    """Have mails delivered into the mailbox."""
    with MailBoxUnencrypted("127.0.0.1", port).login(USER, PASSWORD) as box:
        for content in mails:
            box.append(content, "INBOX")


def folders(port: int) -> dict[str, int]:
    """Count the mails in each folder."""
    with MailBoxUnencrypted("127.0.0.1", port).login(USER, PASSWORD) as box:
        return {one.name: box.folder.status(one.name)["MESSAGES"] for one in box.folder.list()}


@needs_dovecot
@pytest.mark.parametrize("lacks", [(), ("MOVE",), ("MOVE", "UIDPLUS")])
def test_mail_is_taken_in_as_it_is_and_moves_to_a_folder(
    service: InboundService, folder: Path, lacks: tuple[str, ...]
) -> None:
    """Nothing is deleted: what went wrong here can be looked up there, whatever the provider can."""
    with mailbox_server(folder, lacks=lacks) as port:
        mails = [mail(number) for number in range(45)]
        put(port, *mails)
        with reader(service, port).connected() as box:
            assert reader(service, port).empty(box) == 45
            assert reader(service, port).empty(box) == 0
        counted = folders(port)
    assert sorted(service.contents()) == sorted(mails)
    assert counted["Mailer"] == 45
    assert counted["INBOX"] == (45 if lacks == ("MOVE", "UIDPLUS") else 0)  # marked as deleted


@needs_dovecot
def test_what_was_taken_in_but_not_moved_is_not_taken_in_twice(
    service: InboundService, folder: Path
) -> None:
    """A connection may end between our disk and the provider's."""
    with mailbox_server(folder) as port:
        put(port, mail(1))
        one = reader(service, port)
        service.intake.receive([one.incoming(mail(1))])
        with one.connected() as box:
            one.empty(box)
        assert folders(port) == {"INBOX": 0, "Mailer": 1, "Mailer-refused": 0}
    assert len(service.mails()) == 1


@needs_dovecot
def test_mail_that_is_too_large_is_put_aside_with_an_event(
    service: InboundService, folder: Path
) -> None:
    """It must not stop the others, nor go unnoticed."""
    with mailbox_server(folder) as port:
        put(port, mail(1, size=200_000), mail(2))
        with reader(service, port).connected() as box:
            reader(service, port).empty(box)
        assert folders(port) == {"INBOX": 0, "Mailer": 1, "Mailer-refused": 1}
    assert [event["type"] for event in service.events()] == ["inbound.received", "inbound.refused"]


@needs_dovecot
def test_mail_stays_where_it_is_while_the_store_is_away(
    service: InboundService, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 10, for mailboxes: moved means kept."""

    def away(_mails: list[Incoming]) -> list[Kept]:
        raise StoreError("away")

    with mailbox_server(folder) as port:
        put(port, mail(1))
        with reader(service, port).connected() as box:
            monkeypatch.setattr(service.intake, "receive", away)
            with pytest.raises(StoreError):
                reader(service, port).empty(box)
        assert folders(port)["INBOX"] == 1


@needs_dovecot
def test_mail_that_arrives_later_is_noticed_also_after_a_lost_connection(
    service: InboundService, folder: Path
) -> None:
    """Providers end connections as they please; readers' requests must not wait for a person."""
    stop = threading.Event()
    with mailbox_server(folder) as port:
        work = threading.Thread(target=reader(service, port).run, args=(stop,))
        work.start()
        try:
            put(port, mail(1))
            wait_for(service, 1)
            end_connections(folder)
            put(port, mail(2))
            wait_for(service, 2)
        finally:
            stop.set()
            work.join(PATIENCE)
    assert not work.is_alive()
    assert service.contents() == [mail(1), mail(2)]


@pytest.mark.parametrize("moment", ["SEARCH", "IDLE"])
@pytest.mark.parametrize("before", [0, 1])
def test_news_that_comes_with_an_answer_is_not_overheard(
    service: InboundService, moment: str, before: int
) -> None:
    """A provider tells it once, when it pleases; a wait for it to be told again takes 20 minutes."""
    stop = threading.Event()
    mails = [mail(number) for number in range(before + 1)]
    with chatty_server(mails, moment, before) as port:
        work = threading.Thread(target=reader(service, port).run, args=(stop,))
        work.start()
        try:
            wait_for(service, before + 1)
        finally:
            stop.set()
            work.join(PATIENCE)
    assert not work.is_alive()
    assert service.contents() == mails


def end_connections(folder: Path) -> None:
    """Have the provider end all connections."""
    command = [shutil.which("doveadm") or "doveadm", "-c", str(folder / "dovecot.conf")]
    subprocess.run([*command, "kick", USER], check=True, capture_output=True)


def wait_for(service: InboundService, count: int) -> None:
    """Return once so many mails are kept."""
    deadline = time.monotonic() + PATIENCE
    while len(service.mails()) < count:
        assert time.monotonic() < deadline, f"only {len(service.mails())} of {count} mails came in"
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("head", "sender", "recipients"),
    [
        (b"", "", (LIST,)),
        (b"From: Ana <ana@example.org>\r\n", "ana@example.org", (LIST,)),
        (b"Return-Path: <>\r\nFrom: x@example.org\r\n", "", (LIST,)),
        (
            b"Return-Path: <ana@example.org>\r\nTo: bulletin-help@lists.example.org\r\n",
            "ana@example.org",
            ("bulletin-help@lists.example.org",),
        ),
        (
            b"Delivered-To: bulletin-leave@lists.example.org\r\nTo: bulletin@lists.example.org\r\n",
            "",
            ("bulletin-leave@lists.example.org",),
        ),
        (
            b"To: =?utf-8?q?=ff?= <bulletin-subscribe+fr@LISTS.example.org>,\r\n other@example.org\r\n",
            "",
            ("bulletin-subscribe+fr@LISTS.example.org",),
        ),
        (b"To: \xff\xfe\0<<<>>,,;:\r\n", "", (LIST,)),
        (b"From: ana@example.org\r\nTo: " + b"(" * 5000 + b"\r\n", "ana@example.org", (LIST,)),
        (b"Delivered-To: bulletin-leave+1-2-forged@lists.example.org\r\n", "", (LIST,)),
    ],
)
def test_the_envelope_is_found_in_what_the_provider_wrote(
    service: InboundService, head: bytes, sender: str, recipients: tuple[str, ...]
) -> None:
    """The address says what a mail asks for, and IMAP has no envelope."""
    found = reader(service, 143).incoming(mail(1, head=head))
    assert (found.way, found.sender, found.recipients) == (Way.IMAP, sender, recipients)
    assert BytesHeaderParser().parsebytes(found.content)["Subject"] == "Mail 1"


@given(
    st.lists(
        st.tuples(
            st.sampled_from([b"To", b"Delivered-To", b"Return-Path", b"From", b"Cc", b"Resent-To"]),
            st.binary(max_size=80)
            | st.sampled_from([b"=?utf-8?q?=ff?=", b"<", b"((((", b'"@"@,;:']),
        )
    ),
    st.binary(max_size=200),
)
def test_no_header_is_an_error(
    service: InboundService, fields: list[tuple[bytes, bytes]], rest: bytes
) -> None:
    """One mail that nobody can make sense of must not keep all others in the mailbox."""
    content = b"".join(name + b": " + value + b"\r\n" for name, value in fields) + rest
    found = reader(service, 143).incoming(content)
    assert found.content == content
    assert found.recipients
    assert all(service.intake.address(recipient) for recipient in found.recipients)
