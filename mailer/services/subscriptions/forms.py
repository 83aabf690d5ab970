"""Subscribing on a page: keeps the form, says so, and then acts on it as on a mail that asks.

    page -> `keep`: limits, form, event and job in one transaction -> "thank you"
    job -> `process`: who is it? -> `subscribers.subscribing.decide` -> a step, and the form is
    forgotten

The page knows nothing of who is subscribed: nothing that it says or does depends on it, nor how
long it takes. That an address is known is told to that address alone.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from enum import Enum
from functools import lru_cache
from typing import Final

from limits import RateLimitItemPerHour

from mailer import log
from mailer.clock import Clock
from mailer.config import Settings, secret_key
from mailer.domain.access.token import suppression_hash
from mailer.domain.events import Event
from mailer.domain.settings.networks import circles
from mailer.domain.subscribers.address import AddressError, parse_address
from mailer.domain.subscribers.command import Verb
from mailer.domain.subscribers.subscribing import Act, Facts, Mail, Proof, decide
from mailer.errors import MailerError, StoreError
from mailer.services.subscriptions.asking import Wish
from mailer.services.subscriptions.steps import BY_WEB, Came, Case, Steps
from mailer.store import events
from mailer.store.server.connection import Store
from mailer.store.subscribers import forms, suppression
from mailer.store.subscribers import records as subscribers
from mailer.store.subscribers.forms import Entry, Form, Limit, Taken
from mailer.store.subscribers.requests import Step

LOT: Final = 200
"""Forms of one transaction."""
LEASE_SECONDS: Final = 60
MOST_ATTEMPTS: Final = 3
"""The number of workers that may die over a form before it is given up."""

__all__ = ["LOT", "Entry", "Form", "Forms", "Outcome"]

_log = log.get_logger(__name__)


class Outcome(Enum):
    """The outcome of a form that was sent."""

    KEPT = "kept"
    USED = "used"
    """Its stamp had been used for another form: it is not kept."""
    TOO_MANY = "too many"
    """Too many came from there, or from everywhere: it is not kept."""


class Forms:
    """Keeps forms, and acts on them."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        """Set up with the store, the settings and a clock.

        Raises:
            ConfigError: the secret key cannot be read.
        """
        self._store, self._settings, self._clock = store, settings, clock
        self._secret = secret_key(settings)
        self._steps = Steps(store, settings, clock, self._secret)
        self._counters = lru_cache(maxsize=4096)(self._counters_of)
        self._limits = (
            RateLimitItemPerHour(settings.forms_per_address),
            RateLimitItemPerHour(settings.forms_per_network),
            RateLimitItemPerHour(settings.forms_per_hour),
        )

    def entry(self, form: Form, client: str, stamp: str) -> Entry:
        """Prepare a form to be kept.

        Args:
            form: what was asked for.
            client: the network address that it came from; empty: nobody knows.
            stamp: that it bore.
        """
        return Entry(form, self._counters(client), stamp)

    def _counters_of(self, client: str) -> tuple[Limit, ...]:
        whose = (*circles(client), "all")
        found = []
        for limit, who in zip(self._limits, whose, strict=True):
            hidden = hmac.digest(self._secret, b"client\0" + who.encode(), "sha256").hex()[:24]
            key = limit.key_for(hidden)
            found.append(Limit(key, limit.amount, limit.get_expiry()))
        return tuple(found)

    def keep(self, entries: Sequence[Entry]) -> list[Outcome]:
        """Keep forms durably, with the job that acts on them; tells for each what became of it.

        Raises:
            StoreError: they may not be kept: nobody may be thanked.
        """
        return [*map(_outcome, forms.keep(self._store, entries, self._clock.now()))]

    def process(self, most: int = LOT) -> int:
        """Act on the forms that wait; returns how many there were."""
        taken = forms.take(self._store, self._clock.now(), LEASE_SECONDS, most)
        for one in taken:
            if one.attempt > MOST_ATTEMPTS:
                self._end(one, None, "several workers ended over it")
                continue
            try:
                self._act(one)
            except StoreError:  # the form is kept, and its turn comes again
                raise
            except MailerError as error:
                _log.error("form.failed", message=f"A form failed: {error}", form=one.number)
                self._end(one, None, "it failed; see the log")
        return len(taken)

    def _act(self, taken: Taken) -> None:
        try:
            case = self._case(taken.form)
        except AddressError as error:
            self._end(taken, None, f"its address {error.reason}")
            return
        decision = decide(case.facts)
        step = None
        if decision.act is Act.ASK:
            step = self._steps.ask(case)
        elif decision.act is Act.ANSWER:
            step = self._steps.answer(case, decision.mail or Mail.ALREADY)
        self._end(taken, step, decision.reason)

    def _end(self, taken: Taken, step: Step | None, reason: str) -> None:
        """Carry out the step, if there is one, and forget the form."""
        if step is None:
            forms.end(self._store, taken.number, self._ignored(taken, reason))
            return
        answer = forms.end_with(self._store, taken.number, step)
        if answer != "done":
            why = {"limit": "such a mail went to this address less than a day ago"}
            told = why.get(answer, f"it came to nothing: {answer}")
            events.record(self._store, self._ignored(taken, told))
            self._store.durable()

    def _ignored(self, taken: Taken, reason: str) -> Event:
        return Event("form.ignored", self._clock.now(), {"form": taken.number, "reason": reason})

    def _case(self, form: Form) -> Case:
        owner = parse_address(form.address)
        number = subscribers.number_of(self._store, owner.key)
        member = subscribers.get(self._store, number) if number else None
        known = suppression.find(self._store, self._secret, owner.key)
        facts = Facts(
            verb=Verb.SUBSCRIBE,
            status=member.status if member else None,
            suppressed=known is not None,
            proof=Proof.NONE,
        )
        return Case(
            came=Came(BY_WEB),
            wish=Wish(Verb.SUBSCRIBE, topics=form.topics, language=form.language),
            owner=owner,
            elsewhere=False,
            member=member,
            asked=None,
            facts=facts,
            hashed=suppression_hash(self._secret, owner.key),
            language=form.language,
            name=form.name,
        )


def _outcome(answer: int) -> Outcome:
    if answer == forms.USED:
        return Outcome.USED
    return Outcome.KEPT if answer > 0 else Outcome.TOO_MANY
