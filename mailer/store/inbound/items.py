"""The inbox's item of a mail: a field of the mail's record, and its place in the lists."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from mailer.domain.inbound.inbox import BIN, Item, Standing, Why
from mailer.domain.inbound.received import Received
from mailer.store import keys


def read(text: str) -> Item | None:
    """Read an item; None: there is none."""
    if not text:
        return None
    found = json.loads(text)
    found |= {
        "standing": Standing(found["standing"]),
        "why": Why(found["why"]),
        "at": datetime.fromisoformat(found["at"]) if found["at"] else None,
        "answers": tuple(found["answers"]),
    }
    return Item(**found)


def written(item: Item) -> str:
    """Write an item."""
    at = item.at.isoformat() if item.at else ""
    return json.dumps(asdict(item) | {"at": at}, ensure_ascii=False)


def put(pipe: Any, mail: Received, item: Item | None, *, gone: bool = False) -> None:
    """Give a mail its item, in a transaction that watches its record.

    Args:
        pipe: the transaction.
        mail: as it is.
        item: from now on; None: it leaves the inbox.
        gone: true if the record is removed in the same transaction.
    """
    if mail.item is not None:
        pipe.zrem(keys.inbox(mail.item.standing, mail.item.group), mail.number)
        pipe.zrem(keys.INBOX_BIN, mail.number)
    if item is None:
        if not gone:
            pipe.hdel(keys.inbound(mail.number), "item")
        return
    pipe.hset(keys.inbound(mail.number), "item", written(item))
    pipe.zadd(keys.inbox(item.standing, item.group), {str(mail.number): mail.number})
    if item.standing is Standing.DROPPED and item.at:
        pipe.zadd(keys.INBOX_BIN, {str(mail.number): (item.at + BIN).timestamp()})
