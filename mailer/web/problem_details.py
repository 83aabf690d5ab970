"""Errors as the API answers them: an HTTP status and problem details (RFC 9457).

Errors that the caller can correct are told with all their facts. Our own (a status of 500 and
above) are told in the words of the table here, because an error's own message may name paths, hosts
and the words of the store, which belong in the log; a relay's answer is the exception, because it
is about a message.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from mailer.errors import Fact, InputError, MailerError, Problem

MEDIA_TYPE: Final = "application/problem+json"
TYPE: Final = "urn:mailer:error:"
"""The beginning of `type`, before the error's code."""


class Kind(NamedTuple):
    """How errors of one code are answered."""

    status: HTTPStatus
    title: str
    """Short, and the same for each error of the code (RFC 9457 section 3.1.3)."""
    detail: str = ""
    """In place of the error's own message, where that is not for the caller."""


_LATER: Final = "Try again later; if it stays so, tell whoever runs the service."
_OURS: Final = "Tell whoever runs the service; its log says more."

KINDS: Final[Mapping[str, Kind]] = {
    "directory_busy": Kind(HTTPStatus.CONFLICT, "The directory is being read already"),
    "directory_refused": Kind(HTTPStatus.CONFLICT, "The directory would take too many readers off"),
    "directory_unreachable": Kind(HTTPStatus.BAD_GATEWAY, "The directory could not be read"),
    "failed": Kind(HTTPStatus.INTERNAL_SERVER_ERROR, "It failed", _OURS),
    "invalid_address": Kind(HTTPStatus.UNPROCESSABLE_ENTITY, "No mail address"),
    "invalid_configuration": Kind(
        HTTPStatus.INTERNAL_SERVER_ERROR, "The service's settings are wrong", _OURS
    ),
    "invalid_input": Kind(HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid input"),
    "approval_needed": Kind(HTTPStatus.CONFLICT, "A second person must approve it"),
    "key_reused": Kind(HTTPStatus.UNPROCESSABLE_ENTITY, "The key was used for something else"),
    "not_waiting": Kind(HTTPStatus.CONFLICT, "A reader who does not wait"),
    "changed_meanwhile": Kind(HTTPStatus.CONFLICT, "It was changed meanwhile"),
    "number_changed": Kind(HTTPStatus.CONFLICT, "Another number of readers"),
    "left_alone": Kind(HTTPStatus.CONFLICT, "A reader who is left alone"),
    "job_limit": Kind(HTTPStatus.TOO_MANY_REQUESTS, "Too much waits already"),
    "look_changed": Kind(HTTPStatus.CONFLICT, "It was changed meanwhile"),
    "mail_limit": Kind(HTTPStatus.TOO_MANY_REQUESTS, "No more mail for now"),
    "mail_refused": Kind(HTTPStatus.CONFLICT, "The address may not get it"),
    "no_room": Kind(HTTPStatus.SERVICE_UNAVAILABLE, "No room for mail", _LATER),
    "not_found": Kind(HTTPStatus.NOT_FOUND, "Not found"),
    "not_allowed": Kind(HTTPStatus.FORBIDDEN, "Not allowed"),
    "nothing_to_send": Kind(HTTPStatus.CONFLICT, "Nothing to send"),
    "other_size": Kind(HTTPStatus.CONFLICT, "Another number of readers"),
    "proof_needed": Kind(HTTPStatus.FORBIDDEN, "A proof is needed"),
    "relay_failed": Kind(HTTPStatus.BAD_GATEWAY, "The relay did not take it"),
    "second_person": Kind(HTTPStatus.CONFLICT, "Somebody else must approve it"),
    "store_denied": Kind(HTTPStatus.SERVICE_UNAVAILABLE, "The store does not let us in", _LATER),
    "store_disk": Kind(HTTPStatus.SERVICE_UNAVAILABLE, "The store cannot write", _LATER),
    "store_full": Kind(HTTPStatus.SERVICE_UNAVAILABLE, "The store is full", _LATER),
    "store_in_use": Kind(HTTPStatus.SERVICE_UNAVAILABLE, "The store is in use", _LATER),
    "store_lost": Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The store is away",
        "Whether a change was made is not known: look before you try again.",
    ),
    "store_migrating": Kind(HTTPStatus.SERVICE_UNAVAILABLE, "The store is being migrated", _LATER),
    "store_newer": Kind(HTTPStatus.SERVICE_UNAVAILABLE, "The store is of a newer version", _LATER),
    "store_older": Kind(HTTPStatus.SERVICE_UNAVAILABLE, "The store is of an older version", _LATER),
    "store_refused": Kind(HTTPStatus.INTERNAL_SERVER_ERROR, "The store refused", _OURS),
    "store_unusable": Kind(HTTPStatus.SERVICE_UNAVAILABLE, "The store is unusable", _LATER),
    "invalid_rule": Kind(HTTPStatus.UNPROCESSABLE_ENTITY, "An audience rule is wrong"),
    "unclear_readers": Kind(HTTPStatus.CONFLICT, "Nobody can tell whom it is for"),
    "unsendable": Kind(HTTPStatus.UNPROCESSABLE_ENTITY, "No message can be made of it"),
    "wrong_state": Kind(HTTPStatus.CONFLICT, "It does not fit the state"),
}
"""Code of an error -> its answer; there is one for every class of errors."""


def answer_of(error: MailerError) -> tuple[HTTPStatus, dict[str, Any]]:
    """Return the status and the problem details of an error, ready to be written as JSON.

    An error whose code has no entry of its own is answered as what it derives from.
    """
    kind = next(
        KINDS[one.code]
        for one in type(error).__mro__
        if issubclass(one, MailerError) and one.code in KINDS
    )
    details: dict[str, Any] = {
        "type": f"{TYPE}{error.code}",
        "title": kind.title,
        "status": int(kind.status),
        "code": error.code,
        "detail": kind.detail or _detail_of(error),
    }
    if kind.detail:
        return kind.status, details
    if isinstance(error, InputError):
        details["errors"] = [_entry_of(problem) for problem in error.problems]
    if error.facts:
        details["facts"] = _plain(error.facts)
    return kind.status, details


def _detail_of(error: MailerError) -> str:
    if not isinstance(error, InputError):
        return str(error)
    count = len(error.problems)
    return str(error) if count == 1 else f"{count} things are wrong; each is listed in `errors`."


def _entry_of(problem: Problem) -> dict[str, Any]:
    said = "; ".join(filter(None, (problem.text, problem.remedy)))
    entry: dict[str, Any] = {"field": problem.place, "code": problem.code, "detail": said}
    return entry | ({"facts": _plain(problem.facts)} if problem.facts else {})


def _plain(facts: Mapping[str, Fact]) -> dict[str, Any]:
    """Return facts as JSON has them."""
    return {
        name: value if isinstance(value, str | int) else list(value)
        for name, value in facts.items()
    }
