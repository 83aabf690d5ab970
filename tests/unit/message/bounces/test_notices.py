"""Providers' notices in JSON: what is read of them, and that no bytes do harm."""

from __future__ import annotations

import json
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.content.language.command_words import vocabularies
from mailer.domain.inbound.kinds import Action, Kind, Reason, Severity, Understanding
from mailer.message.bounces import notices
from mailer.message.incoming import mime
from mailer.message.incoming.understand import decide

WORDS = vocabularies()
PATH = "bulletin-bounces+1-2-abcdefabcdef2345@lists.example.org"
MAIL = {
    "source": PATH,
    "destination": ["ana@example.com"],
    "headers": [
        {"name": "Message-ID", "value": "<1.2.abc@lists.example.org>"},
        {"name": "CFBL-Feedback-ID", "value": "1.2.def"},
        {"name": "Return-Path", "value": "<mallory@example.net>"},
    ],
}
WORDS_OF_SERVER = "smtp; 550 5.1.1 <ana@example.com>: user unknown"
BOUNCE: dict[str, Any] = {
    "bounceType": "Permanent",
    "bounceSubType": "General",
    "bouncedRecipients": [{"emailAddress": "ana@example.com", "diagnosticCode": WORDS_OF_SERVER}],
}


def letter(text: str) -> bytes:
    """Write a mail as Amazon SNS sends it."""
    mail = EmailMessage()
    mail["From"], mail["To"] = "no-reply@sns.example.net", "bulletin@lists.example.org"
    mail["Subject"] = "AWS Notification Message"
    mail.set_content(text, cte="base64")
    return mail.as_bytes()


def understood(kind: str, name: str = "notificationType", **facts: Any) -> Understanding:
    """Decide about a notice."""
    return decide(letter(json.dumps({name: kind, "mail": MAIL, **facts})), WORDS)


@pytest.mark.parametrize("name", ["notificationType", "eventType"])
def test_a_notice_tells_of_each_recipient(name: str) -> None:
    """The words of the server that refused are judged like those of any report."""
    found = understood("Bounce", name, bounce=BOUNCE)
    (bounce,) = found.bounces
    assert (found.kind, bounce.recipient) == (Kind.BOUNCE, "ana@example.com")
    assert (bounce.severity, bounce.reason) == (Severity.HARD, Reason.USER_UNKNOWN)
    assert bounce.diagnostic == "550 5.1.1 <ana@example.com>: user unknown"


@pytest.mark.parametrize(
    ("kind", "subtype", "reason"),
    [
        ("Permanent", "NoEmail", Reason.USER_UNKNOWN),
        ("Permanent", "Suppressed", Reason.USER_UNKNOWN),
        ("Permanent", "General", Reason.UNDETERMINED),
        ("Transient", "MailboxFull", Reason.MAILBOX_FULL),
        ("Transient", "MessageTooLarge", Reason.TOO_BIG),
        ("Transient", "ContentRejected", Reason.CONTENT),
        ("Transient", "General", Reason.SYSTEM),
        ("Undetermined", "Undetermined", Reason.UNDETERMINED),
    ],
)
def test_the_provider_s_class_counts_where_no_words_tell(
    kind: str, subtype: str, reason: Reason
) -> None:
    """A class alone may say little, and never says more than the provider knows."""
    bounce = {
        "bounceType": kind,
        "bounceSubType": subtype,
        "bouncedRecipients": [{"emailAddress": "Ana <ana@example.com>"}],
    }
    (found,) = understood("Bounce", bounce=bounce).bounces
    assert (found.recipient, found.reason) == ("ana@example.com", reason)


def test_an_envelope_and_cut_lines_do_not_hide_a_notice() -> None:
    """SNS wraps the notice in another one, and mail servers cut lines of a thousand letters."""
    inner = json.dumps({"notificationType": "Bounce", "bounce": BOUNCE, "mail": MAIL})
    text = json.dumps({"Type": "Notification", "Message": inner})
    text = f"{text[:400]}!\n {text[400:]}\n\n--\nIf you wish to stop receiving notifications"
    (found,) = decide(letter(text), WORDS).bounces
    assert found.reason is Reason.USER_UNKNOWN


def test_a_complaint_tells_by_what_our_message_is_known() -> None:
    """A person who may have complained is only named if it can be nobody else."""
    one = {"complainedRecipients": [{"emailAddress": "ana@example.com"}]}
    found = understood("Complaint", complaint=one).complaint
    assert found is not None
    assert (found.type, found.recipient) == ("abuse", "ana@example.com")
    assert found.message_id == "1.2.abc@lists.example.org"
    two = {
        "complaintFeedbackType": "not-spam",
        "complainedRecipients": [{"emailAddress": f"{name}@example.com"} for name in ("a", "b")],
    }
    found = understood("Complaint", complaint=two).complaint
    assert found is not None
    assert (found.type, found.recipient, found.suppresses) == ("not-spam", "", False)


def test_a_delivery_is_a_receipt_and_a_delay_is_no_failure() -> None:
    """Mail that arrived, or may still arrive, counts against nobody."""
    assert understood("Delivery", delivery={"recipients": ["a@example.com"]}).kind is Kind.RECEIPT
    delay = {"delayType": "MailboxFull", "delayedRecipients": [{"emailAddress": "a@example.com"}]}
    (found,) = understood("DeliveryDelay", "eventType", deliveryDelay=delay).bounces
    assert (found.action, found.severity) == (Action.DELAYED, Severity.SOFT)


def test_the_envelope_sender_is_that_of_the_provider_not_of_a_header_field() -> None:
    """Our header has no Return-Path, so whoever puts one there wants something."""
    text = json.dumps({"notificationType": "Bounce", "bounce": BOUNCE, "mail": MAIL})
    assert notices.envelope_sender(mime.read(letter(text))) == PATH


@pytest.mark.parametrize(
    "text",
    [
        "{",
        '{"notificationType": "Bounce"}',
        '{"notificationType": "Bounce", "mail": []}',
        '{"notificationType": "Party", "mail": {"source": "a@example.com"}}',
        '{"Type": "Notification", "Message": {"notificationType": "Bounce"}}',
        '{"a":' + "[" * 100_000,
        '{"a":' + "9" * 100_000,
        "Dear all, {this} is a letter.",
    ],
)
def test_what_is_no_notice_is_read_as_any_other_mail(text: str) -> None:
    """A person may write braces, and an attacker anything."""
    assert notices.read(mime.read(letter(text))) is None
    assert decide(letter(text), WORDS).kind is not Kind.BOUNCE


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


@given(st.sampled_from(["Bounce", "Complaint", "DeliveryDelay", "Reject"]), VALUES, VALUES, VALUES)
def test_any_values_get_a_decision(kind: str, said: Any, one: Any, mail: Any) -> None:
    """The form is the provider's, and the content may be anybody's."""
    whole = {"bouncedRecipients": [one], "complainedRecipients": one, "delayedRecipients": said}
    names = ("bounce", "complaint", "deliveryDelay", "reject")
    for facts in (whole, said):
        about: dict[str, Any] = dict.fromkeys(names, facts)
        about |= {"mail": {"headers": mail, "destination": said}, "eventType": kind}
        assert decide(letter(json.dumps(about)), WORDS).kind in Kind
