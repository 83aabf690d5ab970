"""Reads Sympa: `sympa dump`, the lists of its web interface, or its table of subscribers as CSV.

A dump holds a block of `field value` lines for each subscriber, with an empty line after it; the
web interface writes lines of address, tab and name, perhaps below a line that begins with `#`.
Both are of one list, which the file's name tells; the table `subscriber_table` holds all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from mailer.domain.moving_in.mover import Mover, Theirs, Unread
from mailer.services.moving_in.formats import tables
from mailer.services.moving_in.formats.lines import Line, lines, named, unquoted
from mailer.services.moving_in.formats.moments import moment
from mailer.services.moving_in.formats.tables import Record
from mailer.services.moving_in.sources import Part

FIELDS: Final = frozenset(
    {
        *("bounce", "bounce_address", "bounce_score", "custom_attribute", "date", "email"),
        *("enddate", "gecos", "included", "inclusion", "inclusion_ext", "inclusion_label"),
        *("number_messages", "reception", "startdate", "subscribed", "suspend", "topics"),
        *("update_date", "visibility", "id", "profile", "info"),
    }
)
_FIELD: Final = re.compile(r"[a-z][a-z_]{1,40}")
_MOVED: Final = frozenset({"email", "gecos", "date", "reception", "suspend", "update_date"})
_OFFICE: Final = frozenset({"profile", "info"})
"""Fields that only the dumps of owners and moderators have."""
_ABOVE: Final = re.compile(r"# (?:Email\t|Exported subscribers with search filter )")
"""What the web interface may write above its lines."""
_SQL: Final = re.compile(
    rb"\s*(?:--|/\*|PRAGMA |BEGIN|SET |CREATE TABLE|INSERT INTO)", re.IGNORECASE
)
COLUMNS: Final = {
    "user_subscriber": "email",
    "comment_subscriber": "gecos",
    "date_epoch_subscriber": "date",
    "reception_subscriber": "reception",
    "suspend_subscriber": "suspend",
    "list_subscriber": "list",
    "robot_subscriber": "robot",
}
"""Columns of `subscriber_table`, and the fields of a dump that they are."""


def read(part: Part) -> Iterator[Mover | Unread]:
    """Yield the subscribers of a list, or of all lists if it is the table.

    Raises:
        InputError: it is a dump of the data base's statements, or a table without the columns
            that tell who may be mailed.
    """
    if _SQL.match(part.data.removeprefix(b"\xef\xbb\xbf")):
        remedy = "write the table subscriber_table as CSV, with the names of its columns"
        raise part.refuse("holds SQL statements, which are not read", remedy)
    if b"user_subscriber" in part.data.lstrip().partition(b"\n")[0]:
        yield from _of_table(part)
    else:
        yield from _of_lines(part)


def _of_lines(part: Part) -> Iterator[Mover | Unread]:
    block: dict[str, str] = {}
    titles: tuple[str, ...] = ()
    first = 0
    for line in lines(part, blank=True):
        if isinstance(line, Unread):
            yield line
        elif not line.text:
            if block:
                yield _of_block(part, first, block)
            block = {}
        elif _is_field(field := line.text.partition(" ")[0].lower(), block):
            if field in block:
                yield Unread(part.name, line.number, line.text[:80], f"says {field} twice")
                continue
            first = first if block else line.number
            block[field] = line.text.partition(" ")[2].strip()
        elif _ABOVE.match(line.text):
            titles = (*line.text.removeprefix("# ").split("\t"),) if "\t" in line.text else titles
        else:
            yield _of_line(part, line, titles)
    if block:
        yield _of_block(part, first, block)


def _is_field(word: str, block: dict[str, str]) -> bool:
    """Tell whether a line begins with a field; within a block also one of another version."""
    return word in FIELDS or (bool(block) and _FIELD.fullmatch(word) is not None)


def _of_block(part: Part, row: int, block: dict[str, str]) -> Mover | Unread:
    if block.get("email") and block.keys() & _OFFICE:
        reason = "is an owner or a moderator of the list, not a subscriber"
        return Unread(part.name, row, block["email"], reason)
    others = tuple((name, block[name]) for name in sorted(block.keys() - _MOVED))
    return _subscriber(part, row, block, part.stem, others)


def _subscriber(
    part: Part, row: int, said: dict[str, str], name: str, others: tuple[tuple[str, str], ...]
) -> Mover | Unread:
    address = said.get("email", "")
    if not address:
        return Unread(part.name, row, "", "names no address")
    status, words = Theirs.ACTIVE, f"reception: {said.get('reception') or 'mail'}"
    if said.get("reception", "").lower() == "nomail":
        status = Theirs.NOMAIL
    elif said.get("suspend", "").lower() not in {"", "0", "f", "false"}:
        status, words = Theirs.NOMAIL, "suspend: 1"
    return Mover(
        part.name,
        row,
        address,
        part.status_of(status),
        words,
        name=unquoted(said.get("gecos", "")),
        at=moment(said.get("date", "")),
        lists=(name,),
        attributes=others,
    )


def _of_table(part: Part) -> Iterator[Mover | Unread]:
    tables.need(
        part, COLUMNS, {"user_subscriber"}, {"reception_subscriber"}, {"suspend_subscriber"}
    )
    for record in tables.records(part, COLUMNS, bare_tabs=True):
        yield record if isinstance(record, Unread) else _of_record(part, record)


def _of_record(part: Part, record: Record) -> Mover | Unread:
    """Read a row; programs write NULL in several ways."""
    cells = {name: "" if cell in {"NULL", "\\N"} else cell for name, cell in record.cells.items()}
    said = {field: cells.get(column, "") for column, field in COLUMNS.items()}
    name = "@".join(filter(None, (said["list"], said["robot"]))) if said["list"] else part.stem
    others = tuple((one, cell) for one, cell in cells.items() if cell and one not in COLUMNS)
    return _subscriber(part, record.row, said, name, others)


def _of_line(part: Part, line: Line, titles: tuple[str, ...]) -> Mover | Unread:
    """Read a line of the web interface, or the address with perhaps the name after it."""
    cells = [cell.strip() for cell in line.text.split("\t")]
    first, _, rest = cells[0].partition(" ")
    found = named(line.text) or named(first)
    if found is None:
        return Unread(part.name, line.number, line.text[:80], "names no address")
    written = " ".join(filter(None, (rest, *cells[1:2]))) if "<" not in line.text else found.name
    status, said = part.status_of(Theirs.ACTIVE), "member"
    others = tuple(
        (title, cell) for title, cell in zip(titles[2:], cells[2:], strict=False) if cell
    )
    return Mover(
        part.name,
        line.number,
        found.address,
        status,
        said,
        unquoted(written),
        lists=(part.stem,),
        attributes=others,
    )
