"""Reads Ghost: the CSV of its members."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mailer.domain.moving_in.mover import Mover, Theirs, Unread
from mailer.services.moving_in.formats import tables
from mailer.services.moving_in.formats.moments import moment
from mailer.services.moving_in.formats.tables import Record
from mailer.services.moving_in.sources import Part

COLUMNS: Final = frozenset(
    {
        *("id", "email", "name", "note", "subscribed_to_emails", "complimentary_plan"),
        *("stripe_customer_id", "created_at", "deleted_at", "labels", "tiers"),
    }
)
_MOVED: Final = frozenset(
    {"id", "email", "name", "subscribed_to_emails", "created_at", "deleted_at", "labels"}
    | {"stripe_customer_id"}
)
_SUBSCRIBED: Final = {"true": True, "1": True, "false": False, "0": False, "": False}


def read(part: Part) -> Iterator[Mover | Unread]:
    """Yield the members.

    Raises:
        InputError: it is none of Ghost's, or does not tell who gets mail.
    """
    tables.need(part, COLUMNS, {"email"}, {"subscribed_to_emails"})
    for record in tables.records(part, COLUMNS):
        yield record if isinstance(record, Unread) else _of_record(part, record)


def _of_record(part: Part, record: Record) -> Mover | Unread:
    word = record.cell("subscribed_to_emails").lower()
    if word not in _SUBSCRIBED:
        reason = f'says "{word[:40]}" in subscribed_to_emails, which is neither true nor false'
        return Unread(part.name, record.row, record.cell("email"), reason)
    gone = record.cell("deleted_at")
    active = _SUBSCRIBED[word] and not gone
    return Mover(
        part.name,
        record.row,
        record.cell("email"),
        Theirs.ACTIVE if active else Theirs.LEFT,
        f"deleted_at: {gone[:40]}" if gone else f"subscribed_to_emails: {word or '(empty)'}",
        name=record.cell("name"),
        at=moment(record.cell("created_at") if active else gone),
        tags=tuple(filter(None, map(str.strip, record.cell("labels").split(",")))),
        attributes=record.others(_MOVED),
    )
