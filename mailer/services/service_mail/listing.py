"""Listing of the mails that the service wrote by itself, with their outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from mailer.services.access.acting import act
from mailer.store import outbox
from mailer.store.outbox import Queued, State
from mailer.store.server.connection import Store

__all__ = ["LISTED", "Listing", "Place", "Queued", "State", "listing", "page"]

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


class Place(NamedTuple):
    """Where a page ended: after this mail, in this state since then."""

    state: State
    number: int
    at: float
    """Unix seconds."""


@act("outbox.list")
def page(
    store: Store, states: Sequence[State], most: int, after: Place | None = None
) -> list[Queued]:
    """List service mails in these states, state by state, the newest of each first.

    Args:
        store: the open store.
        states: in this order.
        most: how many.
        after: where the page before ended; None: at the beginning.
    """
    found: list[Queued] = []
    rest = states[states.index(after.state) :] if after and after.state in states else states
    for state in rest:
        wanted = most - len(found)
        if wanted <= 0:
            break
        if after and state is after.state:
            numbers = outbox.older(store, state, after.number, after.at, wanted)
        else:
            numbers = outbox.newest(store, state, wanted)
        found += [mail for number in numbers if (mail := outbox.get(store, number))]
    return found
