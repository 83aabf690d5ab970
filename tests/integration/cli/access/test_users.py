"""`mailer users`: the first owner is added and invited from a shell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailer.services.access import audit
from mailer.store.server.connection import Store
from support.service.command import Command
from support.service.console import Browser, links
from support.service.web_service import BASE, WebService


@pytest.fixture
def mailer(store: Store, data_dir: Path) -> Command:
    """The command line on the store of the test, with pages."""
    return Command(store, data_dir, {"MAILER_PUBLIC_URL": BASE})


def test_whoever_is_invited_gets_in(store: Store, data_dir: Path, mailer: Command) -> None:
    """From an empty installation to a user at the console."""
    web = WebService(store, data_dir)
    mailer("users", "add", "ada@example.org", "--role", "owner", "--name", "Ada")
    assert "An invitation to Ada" in mailer("users", "invite", "ada@example.org").out
    assert audit.newest(store, 1)[0].act == "users.invite"
    # The command has the machine's clock; what it mails is due then.
    web.clock.advance(datetime.now(UTC) - web.clock.now() + timedelta(seconds=1))
    [token] = links(web)
    ada = Browser(web)
    ada.press(f"/console/link/{token}", f"/console/link/{token}/again")
    [fresh] = links(web)
    assert ada.press(f"/console/link/{fresh}").status_code == 303
    assert "Ada" in ada.get("/console").text


def test_nobody_is_invited_who_is_no_user(mailer: Command) -> None:
    """An invitation to anybody at all would be a way to mail strangers."""
    said = mailer("users", "invite", "eve@example.org")
    assert (said.code, "There is no user" in said.err) == (1, True)
