"""Answers that are the same for everybody, and are sent again only when they have changed.

A page is named by a digest of its own bytes (its entity tag), so that nothing has to be told when a
text, a word or a template changes.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Final

from fastapi import Request, Response

FEED_CACHING: Final = "public, max-age=300"
"""The caching of what programs fetch again and again by themselves."""

_KEPT: Final = ("cache-control", "content-location", "content-language", "vary")
"""The fields that a 304 repeats of the answer it stands for (RFC 9110 section 15.4.5)."""


def answered(request: Request, response: Response, modified: datetime | None = None) -> Response:
    """Name what an answer holds, and leave it out if the asker has the same already.

    Args:
        request: with `If-None-Match` or `If-Modified-Since`, perhaps.
        response: the whole answer, which must not differ from reader to reader.
        modified: when what it tells changed last; None if that cannot be said.
    """
    tag = f'"{hashlib.sha256(response.body).hexdigest()[:32]}"'
    response.headers["ETag"] = tag
    if modified is not None:
        response.headers["Last-Modified"] = format_datetime(_second(modified), usegmt=True)
    if not _is_known(request, tag, modified):
        return response
    names = (*_KEPT, "etag", "last-modified")
    kept = {name: value for name, value in response.headers.items() if name in names}
    return Response(None, 304, kept)


def _is_known(request: Request, tag: str, modified: datetime | None) -> bool:
    """Tell whether the asker has it; the tag decides if it gives one (RFC 9110 section 13.2.2)."""
    given = request.headers.get("if-none-match")
    if given is not None:
        known = [one.strip().removeprefix("W/") for one in given.split(",")]
        return tag in known or known == ["*"]
    since = _instant(request.headers.get("if-modified-since", ""))
    return since is not None and modified is not None and _second(modified) <= since


def _second(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(microsecond=0)


def _instant(text: str) -> datetime | None:
    try:
        instant = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
