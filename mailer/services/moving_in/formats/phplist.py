"""Reads phpList: the table of its export of subscribers, parted by tabs or commas.

Who unsubscribes in phpList is put on its blacklist, so that one who is on it counts as left. Its
column of lists parts their names by mere spaces: names that hold spaces are known from `--map`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mailer.domain.moving_in.mover import Mover, Theirs, Unread
from mailer.services.moving_in.formats import tables
from mailer.services.moving_in.formats.moments import moment
from mailer.services.moving_in.formats.tables import Record
from mailer.services.moving_in.sources import Part

ADDRESS: Final = ("email", "e_mail")
CONFIRMED: Final = (
    *("confirmed", "is_the_email_of_this_subscriber_confirmed", "is_this_subscriber_confirmed"),
    *("is_the_email_of_this_user_confirmed", "is_this_user_confirmed"),
)
BLACKLISTED: Final = ("blacklisted", "is_this_subscriber_blacklisted", "is_this_user_blacklisted")
DISABLED: Final = ("disabled", "is_this_account_disabled?", "is_this_account_disabled")
LISTS: Final = ("list_membership", "lists")
ENTERED: Final = ("entered",)
MODIFIED: Final = ("last_modified", "modified")
_NAMES: Final = ("name", "first_name", "last_name")
_LANGUAGES: Final = ("language", "lang")
COLUMNS: Final = frozenset(
    {*ADDRESS, *CONFIRMED, *BLACKLISTED, *DISABLED, *LISTS, *ENTERED, *MODIFIED, *_NAMES}
    | {*_LANGUAGES}
)
_NO_LISTS: Final = "No Lists"
_YES_OR_NO: Final = {"1": True, "yes": True, "0": False, "no": False, "": False}


def read(part: Part) -> Iterator[Mover | Unread]:
    """Yield the subscribers.

    Raises:
        InputError: it is none of phpList's, or was exported without the columns that tell who may
            be mailed.
    """
    tables.need(part, COLUMNS, set(ADDRESS), set(CONFIRMED), set(BLACKLISTED))
    for record in tables.records(part, COLUMNS):
        yield record if isinstance(record, Unread) else _of_record(part, record)


def _of_record(part: Part, record: Record) -> Mover | Unread:
    said = {
        name: record.cell(*columns).lower()
        for name, columns in (
            ("blacklisted", BLACKLISTED),
            ("disabled", DISABLED),
            ("confirmed", CONFIRMED),
        )
    }
    for name, word in said.items():
        if word not in _YES_OR_NO:
            reason = f'says "{word[:40]}" in {name}, which is neither 1 nor 0'
            return Unread(part.name, record.row, record.cell(*ADDRESS), reason)
    status, words = Theirs.ACTIVE, "confirmed: 1"
    if _YES_OR_NO[said["blacklisted"]]:
        status, words = Theirs.LEFT, "blacklisted: 1"
    elif _YES_OR_NO[said["disabled"]]:
        status, words = Theirs.LEFT, "disabled: 1"
    elif not _YES_OR_NO[said["confirmed"]]:
        status, words = Theirs.PENDING, "confirmed: 0"
    when = ENTERED if status is Theirs.ACTIVE else MODIFIED
    return Mover(
        part.name,
        record.row,
        record.cell(*ADDRESS),
        status,
        words,
        name=record.cell("name")
        or " ".join(filter(None, (record.cell("first_name"), record.cell("last_name")))),
        language=record.cell(*_LANGUAGES),
        at=moment(record.cell(*when)),
        lists=names_in(record.cell(*LISTS), part.lists),
        attributes=record.others(COLUMNS),
    )


def names_in(cell: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """Part names of lists that mere spaces part; known ones first, the longest first."""
    if cell == _NO_LISTS:
        return ()
    found: list[str] = []
    rest = cell
    while rest := rest.strip():
        name = next((one for one in known if f"{rest} ".startswith(f"{one} ")), rest.split()[0])
        found.append(name)
        rest = rest[len(name) :]
    return tuple(dict.fromkeys(found))
