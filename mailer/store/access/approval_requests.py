"""Approvers who were asked by mail: about which proposal, and what their replies came to.

A record is made with the mail, and gone a week after replies to it count no more.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from mailer.domain.access.consent_by_mail import VALID, ApprovalRequest
from mailer.errors import StateError
from mailer.store import keys
from mailer.store.server.connection import Store

_KEPT: Final = VALID + timedelta(days=7)


KIND: Final = "approval request"
"""The kind of thing that an error about a used one names."""


def add(pipe: Any, request: ApprovalRequest) -> None:
    """Add a request to the transaction that queues its mail."""
    key = keys.approval_request(request.number)
    fields = {
        "user": str(request.user),
        "campaign": str(request.campaign),
        "terms": request.terms,
        "at": str(int(request.at.timestamp())),
    }
    pipe.hset(key, mapping=fields)
    pipe.expire(key, _KEPT)


def get(store: Store, number: int) -> ApprovalRequest | None:
    """Return a request; None: it is forgotten, or there never was one."""
    found = store.redis.hgetall(keys.approval_request(number))
    text = {name.decode(): value.decode() for name, value in found.items()}
    if "user" not in text:
        return None
    return ApprovalRequest(
        number,
        int(text["user"]),
        int(text["campaign"]),
        text["terms"],
        datetime.fromtimestamp(int(text["at"]), UTC),
        int(text.get("wrong", "0")),
        int(text.get("used", "0")),
    )


def check(store: Store, number: int, mail: int) -> None:
    """Refuse a reply to a request that another one has used.

    Raises:
        StateError: so it was, or the request is gone.
    """
    found = get(store, number)
    if found is None or found.used not in {0, mail}:
        raise StateError(KIND, f"{number:x}", "used", "approve")


def use(pipe: Any, number: int, mail: int) -> None:
    """Note, in the transaction that approves, that a reply was taken."""
    pipe.hset(keys.approval_request(number), "used", mail)


def miss(pipe: Any, number: int) -> None:
    """Note that a reply held a wrong code."""
    key = keys.approval_request(number)
    pipe.hincrby(key, "wrong", 1)
    pipe.expire(key, _KEPT)
