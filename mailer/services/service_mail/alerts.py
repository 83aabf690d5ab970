"""Tells the secretariat that a relay refuses our mail: once a day, for as long as it does.

The mail itself may have to wait for that relay: it goes by the outbox, which tries it again.
"""

from __future__ import annotations

from collections.abc import Mapping

from mailer.clock import Clock
from mailer.config import Settings
from mailer.domain.events import Event
from mailer.domain.subscribers.subscribing import ONE_DAY, Mail
from mailer.services.service_mail.writing import facts_of
from mailer.store.server.connection import Store
from mailer.store.subscribers import requests
from mailer.store.subscribers.requests import Letter, Step


def tell_of_directory(
    store: Store, settings: Settings, clock: Clock, directory: str, reason: str
) -> None:
    """Tell that the list was not kept in step with a directory, at most once a day for each.

    Args:
        store: the store.
        settings: for the secretariat's address and language.
        clock: for when.
        directory: its name.
        reason: what happened, in words.
    """
    event = Event(
        "secretariat.alerted",
        clock.now(),
        {"reason": "directory-refused", "campaign": 0, "mail": 0},
    )
    letter = Letter(
        name=Mail.DIRECTORY.value,
        to=settings.owner_address,
        language=settings.languages[0],
        limited_by=directory,
        facts=facts_of(words=reason, directory=directory),
    )
    told = letter if letter.to else None
    limited = "" if told else f"directory-{directory}"
    requests.take(
        store,
        Step(
            event.at,
            nobody=True,
            once=ONE_DAY,
            limited_by=limited,
            events=(event,),
            letter=told,
        ),
    )


class Alerts:
    """Remembers what this worker has told, so that the store is asked only when that changes."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        self._store, self._settings, self._clock = store, settings, clock
        self._known: frozenset[str] = frozenset()

    def tell(self, campaign: int, refusals: Mapping[str, str]) -> None:
        """Tell of relays that refuse all mail, which holds a campaign back.

        Args:
            campaign: its number.
            refusals: what each of these relays says, by its name; none: nothing to tell.
        """
        fresh = [name for name in refusals if name not in self._known]
        self._known = frozenset(refusals)
        if not fresh:
            return
        name = fresh[0]
        event = Event(
            "secretariat.alerted",
            self._clock.now(),
            {"reason": "relay-refuses", "campaign": campaign, "mail": 0},
        )
        letter = Letter(
            name=Mail.REFUSED.value,
            to=self._settings.owner_address,
            language=self._settings.languages[0],
            limited_by="relay",
            facts=facts_of(words=f"{name}: {refusals[name]}", number=str(campaign)),
        )
        step = Step(event.at, nobody=True, once=ONE_DAY, events=(event,))
        if letter.to:
            step = Step(event.at, nobody=True, once=ONE_DAY, events=(event,), letter=letter)
        requests.take(self._store, step)
