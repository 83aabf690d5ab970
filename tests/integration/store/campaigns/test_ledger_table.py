"""One table of a delivery's life: every state a delivery can be in, and all that can happen to it.

Late, repeated and out-of-order facts have rows like the others. `tests/unit/domain/campaigns/test_campaign.py`
and `test_subscriber_status.py` do the same for campaigns and subscribers.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from mailer.domain.campaigns.campaign import State
from mailer.domain.campaigns.delivery import Outcome, deferred, rejected, released, unknown
from mailer.domain.subscribers.subscriber import Action
from mailer.services.subscriptions import subscribers
from mailer.store import keys
from mailer.store.campaigns.chunks import Chunk
from mailer.store.campaigns.ledger import MOST_RESENDS, Ledger
from mailer.store.campaigns.settling import Settled
from mailer.store.server.connection import Store
from support.service.small_campaign import SmallService, settings_for

STATES = {
    "outstanding": (),
    "in flight": ("claimed",),
    "deferred": ("deferred",),
    "accepted": ("claimed", "accepted"),
    "rejected": ("claimed", "rejected"),
    "skipped": ("skipped",),
    "unknown": ("unknown",),
    "to send again": ("unknown", "resend", "resent"),
    "being sent again": ("unknown", "resend", "resent", "claimed"),
    "later again": ("deferred", "resent"),
}
"""The bits that make a state. `later again` was sent, nobody knows whether it arrived, and sending it
again was put off."""

ENDS = ("accepted", "rejected", "skipped")
LETTERS = dict(zip("OFDARSUTBL", STATES, strict=True))

# `leave`: the reader leaves, and then it is claimed; `abandon`: its worker is gone; `given-up`: it
# failed for now until its time was over. A dot: that does not happen.
TABLES = {
    "resend": """
        claim leave accepted rejected deferred unknown released abandon cancel given-up
    O     F     S       A        R        D       T       O        O      S       R
    F     F     S       A        R        D       T       O        T      F       R
    D     F     S       A        R        D       T       D        D      S       R
    A     A     A       A        A        A       A       A        A      A       A
    R     R     R       R        R        R       R       R        R      R       R
    S     S     S       S        S        S       S       S        S      S       S
    U     U     U       A        R        U       U       U        U      U       R
    T     B     U       A        R        L       T       T        T      U       U
    B     B     U       A        R        L       T       T        T      B       U
    L     F     U       A        R        L       T       L        L      U       U
    """,
    "skip": """
        claim leave accepted rejected deferred unknown released abandon cancel given-up
    O     F     S       A        R        D       U       O        O      S       R
    F     F     S       A        R        D       U       O        U      F       R
    D     F     S       A        R        D       U       D        D      S       R
    A     A     A       A        A        A       A       A        A      A       A
    R     R     R       R        R        R       R       R        R      R       R
    S     S     S       S        S        S       S       S        S      S       S
    U     U     U       A        R        U       U       U        U      U       R
    """,
    "cancelled": """
        claim leave accepted rejected deferred unknown released abandon cancel given-up
    F     .     .       A        R        S       U       S        U      F       R
    A     A     A       A        A        A       A       A        A      A       A
    R     R     R       R        R        R       R       R        R      R       R
    S     S     S       S        S        S       S       S        S      S       S
    U     .     .       A        R        U       U       U        U      U       R
    B     .     .       A        R        U       U       U        U      B       U
    """,
}
"""The target state of each fact from each state: with either policy for unknown outcomes while the
campaign is being sent, and once it is cancelled."""


@dataclass(frozen=True)
class Case:
    """One row: a state, what happens, and what follows."""

    situation: str
    state: str
    fact: str
    result: str

    def __str__(self) -> str:
        """Name the test."""
        return f"{self.situation}: {self.state}, {self.fact}"


def rows(situation: str) -> list[Case]:
    """Spell a table out."""
    head, *lines = (line.split() for line in TABLES[situation].strip().splitlines())
    return [
        Case(situation, LETTERS[state], fact, LETTERS[result])
        for state, *results in lines
        for fact, result in zip(head, results, strict=True)
        if result != "."
    ]


CASES = [case for situation in TABLES for case in rows(situation)]

OUTCOMES = {
    "rejected": rejected(550, "5.1.1", "No such mailbox"),
    "deferred": deferred(451, "4.3.0", "Not now"),
    "unknown": unknown("The connection was lost"),
    "released": released(),
    "given-up": rejected(451, "4.3.0", "Not now (tried 20 times in 48 hours)"),
}
"""The outcomes that a worker reports."""


BITS = {name for bits in STATES.values() for name in bits}


def name_of(bits: set[str]) -> str:
    """Tell the state that bits make; there must be exactly one."""
    ended = [name for name in ENDS if name in bits]
    assert len(ended) + ("unknown" in bits) <= 1, bits
    if ended:
        return ended[0]
    if "unknown" in bits:
        if "resend" not in bits:
            return "unknown"
        return "being sent again" if "claimed" in bits else "to send again"
    if "claimed" in bits:
        return "in flight"
    if "deferred" in bits:
        return "later again" if "resent" in bits else "deferred"
    return "outstanding"


def prepared(store: Store, tmp_path: Path, case: Case) -> tuple[SmallService, int, int]:
    """Bring a delivery into a row's state; returns the campaign and the subscriber."""
    policy = "skip" if case.situation == "skip" else "resend"
    service = SmallService(store, settings_for(tmp_path, unknown_policy=policy))
    (number,) = service.subscribe("ann@example.org")
    campaign = service.started().number
    for name in STATES[case.state]:
        store.redis.setbit(keys.ledger(campaign, name), number, 1)
    if case.state == "skipped":
        store.redis.setbit(keys.skipped_for(campaign, "gone"), number, 1)
    if tried := attempts_of(case):
        store.redis.hset(keys.attempts(campaign), number, tried)
    if case.situation == "cancelled":
        store.redis.hset(keys.campaign(campaign), "state", State.CANCELLED.value)
    if case.fact == "leave":
        subscribers.change(store, number, Action.LEAVE, service.clock.now())
    return service, campaign, number


