"""Reads listmonk: the CSV of its export, or the JSON of `GET /api/subscribers?per_page=all`.

The CSV says nothing of lists. The JSON does, with where each subscription stands: what matters, for
in listmonk one leaves a list, not the program.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from mailer.domain.moving_in.mover import Mover, Theirs, Unread
from mailer.services.moving_in.formats import tables
from mailer.services.moving_in.formats.entries import entries, plain, text
from mailer.services.moving_in.formats.moments import moment
from mailer.services.moving_in.formats.tables import Record
from mailer.services.moving_in.sources import Part

COLUMNS: Final = frozenset(
    {"uuid", "email", "name", "attributes", "status", "created_at", "updated_at", "lists"}
)
STATUSES: Final = {
    "enabled": Theirs.ACTIVE,
    "disabled": Theirs.LEFT,
    "blocklisted": Theirs.BLOCKED,
    "blacklisted": Theirs.BLOCKED,
}
"""The last is what it was called up to 2020."""
_LANGUAGES: Final = ("language", "lang", "locale")


def read(part: Part) -> Iterator[Mover | Unread]:
    """Yield the subscribers of an export.

    Raises:
        InputError: it is none of listmonk's.
    """
    if part.data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}:
        for place, entry in entries(part, ("data", "results")):
            yield _of_entry(part, place, entry)
        return
    tables.need(part, COLUMNS, {"email"}, {"status"})
    for record in tables.records(part, COLUMNS):
        yield record if isinstance(record, Unread) else _of_record(part, record)


def _of_record(part: Part, record: Record) -> Mover | Unread:
    word = record.cell("status").lower()
    status = STATUSES.get(word)
    if status is None:
        reason = f'has the status "{word[:40]}", which listmonk does not have'
        return Unread(part.name, record.row, record.cell("email"), reason)
    try:
        attributes = json.loads(record.cell("attributes") or "{}")
    except (ValueError, RecursionError):
        attributes = {"attributes": record.cell("attributes")}
    known = plain(attributes) if isinstance(attributes, dict) else {}
    changed = record.cell("created_at" if status is Theirs.ACTIVE else "updated_at")
    return Mover(
        part.name,
        record.row,
        record.cell("email"),
        status,
        f"status: {word}",
        name=record.cell("name"),
        language=_language(known),
        at=moment(changed),
        lists=tuple(filter(None, map(str.strip, record.cell("lists").split(",")))),
        attributes=tuple(known.items()) + record.others(COLUMNS),
    )


def _of_entry(part: Part, place: int, entry: Mapping[str, Any]) -> Mover | Unread:
    address, word = text(entry.get("email")), text(entry.get("status")).lower()
    status = STATUSES.get(word)
    if status is None:
        reason = f'has the status "{word[:40]}", which listmonk does not have'
        return Unread(part.name, place, address, reason)
    on, states = _subscriptions(entry)
    said = f"status: {word}"
    if status is Theirs.ACTIVE and not on:
        status, said = _without_list(states)
    attributes = entry.get("attribs")
    known = plain(attributes) if isinstance(attributes, dict) else {}
    changed = entry.get("created_at" if status is Theirs.ACTIVE else "updated_at")
    return Mover(
        part.name,
        place,
        address,
        status,
        said,
        name=text(entry.get("name")),
        language=_language(known),
        at=moment(text(changed)),
        lists=on,
        attributes=tuple(known.items()),
    )


def _subscriptions(entry: Mapping[str, Any]) -> tuple[tuple[str, ...], set[str]]:
    """Return the lists that the subscriber gets, and where all the subscriptions stand.

    On a list with single opt-in nobody confirms: `unconfirmed` is the usual state there.
    """
    on, states = [], set()
    lists = entry.get("lists")
    for one in lists if isinstance(lists, list) else []:
        if isinstance(one, dict):
            state = text(one.get("subscription_status")).lower()
            states.add(state)
            single = text(one.get("optin")).lower() == "single"
            if state == "confirmed" or (state == "unconfirmed" and single):
                on.append(text(one.get("name")))
    return tuple(filter(None, on)), states


def _without_list(states: set[str]) -> tuple[Theirs, str]:
    if "unsubscribed" in states:
        return Theirs.LEFT, "subscription_status: unsubscribed"
    if "unconfirmed" in states:
        return Theirs.PENDING, "subscription_status: unconfirmed"
    return Theirs.PENDING, "on no list"


def _language(attributes: Mapping[str, str]) -> str:
    folded = {name.casefold(): value for name, value in attributes.items()}
    return next((folded[name] for name in _LANGUAGES if folded.get(name)), "")
