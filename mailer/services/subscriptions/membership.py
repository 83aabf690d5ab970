"""The actions of a link's bearer on a page: confirm, leave, come back, change, be forgotten.

The token in a link says who it is. Each is decided as for mail (`subscribers.subscribing`) and
taken as one step: status, what was chosen, request, mail and event together, or nothing (law 9).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from mailer.clock import Clock
from mailer.config import Settings, secret_key
from mailer.domain.access.token import Signer, suppression_hash
from mailer.domain.subscribers.address import parse_address
from mailer.domain.subscribers.bearer import Leave
from mailer.domain.subscribers.command import Verb
from mailer.domain.subscribers.subscriber import Status, Subscriber
from mailer.domain.subscribers.subscribing import Act, Facts, Proof, decide
from mailer.services.subscriptions.asking import Wish
from mailer.services.subscriptions.bearers import Bearers
from mailer.services.subscriptions.steps import BY_WEB, Came, Case, Steps
from mailer.store.server.connection import Store
from mailer.store.subscribers import records as subscribers
from mailer.store.subscribers import requests, suppression
from mailer.store.subscribers.requests import Asked, Step

RETURN: Final = timedelta(days=30)
"""The time within which a reader who left may come back without confirming anew."""
LOT: Final = 250
"""Leavings of one transaction."""


class Confirmed(StrEnum):
    """The result of a press on the button that confirms."""

    DONE = "done"
    BEFORE = "before"
    """It was confirmed already."""
    ANEW = "anew"
    """The request was over: another mail asks once more."""
    FORGOTTEN = "forgotten"
    """Nothing is known of it any more."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A request, as its confirmation's link shows it."""

    asked: Asked
    member: Subscriber


class Choices(NamedTuple):
    """The choices of a reader from now on."""

    language: str
    topics: tuple[str, ...]
    """Those that wait, or are to wait, for the secretariat's yes among them."""
    name: str
    until: datetime | None
    """Nothing is to be sent before; none: no pause."""


