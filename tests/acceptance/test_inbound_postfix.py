"""A real Postfix before us, set up as docs/inbound.md says: LMTP, and recipients asked about."""

from __future__ import annotations

import smtplib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from inbound_service import LIST, InboundService, listening
from postfix_server import USABLE, Server, postfix

from mailer.domain.received import Way
from mailer.store.connection import Store

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(not USABLE, reason="Postfix is missing, or we are not root"),
]

PAGE = (Path(__file__).parents[2] / "docs/inbound.md").read_text(encoding="utf-8")
SECONDS = 30.0


@pytest.fixture
def service(store: Store, tmp_path: Path) -> InboundService:
    """A service that takes mail in."""
    return InboundService(store, tmp_path / "data")


def documented(first: str) -> dict[str, str]:
    """Return the lines of main.cf that the manual tells operators to add."""
    block = next(found for found in PAGE.split("```")[1::2] if first in found)
    pairs = (line.partition("=") for line in block.strip().splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}


@pytest.fixture
def mta(service: InboundService) -> Iterator[Server]:
    """A Postfix that hands the list's mail to our listener, as documented."""
    with listening(service.intake, "lmtp://127.0.0.1:0") as listener:
        settings = documented("transport_maps") | documented("reject_unverified_recipient")
        settings["transport_maps"] = settings["transport_maps"].replace(
            "8024", str(listener.ports[0])
        )
        # Loopback clients are trusted by `permit_mynetworks`, which readers' servers are not.
        settings |= {"mynetworks": "192.0.2.1/32", "address_verify_poll_delay": "1s"}
        with postfix(settings) as server:
            yield server


def send(server: Server, recipient: str, content: bytes = b"Subject: Hi\r\n\r\nHello.\r\n") -> None:
    """Hand one mail to it, as another server would."""
    with smtplib.SMTP("127.0.0.1", server.port, timeout=SECONDS) as session:
        session.sendmail("ana@example.org", [recipient], content)


def wait_for(what: Callable[[], bool], server: Server) -> None:
    """Return once something is so."""
    deadline = time.monotonic() + SECONDS
    while not what():
        assert time.monotonic() < deadline, server.log
        time.sleep(0.05)


def test_mail_passes_through_to_us_with_its_addition(mta: Server, service: InboundService) -> None:
    """What stands after the plus sign is what the mail is about."""
    for recipient in (LIST, "bulletin-subscribe+fr@lists.example.org"):
        send(mta, recipient)
    wait_for(lambda: len(service.mails()) == 2, mta)
    assert [(one.way, one.sender, one.recipients) for one in service.mails()] == [
        (Way.LMTP, "ana@example.org", (LIST,)),
        (Way.LMTP, "ana@example.org", ("bulletin-subscribe+fr@lists.example.org",)),
    ]
    assert "status=sent (250 2.6.0 Taken in)" in mta.log


def test_addresses_that_are_not_ours_are_refused_while_the_sender_waits(
    mta: Server, service: InboundService
) -> None:
    """A server that takes them first must return them later, to whoever was forged as sender."""
    for local in ("nobody", "bulletin-leave+1-2-0123456789abcdef"):
        with pytest.raises(smtplib.SMTPRecipientsRefused, match=r"550 5\.1\.1|5\.1\.1"):
            send(mta, f"{local}@lists.example.org")
    assert service.mails() == []
