"""How the service stands, for a page: figures, and the last backup that is known of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mailer.config import Settings
from mailer.services.access.acting import act
from mailer.services.operation.figures import Figures, figures
from mailer.store.campaigns import relays
from mailer.store.deliverability import condition
from mailer.store.server.connection import Store


@dataclass(frozen=True, slots=True)
class Overview:
    """The figures, and what an owner wants to know beside them."""

    figures: Figures
    backup: datetime | None
    """When the last backup was made; none: none is known of."""


@act("settings.show")
def overview(store: Store, settings: Settings) -> Overview:
    """Look how the service stands.

    Raises:
        StoreError: the store does not answer.
    """
    names = [relay.name for relay in settings.relays]
    return Overview(figures(store, names), condition.last_backup(store))


@act("settings.show")
def silent_relays(store: Store, settings: Settings) -> list[str]:
    """Name the relays that answer nothing; costs one look, however many readers there are."""
    late = relays.late(store, [relay.name for relay in settings.relays])
    return [name for name, one in late.items() if one.silent]
