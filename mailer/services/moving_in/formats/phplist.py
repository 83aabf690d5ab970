"""Reads phpList: the table of its export of subscribers, parted by tabs or commas.

Who unsubscribes in phpList is put on its blacklist, so that one who is on it counts as left. Its
last column holds the lists, each with "; " after its name; earlier versions wrote a mere space
there, so that names that hold spaces are known from `--map`. That column's title is in the language
of whoever exported, the other titles are not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from mailer.domain.moving_in.mover import Mover, Theirs, Unread
from mailer.services.moving_in.formats import tables
from mailer.services.moving_in.formats.moments import moment
from mailer.services.moving_in.formats.tables import Record
from mailer.services.moving_in.sources import Part

Lists = Callable[[str], tuple[str, ...]]
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
_CHANGE_LOG: Final = frozenset({"ip", "change_summary", "change_detail"})
_ENDS_WITH_LISTS: Final = re.compile(r"(?:\S |[\t,]No Lists)$", re.MULTILINE)
"""The end of a line as phpList writes it: a name of a list, and a space."""
_PARTED: Final = re.compile(r';[ ]?"?$', re.MULTILINE)
"""The same by the versions that write a semicolon, perhaps saved again by another program."""
_SEMICOLON: Final = re.compile(r";(?: |$)")
_YES_OR_NO: Final = {"1": True, "yes": True, "0": False, "no": False, "": False}


def read(part: Part) -> Iterator[Mover | Unread]:
    """Yield the subscribers.

    Raises:
        InputError: it is none of phpList's, was exported without the columns that tell who may be
            mailed, or by its change log: then phpList takes the number of a change for that of a
            subscriber, and writes the lists and attributes of others.
    """
    tables.need(part, COLUMNS, {*ADDRESS}, {*CONFIRMED}, {*BLACKLISTED}, {*DISABLED})
    if tables.header_of(part, COLUMNS) >= _CHANGE_LOG:
        remedy = "export it by another date, for this one gives readers the lists of others"
        raise part.refuse("was exported by the change log", remedy)
    text = tables.text_of(part).replace("\r\n", "\n")
    ends_with_lists = bool(_PARTED.search(text) or _ENDS_WITH_LISTS.search(text))
    read_lists: Lists = parted if _PARTED.search(text) else partial(names_in, known=part.lists)
    for record in tables.records(part, COLUMNS):
        if isinstance(record, Unread):
            yield record
        elif len(record.cells) < len(record.titles):
            reason = "has fewer cells than there are columns: a line may be broken in one of them"
            yield Unread(part.name, record.row, record.cell(*ADDRESS), reason)
        else:
            yield _of_record(part, record, _column_of_lists(record, ends_with_lists), read_lists)


def _column_of_lists(record: Record, is_last: bool) -> str:
    """Return the name of the column that holds lists, empty if none does."""
    if named := [one for one in LISTS if one in record.cells]:
        return named[0]
    last = [*record.cells][-1]
    return last if is_last and last not in COLUMNS else ""


def _of_record(part: Part, record: Record, column: str, read_lists: Lists) -> Mover | Unread:
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
        lists=read_lists(record.cell(column)),
        attributes=record.others(COLUMNS | {column}),
    )


def parted(cell: str) -> tuple[str, ...]:
    """Part names of lists that a semicolon ends."""
    names = [name.strip() for name in _SEMICOLON.split(cell)]
    return tuple(dict.fromkeys(name for name in names if name and name != _NO_LISTS))


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
