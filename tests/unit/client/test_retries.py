"""A request is sent again only where that is safe, and after waits that have bounds."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.client.errors import UnreachableError
from mailer.client.retries import Attempts, Retries

SOME = Retries(most=2, first_seconds=1.0, longest_seconds=30.0)
LOST = httpx.ReadError("gone")
NEVER = httpx.ConnectError("refused")


@pytest.mark.parametrize(
    ("status", "retry_after", "repeatable", "again"),
    [
        *((status, "", True, True) for status in (429, 502, 503, 504)),
        *((status, "", False, False) for status in (502, 503, 504)),
        (429, "", False, True),
        (409, "2", True, True),
        (409, "2", False, False),
        (409, "", True, False),
        (503, "31", True, False),
        (503, "tomorrow", True, True),
        *((status, "", True, False) for status in (400, 401, 403, 404, 412, 422, 500)),
    ],
)
def test_answer_that_may_change_is_asked_for_again(
    status: int, retry_after: str, repeatable: bool, again: bool
) -> None:
    """What was refused for good is refused again; what may have been done must not be done twice."""
    headers = {"retry-after": retry_after} if retry_after else {}
    wait = Attempts(SOME, repeatable).answered(status, headers)
    assert (wait is not None) == again
    if wait is not None and retry_after.isdecimal():
        assert wait >= int(retry_after)


@pytest.mark.parametrize(
    ("error", "repeatable", "again"),
    [(LOST, True, True), (LOST, False, False), (NEVER, True, True), (NEVER, False, True)],
)
def test_lost_answer_is_asked_for_again_where_it_is_safe(
    error: httpx.RequestError, repeatable: bool, again: bool
) -> None:
    """A change without a key may have been made."""
    attempts = Attempts(SOME, repeatable)
    if again:
        assert attempts.failed(error) > 0
        assert attempts.uncertain == (error is LOST)
    else:
        with pytest.raises(UnreachableError, match="may have been carried out"):
            attempts.failed(error)


def test_attempts_come_to_an_end() -> None:
    """A service that is away must not hold a program for ever."""
    attempts = Attempts(SOME, repeatable=True)
    attempts.failed(NEVER)
    assert attempts.answered(503, {}) is not None
    with pytest.raises(UnreachableError, match="may have been carried out") as caught:
        attempts.failed(NEVER)
    assert caught.value.done is None
    assert Attempts(Retries(most=0), repeatable=True).answered(503, {}) is None
    with pytest.raises(UnreachableError, match="was not carried out") as caught:
        Attempts(Retries(most=0), repeatable=True).failed(NEVER)
    assert caught.value.done is False


@given(st.integers(1, 10_000))
def test_waits_grow_up_to_a_bound(attempt: int) -> None:
    """Neither a service that comes back nor the program is to be overrun."""
    wait = SOME.wait(attempt)
    longest = min(30.0, 2.0 ** min(attempt - 1, 10))
    assert longest / 2 <= wait <= longest
