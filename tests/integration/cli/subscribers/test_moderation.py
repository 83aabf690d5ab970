"""`mailer subscribers waiting`, `approve` and `decline`, as the secretariat uses them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mailer.store.server.connection import Store
from support.service.command import Command
from support.service.mail_service import MailService

TOPICS: dict[str, Any] = {"bulletin": {}, "press": {"moderated": True}}
ADDRESSES = ("ana@example.org", "eva@example.org")


@pytest.fixture
def mail(store: Store, data_dir: Path) -> MailService:
    """Two readers who wait for press releases."""
    service = MailService(store, data_dir, topics=TOPICS)
    for address in ADDRESSES:
        service.subscribed(to="subscribe+press", author=address)
    return service


@pytest.fixture
def call(mail: MailService, store: Store, data_dir: Path) -> Command:
    """Run `mailer` on the same store."""
    assert mail.queued().count("welcome") == len(ADDRESSES)
    return Command(store, data_dir, {"MAILER_TOPICS": json.dumps(TOPICS)})


def test_who_waits_is_listed_and_decided_on(call: Command, mail: MailService) -> None:
    """By address or number, several at once."""
    told = json.loads(call("subscribers", "waiting", "--topic", "press", "--json").out)
    assert [(one["address"], one["topic"], one["status"]) for one in told] == [
        (address, "press", "active") for address in ADDRESSES
    ]
    assert all(address in call("subscribers", "waiting").out for address in ADDRESSES)
    shown = call("subscribers", "show", ADDRESSES[0]).out
    assert "waiting    for your yes to press, since" in shown
    number = str(told[1]["subscriber"])
    said = call("subscribers", "approve", ADDRESSES[0], number, "--topic", "press")
    assert said.code == 0
    assert said.out.count("gets press from now on, and is told so by mail.") == len(ADDRESSES)
    assert mail.queued().count("approved") == len(ADDRESSES)
    assert "Nobody waits." in call("subscribers", "waiting").out
    again = call("subscribers", "approve", number, "--topic", "press")
    assert "gets press already; nobody was mailed." in again.out


def test_a_no_is_told_unless_it_is_silent(call: Command, mail: MailService) -> None:
    """What goes to the reader is said to whoever decides."""
    said = call("subscribers", "decline", ADDRESSES[0], "--topic", "press", "--silently")
    assert "does not get press; nobody was mailed." in said.out
    said = call("subscribers", "decline", ADDRESSES[1], "--topic", "press")
    assert "does not get press; and is told so by mail." in said.out
    assert mail.queued().count("declined") == 1
    assert "declined   your no to press, since" in call("subscribers", "show", ADDRESSES[0]).out


def test_one_that_cannot_be_decided_on_keeps_no_other_from_it(
    call: Command, mail: MailService
) -> None:
    """The rest of a long list must not be lost over one who left meanwhile."""
    call("subscribers", "remove", ADDRESSES[0])
    said = call("subscribers", "approve", *ADDRESSES, "nobody@example.org", "--topic", "press")
    assert said.code == 1
    assert (
        f"{ADDRESSES[0]} does not wait for press: it left, or was taken off the list." in said.err
    )
    assert "`mailer subscribers waiting` shows who does" in said.err
    assert "There is no subscriber 'nobody@example.org'." in said.err
    assert f"{ADDRESSES[1]}: gets press from now on" in said.out
    assert mail.queued().count("approved") == 1


def test_a_topic_that_is_not_there_is_refused_with_those_that_are(call: Command) -> None:
    """A slip of the keyboard decides nothing."""
    said = call("subscribers", "approve", ADDRESSES[0], "--topic", "pres")
    assert said.code == 1
    assert "choose one of: bulletin, press" in said.err
