"""Decides which users are told of an event by mail, and makes the letters to them."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from mailer.clock import Clock
from mailer.config import Settings
from mailer.domain.access.approval import Proposal, Said, is_second
from mailer.domain.access.consent_by_mail import VALID, ApprovalRequest
from mailer.domain.access.mails import Topic
from mailer.domain.access.user import User
from mailer.domain.subscribers.address import AddressError, key_of
from mailer.domain.subscribers.bearer import IDENTITY_BITS
from mailer.domain.subscribers.subscribing import ONE_DAY, Mail
from mailer.store.access import users
from mailer.store.campaigns import approvals
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store
from mailer.store.subscribers.requests import Letter, Step

_COUNTS: Final = ("planned", "accepted", "rejected", "skipped", "unknown")
_TO_DESK_TOO: Final = frozenset(
    {"relay-refuses", "directory-refused", "mail-refused", "flooded", "full", "webhook"}
)
"""Kinds of alerts of which the address of the secretariat gets a mail of its own."""

_ALERTS: Final[Mapping[str, tuple[str, Mapping[str, str], str]]] = {
    "secretariat.flooded": ("flooded", {"limit": "limit"}, ""),
    "inbound.full": ("full", {"limit": "limit"}, ""),
    "webhook.stopped": ("webhook", {"endpoint": "endpoint"}, "endpoint"),
    "campaign.unbalanced": ("unbalanced", {"campaign": "campaign"}, "campaign"),
    "campaign.held": ("held", {"campaign": "campaign", "words": "reason"}, "campaign"),
}
"""Type of an event -> kind of alert, its facts by the event's fields, and the field that tells one
from another."""


@dataclass(frozen=True, slots=True)
class ToUser:
    """One mail to one user."""

    user: int
    step: Step
    request: ApprovalRequest | None = None
    """The request that a reply to it may answer."""
    about: str = ""
    """What is counted besides all mails to the user; empty: nothing."""

    @property
    def mail(self) -> str:
        """Name of the mail."""
        return self.step.letter.name if self.step.letter else ""


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing that owners are told of."""

    kind: str
    """Names its words, in `alert_headlines` and `alert_texts`."""
    facts: Mapping[str, str]
    detail: str = ""
    """Tells one case from others of its kind: each is told once a day."""


def _alerted(event: Mapping[str, str]) -> Alert:
    """Tell what an alert of the secretariat has owners know."""
    facts = {name: event.get(name, "0") for name in ("campaign", "mail")}
    reason = event["reason"]
    if reason in _TO_DESK_TOO:
        return Alert(reason, facts)
    return Alert("mail-refused", facts | {"reason": reason}, reason)


class Letters:
    """Makes letters; one for each process that does."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        self._store, self._settings, self._clock = store, settings, clock

    def of(self, event: Mapping[str, str]) -> list[ToUser]:
        """Return the mails that follow from an event of the log."""
        kind = event.get("type", "")
        if kind == "campaign.proposed":
            return [*self._approvals(int(event["campaign"]), event["terms"])]
        if kind == "campaign.finished":
            return [*self._finished(int(event["campaign"]), event)]
        alert = self._alert(kind, event)
        return [*self._alerts(alert)] if alert else []

    def _users(self, topic: Topic) -> Iterator[User]:
        return (one for one in users.all_users(self._store).values() if one.wants(topic))

    def _approvals(self, campaign: int, terms: str) -> Iterator[ToUser]:
        """Ask those who may approve, once for each time that it is proposed."""
        proposal = approvals.find(self._store, campaign)
        if proposal is None or proposal.approved or proposal.terms.digest != terms:
            return
        for user in self._users(Topic.APPROVALS):
            said = Said(user.person, user.name, self._clock.now())
            if is_second(proposal, said):
                yield self._asked(user, campaign, proposal)

    def _asked(self, user: User, campaign: int, proposal: Proposal) -> ToUser:
        terms = proposal.terms.digest
        request = None
        if self._settings.approve_by_mail:
            number = 1 + secrets.randbits(IDENTITY_BITS)
            request = ApprovalRequest(number, user.number, campaign, terms, self._clock.now())
        made = f"{user.number}-{campaign}-{proposal.proposed.at.timestamp()}"
        facts = {"campaign": str(campaign), "terms": terms}
        if request is not None:
            facts["request"] = str(request.number)
        step = self._step(Mail.APPROVAL, user, facts, made, VALID)
        return ToUser(user.number, step, request, f"{user.number}-{campaign}")

    def _finished(self, campaign: int, event: Mapping[str, str]) -> Iterator[ToUser]:
        """Tell whoever proposed it, started it or scheduled it; and who wants to know of all."""
        found = campaigns.find(self._store, campaign)
        if found is None:
            return
        proposal = approvals.find(self._store, campaign)
        theirs = {found.starter, proposal.proposed.person if proposal else ""}
        facts = {"campaign": str(campaign)} | {one: event.get(one, "0") for one in _COUNTS}
        for user in users.all_users(self._store).values():
            topic = Topic.FINISHED if user.person in theirs else Topic.ALL_FINISHED
            if user.wants(topic) or user.wants(Topic.ALL_FINISHED):
                told = facts | {"topic": topic.value}
                yield ToUser(user.number, self._step(Mail.FINISHED, user, told))

    def _alert(self, kind: str, event: Mapping[str, str]) -> Alert | None:
        """Tell what an event has owners know; None: nothing."""
        if kind == "secretariat.alerted":
            return _alerted(event)
        if kind == "campaign.held" and self._is_proposed(int(event["campaign"])):
            return None
        if kind not in _ALERTS:
            return None
        name, facts, detail = _ALERTS[kind]
        told = {fact: event[field] for fact, field in facts.items()}
        return Alert(name, told, event[detail] if detail else "")

    def _is_proposed(self, campaign: int) -> bool:
        """Tell whether the service holds a campaign for want of approval, and asks for that."""
        proposal = approvals.find(self._store, campaign)
        return proposal is not None and not (proposal.approved or proposal.proposed.person)

    def _alerts(self, alert: Alert) -> Iterator[ToUser]:
        desk = _key(self._settings.owner_address) if alert.kind in _TO_DESK_TOO else ""
        for user in self._users(Topic.ALERTS):
            if user.address != desk:
                once = f"{user.number}-{alert.kind}-{alert.detail}"
                facts = {"kind": alert.kind, **alert.facts}
                step = self._step(Mail.USER_ALERT, user, facts, once)
                yield ToUser(user.number, step)

    def _step(
        self,
        mail: Mail,
        user: User,
        facts: Mapping[str, str],
        limited_by: str = "",
        once: timedelta = ONE_DAY,
    ) -> Step:
        letter = Letter(
            name=mail.value,
            to=user.address,
            language=user.language,
            limited_by=limited_by,
            facts={**facts, "user": str(user.number)},
        )
        return Step(self._clock.now(), nobody=True, once=once, letter=letter)


def _key(address: str) -> str:
    try:
        return key_of(address) if address else ""
    except AddressError:
        return ""