class Membership:
    """Does what links let their bearers do."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        """Set up with the store, the settings and a clock.

        Raises:
            ConfigError: the secret key cannot be read.
        """
        self._store, self._settings, self._clock = store, settings, clock
        self._secret = secret_key(settings)
        self._steps = Steps(store, settings, clock, self._secret)
        self.bearers = Bearers(store, Signer(self._secret))
        """The party that the links stand for."""

    def opened(self, number: int) -> Opened | None:
        """Look at a request; none: it is forgotten, or whoever asked is."""
        asked = requests.get(self._store, number, self._clock.now())
        member = subscribers.get(self._store, asked.subscriber) if asked else None
        return Opened(asked, member) if asked and member else None

    def confirm(self, number: int) -> Confirmed:
        """Confirm a request, by its number."""
        found = self.opened(number)
        if found is None:
            return Confirmed.FORGOTTEN
        case = self._case(Verb.CONFIRM, found.member, asked=found.asked)
        decision = decide(case.facts)
        if decision.act is Act.CONFIRM:
            verdict = requests.take(self._store, self._steps.confirm(case, found.asked))
            return Confirmed.DONE if verdict == "done" else self._after_all(number)
        if decision.act is Act.ASK:
            requests.take(self._store, self._steps.ask(case))
            return Confirmed.ANEW
        return Confirmed.BEFORE if self._is_active(found) else Confirmed.FORGOTTEN

    def leave(self, leavings: Sequence[Leave]) -> list[bool]:
        """Unsubscribe readers, all in one transaction, durably; doing it twice does no harm.

        Returns:
            For each whether there is such a subscriber.
        """
        numbers = [one.bearer.subscriber for one in leavings]
        found = zip(leavings, subscribers.get_many(self._store, numbers), strict=True)
        is_bearer = self.bearers.is_bearer
        members = [one if one and is_bearer(one, by.bearer) else None for by, one in found]
        steps = []
        for one, member in zip(leavings, members, strict=True):
            if member is not None:
                campaign = self.bearers.campaign_of(one)
                case = self._case(Verb.LEAVE, member, campaign=campaign, looked_up=False)
                if decide(case.facts).act is Act.LEAVE:
                    steps.append(self._steps.leave(case))
        requests.take_all(self._store, steps)
        return [member is not None for member in members]

    def leave_topic(self, said: Leave, topic: str) -> bool:
        """Stop one topic for the bearer of a token to leave, durably; the last one: leave.

        Returns:
            Whether there is such a subscriber; stopping it twice does no harm.
        """
        member = self.bearers.subscriber(said.bearer)
        if member is None:
            return False
        if topic not in member.topics or member.status is not Status.ACTIVE:
            return True
        others = tuple(one for one in member.wanted if one != topic)
        if not others:
            return self.leave([said])[0]
        kept = Choices(member.language, others, member.name, member.paused_until)
        self.choose(member, kept)
        return True

    def come_back(self, member: Subscriber) -> bool:
        """Undo the leaving of a subscriber; false: they did not leave, or too long ago."""
        if not self.may_return(member):
            return False
        return self._take(self._steps.come_back(self._case(Verb.SUBSCRIBE, member)))

    def may_return(self, member: Subscriber) -> bool:
        """Tell whether a subscriber left so lately that no new confirmation is needed."""
        left = member.left_at
        recent = left is not None and self._clock.now() - left < RETURN
        return member.status is Status.UNSUBSCRIBED and recent and not self._suppressed(member)

    def choose(self, member: Subscriber, chosen: Choices) -> bool:
        """Keep what a reader chose; false: they are no active subscriber (any more)."""
        until = int(chosen.until.timestamp()) if chosen.until else 0
        paused = int(member.paused_until.timestamp()) if member.paused_until else 0
        found = self._steps.sorted_out(member, chosen.topics)
        changes = {
            "l": (member.language, chosen.language),
            "t": (_listed(member.topics), _listed(found.on)),
            "n": (member.name, chosen.name),
            "u": (str(paused or ""), str(until or "")),
        }
        changed = {field: after for field, (before, after) in changes.items() if before != after}
        if {*member.waits_for} != {*found.waiting}:
            changed["t"] = _listed(found.on)
        if not changed:
            return member.status is Status.ACTIVE
        return self._take(self._steps.choose(self._case(Verb.TOPICS, member), changed, found))

    def _take(self, step: Step) -> bool:
        return requests.take(self._store, step) == "done"

    def _after_all(self, number: int) -> Confirmed:
        """Tell what became of a request that changed while it was being confirmed."""
        found = self.opened(number)
        active = found is not None and self._is_active(found)
        return Confirmed.BEFORE if active else Confirmed.FORGOTTEN

    def _is_active(self, found: Opened) -> bool:
        return found.member.status is Status.ACTIVE

    def _suppressed(self, member: Subscriber) -> bool:
        key = parse_address(member.address).key
        return suppression.find(self._store, self._secret, key) is not None

    def _case(
        self,
        verb: Verb,
        member: Subscriber,
        *,
        asked: Asked | None = None,
        campaign: int = 0,
        looked_up: bool = True,
    ) -> Case:
        owner = parse_address(member.address)
        facts = Facts(
            verb=verb,
            status=member.status,
            suppressed=looked_up and self._suppressed(member),
            proof=Proof.TOKEN,
            request=asked.state if asked else None,
        )
        return Case(
            came=Came(BY_WEB, campaign=campaign),
            wish=Wish(verb),
            owner=owner,
            elsewhere=False,
            member=member,
            asked=asked,
            facts=facts,
            hashed=suppression_hash(self._secret, owner.key),
            language=asked.language if asked else member.language,
        )


def _listed(topics: Iterable[str]) -> str:
    return " ".join(sorted(topics))
