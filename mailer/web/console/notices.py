"""What a page says about the form before it: kept in a cookie from one page to the next.

The cookie is signed for one browser in one session, and good for a few minutes: nobody can put
words of theirs on our pages. It holds the name of a text, its values, and the form that undoes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from fastapi import Request, Response
from itsdangerous import BadSignature, URLSafeTimedSerializer

NAME: Final = "mailer-notice"
SECONDS: Final = 300
LONGEST: Final = 3000
"""Octets; browsers keep 4096 of a cookie with its name."""


@dataclass(frozen=True, slots=True)
class Undo:
    """The form that takes something back."""

    path: str
    """Where it is sent, as our routes know it."""
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence about what has just been done."""

    key: str
    """The name of its text."""
    values: Mapping[str, str | int] = field(default_factory=dict)
    kind: str = "good"
    """`good`, `warn` or `alert`."""
    number: int | None = None
    """Chooses the form of a text that counts."""
    undo: Undo | None = None


class Notices:
    """Writes and reads the cookie."""

    def __init__(self, secret: bytes, *, secure: bool) -> None:
        """Sign with a key that is derived from `secret`."""
        self._secret, self._secure = secret, secure
        self.name = f"__Host-{NAME}" if secure else NAME

    def keep(self, response: Response, purpose: str, notice: Notice) -> None:
        """Give the browser a notice for the page that it is led to."""
        written = self._serializer(purpose).dumps(asdict(notice))
        if len(written) <= LONGEST:
            response.set_cookie(
                self.name,
                str(written),
                SECONDS,
                path="/",
                secure=self._secure,
                httponly=True,
                samesite="lax",
            )

    def take(self, request: Request, purpose: str) -> Notice | None:
        """Read the notice that a browser brings; None: it has none that is ours and its own."""
        written = request.cookies.get(self.name, "")
        if not written or len(written) > LONGEST:
            return None
        try:
            found: dict[str, Any] = self._serializer(purpose).loads(written, max_age=SECONDS)
            undo = found.pop("undo")
            return Notice(**found, undo=Undo(**undo) if undo else None)
        except (BadSignature, ValueError, TypeError, KeyError):
            return None

    def remove(self, response: Response) -> None:
        """Take the notice away once it was shown."""
        response.delete_cookie(self.name, "/", secure=self._secure, httponly=True, samesite="lax")

    def _serializer(self, purpose: str) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(
            self._secret, salt=f"mailer notice {purpose}", serializer=json
        )
