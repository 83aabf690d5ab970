"""A report's own words name the failed address, and never the list that it came back to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.message.bounces.text import named_recipients, only_recipient
from mailer.message.incoming.mime import read

VERP = "bulletin-bounces+1-2-abcdefabcdef2345@lists.example.org"
PLACES = [
    "<{}>: host mx.example.net said: 550 User unknown",
    "Your message to {} could not be delivered.",
    "{}\n   550 5.1.1 no such user",
    "Original sender: {}",
    "550 <{}>... User unknown",
]


def named(text: str) -> list[str]:
    """Return whom a text without a returned message names, if it came back to the list."""
    return [one.address for one in named_recipients(text, None, [VERP])]


@pytest.mark.parametrize("place", PLACES)
@given(st.from_regex(r"|[-+][a-z0-9+-]{1,30}", fullmatch=True))
def test_an_address_of_the_list_is_never_the_failed_one(place: str, extension: str) -> None:
    """A list that suspends itself has lost its way; reports name its addresses everywhere."""
    ours = place.format(f"bulletin{extension}@lists.example.org")
    theirs = "The following address failed:\n\n  ana@example.com\n"
    assert named(ours) == []
    assert named(f"{ours}\n\n{theirs}") == ["ana@example.com"]


def test_a_reader_at_the_lists_own_domain_can_fail_like_any_other() -> None:
    """The institution's staff read the bulletin, too."""
    assert named("<ana@lists.example.org>: unknown user") == ["ana@lists.example.org"]


def test_reasons_further_down_belong_to_the_addresses_of_the_list_above() -> None:
    """Old sendmail lists the addresses first and tells why later."""
    text = (
        "   ----- The following addresses had permanent fatal errors -----\n"
        "<ana@example.com>\n<bo@example.com>\n\n"
        "   ----- Transcript of session follows -----\n"
        "550 <ana@example.com>... User unknown\n552 <bo@example.com>... Mailbox full\n"
    )
    said = {one.address: one.diagnostic for one in named_recipients(text, None, [VERP])}
    assert "User unknown" in said["ana@example.com"]
    assert "Mailbox full" in said["bo@example.com"]
    assert "Mailbox full" not in said["ana@example.com"]


def test_mail_to_a_list_was_for_whom_the_last_relay_took_it() -> None:
    """If no address is named, To may hold the list that somebody reads."""
    returned = read(
        b"Received: from a by mx.example.com for <ana@example.com>; Tue, 11 Apr 2023 09:00:02 GMT\n"
        b"Received: from b by lists.example.org for <talk@lists.example.org>; Tue, 11 Apr 2023\n"
        b"To: talk@lists.example.org\nSubject: x\n\n"
    )
    assert only_recipient(returned, "No such user.", [VERP], "example.com") == "ana@example.com"
    assert only_recipient(returned, "No such user.", [VERP]) == "talk@lists.example.org"


def test_who_was_accepted_in_a_dialogue_is_not_reported_as_failed() -> None:
    """A server that refuses one of two is asked about both before it answers."""
    asked = "RCPT TO:<ana@example.com>\nRCPT TO:<bo@example.com>\n"
    assert named(asked + "250 2.1.5 Ok\n550 5.1.1 User unknown\n") == ["bo@example.com"]
    assert named(asked + "250 2.1.5 Ok\n250 2.1.5 Ok\n552 5.3.4 Too big\n") == [
        "ana@example.com",
        "bo@example.com",
    ]


def test_a_reason_is_never_taken_from_a_neighbour_who_has_one() -> None:
    """An address whose reason is not understood must not be given up for another's."""
    text = "These failed:\n\n1. ana@example.com: odd\n2. bo@example.com: no such user\n"
    said = {one.address: one.diagnostic for one in named_recipients(text, None, [VERP])}
    assert "no such user" not in said["ana@example.com"]
    assert "no such user" in said["bo@example.com"]
