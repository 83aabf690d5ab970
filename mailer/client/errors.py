"""What can go wrong: the service refuses, or does not answer."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import httpx

LONGEST: Final = 64 * 1024
"""Octets of an error's body that are looked at."""


class ClientError(Exception):
    """Any error of the client."""


class UnreachableError(ClientError):
    """No answer came, or it broke off.

    Attributes:
        done: False if the request surely was not carried out; None if nobody knows.
    """

    def __init__(self, error: Exception, *, done: bool | None = None) -> None:
        self.done = done
        known = "it was not carried out" if done is False else "it may have been carried out"
        said = str(error) or type(error).__name__
        super().__init__(f"The service did not answer ({said}); {known}.")


class UnexpectedError(ClientError):
    """The answer is not one of Mailer's API; the address may be that of something else."""


@dataclasses.dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that is wrong with what was sent."""

    field: str
    code: str
    detail: str
    facts: Mapping[str, Any] = dataclasses.field(default_factory=dict)


class ApiError(ClientError):
    """The service refused a request, or failed (RFC 9457).

    Attributes:
        status: of HTTP.
        code: stays the same from version to version; see docs/errors.md and docs/api.md.
        title: what kind of error it is, for people.
        detail: what happened and what to do next, for people.
        errors: what is wrong with the input, one by one.
        facts: details for programs.
        retry_after: seconds to wait before the next attempt, if the service said so.
    """

    def __init__(
        self,
        status: int,
        problem: Mapping[str, Any],
        *,
        retry_after: str = "",
    ) -> None:
        self.status = status
        self.code = str(problem.get("code", "unknown"))
        self.title = str(problem.get("title", ""))
        self.detail = str(problem.get("detail", ""))
        self.errors = tuple(_wrong(one) for one in _entries(problem.get("errors")))
        facts = problem.get("facts")
        self.facts: Mapping[str, Any] = facts if isinstance(facts, dict) else {}
        self.retry_after = int(retry_after) if _is_number(retry_after) else None
        fields = "".join(f"\n  {one.field}: {one.detail}" for one in self.errors)
        super().__init__(f"{self.code} ({status}): {self.detail or self.title}{fields}")


class UnauthenticatedError(ApiError):
    """The token is not valid (401)."""


class NotAllowedError(ApiError):
    """The token has no right to do it (403)."""


class NotFoundError(ApiError):
    """There is no such thing (404)."""


class ConflictError(ApiError):
    """It does not fit how things stand (409), for example another number of readers."""


class ChangedError(ApiError):
    """It was changed since its entity tag was read (412)."""


class InvalidError(ApiError):
    """What was sent is wrong (422); `errors` tells what."""


class TooManyRequestsError(ApiError):
    """The token made too many requests (429)."""


KINDS: Final[Mapping[int, type[ApiError]]] = {
    HTTPStatus.UNAUTHORIZED: UnauthenticatedError,
    HTTPStatus.FORBIDDEN: NotAllowedError,
    HTTPStatus.NOT_FOUND: NotFoundError,
    HTTPStatus.CONFLICT: ConflictError,
    HTTPStatus.PRECONDITION_FAILED: ChangedError,
    HTTPStatus.UNPROCESSABLE_ENTITY: InvalidError,
    HTTPStatus.TOO_MANY_REQUESTS: TooManyRequestsError,
}
"""Status -> the error that is raised; `ApiError` itself for any other."""


def error_of(response: httpx.Response) -> ClientError:
    """Return the error that an answer tells; its body has been read."""
    status = response.status_code
    problem: Any = None
    if len(response.content) <= LONGEST:
        try:
            problem = response.json()
        except ValueError:  # a proxy's page
            problem = None
    if not isinstance(problem, dict) or status < 400:
        if status in {502, 503, 504}:  # a proxy whose service is away
            problem = {"code": "unavailable", "title": "The service is away"}
        else:
            return UnexpectedError(
                f"The answer ({status}) is not one of Mailer's API: check the base URL."
            )
    kind = KINDS.get(status, ApiError)
    return kind(status, problem, retry_after=response.headers.get("retry-after", ""))


def _entries(given: Any) -> Sequence[Mapping[str, Any]]:
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []


def _wrong(one: Mapping[str, Any]) -> Wrong:
    facts = one.get("facts")
    return Wrong(
        str(one.get("field", "")),
        str(one.get("code", "")),
        str(one.get("detail", "")),
        facts if isinstance(facts, dict) else {},
    )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()
