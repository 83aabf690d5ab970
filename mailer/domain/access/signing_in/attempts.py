"""How long one must wait after wrong answers, so that guessing fails and nobody is locked out.

Only what can be guessed is counted: a password with its code. A mailed link and a passkey hold more
random bits than anybody can try.

A stranger must be able neither to guess nor to keep the user out. Guesses are therefore counted
three times: for the user from one network, for the user from everywhere, and for the network
whoever is guessed at. But a browser in which that user has signed in before is counted by itself
and waits for nobody else; and whoever waits can ask for a link, which no wrong guess prevents.
Many networks together have the twenty guesses of `USER` and then one an hour: some nine thousand in
a year. Of a million codes three are good at any time, so that even with the right password in hand
the odds are under three in a hundred in that year.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final


@dataclass(frozen=True, slots=True)
class Rule:
    """How wrong answers are counted for somebody."""

    free: int
    """So many before one must wait."""
    first: timedelta
    """The first wait; each further one is twice as long."""
    longest: timedelta


PAIR: Final = Rule(5, timedelta(seconds=30), timedelta(hours=1))
"""A user from one network."""
USER: Final = Rule(20, timedelta(minutes=1), timedelta(hours=1))
"""A user from all networks together."""
NETWORK: Final = Rule(50, timedelta(seconds=10), timedelta(minutes=10))
"""A network, whoever is guessed at."""
KNOWN: Final = Rule(10, timedelta(seconds=30), timedelta(hours=1))
"""A user in a browser in which they have signed in before."""
FORGOTTEN: Final = timedelta(hours=24)
"""The time without a wrong answer after which none counts any more."""


@dataclass(frozen=True, slots=True)
class Tally:
    """The wrong answers so far."""

    failures: int
    last: datetime


def wait_after(rule: Rule, failures: int) -> timedelta:
    """Return how long one must wait after so many wrong answers."""
    beyond = failures - rule.free
    if beyond < 0:
        return timedelta()
    doubled: int = 2 ** min(beyond, 30)
    return min(rule.longest, rule.first * doubled)


def remaining(rule: Rule, tally: Tally | None, now: datetime) -> timedelta:
    """Return how long somebody must still wait; zero: they may try."""
    if tally is None or now - tally.last >= FORGOTTEN:
        return timedelta()
    return max(timedelta(), tally.last + wait_after(rule, tally.failures) - now)


def counted(tally: Tally | None, now: datetime) -> Tally:
    """Return the tally with one attempt more: each counts as wrong until it is found right."""
    fresh = tally is None or now - tally.last >= FORGOTTEN
    return Tally(1 if tally is None or fresh else tally.failures + 1, now)


def rules(user: str, network: str, browser: str) -> Mapping[str, Rule]:
    """Return by whom an attempt is counted.

    Args:
        user: whose password is tried: any name for them, also for an address that is no user's.
        network: where it comes from.
        browser: the digest of a browser in which that user has signed in before; empty: another.
    """
    if browser:
        return {f"known {user} {browser}": KNOWN}
    return {f"pair {user} {network}": PAIR, f"user {user}": USER, f"network {network}": NETWORK}
