"""Makes the short names by which entries are known in addresses and files."""

from __future__ import annotations

import re
import unicodedata
from itertools import count
from typing import Final

from mailer.store.calendar import entries as calendar
from mailer.store.server.connection import Store

_LONGEST: Final = 50
_NOT_IN_IDS: Final = re.compile(r"[^a-z0-9]+")


def short_name(title: str, year: int) -> str:
    """Make a short name of a title and a year, such as `meeting-of-the-group-2023`."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", title.lower()) if sign.isascii())
    made = _NOT_IN_IDS.sub("-", plain).strip("-")[:_LONGEST].strip("-") or "entry"
    return made if str(year) in made else f"{made}-{year}"


def free_name(store: Store, title: str, year: int) -> str:
    """Make one that no entry has: the second such is `…-2`."""
    made, taken = short_name(title, year), calendar.ids(store)
    if made not in taken:
        return made
    return next(name for number in count(2) if (name := f"{made}-{number}") not in taken)
