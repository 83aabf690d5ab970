"""The form of a mail's record in the store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from mailer.domain.inbound.received import Incoming, MailState, Received, Way
from mailer.errors import NotFoundError
from mailer.store.inbound.items import read


def fields_of(mail: Incoming, now: datetime) -> dict[str, str]:
    """Return the record of a mail that has just come in."""
    return {
        "state": MailState.UNREAD.value,
        "way": mail.way.value,
        "sender": mail.sender,
        "recipients": json.dumps(mail.recipients),
        "peer": mail.peer,
        "connection": mail.connection,
        "at": now.isoformat(),
        "size": str(len(mail.content)),
    }


def parse(number: int, fields: Mapping[bytes, bytes]) -> Received:
    """Read a mail's record.

    Raises:
        NotFoundError: it is empty.
    """
    if b"state" not in fields:
        raise unknown(number)
    text = {name.decode(): value.decode() for name, value in fields.items()}
    return Received(
        number=number,
        state=MailState(text["state"]),
        way=Way(text["way"]),
        sender=text["sender"],
        recipients=tuple(json.loads(text["recipients"])),
        peer=text["peer"],
        at=datetime.fromisoformat(text["at"]).astimezone(UTC),
        size=int(text["size"]),
        kind=text.get("kind", ""),
        command=text.get("command", ""),
        reason=text.get("reason", ""),
        attempts=int(text.get("attempts", "0")),
        begun=float(text.get("begun", "0")),
        connection=text.get("connection", ""),
        held=int(text.get("held", "0")),
        released=text.get("released") == "1",
        charge=int(text.get("charge", "0")),
        shares=tuple(json.loads(text.get("shares", "[]"))),
        digest=text.get("digest", ""),
        item=read(text.get("item", "")),
    )


def unknown(number: int) -> NotFoundError:
    """Return the error for a mail that is not kept."""
    return NotFoundError("mail", str(number))
