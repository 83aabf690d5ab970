"""Envelope senders: each names its delivery, fits RFC 5321, and is read back from any rewriting."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailer.domain.access.token import LARGEST_NUMBER, Purpose, Signer
from mailer.domain.subscribers.bearer import (
    LARGEST_CAMPAIGN,
    LARGEST_SUBSCRIBER,
    LEAST_IDENTITY,
    short,
)
from mailer.message.outgoing.verp import LONGEST_MAILBOX, ReturnPath, Source

SIGNER = Signer(b"a secret of thirty-two octets ...")
RETURN_PATH = ReturnPath("bulletin", "lists.example.org", SIGNER)
MAILINGS = st.integers(LEAST_IDENTITY, LARGEST_NUMBER) | st.integers(0, LARGEST_CAMPAIGN)
"""Identities, and the numbers of campaigns from before there were any."""
SUBSCRIBERS = st.integers(0, LARGEST_SUBSCRIBER)
ONE = LEAST_IDENTITY + 3
MAILBOXES = st.from_regex(
    rf"[A-Za-z0-9]([A-Za-z0-9_-]{{0,{LONGEST_MAILBOX - 2}}}[A-Za-z0-9])?", fullmatch=True
)


@given(MAILBOXES, MAILINGS, SUBSCRIBERS)
@example("m" * LONGEST_MAILBOX, LARGEST_CAMPAIGN, LARGEST_SUBSCRIBER)
@example("m" * LONGEST_MAILBOX, LARGEST_NUMBER, LARGEST_SUBSCRIBER)
def test_a_bounce_names_its_delivery_and_its_address_is_never_too_long(
    mailbox: str, mailing: int, subscriber: int
) -> None:
    """A relay refuses a local part over 64 octets (RFC 5321 section 4.5.3.1.1)."""
    return_path = ReturnPath(mailbox, "lists.example.org", SIGNER)
    sender = return_path.write(mailing, subscriber)
    assert len(sender.rpartition("@")[0]) <= 64
    assert return_path.read(sender) == Source(short(mailing), subscriber)


@pytest.mark.parametrize(
    "rewritten",
    [
        "{local}@lists.example.org",
        "{LOCAL}@LISTS.EXAMPLE.ORG",
        "<{local}@lists.example.org>",
        '"{local}"@lists.example.org',
        "rfc822; {local}@lists.example.org",
        "{local}+detail@lists.example.org",
        "SRS0=ab1d=XY=lists.example.org={local}@forwarder.example.net",
        "srs0+ab1d=xy=lists.example.org={LOCAL}@forwarder.example.net",
        "SRS1=zz9z=forwarder.example.net==ab1d=XY=lists.example.org={local}@next.example.com",
        "prvs=0123456789={local}@lists.example.org",
        "prvs={local}=0123456789@lists.example.org",
        "btv1==012==0123456789abcdef=={local}@lists.example.org",
        "{local}=lists.example.org@forwarder.example.net",
    ],
)
def test_an_envelope_sender_is_read_in_the_forms_that_mail_systems_give_it(
    rewritten: str,
) -> None:
    """Forwarders (SRS) and anti-spam gateways (BATV) rewrite it; the bounce must still count."""
    local = RETURN_PATH.write(ONE, 77).partition("@")[0]
    address = rewritten.format(local=local, LOCAL=local.upper())
    assert RETURN_PATH.read(address) == Source(short(ONE), 77)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "bulletin@lists.example.org",
        "bulletin-bounces@lists.example.org",
        "bulletin-bounces+@lists.example.org",
        "bulletin-bounces+3-4d-0123456789abcdef@lists.example.org",
        "other-bounces+3-4d-0123456789abcdef@lists.example.org",
    ],
)
def test_an_address_that_we_never_wrote_names_no_delivery(address: str) -> None:
    """A forged bounce must not suspend a reader (case 61 of what arrives)."""
    assert RETURN_PATH.read(address) is None


def test_a_name_that_merely_ends_in_ours_is_another_list() -> None:
    """`newbulletin` may live beside `bulletin` with the same secret."""
    assert RETURN_PATH.read(f"new{RETURN_PATH.write(ONE, 77)}") is None


@pytest.mark.parametrize(
    "token",
    [
        SIGNER.pack(Purpose.MESSAGE, ONE, 77),
        SIGNER.sign(Purpose.MESSAGE, 3, 77),
        SIGNER.sign(Purpose.LEAVE, 77, 3),
        SIGNER.sign(Purpose.BOUNCE, 3),
    ],
)
def test_a_token_that_was_made_for_something_else_is_no_bounce(token: str) -> None:
    """A Message-ID is quoted in public; it must not let anyone bounce its reader away."""
    assert RETURN_PATH.read(f"bulletin-bounces+{token}@lists.example.org") is None


@given(st.text(), st.text())
def test_reading_never_fails(before: str, after: str) -> None:
    """RCPT TO is whatever a stranger types."""
    assert RETURN_PATH.read(f"{before}@{after}") is None
    sender = RETURN_PATH.write(ONE, 77)
    assert RETURN_PATH.read(f"{before}{sender}{after}") in {None, Source(short(ONE), 77)}


@pytest.mark.parametrize("mailbox", ["", "-x", "a b", "a@b", "a..b", "é", "x\r\n"])
def test_a_mailbox_name_that_would_break_an_address_is_refused(mailbox: str) -> None:
    """It stands in every envelope: an error at the start is better than a million later."""
    with pytest.raises(ValueError, match="no mailbox name"):
        ReturnPath(mailbox, "lists.example.org", SIGNER)


def test_a_mailbox_name_too_long_for_bounce_addresses_is_refused() -> None:
    """Found at the start, not when subscriber one hundred thousand gets a longer token."""
    with pytest.raises(ValueError, match=f"{LONGEST_MAILBOX} characters at most"):
        ReturnPath("m" * (LONGEST_MAILBOX + 1), "lists.example.org", SIGNER)


@pytest.mark.parametrize(
    ("campaign", "subscriber"),
    [
        (LARGEST_CAMPAIGN + 1, 1),
        (LEAST_IDENTITY - 1, 1),
        (ONE, -1),
        (1, LARGEST_SUBSCRIBER + 1),
        (1, -1),
    ],
)
def test_a_number_out_of_range_is_refused(campaign: int, subscriber: int) -> None:
    """With a larger one the local part could exceed its 64 octets."""
    with pytest.raises(ValueError, match="number"):
        RETURN_PATH.write(campaign, subscriber)


def test_the_longest_mailbox_name_of_the_settings_fits() -> None:
    """The settings allow 24 characters; a campaign must not fail on what they let pass."""
    assert LONGEST_MAILBOX >= 24
