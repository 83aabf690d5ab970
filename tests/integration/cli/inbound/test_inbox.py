"""`mailer inbound inbox|read|answer|mark|reclassify`: what waits for a person, at a terminal."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from mailer.store.server.connection import Store
from support.service.command import Command
from support.service.mail_service import MailService


@pytest.fixture
def service(store: Store, data_dir: Path) -> MailService:
    """A service that holds a letter, whose subject would move the cursor."""
    service = MailService(store, data_dir)
    subject = "=?utf-8?q?Where=1B=5B2J_is_it=3F?="
    service.get(service.own("owner"), subject=subject, body="I cannot\x1b[2J find it.")
    return service


@pytest.fixture
def mailer(store: Store, data_dir: Path) -> Command:
    """The command line on the same store."""
    return Command(store, data_dir)


def test_letter_is_listed_read_answered_and_put_away(
    service: MailService, mailer: Command, tmp_path: Path
) -> None:
    """All that the console does, where there is none."""
    listed = mailer("inbound", "inbox")
    assert "1 mail waiting for a person." in listed.out
    [one] = map(json.loads, mailer("inbound", "inbox", "--json").out.splitlines())
    assert (one["mail"], one["why"], one["author"]) == (1, "letter", "ana@example.org")
    read = mailer("inbound", "read", "1").out
    assert "find it." in read
    assert "\x1b" not in listed.out + read
    text = tmp_path / "answer.txt"
    text.write_text("On the first page.\n", "utf-8")
    said = mailer("inbound", "answer", "1", "--text-file", str(text))
    assert said.out == "Answer 1 to mail 1 is on its way to ana@example.org.\n"
    assert "On the first page." in mailer("inbound", "read", "1").out
    service.clock.advance(timedelta(days=36500))  # commands go by the machine's
    assert len([mail for mail in service.posted() if mail.sender]) == 1
    assert mailer("inbound", "answer", "1", "--text-file", "-", answer=" \n").code == 1
    assert mailer("inbound", "answer", "1", "--text-file", str(tmp_path / "none")).code == 1
    text.write_bytes(b"\xff")
    assert "UTF-8" in mailer("inbound", "answer", "1", "--text-file", str(text)).err


@pytest.mark.usefixtures("service")
def test_one_that_fails_stops_no_other(mailer: Command) -> None:
    """And the command says so by its exit."""
    said = mailer("inbound", "mark", "9", "1", "--as", "dropped")
    assert (said.code, said.out) == (1, "Mail 1 is dropped.\n")
    assert "no mail '9'" in said.err
    assert mailer("inbound", "mark", "1", "--as", "waiting").code == 0
    said = mailer("inbound", "reclassify", "1", "--as", "auto-reply")
    assert said.out == "Mail 1 is known as auto-reply now; it is done.\n"
    assert "0 mails waiting" in mailer("inbound", "inbox").out