def attempts_of(case: Case) -> int:
    """Tell which attempt a row's state follows; what stays unknown was sent too often."""
    if case.state == "unknown":
        return MOST_RESENDS + 1
    return 1 if "resent" in STATES[case.state] else 0


async def happen(service: SmallService, campaign: int, number: int, case: Case) -> None:
    """Let a row's fact come true."""
    asynchronous = service.store.asyncio()
    ledger, chunk = Ledger(asynchronous, campaign), Chunk(campaign, 0, 0, 8, "us")
    now = service.clock.now()
    service.store.redis.hset(keys.chunk_owners(campaign), 0, "us")
    match case.fact:
        case "claim" | "leave":
            await ledger.claim(chunk, [number], now)
        case "abandon":
            await ledger.abandon(chunk, [number], now)
        case "accepted":
            await ledger.settle(chunk, [number], [], now)
        case "cancel":
            service.campaigns.cancel(campaign)
        case fact:
            later, tried = now + timedelta(minutes=5), max(attempts_of(case), 1)
            over = fact == "given-up"
            settled = Settled(number, OUTCOMES[fact], "", later, tried, given_up=over)
            await ledger.settle(chunk, [], [settled], now)
    await asynchronous.close()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_fact_in_every_state_has_its_row(store: Store, tmp_path: Path, case: Case) -> None:
    """A first end stands, nothing is counted twice, and what may have arrived is never `skipped`."""
    service, campaign, number = prepared(store, tmp_path, case)
    for _ in range(2):  # its answer may be lost, and it is told again
        asyncio.run(happen(service, campaign, number, case))
    found = {name for name in BITS if store.redis.getbit(keys.ledger(campaign, name), number)}
    assert name_of(found) == case.result
    counts = service.campaigns.status(campaign).counts
    assert counts.balanced
    assert counts.planned == 1
    assert sum(counts.by_skip_reason.values()) == ("skipped" in found)


def test_every_state_and_every_outcome_is_in_the_table() -> None:
    """A row that is missing is a guess that somebody's program makes at three in the morning."""
    first = rows("resend")
    assert {case.state for case in first} == set(STATES)
    facts = {case.fact for case in first}
    assert {outcome.value for outcome in Outcome} - {"skipped"} <= facts
    assert len(first) == len(STATES) * len(facts)
