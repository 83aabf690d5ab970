"""A real Postfix before us, set up as docs/inbound.md says: LMTP, and recipients asked about.

And the whole way of a reader through it, as mail server and as our relay, with the whole service.
"""

from __future__ import annotations

import email
import email.policy
import os
import re
import shutil
import smtplib
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote

import pytest

from mailer.clock import SystemClock
from mailer.config import Settings
from mailer.domain.campaigns.campaign import State
from mailer.domain.inbound.received import MailState, Way
from mailer.domain.subscribers.address import parse_address
from mailer.services.campaigns.lifecycle import Campaigns
from mailer.services.editions import library as editions
from mailer.services.subscriptions import subscribers as secretariat
from mailer.store.inbound import mails as inbound
from mailer.store.server.connection import Store
from mailer.store.subscribers import records as subscribers
from mailer.workers.supervisor import Supervisor
from support.patience import PATIENCE
from support.places import CORPUS, ROOT
from support.servers.ports import free_port
from support.servers.postfix_server import USABLE, Server, postfix
from support.service.inbound_service import LIST, InboundService, listening

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(not USABLE, reason="Postfix is missing, or we are not root"),
]

DEPLOY = ROOT / "deploy"
PAGE = (DEPLOY.parent / "docs/inbound.md").read_text(encoding="utf-8")


@pytest.fixture
def service(store: Store, tmp_path: Path) -> InboundService:
    """A service that takes mail in."""
    return InboundService(store, tmp_path / "data")


def documented(first: str) -> dict[str, str]:
    """Return the lines of main.cf that the manual tells operators to add."""
    return read(next(found for found in PAGE.split("```")[1::2] if first in found))


def read(lines: str) -> dict[str, str]:
    """Read lines of a main.cf."""
    pairs = (line.partition("=") for line in lines.splitlines() if line and line[0] != "#")
    return {name.strip(): value.strip() for name, _, value in pairs}


@pytest.fixture
def mta(service: InboundService) -> Iterator[Server]:
    """A Postfix that hands the list's mail to our listener, as documented."""
    with listening(service.intake, "lmtp://127.0.0.1:0") as listener:
        # Who lets Postfix carry mail out has our sample there already.
        settings = read((DEPLOY / "postfix/main.cf").read_text(encoding="utf-8"))
        settings |= documented("transport_maps") | documented("reject_unverified_recipient")
        settings["transport_maps"] = settings["transport_maps"].replace(
            "8024", str(listener.ports[0])
        )
        # Loopback clients are trusted by `permit_mynetworks`, which readers' servers are not.
        settings |= {"mynetworks": "192.0.2.1/32", "inet_interfaces": "127.0.0.1"}
        # It waits for our answer about a recipient as long as we do, not three seconds.
        settings |= {
            "address_verify_poll_delay": "1s",
            "address_verify_poll_count": f"{PATIENCE:.0f}",
        }
        with postfix(settings) as server:
            yield server


def send(server: Server, recipient: str, content: bytes = b"Subject: Hi\r\n\r\nHello.\r\n") -> None:
    """Hand one mail to it, as another server would."""
    with smtplib.SMTP("127.0.0.1", server.port, timeout=PATIENCE) as session:
        session.sendmail("ana@example.org", [recipient], content)


def wait_for(what: Callable[[], bool], server: Server) -> None:
    """Return once something is so."""
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, server.log
        time.sleep(0.05)


def test_mail_passes_through_to_us_with_its_addition(mta: Server, service: InboundService) -> None:
    """The text after the plus sign tells what the mail is about."""
    for recipient in (LIST, "bulletin-subscribe+fr@lists.example.org"):
        send(mta, recipient)
    wait_for(lambda: len(service.mails()) == 2, mta)
    assert [(one.way, one.sender, one.recipients) for one in service.mails()] == [
        (Way.LMTP, "ana@example.org", (LIST,)),
        (Way.LMTP, "ana@example.org", ("bulletin-subscribe+fr@lists.example.org",)),
    ]
    wait_for(lambda: mta.log.count("status=sent (250 2.6.0 Taken in)") == 2, mta)


def test_addresses_that_are_not_ours_are_refused_while_the_sender_waits(
    mta: Server, service: InboundService
) -> None:
    """A server that takes them first must return them later, to whoever was forged as sender."""
    for local in ("nobody", "bulletin-leave+1-2-0123456789abcdef"):
        with pytest.raises(smtplib.SMTPRecipientsRefused, match=r"550 5\.1\.1|5\.1\.1"):
            send(mta, f"{local}@lists.example.org")
    assert service.mails() == []


EDITION = CORPUS / "editions" / "autumn"
SWAKS = shutil.which("swaks") or ""
ANA, GONE = "ana@readers.example.net", "gone@readers.example.net"
CONFIGURATION = """\
data_dir = "data"
sender_name = "The Bulletin"
sender_address = "bulletin@lists.example.org"
list_domain = "lists.example.org"
owner_address = "ana@readers.example.net"
listen = ["lmtp://127.0.0.1:{lmtp}"]
relays = ["smtp://127.0.0.1:{smtp}?starttls=no"]
workers = 1
log_level = "error"
"""


