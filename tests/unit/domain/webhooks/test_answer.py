"""How an answer is judged: by its status alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.webhooks.answer import LONGEST_WORDS, Verdict, answered, unanswered


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.DELIVERED),
        (204, Verdict.DELIVERED),
        (299, Verdict.DELIVERED),
        (199, Verdict.FAILED),
        (301, Verdict.FAILED),
        (307, Verdict.FAILED),
        (400, Verdict.FAILED),
        (404, Verdict.FAILED),
        (410, Verdict.GONE),
        (429, Verdict.FAILED),
        (500, Verdict.FAILED),
        (503, Verdict.FAILED),
    ],
)
def test_the_status_decides(status: int, verdict: Verdict) -> None:
    """Whatever the body says: many say `error` with 200, and are believed."""
    answer = answered(status, b"error", 0.1)
    assert answer.verdict is verdict
    assert str(status) in answer.reason
    assert ("redirect" in answer.reason) == (300 <= status < 400)


@given(st.integers(100, 599), st.binary(max_size=2000), st.text(max_size=12))
def test_whatever_comes_back_can_be_shown(status: int, body: bytes, later: str) -> None:
    """It is a stranger's text on a person's terminal."""
    answer = answered(status, body, 0.1, later)
    assert len(answer.words) <= LONGEST_WORDS
    assert answer.words.isprintable()
    assert answer.wish >= timedelta()


def test_a_wish_to_be_left_alone_is_read() -> None:
    """As seconds; a date is not worth its trouble."""
    assert answered(503, b"", 0, "120").wish == timedelta(minutes=2)
    assert answered(503, b"", 0, "Wed, 12 Apr 2023 07:00:00 GMT").wish == timedelta()
    assert answered(503, b"", 0, "٣").wish == timedelta()


def test_no_answer_has_a_reason() -> None:
    """An empty one would tell nobody what to do."""
    assert unanswered("did not answer", 15).verdict is Verdict.FAILED
    with pytest.raises(ValueError, match="reason"):
        unanswered(" ", 15)
