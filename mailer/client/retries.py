"""Decides whether a request is sent again, and how long to wait before it is."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

import httpx

from mailer.client.errors import UnreachableError

_AGAIN: Final = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
_NEVER_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a request is sent again, and after which waits.

    Attributes:
        most: how often at most; 0: never.
        first_seconds: the longest wait before the second attempt; it doubles with each further one.
        longest_seconds: no wait is longer. If the service asks for a longer one (`Retry-After`),
            its answer is raised at once.
    """

    most: int = 4
    first_seconds: float = 0.5
    longest_seconds: float = 60.0

    def wait(self, attempt: int) -> float:
        """Return a wait, with full jitter, so that many clients do not come back together.

        Args:
            attempt: the number of attempts made so far, from 1 on.
        """
        longest = min(self.longest_seconds, self.first_seconds * 2.0 ** min(attempt - 1, 30))
        return random.uniform(longest / 2, longest)  # noqa: S311 - a wait is no secret


@dataclass(slots=True)
class Attempts:
    """The attempts of one request.

    Attributes:
        retries: how many there may be.
        repeatable: whether the request may be carried out twice without harm. One that may not is
            sent again only if it surely was not carried out.
        uncertain: whether an attempt may have been carried out without an answer of its own.
    """

    retries: Retries
    repeatable: bool
    made: int = 0
    uncertain: bool = field(default=False)

    def failed(self, error: httpx.RequestError) -> float:
        """Return how long to wait after an attempt that got no answer, in seconds.

        Raises:
            UnreachableError: there is to be no further attempt.
        """
        self.made += 1
        sent = not isinstance(error, _NEVER_SENT)
        self.uncertain |= sent
        if self.made > self.retries.most or (sent and not self.repeatable):
            raise UnreachableError(error, done=None if self.uncertain else False) from error
        return self.retries.wait(self.made)

    def answered(self, status: int, headers: Mapping[str, str]) -> float | None:
        """Return how long to wait after an answer, in seconds; None: the answer is final."""
        self.made += 1
        asked = _seconds(headers.get("retry-after", ""))
        if not self._again(status, asked) or self.made > self.retries.most:
            return None
        if asked is not None and asked > self.retries.longest_seconds:
            return None
        self.uncertain |= status not in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.CONFLICT}
        return max(asked or 0.0, self.retries.wait(self.made))

    def _again(self, status: int, asked: float | None) -> bool:
        if status == HTTPStatus.CONFLICT:  # `in_progress`: the first attempt is being answered
            return asked is not None and self.repeatable
        if status == HTTPStatus.TOO_MANY_REQUESTS:  # it was not carried out
            return True
        return status in _AGAIN and self.repeatable


def _seconds(text: str) -> float | None:
    """Read `Retry-After`, where it is a number of seconds (RFC 9110 section 10.2.3)."""
    return float(text) if text.isascii() and text.isdecimal() else None
