"""Refusals for now in reports that gave up: days of the same answer are an answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.bounces.judge import judge, reply_code
from mailer.domain.bounces.lifetime import after_days
from mailer.domain.inbound.kinds import Reason, Severity

HARD, SOFT = Severity.HARD, Severity.SOFT
CASES = [
    ("450 4.1.1 <a@b.example>: Recipient address rejected: User unknown", HARD),
    ("450 4.1.2 <a@b.example>: Recipient address rejected: Domain not found", HARD),
    ("450 4.2.1 <a@b.example>: this mailbox is disabled", HARD),
    ("Name service error for name=b.example type=MX: Host not found, try again", HARD),
    ("unable to look up host b.example: No address associated with hostname", HARD),
    ("Not delivered after 5 days: the domain b.example is not reachable", HARD),
    ("450 4.1.1 user unknown, please try again later", SOFT),
    ("450 4.1.1 unverified address: Address verification in progress", SOFT),
    ("451 4.1.1 user unknown: our directory is down", SOFT),
    ("450 4.2.0 Greylisted, see the help page", SOFT),
    ("452 4.2.2 mailbox full", SOFT),
    ("451 4.3.0 <a@b.example>: Temporary lookup failure", SOFT),
    ("The user's account is temporarily disabled", SOFT),
    ("connect to b.example[192.0.2.7]:25: Connection timed out", SOFT),
    ("DNS type 'mx' lookup of b.example responded with code SERVFAIL: host not found", SOFT),
    ("cannot connect to host mx.b.example: not reachable", SOFT),
]


@pytest.mark.parametrize(("text", "severity"), CASES)
def test_words_that_last_for_days_are_believed(text: str, severity: Severity) -> None:
    """Words that say “for now”, or that a machine is down, stay soft however long it lasts."""
    assert after_days(judge(text, "", reply_code(text)), text).severity is severity


def test_a_code_alone_says_no_more_after_days() -> None:
    """`4.2.1` stands for anything that may pass; only words tell of a closed mailbox."""
    verdict = judge("", "4.2.1", 450)
    assert after_days(verdict, "") == verdict


@given(st.text(max_size=200), st.sampled_from(["4.1.1", "4.2.2", "5.1.1", "5.7.1", ""]))
def test_time_never_makes_a_refusal_of_us_one_of_the_reader(text: str, status: str) -> None:
    """Only what may pass may become hard, and only for a reason that is the address's own."""
    before = judge(text, status)
    after = after_days(before, text)
    if after != before:
        assert before.severity in {SOFT, Severity.UNDETERMINED}
        assert after.severity is HARD
        assert after.reason in {
            Reason.USER_UNKNOWN,
            Reason.DOMAIN_UNKNOWN,
            Reason.MOVED,
            Reason.NO_MAIL_ACCEPTED,
            Reason.SUSPENDED,
        }
