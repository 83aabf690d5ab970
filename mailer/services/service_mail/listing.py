"""Listing of the mails that the service wrote by itself, with their outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mailer.services.access.acting import act
from mailer.store import outbox
from mailer.store.outbox import Queued, State
from mailer.store.server.connection import Store

__all__ = ["LISTED", "Listing", "Queued", "State", "listing"]

LISTED: Final = tuple(state for state in State if state is not State.CLAIMED)
"""The states that are listed: what a worker has is done with in a moment."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Some service mails, and how many there are in all."""

    mails: Sequence[Queued]
    counts: Mapping[State, int]


@act("outbox.list")
def listing(store: Store, states: Sequence[State], most: int) -> Listing:
    """List service mails in these states, state by state, the newest of each first.

    Args:
        store: the open store.
        states: in this order.
        most: how many are listed, of all states together.
    """
    numbers = [number for state in states for number in outbox.newest(store, state, most)][:most]
    mails = [mail for number in numbers if (mail := outbox.get(store, number))]
    return Listing(mails, outbox.counts(store))
