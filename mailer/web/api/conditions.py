"""Entity tags, and requests on condition of them (RFC 9110 section 13)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import Header, Request, Response
from pydantic import BaseModel

from mailer.web.api.refusals import RefusedError

ANY: Final = "*"
OPTIONAL: Final = Header(max_length=2000, description="ETag of what the change is made for.")
IfMatch = Annotated[
    str | None,
    Header(max_length=2000, description="Needed: ETag of what the change is made for, or `*`."),
]
TAGGED: Final[dict[str, Any]] = {"headers": {"ETag": {"schema": {"type": "string"}}}}
SHOWN: Final[dict[int | str, dict[str, Any]]] = {
    200: TAGGED,
    304: {"description": "It is as you know it"},
}
"""What the document says of answers with an entity tag."""


def tag_of(model: BaseModel) -> str:
    """Return the entity tag of a resource: a digest of all that is shown of it."""
    return f'"{hashlib.sha256(model.model_dump_json().encode()).hexdigest()[:32]}"'


def shown(
    request: Request,
    model: BaseModel,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer with a resource; 304 if the asker has it as it is."""
    tag = tag_of(model)
    told = {"ETag": tag, "Cache-Control": "no-cache", **(headers or {})}
    if request.method == "GET" and _fits(request.headers.get("if-none-match"), tag, weak=True):
        return Response(None, 304, told)
    return Response(model.model_dump_json(), status, told, media_type="application/json")


def demanded(given: str | None, model: BaseModel) -> None:
    """Refuse a change that was made for another state than the present.

    Raises:
        RefusedError: it does not say for which state, or another one.
    """
    if given is None:
        raise RefusedError("precondition_required")
    agreed(given, model)


def agreed(given: str | None, model: BaseModel) -> None:
    """Refuse a change if it says for which state it was made, and that is not the present.

    Raises:
        RefusedError: it was made for another state.
    """
    if given is not None and not _fits(given, tag_of(model)):
        raise RefusedError("changed")


def _fits(given: str | None, tag: str, *, weak: bool = False) -> bool:
    if given is None:
        return False
    known = [one.strip() for one in given.split(",")]
    if weak:
        known = [one.removeprefix("W/") for one in known]
    return tag in known or known == [ANY]
