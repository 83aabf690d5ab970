"""`mailer outbox`: a confirmation that did not leave must be seen by somebody."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mailer.store.server.connection import Store
from support.service.command import Command
from support.service.mail_service import MailService


@pytest.fixture
def service(store: Store, data_dir: Path) -> MailService:
    """A service with one mail in each of three states."""
    service = MailService(store, data_dir)
    for name in ("ana+rcpt-550", "ben+rcpt-451", "eva"):
        service.get(service.own("subscribe"), author=f"{name}@example.org")
    service.sent()
    return service


@pytest.fixture
def mailer(store: Store, data_dir: Path) -> Command:
    """The command line on the same store."""
    return Command(store, data_dir)


@pytest.mark.usefixtures("service")
def test_what_did_not_leave_is_listed_with_its_reason(mailer: Command) -> None:
    """Law 11; and a list must not show addresses without need."""
    shown = mailer("outbox")
    assert "confirm (en)  failed: 550 5.1.1" in shown.out
    assert "confirm (en)  deferred: 451" in shown.out
    assert "sent: 1" in shown.out
    assert "example.org" not in shown.out


@pytest.mark.usefixtures("service")
def test_programs_get_one_object_a_line(mailer: Command) -> None:
    """For monitoring."""
    (sent,) = [
        json.loads(line) for line in mailer("outbox", "--state", "sent", "--json").out.splitlines()
    ]
    assert (sent["name"], sent["state"], sent["attempts"]) == ("confirm", "sent", 1)


@pytest.mark.usefixtures("service")
def test_a_state_that_is_none_is_refused_with_those_that_are(mailer: Command) -> None:
    """A slip must not look like an empty list."""
    shown = mailer("outbox", "--state", "lost")
    assert shown.code == 1
    assert "failed" in shown.err
