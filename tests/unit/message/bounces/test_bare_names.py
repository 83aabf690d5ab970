"""Names without a domain in reports of old systems."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.message.bounces.bare_names import bare_names, is_of_users


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The message was undeliverable to the following:\n\tjdoe (user not found)", ["jdoe"]),
        ("could not be delivered to:\n\n  jdoe\n  m.keller\n\nSorry.", ["jdoe", "m.keller"]),
        ("User jdoe not listed in public Name & Address Book", ["jdoe"]),
        ("550 jdoe... User unknown", ["jdoe"]),
        ("no such user: 'jdoe'", ["jdoe"]),
        ("did not reach the following recipient(s):\n\nJDOE on Mon, 5 Mar 2001 10:13", ["JDOE"]),
        ("was not delivered to:\n  jdoe    no matches", ["jdoe"]),
        ("was not delivered to:\n  jdoe@example.com", []),
        ("The recipient was not found", []),
        ("Your message could not be delivered.\n\nReason: the user is unknown", []),
        ("A friend writes:\n\n  hello", []),
        ("", []),
    ],
)
def test_names_are_found_where_a_report_says_it_did_not_reach_them(
    text: str, found: list[str]
) -> None:
    """A word that is no name would be made an address."""
    assert [one.name for one in bare_names(text)] == found


def test_each_name_has_its_own_reason() -> None:
    """One of them is gone, the other's mailbox is full."""
    text = "could not be reached:\n\n   akay    (no such user)\n   bmoor   (mailbox full)\n"
    assert bare_names(text) == [("akay", "no such user"), ("bmoor", "mailbox full")]


def test_a_machine_is_no_domain_of_users() -> None:
    """`jdoe` is seldom at the machine that the report is from."""
    assert is_of_users("corp.example.com")
    assert not is_of_users("mx3.corp.example.com")
    assert not is_of_users("mail.example.com")
    assert not is_of_users("")


@given(st.text(max_size=400))
def test_any_text_is_borne(text: str) -> None:
    """It reads what anybody sends."""
    assert len(bare_names(f"was not delivered to:\n{text}")) <= 20


def test_long_lines_cost_little() -> None:
    """A pattern that tries everything twice takes minutes."""
    started = time.process_time()
    for line in (" " * 5000, "a" * 5000, "a  " * 2000, "user " * 1000, "<a.-+_" * 800):
        bare_names(f"was not delivered to:\n{line}\n" * 60)
    assert time.process_time() - started < 2
