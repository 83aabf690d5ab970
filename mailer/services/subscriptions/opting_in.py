"""Asks the owner of an address to confirm a subscription that a program passes on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from mailer.clock import Clock
from mailer.config import Settings, secret_key
from mailer.domain.access.token import suppression_hash
from mailer.domain.subscribers.address import Address
from mailer.domain.subscribers.command import Verb
from mailer.domain.subscribers.subscriber import Status
from mailer.domain.subscribers.subscribing import Act, Facts, Proof, decide
from mailer.services.access import once
from mailer.services.access.acting import act, tell
from mailer.services.subscriber_files.cells import Reading
from mailer.services.subscriptions.asking import Wish
from mailer.services.subscriptions.steps import Came, Case, Steps
from mailer.services.subscriptions.subscribers import LeftAloneError
from mailer.store.server.connection import Store
from mailer.store.subscribers import records as subscribers
from mailer.store.subscribers import requests, suppression
from mailer.store.subscribers.rows import Refusal

BY_API: Final = "api"


class Outcome(Enum):
    """What became of it."""

    ASKED = "asked"
    """The owner of the address was sent a mail that asks to confirm."""
    ASKED_LATELY = "asked_lately"
    """That mail went out less than a day ago: no other follows."""
    SUBSCRIBED = "subscribed"
    """The owner is an active subscriber already: no mail is needed."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the owner of an address asked for; empty: as the settings have it."""

    language: str = ""
    topics: tuple[str, ...] = ()
    name: str = ""


class OptingIn:
    """Asks for confirmations."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        """Set up with the store, the settings and a clock.

        Raises:
            ConfigError: the secret key cannot be read.
        """
        self._store, self._settings, self._clock = store, settings, clock
        self._secret = secret_key(settings)
        self._steps = Steps(store, settings, clock, self._secret)

    @act("subscribers.ask")
    def ask(self, address: Address, wanted: Wanted) -> Outcome:
        """Have the owner of an address confirm that they want to subscribe.

        Raises:
            InputError: a language, topic or name cannot be.
            LeftAloneError: the address is never mailed again (law 7).
        """
        case = self._case(address, self._read(wanted))
        if self._asked_before():
            return Outcome.ASKED
        decision = decide(case.facts)
        if decision.act is Act.ANSWER:
            return Outcome.SUBSCRIBED
        if decision.act is not Act.ASK:
            raise LeftAloneError(address.given, self._refusal(case))
        step = self._steps.ask(case)
        answer = requests.take(self._store, step, also=once.binding(str(step.request)))
        tell(subscriber=subscribers.number_of(self._store, address.key) or 0)
        if answer == "done":
            return Outcome.ASKED
        if answer == "limit":
            return Outcome.ASKED_LATELY
        return self.ask(address, wanted)  # somebody changed it meanwhile: decide again

    def _asked_before(self) -> bool:
        """Tell whether the request under way asked already, in an attempt without an answer."""
        number = once.made()
        return (
            bool(number) and requests.get(self._store, int(number), self._clock.now()) is not None
        )

    def _read(self, wanted: Wanted) -> Wanted:
        reading = Reading(self._settings)
        return Wanted(
            reading.language(wanted.language) or self._settings.languages[0],
            tuple(reading.topics(" ".join(wanted.topics)).split()),
            reading.name(wanted.name),
        )

    def _case(self, owner: Address, wanted: Wanted) -> Case:
        number = subscribers.number_of(self._store, owner.key)
        member = subscribers.get(self._store, number) if number else None
        known = suppression.find(self._store, self._secret, owner.key)
        return Case(
            came=Came(BY_API),
            wish=Wish(Verb.SUBSCRIBE, topics=wanted.topics, language=wanted.language),
            owner=owner,
            elsewhere=False,
            member=member,
            asked=None,
            facts=Facts(
                verb=Verb.SUBSCRIBE,
                status=member.status if member else None,
                suppressed=known is not None,
                proof=Proof.NONE,
            ),
            hashed=suppression_hash(self._secret, owner.key),
            language=wanted.language,
            name=wanted.name,
        )

    def _refusal(self, case: Case) -> Refusal:
        """Say why, and since when, an address is left alone."""
        known = suppression.find(self._store, self._secret, case.owner.key)
        if known is not None:
            return Refusal(0, "suppressed", known.since)
        member = case.member
        since = member.changed_at if member else self._clock.now()
        return Refusal(0, Status.COMPLAINED.value, since)
