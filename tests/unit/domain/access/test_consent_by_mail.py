"""Which replies to a request approve: the rule without mail, store or clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.access.consent_by_mail import (
    MOST_WRONG,
    VALID,
    ApprovalRequest,
    Reply,
    Why,
    code_in,
    code_of,
    judge,
)
from mailer.domain.access.token import MAILING, Purpose, Signer

NOW: Final = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
SIGNER: Final = Signer(bytes(range(32)))
WORDS: Final = ("approve", "i approve", "approuver", "j’approuve", "apruebo")
CODE: Final = "AB3DE-7GH9K"
REQUEST: Final = ApprovalRequest(1, 2, 7, "terms", NOW)


def reply(**changes: Any) -> Reply:
    """Return a reply that approves, but for some facts."""
    good = Reply(
        mail=5,
        machine=False,
        author=2,
        allowed=True,
        vouched=True,
        passes_on=False,
        lines=(f"approve {CODE}",),
        now=NOW,
    )
    return replace(good, **changes)


def why(request: ApprovalRequest | None = REQUEST, **changes: Any) -> Why | None:
    """Judge a reply."""
    return judge(reply(**changes), request, CODE, WORDS)


def test_the_approver_s_own_word_and_code_approve() -> None:
    """The good case, of which each other test changes one thing."""
    assert why() is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"machine": True}, Why.MACHINE),
        ({"author": 0}, Why.NOT_LISTED),
        ({"author": 3}, Why.OTHER_PERSON),
        ({"author": 3, "vouched": False}, Why.NOT_LISTED),
        ({"allowed": False}, Why.OFF),
        ({"vouched": False}, Why.UNVOUCHED),
        ({"passes_on": True}, Why.FORWARDED),
        ({"lines": ()}, Why.UNCLEAR),
        ({"lines": ("Hello,", f"approve {CODE}")}, Why.UNCLEAR),
        ({"lines": (CODE,)}, Why.UNCLEAR),
        ({"lines": ("approve",)}, Why.UNCLEAR),
        ({"lines": ("approve AB3DE-7GH9J",)}, Why.WRONG_CODE),
        ({"now": NOW + VALID}, Why.EXPIRED),
    ],
)
def test_anything_else_does_not_and_says_why(changes: dict[str, Any], expected: Why) -> None:
    """Each is a way to approve what nobody read, or in somebody else's name."""
    assert why(**changes) is expected


def test_a_request_counts_once_for_a_while_and_for_a_few_tries() -> None:
    """What was used, is old or was guessed at is worth nothing; the reply that was taken is."""
    assert why(None) is Why.FORGOTTEN
    assert why(replace(REQUEST, used=4)) is Why.USED
    assert why(replace(REQUEST, used=5)) is None  # a crash came between, and it is read again
    assert why(replace(REQUEST, wrong=MOST_WRONG)) is Why.LOCKED
    assert why(replace(REQUEST, wrong=MOST_WRONG - 1)) is None
    assert why(now=NOW + VALID - timedelta(seconds=1)) is None


@pytest.mark.parametrize(
    "line",
    [
        "approve ab3de-7gh9k",
        "  Approve:  AB3DE 7GH9K .",
        "APPROVE AB3DE7GH9K!",
        "I approve AB3DE-7GH9K",
        "J'approuve AB3DE-7GH9K",
        "approuver\u00a0: AB3DE-7GH9K",
        "Apruebo, AB3DE-7GH9K",
    ],
)
def test_people_write_the_line_in_many_ways(line: str) -> None:
    """Capitals, blanks, stops and languages make no difference."""
    assert code_in(line, WORDS) == "ab3de7gh9k"


@pytest.mark.parametrize(
    "line",
    [
        "do not approve AB3DE-7GH9K",
        "I cannot approve AB3DE-7GH9K",
        "approve AB3DE-7GH9K only if the date is right",
        "approve AB3DE-7GH9K?",
        "approve AB3DE-7GH9K AB3DE-7GH9K",
        "approve not AB3DE-7GH9K",
        "approveAB3DE-7GH9K",
        "> approve AB3DE-7GH9K",
        "Code: AB3DE-7GH9K",
        "    AB3DE-7GH9K",
        "approve AB3DE-7GH9",
    ],
)
def test_a_line_that_says_more_or_less_is_none(line: str) -> None:
    """Nobody is taken at half their word, and what our own mail shows is no such line."""
    assert not code_in(line, WORDS)


@given(st.integers(1, 2**64), st.integers(1, 2**64))
def test_a_code_tells_one_request_from_another_and_its_address_does_not_tell_it(
    one: int, other: int
) -> None:
    """Whoever sees the address, in a forwarded header say, has no code; 50 bits are not guessed."""
    code = code_of(SIGNER, one)
    assert (code == code_of(SIGNER, other)) is (one == other)
    assert code.replace("-", "").lower() not in SIGNER.pack(Purpose.APPROVE, one)[MAILING:]
    assert code_in(f"approve {code}", WORDS) == code.replace("-", "").lower()


@given(st.text(max_size=200))
def test_no_text_breaks_the_reading(text: str) -> None:
    """It is whatever a mail holds."""
    assert code_in(text, WORDS) in {"", code_in(text, WORDS)}
    judge(reply(lines=(text,)), REQUEST, CODE, WORDS)
