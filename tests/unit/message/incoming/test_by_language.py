"""Notes of absence, tickets, groups' notices and letters in many languages, each told from the others.

A machine's answer that is taken for a person's lands on the secretariat's desk; a letter that is
taken for a machine's is never read. So both kinds stand here for each language.
"""

from __future__ import annotations

import json
from email.message import EmailMessage

import pytest

from mailer.content.language.command_words import vocabularies
from mailer.domain.inbound.kinds import Kind
from mailer.message.incoming.understand import decide
from support.places import CORPUS

WORDS = vocabularies()
FILE = CORPUS / "languages/machines-and-people.jsonl"
SAMPLES: list[dict[str, str]] = [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]
"""To add a language: a line for each sort that is known there."""


def kind_of(subject: str, text: str, author: str = "ana@reader.example.net") -> Kind:
    """Tell what a mail without any telling header field is taken for."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = author, "bulletin@lists.example.org", subject
    mail["Return-Path"] = f"<{author}>"
    mail.set_content(text)
    return decide(mail.as_bytes(), WORDS).kind


def samples(sort: str) -> list[tuple[str, str]]:
    """Return subject and text of each sample of a sort."""
    return [(one["subject"], one["text"]) for one in SAMPLES if one["sort"] == sort]


@pytest.mark.parametrize(("subject", "text"), samples("note"))
def test_a_note_of_absence_is_automatic_in_its_language(subject: str, text: str) -> None:
    """A person who is away answers nothing, confirms nothing and asks nothing."""
    assert kind_of(subject, text) is Kind.AUTO_REPLY


@pytest.mark.parametrize(("subject", "text"), samples("ticket"))
def test_a_ticket_is_automatic_in_its_language(subject: str, text: str) -> None:
    """A desk that numbers our bulletin wants nothing of the secretariat."""
    assert kind_of(subject, text, "desk@helpdesk.example.com") is Kind.AUTO_REPLY


@pytest.mark.parametrize(("subject", "text"), samples("group"))
def test_a_notice_that_a_group_is_not_there_is_automatic(subject: str, text: str) -> None:
    """It names no reader, and says as well that we may not write."""
    assert kind_of(subject, text, "noreply@groups.example.com") is Kind.AUTO_REPLY


@pytest.mark.parametrize(("subject", "text"), samples("letter"))
def test_a_letter_is_a_person_s_whatever_it_mentions(subject: str, text: str) -> None:
    """People tell of holidays, new addresses, full mailboxes and what they have read."""
    assert kind_of(subject, text) is Kind.PERSON


@pytest.mark.parametrize("author", ["noreply@shop.example.com", "notify@shop.example.com"])
@pytest.mark.parametrize(("subject", "text"), samples("shop"))
def test_a_shop_that_tells_of_a_delivery_reports_no_bounce(
    subject: str, text: str, author: str
) -> None:
    """A report of nobody, at a reader's return path, would count against that reader."""
    assert kind_of(subject, text, author) in {Kind.PERSON, Kind.UNKNOWN, Kind.AUTO_REPLY}
