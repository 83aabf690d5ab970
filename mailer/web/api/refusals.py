"""Refusals that only HTTP knows: no use case was called."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, NamedTuple


class Refusal(NamedTuple):
    """How requests that are refused for one reason are answered."""

    status: HTTPStatus
    title: str
    detail: str


REFUSALS: Final[Mapping[str, Refusal]] = {
    "unauthenticated": Refusal(
        HTTPStatus.UNAUTHORIZED,
        "No valid token",
        "Send an API token that is still good: Authorization: Bearer mailer_…",
    ),
    "too_many_requests": Refusal(
        HTTPStatus.TOO_MANY_REQUESTS, "Too many requests", "Wait; Retry-After says how long."
    ),
    "too_many_listeners": Refusal(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Too many listen",
        "Close the streams that you do not read, or come again later.",
    ),
    "no_such_path": Refusal(
        HTTPStatus.NOT_FOUND, "No such path", "The OpenAPI document lists all paths."
    ),
    "method_not_allowed": Refusal(
        HTTPStatus.METHOD_NOT_ALLOWED, "No such method there", "Allow lists the methods."
    ),
    "not_acceptable": Refusal(
        HTTPStatus.NOT_ACCEPTABLE, "Not in that form", "The OpenAPI document lists the forms."
    ),
    "unsupported_media_type": Refusal(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "A body of another form is needed",
        "The OpenAPI document says of which media type the body has to be.",
    ),
    "body_too_large": Refusal(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is too large", "Send it in parts."
    ),
    "body_too_slow": Refusal(
        HTTPStatus.REQUEST_TIMEOUT, "The body did not arrive in time", "Send it again."
    ),
    "bad_request": Refusal(
        HTTPStatus.BAD_REQUEST, "It cannot be read", "See that it is whole and well-formed."
    ),
    "invalid_request": Refusal(
        HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid request", "`errors` lists what is wrong."
    ),
    "invalid_cursor": Refusal(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "No cursor of ours",
        "Begin without one, and go on with `next` of the answer.",
    ),
    "changed": Refusal(
        HTTPStatus.PRECONDITION_FAILED,
        "It was changed meanwhile",
        "Get it again, and see whether your change still fits.",
    ),
    "precondition_required": Refusal(
        HTTPStatus.PRECONDITION_REQUIRED,
        "If-Match is needed",
        "Send the ETag of what your change is made for, or * to change it however it is.",
    ),
    "idempotency_mismatch": Refusal(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The key belongs to another request",
        "This Idempotency-Key came with another request before: draw a new one.",
    ),
    "invalid_idempotency_key": Refusal(
        HTTPStatus.BAD_REQUEST,
        "No idempotency key",
        "An Idempotency-Key is 1 to 255 characters of ASCII that can be seen; a UUID, say.",
    ),
    "in_progress": Refusal(
        HTTPStatus.CONFLICT,
        "It is being done",
        "The same request is being answered; send it again later.",
    ),
    "defect": Refusal(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "A defect",
        "Tell whoever runs the service; its log says more.",
    ),
}
"""Code of a refusal -> its answer; see docs/api.md."""


class RefusedError(Exception):
    """Ends a request of the API.

    Attributes:
        code: of `REFUSALS`.
        detail: in place of the code's own.
        headers: further header fields.
    """

    def __init__(
        self, code: str, detail: str = "", *, headers: Mapping[str, str] | None = None
    ) -> None:
        self.code, self.detail = code, detail or REFUSALS[code].detail
        self.headers = dict(headers or {})
        super().__init__(f"{code}: {self.detail}")
