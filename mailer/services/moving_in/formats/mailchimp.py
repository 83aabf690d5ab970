"""Reads Mailchimp: the archive of an audience's export, or one of the tables in it.

The names of the tables tell where their readers stand: `subscribed_…`, `unsubscribed_…`,
`cleaned_…`, `nonsubscribed_…`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from mailer.domain.moving_in.mover import Mover, Theirs, Unread, strictest
from mailer.services.moving_in.formats import tables
from mailer.services.moving_in.formats.moments import moment
from mailer.services.moving_in.formats.tables import Record
from mailer.services.moving_in.sources import Part

FILES: Final = {
    "subscribed": Theirs.ACTIVE,
    "unsubscribed": Theirs.LEFT,
    "cleaned": Theirs.BOUNCED,
    "nonsubscribed": Theirs.PENDING,
    "pending": Theirs.PENDING,
    "archived": Theirs.LEFT,
}
"""What a table's name begins with, and a word of a status column."""
STATUSES: Final = {**FILES, "transactional": Theirs.PENDING, "non-subscribed": Theirs.PENDING}
_ADDRESS: Final = ("email_address", "email")
_STATUS: Final = ("status", "email_marketing_status", "email_status")
_NAMES: Final = ("first_name", "last_name", "name", "full_name", "fname", "lname")
_TIMES: Final = ("confirm_time", "optin_time", "unsub_time", "clean_time", "last_changed")
_LANGUAGES: Final = ("language", "preferred_language", "lang")
COLUMNS: Final = frozenset(
    {*_ADDRESS, *_STATUS, *_NAMES, *_TIMES, *_LANGUAGES, "tags", "unsub_reason", "member_rating"}
    | {"leid", "euid", "optin_ip", "confirm_ip"}
)
_COMPLAINTS: Final = ("abuse", "spam", "complain")


def is_read(name: str) -> bool:
    """Tell by its name whether a file of the archive is a table of readers."""
    return name.lower().endswith(".csv") and _of_name(name) is not None


def read(part: Part) -> Iterator[Mover | Unread]:
    """Yield the contacts of a table.

    Raises:
        InputError: nothing tells where its readers stand, or it has no addresses.
    """
    tables.need(part, COLUMNS, set(_ADDRESS))
    told = [one for one in (part.status, _of_name(part.name)) if one]
    if not told and not tables.header_of(part, COLUMNS) & set(_STATUS):
        raise part.refuse(
            "does not tell by its name or a column where its readers stand",
            "keep the names that Mailchimp gives (subscribed_…, cleaned_…), or say what they are",
        )
    for record in tables.records(part, COLUMNS):
        yield record if isinstance(record, Unread) else _of_record(part, record, told)


def _of_record(part: Part, record: Record, told: list[Theirs]) -> Mover | Unread:
    word = record.cell(*_STATUS).lower()
    said = f"status: {word}" if word else f"in {part.name}"
    if word and word not in STATUSES:
        reason = f'has the status "{word[:40]}", which Mailchimp does not have'
        return Unread(part.name, record.row, record.cell(*_ADDRESS), reason)
    # The file's name and the column may differ after a filter.
    status = strictest(*told, *([STATUSES[word]] if word else [] if told else [Theirs.PENDING]))
    why = record.cell("unsub_reason")
    if status is Theirs.LEFT and any(one in why.lower() for one in _COMPLAINTS):
        status, said = Theirs.COMPLAINED, f"UNSUB_REASON: {why[:80]}"
    return Mover(
        part.name,
        record.row,
        record.cell(*_ADDRESS),
        status,
        said,
        name=_name(record),
        language=record.cell(*_LANGUAGES),
        at=_when(record, status),
        tags=_tags(record.cell("tags")),
        attributes=record.others(COLUMNS),
    )


def _of_name(name: str) -> Theirs | None:
    return FILES.get(name.lower().partition("_")[0].removesuffix(".csv"))


def _name(record: Record) -> str:
    parts = (record.cell("first_name", "fname"), record.cell("last_name", "lname"))
    return " ".join(filter(None, parts)) or record.cell("name", "full_name")


def _when(record: Record, status: Theirs) -> datetime | None:
    times = {
        Theirs.ACTIVE: ("confirm_time", "optin_time"),
        Theirs.BOUNCED: ("clean_time", "last_changed"),
    }
    return moment(record.cell(*times.get(status, ("unsub_time", "last_changed"))))


def _tags(cell: str) -> tuple[str, ...]:
    """Read `"board","press"`: tags in quotes, parted by commas, within one cell."""
    try:
        found = next(csv.reader([cell], skipinitialspace=True), [])
    except csv.Error:
        found = cell.split(",")
    return tuple(filter(None, map(str.strip, found)))