@dataclass
class Whole:
    """Postfix, the running service, and a reader's mailbox."""

    server: Server
    supervisor: Supervisor
    settings: Settings
    mailbox: Path

    @property
    def store(self) -> Store:
        """The service's store."""
        assert self.supervisor.store is not None
        return self.supervisor.store

    def swaks(self, to: str, subject: str = "hello", body: str = "\\n", *more: str) -> None:
        """Let the reader send a mail."""
        subprocess.run(
            [
                *(SWAKS, "--server", "127.0.0.1", "--port", str(self.server.port)),
                *("--from", ANA, "--to", to, "--h-Subject", subject, "--body", body),
                *("--silent", "2", "--timeout", f"{PATIENCE:.0f}s", *more),
            ],
            check=True,
            timeout=PATIENCE,
            stdin=subprocess.DEVNULL,
        )

    def mail(self, subject: str) -> EmailMessage:
        """Wait for a mail to the reader whose subject begins like that."""
        found: list[EmailMessage] = []

        def came() -> bool:
            self.supervisor.look()
            found[:] = [one for one in self.mails() if str(one["Subject"]).startswith(subject)]
            return bool(found)

        wait_for(came, self.server)
        return found[0]

    def mails(self) -> Iterator[EmailMessage]:
        """Read the reader's mailbox."""
        for file in self.mailbox.glob("new/*"):
            message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            yield message

    def status(self, address: str) -> str:
        """Tell a reader's status; empty: unknown."""
        number = subscribers.number_of(self.store, address)
        found = subscribers.get(self.store, number) if number else None
        return found.status.value if found else ""


def listens(port: int) -> bool:
    """Tell whether somebody takes connections there."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@pytest.fixture
def whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Whole]:
    """Postfix with the list's mail to our LMTP, readers of its own, and us behind it."""
    for name in [name for name in os.environ if name.startswith("MAILER_")]:
        monkeypatch.delenv(name)
    lmtp = free_port()
    settings = documented("transport_maps")
    settings["transport_maps"] = settings["transport_maps"].replace("8024", str(lmtp))
    mailbox = Path("ana")
    settings |= {
        "mydestination": "readers.example.net",
        "alias_maps": "inline:{ ana=$data_directory/ana/ }",
        "default_privs": "nobody",
        "allow_mail_to_files": "alias",
    }
    with postfix(settings) as server:
        mailbox = server.folder / "data/ana"
        mailbox.mkdir()
        shutil.chown(mailbox, "nobody")
        file = tmp_path / "mailer.toml"
        file.write_text(CONFIGURATION.format(lmtp=lmtp, smtp=server.port), encoding="utf-8")
        loaded = Settings.load(file)
        with Supervisor(loaded) as supervisor:
            wait_for(lambda: listens(lmtp), server)
            yield Whole(server, supervisor, loaded, mailbox)


@pytest.mark.skipif(not SWAKS, reason="swaks is missing")
def test_a_reader_s_whole_way_goes_through_a_real_mail_server(whole: Whole) -> None:
    """Subscribe, confirm by reply, receive, leave by mailto; and an address that is gone bounces."""
    whole.swaks("bulletin-subscribe+fr@lists.example.org")
    asked = whole.mail("Confirmer votre abonnement")
    assert whole.status(ANA) == "pending"
    assert asked["Return-Path"] == "<>"
    whole.swaks(
        str(asked["Reply-To"]),
        f"Re: {asked['Subject']}",
        "Oui, merci.",
        *("--add-header", f"In-Reply-To: {asked['Message-ID']}"),
    )
    whole.mail("Bienvenue")
    assert whole.status(ANA) == "active"
    number = subscribers.number_of(whole.store, ANA)
    found = subscribers.get(whole.store, number or 0)
    assert found is not None
    assert found.language == "fr"
    assert "j’accepte de recevoir The Bulletin" in found.consent

    clock = SystemClock()
    address = parse_address(GONE)
    secretariat.add(whole.store, whole.settings, clock.now(), address, language="en")
    editions.import_folder(whole.store, whole.settings.topics, EDITION, clock)
    campaigns = Campaigns(whole.store, whole.settings, clock)
    campaign = campaigns.create("autumn-2030", "bulletin").number
    campaigns.send(campaign)
    wait_for(lambda: whole.status(GONE) == "suspended", whole.server)
    wait_for(lambda: campaigns.status(campaign).campaign.state is State.SENT, whole.server)
    counts = campaigns.status(campaign).counts
    assert (counts.planned, counts.accepted, counts.bounced) == (2, 2, 1)
    assert counts.balanced
    (report,) = inbound.newest(whole.store, list(MailState), ["bounce"], 10)
    assert (report.sender, report.way) == ("", Way.LMTP)
    assert report.reason.endswith("hard, user-unknown; suspended")
    assert b'unknown user: "gone"' in inbound.raw(whole.store, report.number)

    bulletins: list[EmailMessage] = []

    def delivered() -> bool:
        bulletins[:] = [one for one in whole.mails() if one["List-Unsubscribe"]]
        return bool(bulletins)

    wait_for(delivered, whole.server)
    (bulletin,) = bulletins
    assert re.fullmatch(
        r"<bulletin-bounces\+[0-9a-z-]+@lists\.example\.org>", str(bulletin["Return-Path"])
    )
    assert bulletin["Content-Language"] == "fr"
    leave = re.search(r"<mailto:([^?>]+)\?subject=([^>]*)>", str(bulletin["List-Unsubscribe"]))
    assert leave is not None
    whole.swaks(leave[1], unquote(leave[2]))
    whole.mail("Désabonnement")
    assert whole.status(ANA) == "unsubscribed"
    assert not list(whole.server.folder.glob("queue/deferred/*/*")), whole.server.log
