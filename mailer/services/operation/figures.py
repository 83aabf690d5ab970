"""Figures of the service for monitoring and for display."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mailer.domain.campaigns.campaign import State
from mailer.store import outbox, queue
from mailer.store.campaigns import records as campaigns
from mailer.store.campaigns import relays
from mailer.store.inbound import mails as inbound
from mailer.store.inbound import room
from mailer.store.server.connection import Store
from mailer.store.subscribers import forms
from mailer.store.subscribers import records as subscribers
from mailer.store.webhooks import endpoints


@dataclass(frozen=True, slots=True)
class Figures:
    """The number of each thing at one moment."""

    subscribers: Mapping[str, int]
    """By status."""
    suppressed: int
    service_mails: Mapping[str, int]
    """By state."""
    inbound_mails: Mapping[str, int]
    """By state."""
    inbound_octets: int
    """Room that mail takes which came in."""
    strangers_octets: int
    """The part of that room which strangers' mail takes."""
    forms_waiting: int
    jobs_waiting: Mapping[str, int]
    """By queue."""
    jobs_refused: int
    """The number of entries ever found in the queues that were no jobs of ours."""
    late_answers: Mapping[str, int]
    """By relay: answers that are late."""
    silent: Mapping[str, bool]
    """By relay: whether it answers nothing at all."""
    webhooks: Mapping[str, int]
    """Endpoints of web hooks, by state."""
    campaigns: Mapping[str, int]
    """By state, those that are open or scheduled."""


def figures(store: Store, relay_names: Sequence[str]) -> Figures:
    """Measure how the service stands now.

    Args:
        store: the open store.
        relay_names: of the relays in the settings.

    Raises:
        StoreError: the store does not answer.
    """
    counts = subscribers.count(store)
    late = relays.late(store, relay_names)
    return Figures(
        subscribers=counts.by_status,
        suppressed=counts.suppressed,
        service_mails={state.value: number for state, number in outbox.counts(store).items()},
        inbound_mails={state.value: number for state, number in inbound.counts(store).items()},
        inbound_octets=room.bytes_kept(store),
        strangers_octets=room.bytes_of_strangers(store),
        forms_waiting=forms.waiting(store),
        jobs_waiting={name.value: number for name, number in queue.waiting(store).items()},
        jobs_refused=queue.refused(store),
        late_answers={name: late[name].answers if name in late else 0 for name in relay_names},
        silent={name: name in late and late[name].silent for name in relay_names},
        webhooks={state.value: number for state, number in endpoints.counts(store).items()},
        campaigns=_campaigns(store),
    )


def _campaigns(store: Store) -> dict[str, int]:
    found = {state.value: 0 for state in (State.SENDING, State.PAUSED, State.CANCELLED)}
    for number in campaigns.open_numbers(store):
        state = campaigns.get(store, number).state.value
        found[state] = found.get(state, 0) + 1
    return found | {State.SCHEDULED.value: campaigns.count_scheduled(store)}
