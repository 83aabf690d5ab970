"""A real Postfix with a milter before us: whose findings are believed, wherever it writes them."""

from __future__ import annotations

import smtplib
import time
from pathlib import Path

import pytest

from mailer.store.server.connection import Store
from support.patience import PATIENCE
from support.servers.milter import milter
from support.servers.postfix_server import USABLE, postfix
from support.service.inbound_service import listening
from support.service.mail_service import MailService

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(not USABLE, reason="Postfix is missing, or we are not root"),
]

FOUND = "mx.example.org; dkim=pass (2048-bit key) header.d=example.org header.s=k"
NONE = "mx.example.org; dkim=none"
FORGED = f"Authentication-Results: {FOUND}\r\n"


@pytest.mark.parametrize(
    ("written", "place", "forged", "believed"),
    [
        ((FOUND, 0), "above", "", True),
        ((FOUND, 1), "below", "", True),
        ((FOUND, 0), "below", "", True),
        ((FOUND, 1), "above", "", False),
        ((NONE, 0), "above", FORGED, False),
        (("", 0), "above", FORGED, False),
        ((NONE, 0), "below", FORGED, False),
    ],
)
def test_a_reader_whom_the_mail_server_vouches_for_leaves_without_being_asked(
    store: Store,
    tmp_path: Path,
    written: tuple[str, int],
    place: str,
    forged: str,
    *,
    believed: bool,
) -> None:
    """A forged field in our server's name may remain only where that server writes none."""
    service = MailService(
        store,
        tmp_path / "data",
        authentication_server="mx.example.org",
        authentication_place=place,
    )
    service.member()
    with (
        listening(service.intake, "lmtp://127.0.0.1:0") as listener,
        milter(*written) as filter_port,
    ):
        lmtp = f"lmtp:inet:127.0.0.1:{listener.ports[0]}"
        settings = {
            "relay_domains": "lists.example.org",
            "transport_maps": f"inline:{{ lists.example.org={lmtp} }}",
            "smtpd_milters": f"inet:127.0.0.1:{filter_port}",
        }
        with postfix(settings) as server:
            with smtplib.SMTP("127.0.0.1", server.port, timeout=PATIENCE) as session:
                letter = f"{forged}From: ana@example.org\r\nSubject: leave\r\n\r\n".encode()
                session.sendmail("ana@example.org", [service.own("leave")], letter)
            deadline = time.monotonic() + PATIENCE
            while not service.mails():
                assert time.monotonic() < deadline, server.log
                time.sleep(0.05)
    service.intake.process(service.mails()[0].number)
    assert service.status() == ("unsubscribed" if believed else "active")
    assert service.queued() == ["goodbye" if believed else "leave"]
