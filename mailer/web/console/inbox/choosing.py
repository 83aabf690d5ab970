"""The choice of mails that the address of an inbox page holds: written and read again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode

from mailer.domain.inbound.inbox import Deed, Group, Standing
from mailer.services.inbound.inbox.listing import LONGEST_TEXT, Filter
from mailer.web.forms.fields import Fields

PATH: Final = "/console/inbox"
LARGEST: Final = 2**53 - 1
NEEDED: Final[Mapping[Deed, str]] = {
    Deed.DONE: "inbound.mark",
    Deed.WAITING: "inbound.mark",
    Deed.DROP: "inbound.mark",
    Deed.UNSUBSCRIBE: "subscribers.remove",
    Deed.ADD: "subscribers.ask",
    Deed.SUPPRESS: "subscribers.suppress",
    Deed.REQUEUE: "inbound.requeue",
}
"""The act that a deed is, besides marking the mail."""
SURE: Final = frozenset({Deed.UNSUBSCRIBE, Deed.ADD, Deed.SUPPRESS})
"""The deeds about people: a page of their own says first what will happen."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a list shows."""

    standing: Standing = Standing.WAITING
    group: Group | None = None
    text: str = ""
    before: int = 0

    @property
    def filter(self) -> Filter:
        """The same as the use case has it."""
        return Filter(self.standing, (self.group,) if self.group else (), self.text)

    @property
    def narrowed(self) -> bool:
        """Tell whether less than all of a standing is asked for."""
        return bool(self.group or self.text)

    def address(self, mail: int = 0, **changes: Any) -> str:
        """Write the address of the list, or of a mail within it."""
        one = replace(self, **changes)
        asked = {
            "standing": one.standing.value if one.standing is not Standing.WAITING else "",
            "group": one.group.value if one.group else "",
            "q": one.text,
            "before": str(one.before) if one.before else "",
        }
        query = urlencode({name: value for name, value in asked.items() if value})
        path = f"{PATH}/{mail}" if mail else PATH
        return f"{path}?{query}" if query else path


def chosen(standing: str = "", group: str = "", q: str = "", before: str = "") -> Chosen:
    """Read the choice in an address; what cannot be read counts as not given."""
    return Chosen(
        standing=Standing(standing) if standing in set(Standing) else Standing.WAITING,
        group=Group(group) if group in set(Group) else None,
        text=q[:LONGEST_TEXT].strip(),
        before=number(before),
    )


def came_from(fields: Fields) -> Chosen:
    """Read the choice of the list that a form was sent from."""
    return chosen(
        fields.one("standing"), fields.one("group"), fields.one("q"), fields.one("before")
    )


def number(text: str) -> int:
    """Read the number of a mail; 0: it is none."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 16):
        return 0
    return min(int(text), LARGEST)


def numbers(texts: tuple[str, ...], most: int) -> list[int]:
    """Read the numbers of mails, each once, so many at most."""
    found = [number(one) for text in texts for one in text[:5000].split(",")]
    return list(dict.fromkeys(one for one in found if one))[:most]
