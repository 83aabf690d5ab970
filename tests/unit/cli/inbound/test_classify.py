"""`mailer inbound classify`: one line for each file, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from mailer.cli.inbound.commands import app
from support.places import CORPUS

INBOUND = CORPUS / "inbound"
BOUNCE = str(INBOUND / "postfix-user-unknown.eml")
PERSON = str(INBOUND / "person-reply.eml")
KEYS = ["file", "kind", "command", "language", "bounces", "complaint"]


def test_json_has_one_object_a_line_with_the_promised_keys() -> None:
    """Programs of others read it: a key that moves breaks them."""
    result = CliRunner().invoke(app, ["classify", "--json", BOUNCE, PERSON])
    bounce, person = map(json.loads, result.stdout.splitlines())
    assert list(bounce) == list(person) == KEYS
    assert bounce["bounces"] == [
        {
            "recipient": "ana@example.com",
            "action": "failed",
            "status": "5.1.1",
            "severity": "hard",
            "reason": "user-unknown",
            "diagnostic": "550 5.1.1 <ana@example.com>: Recipient address rejected:"
            " User unknown in virtual mailbox table",
            "remote_mta": "mail.example.com",
        }
    ]
    assert (person["kind"], person["bounces"], person["complaint"]) == ("person", [], None)


def test_people_read_a_line_for_the_file_and_one_for_each_recipient() -> None:
    """The secretariat asks why a reader gets nothing, and must understand the answer."""
    result = CliRunner().invoke(app, ["classify", BOUNCE])
    first, second = result.stdout.splitlines()
    assert first == f"{BOUNCE}: bounce"
    assert second.startswith("  ana@example.com: failed 5.1.1, hard (user-unknown): 550 5.1.1")


def test_a_message_can_come_from_standard_input() -> None:
    """A pipe must be able to feed it."""
    result = CliRunner().invoke(app, ["classify", "-"], input=Path(BOUNCE).read_bytes())
    assert result.stdout.startswith("-: bounce")


def test_what_strangers_wrote_moves_no_cursor() -> None:
    """A diagnostic is shown on a terminal; its control characters would act there."""
    mail = Path(BOUNCE).read_bytes().replace(b"virtual mailbox", b"\x1b[2J\x07mailbox")
    result = CliRunner().invoke(app, ["classify", "-"], input=mail)
    assert "\x1b" not in result.stdout
