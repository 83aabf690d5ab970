"""Erasing a subscriber, at their own wish or the secretariat's."""

from __future__ import annotations

from datetime import datetime

from mailer.config import Settings, secret_key
from mailer.domain.access.token import suppression_hash
from mailer.domain.events import Event
from mailer.domain.subscribers.address import Address
from mailer.errors import NotFoundError
from mailer.store.server.connection import Store
from mailer.store.subscribers import records as subscribers
from mailer.store.subscribers.suppression import Suppression


def forget(
    store: Store,
    settings: Settings,
    at: datetime,
    address: Address,
    reason: str,
    *,
    compacts: bool = True,
) -> int:
    """Forget all about a subscriber but a keyed hash, by which the address stays suppressed.

    The store's own log on disk is written anew at once, without what was erased; backups and the
    relays' logs are not reached.

    Args:
        store: the open store.
        settings: the settings.
        at: now.
        address: the subscriber's.
        reason: for the record.
        compacts: false where many are erased, and that log is written anew after the last.

    Returns:
        The number that was the subscriber's; ledgers keep it, for their sums.

    Raises:
        NotFoundError: there is no such subscriber.
    """
    number = subscribers.number_of(store, address.key)
    hashed = suppression_hash(secret_key(settings), address.key)
    event = Event("subscriber.erased", at, {"subscriber": number or 0, "reason": reason})
    record = Suppression("erased", at)
    if not number or not subscribers.erase(
        store, number, address.key, event, suppression=(hashed, record)
    ):
        raise NotFoundError(
            "subscriber", address.given, "To make sure that it is never mailed, suppress it."
        )
    if compacts:
        store.durable()
        subscribers.compact_log(store)
    return number
