"""How the service stands, for a page: figures, and the last backup that is known of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from mailer.config import Settings
from mailer.domain.access.audit import Entry, Phase
from mailer.services.access.acting import act
from mailer.services.operation.figures import Figures, figures
from mailer.store.access import audit
from mailer.store.server.connection import Store

_LOOKED_AT: Final = 5000
"""Entries of the audit log in which a backup is looked for, the newest first."""
_AT_ONCE: Final = 500
BACKUP: Final = "operation.backup"


@dataclass(frozen=True, slots=True)
class Overview:
    """The figures, and what an owner wants to know beside them."""

    figures: Figures
    backup: Entry | None
    """The last backup that was made; none: none is known of."""

    @property
    def silent(self) -> list[str]:
        """The relays that answer nothing."""
        return [name for name, silent in self.figures.silent.items() if silent]


@act("settings.show")
def overview(store: Store, settings: Settings) -> Overview:
    """Look how the service stands.

    Raises:
        StoreError: the store does not answer.
    """
    names = [relay.name for relay in settings.relays]
    return Overview(figures(store, names), last_backup(store))


def last_backup(store: Store) -> Entry | None:
    """Find the newest backup in the audit log."""
    found = (one for one in islice(_newest_first(store), _LOOKED_AT) if one.act == BACKUP)
    return next((one for one in found if one.phase is Phase.DONE), None)


def _newest_first(store: Store) -> Iterator[Entry]:
    before = 0
    while page := audit.newest(store, _AT_ONCE, before):
        yield from page
        before = page[-1].number
        if before == 1:
            return
