"""Reasons of refusals: words and codes weighed together (case 71)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.bounces.judge import (
    SEVERITIES,
    judge,
    reason_of_code,
    reply_code,
    telling_status,
)
from mailer.domain.bounces.rules import CODE_RULES, TEXT_RULES
from mailer.domain.inbound.kinds import Reason, Severity

R = Reason

SAID: list[tuple[str, str, Reason]] = [
    (
        "550 5.1.1 <a@b.org>: Recipient address rejected: User unknown in virtual table",
        "",
        R.USER_UNKNOWN,
    ),
    ("550 5.4.1 Recipient address rejected: Access denied. AS(201806281)", "5.4.1", R.USER_UNKNOWN),
    (
        "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by lookup",
        "5.1.10",
        R.USER_UNKNOWN,
    ),
    ("554 5.7.1 <a@b.org>: recipient address rejected: user unknown", "5.7.1", R.USER_UNKNOWN),
    ("550 5.5.0 Requested action not taken: mailbox unavailable", "5.5.0", R.USER_UNKNOWN),
    (
        "554 delivery error: dd This user doesn't have an example.com account",
        "5.0.0",
        R.USER_UNKNOWN,
    ),
    ("User ana (ana@example.com) not listed in Domino Directory", "5.0.0", R.USER_UNKNOWN),
    ("Sorry, no mailbox here by that name. (#5.1.1)", "", R.USER_UNKNOWN),
    ("Unrouteable address", "", R.USER_UNKNOWN),
    ("Utilisateur inconnu", "", R.USER_UNKNOWN),
    ("Empfänger unbekannt", "", R.USER_UNKNOWN),
    ("el usuario no existe", "", R.USER_UNKNOWN),
    ("пользователь не найден", "", R.USER_UNKNOWN),
    ("用户不存在", "", R.USER_UNKNOWN),
    (
        "Host or domain name not found. Name service error for name=x.org: Host not found",
        "5.4.4",
        R.DOMAIN_UNKNOWN,
    ),
    ("Sorry, I couldn't find any host named x.example. (#5.1.2)", "", R.DOMAIN_UNKNOWN),
    ("all relevant MX records point to non-existent hosts", "", R.DOMAIN_UNKNOWN),
    ("551 User not local; please try <b@c.org>", "", R.MOVED),
    ("556 5.1.10 Domain b.org does not accept mail (nullMX)", "", R.NO_MAIL_ACCEPTED),
    ("550 5.2.1 The email account that you tried to reach is disabled", "5.2.1", R.SUSPENDED),
    ("This account has been disabled or discontinued", "", R.SUSPENDED),
    ("452 4.2.2 The email account that you tried to reach is over quota", "4.2.2", R.MAILBOX_FULL),
    ("550 5.1.1 mailbox is full, over quota", "5.1.1", R.MAILBOX_FULL),
    ("boîte aux lettres pleine", "", R.MAILBOX_FULL),
    ("550 5.1.1 a@b.org: blocked using zen.spamhaus.org", "5.1.1", R.REPUTATION),
    ("554 5.7.1 Client host [192.0.2.1] blocked using zen.spamhaus.org", "5.7.1", R.REPUTATION),
    ("550 5.7.26 This mail is unauthenticated", "5.7.26", R.AUTHENTICATION),
    ("Sender address rejected: Domain not found", "5.1.8", R.POLICY),
    ("550 5.7.1 You are not allowed to post to this group", "5.7.1", R.POLICY),
    ("550 #5.7.1 Your access has been rejected", "5.7.1", R.POLICY),
    ("554 5.7.1 <a@b.org>: Relay access denied", "5.7.1", R.RELAYING),
    ("that domain isn't in my list of allowed rcpthosts (#5.7.1)", "", R.RELAYING),
    ("552 5.3.4 Message size exceeds fixed maximum message size", "5.3.4", R.TOO_BIG),
    ("554 5.7.1 Message rejected as spam by content filtering", "5.7.1", R.CONTENT),
    ("554 5.7.0 Reject, INFECTED: Eicar-Test-Signature", "5.7.0", R.VIRUS),
    ("421 4.7.0 Too many connections from your host", "4.7.0", R.RATE_LIMITED),
    ("450 4.2.0 Recipient address rejected: Greylisted", "4.2.0", R.RATE_LIMITED),
    ("retry timeout exceeded", "", R.EXPIRED),
    ("Host not found, try again", "4.4.3", R.NETWORK),
    ("connect to mail.example.com: Connection timed out", "4.4.1", R.NETWORK),
    ("450 Requested action not taken: mailbox unavailable", "", R.SYSTEM),
    ("Refused due to recipient preferences", "", R.FILTERED),
    ("", "5.1.1", R.USER_UNKNOWN),
    ("", "5.1.2", R.DOMAIN_UNKNOWN),
    ("", "5.4.4", R.DOMAIN_UNKNOWN),
    ("", "4.4.7", R.EXPIRED),
    ("", "5.7.23", R.AUTHENTICATION),
    ("", "5.0.0", R.UNDETERMINED),
    ("550", "", R.UNDETERMINED),
]


@pytest.mark.parametrize(
    ("text", "status", "reason"), SAID, ids=[text[:40] + status for text, status, _ in SAID]
)
def test_words_and_codes_tell_the_reason(text: str, status: str, reason: Reason) -> None:
    """A wrong reason suspends a reader who exists, or keeps mailing one who does not."""
    assert judge(text, status, reply_code(text)) == (reason, SEVERITIES[reason])


def test_a_mailbox_that_is_closed_for_now_is_soft() -> None:
    """A 4.x.x code says that it may open again."""
    assert judge("mailbox is disabled", "4.2.1").severity is Severity.SOFT


def test_every_reason_is_weighed() -> None:
    """A reason without a severity would end in an error on real mail."""
    assert set(SEVERITIES) == set(Reason)
    assert {rule.reason for rule in TEXT_RULES} | set(CODE_RULES.values()) < set(Reason)


def test_only_what_is_about_the_address_is_hard() -> None:
    """Case 71: hard means that the address or its domain does not exist, moved, or takes no mail."""
    assert {reason for reason, severity in SEVERITIES.items() if severity is Severity.HARD} == {
        R.USER_UNKNOWN, R.DOMAIN_UNKNOWN, R.MOVED, R.NO_MAIL_ACCEPTED, R.SUSPENDED,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "text", "told"),
    [
        ("5.0.0", "smtp; 550-5.1.1 No such user", "5.1.1"),
        ("5.2.2", "550 5.1.1 something", "5.2.2"),
        ("5.0.0 (permanent failure)", "host 192.0.2.5 said no", "5.0.0"),
        ("", "550 #5.7.1 no", "5.7.1"),
        ("", "host 5.1.1.1 said 550", ""),
    ],
)
def test_a_specific_status_code_wins_over_a_generic_one(status: str, text: str, told: str) -> None:
    """Many systems put 5.0.0 in the field and the truth in the text; addresses are no codes."""
    assert telling_status(status, text) == told


@given(st.text(max_size=500), st.text(max_size=12), st.integers(0, 999))
def test_any_words_are_judged(text: str, status: str, code: int) -> None:
    """The words of a stranger's server must never raise an error."""
    verdict = judge(text, status, code)
    assert verdict.reason in Reason
    assert reason_of_code(status, code) in Reason
