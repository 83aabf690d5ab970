"""Lists page by page: a cursor says where the page before ended."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, Generic, TypeVar
from urllib.parse import urlencode

from fastapi import Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from mailer.web.api.refusals import RefusedError
from mailer.web.middleware import API
from mailer.web.site import own_path, site_of

Item = TypeVar("Item")

MOST: Final = 500
LONGEST: Final = 300
"""Characters of a cursor."""
Cursor = Annotated[
    str,
    Query(max_length=LONGEST, description="`next` of the page before; nothing: the first page."),
]
Limit = Annotated[int, Query(ge=1, le=MOST, description="Most items of the page.")]


class Page(BaseModel, Generic[Item]):
    """One page of a list."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    items: Sequence[Item]
    next: str | None = Field(description="The cursor of the next page; null: this is the last.")


def written(place: str | int) -> str:
    """Write a place in a list as a cursor: programs must not look into it."""
    return base64.urlsafe_b64encode(str(place).encode()).decode().rstrip("=")


def read(cursor: str, check: Callable[[str], Any] = int) -> Any:
    """Return the place that a cursor names, as `check` reads it; None: the beginning.

    Raises:
        RefusedError: it is none of ours.
    """
    if not cursor:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        return check(base64.b64decode(padded, b"-_", validate=True).decode("ascii"))
    except (binascii.Error, ValueError):
        raise RefusedError("invalid_cursor") from None


def number(cursor: str) -> int:
    """Return the number after which a page begins.

    Raises:
        RefusedError: the cursor is none of ours.
    """
    found = read(cursor)
    if found is not None and not 0 <= found < 2**63:
        raise RefusedError("invalid_cursor")
    return found or 0


def link(request: Request, response: Response, following: str | None) -> None:
    """Say where the next page is (RFC 8288)."""
    if following is None:
        return
    asked = [pair for pair in request.query_params.multi_items() if pair[0] != "cursor"]
    path = own_path(request).removeprefix(request.scope.get("root_path", ""))
    query = urlencode([*asked, ("cursor", following)])
    target = site_of(request).path(f"{API}{path}")
    response.headers["Link"] = f'<{target}?{query}>; rel="next"'
