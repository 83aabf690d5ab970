"""Bounces and complaints as they are written down: score, status, ledger, events, mails, at once.

A subscriber's hash holds the marks that count (`mailer.domain.bounces.policy.read`), what was said
last, and since when its owner's word, or the secretariat's, overrules older ones.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from mailer.domain.bounces.policy import Effect, Policy, Said, day_of
from mailer.domain.events import Event
from mailer.domain.subscribers.subscriber import TRANSITIONS, Action, Subscriber
from mailer.domain.subscribers.subscribing import ONE_DAY, Mail
from mailer.store import events, keys
from mailer.store.server.connection import Store
from mailer.store.subscribers.suppression import Suppression

KEYS: Final[Mapping[str, str]] = {
    "events": keys.EVENTS,
    "statuses": keys.STATUSES,
    "outbox_last": keys.OUTBOX_NEXT,
    "outbox_due": keys.OUTBOX_DUE,
    "outbox_queued": keys.outbox_state("queued"),
}
"""The keys of the script `bounced`, as those that include it call them."""
PREFIXES: Final = json.dumps(
    {
        "subscriber": keys.SUBSCRIBER,
        "bits": keys.BITS,
        "outbox": keys.OUTBOX,
        "alerted": keys.answered("alert", ""),
    }
)


@dataclass(frozen=True, slots=True)
class Desk:
    """The address at which the secretariat is told of what it must know."""

    address: str = ""
    """Empty: by the log of events alone."""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings for bounces."""

    policy: Policy = field(default_factory=Policy)
    desk: Desk = field(default_factory=Desk)


@dataclass(frozen=True, slots=True)
class Fact:
    """One bounce of one delivery."""

    said: Said
    campaign: int
    at: datetime
    """The instant at which it was said."""
    mail: int = 0
    """The kept report; 0: a relay said it at once."""
    sent: datetime | None = None
    """The instant at which the campaign began; none: the subscriber is asked for now."""
    counts: bool = True
    """False if it is about another address behind the reader's."""


def options(policy: Policy, now: datetime) -> str:
    """Write the policy as the script `bounced` takes it."""
    return json.dumps(
        {
            "now": int(now.timestamp()),
            "at": now.isoformat(timespec="milliseconds"),
            "since": policy.since(day_of(now.astimezone(UTC))),
            "units": {letter: policy.units(letter) for letter in "hs"},
            "point": policy.hard_limit,
            "limit": policy.limit,
            "ways": TRANSITIONS.ways(Action.SUSPEND),
        }
    )


def for_script(number: int, fact: Fact, now: datetime, desk: Desk) -> dict[str, Any]:
    """Write a fact as the script `bounced` takes it."""
    said = fact.said
    letter = said.letter if fact.counts else ""
    told: dict[str, str | int] = {"subscriber": number, "campaign": fact.campaign}
    told |= {"severity": said.severity, "reason": said.reason, "status": said.status}
    told |= {"mail": fact.mail, "effect": "EFFECT", "points": "POINTS"}
    source = f"mail {fact.mail}" if fact.mail else f"campaign {fact.campaign}"
    moved: dict[str, str | int] = {"subscriber": number, "from": "FROM", "to": "TO"}
    moved["reason"] = f"mail came back: {said.reason} ({source})"
    return {
        "letter": letter,
        "day": day_of(fact.at.astimezone(UTC)),
        "sent": int(fact.sent.timestamp()) if fact.sent else 0,
        "reason": said.reason,
        "why": json.dumps(detail(fact), ensure_ascii=False),
        "event": _flat(Event("subscriber.bounced", now, told)),
        "moved": _flat(Event("subscriber.status", now, moved)),
        "notice": Mail.SUSPENDED.value if letter == "s" else "",
        "alert": said.alarms and fact.counts and _alert(fact, now, desk),
    }


def _alert(fact: Fact, now: datetime, desk: Desk) -> dict[str, Any]:
    """Tell the secretariat what is about us, once a day for each reason."""
    said = fact.said
    told: dict[str, str | int] = {"reason": said.reason, "campaign": fact.campaign}
    told["mail"] = fact.mail
    words = said.words if said.status in said.words else f"{said.status} {said.words}".strip()
    facts = {"reason": said.reason.value, "words": words}
    facts |= {"number": str(fact.mail)} if fact.mail else {}
    mail = {"name": Mail.ALERT.value, "to": desk.address, "language": desk.language}
    mail["facts"] = json.dumps(facts, ensure_ascii=False)
    return {
        "key": said.reason,
        "once": int(ONE_DAY.total_seconds()),
        "name": Mail.ALERT.value,
        "language": desk.language,
        "mail": [part for pair in mail.items() for part in pair] if desk.address else [],
        "event": _flat(Event("secretariat.alerted", now, told)),
    }


def detail(fact: Fact) -> dict[str, str | int]:
    """Return what is kept of a fact, with the subscriber and in the ledger."""
    said = fact.said
    return {
        "severity": said.severity.value,
        "reason": said.reason.value,
        "status": said.status,
        "text": said.words,
        "at": fact.at.isoformat(timespec="seconds"),
        "campaign": fact.campaign,
        "mail": fact.mail,
    }


def take(
    store: Store,
    number: int,
    facts: Sequence[Fact],
    now: datetime,
    pipe: Any,
    *,
    rules: Rules,
    told: Mapping[Effect | str, str],
) -> None:
    """Count the statement of a report about a delivery, in the transaction that ends reading it.

    Args:
        store: the store.
        number: the subscriber's.
        facts: of one campaign and one mail; those that count nothing first.
        now: the present.
        pipe: a transaction already in MULTI.
        rules: those of the service.
        told: for each effect what is then told of the mail; for an empty one: if there is no
            such subscriber.
    """
    last = facts[-1]
    came_back = not last.said.delayed
    store.scripts.run(
        "bounce",
        keys={
            **KEYS,
            **keys.ledgers(last.campaign, "audience", "bounced"),
            "bounces": keys.bounces(last.campaign),
            "mail": keys.inbound(last.mail),
        },
        args={
            "prefixes_json": PREFIXES,
            "options_json": options(rules.policy, now),
            "number": number,
            "facts_json": json.dumps([for_script(number, fact, now, rules.desk) for fact in facts]),
            "detail_json": json.dumps(detail(last), ensure_ascii=False) if came_back else "",
            "told_json": json.dumps(dict(told), ensure_ascii=False),
        },
        pipe=pipe,
    )


@dataclass(frozen=True, slots=True)
class Report:
    """A complaint about one delivery."""

    type: str
    campaign: int
    """0: about a service mail, or nobody knows."""
    mail: int


def complain(
    store: Store, subscriber: Subscriber, hashed: str, report: Report, now: datetime
) -> Callable[[Any], None]:
    """Return what adds a complaint to a transaction: off the list, and suppressed everywhere.

    Args:
        store: the store.
        subscriber: who complained.
        hashed: the suppression hash of the address.
        report: what was said.
        now: the present.
    """
    number, campaign = subscriber.number, report.campaign
    record = Suppression("complained", now)
    facts: dict[str, str | int] = {"subscriber": number, "campaign": campaign}
    facts |= {"complaint": report.type, "mail": report.mail}
    moved: dict[str, str | int] = {"subscriber": number, "from": "FROM", "to": "TO"}
    moved["reason"] = f"complained: {report.type} (mail {report.mail})"
    suppressed: dict[str, str | int] = {"reason": record.reason, "subscriber": number}
    told = [
        Event("subscriber.complained", now, facts),
        Event("subscriber.status", now, moved),
        Event("suppression.added", now, suppressed),
    ]
    kept = {"type": report.type, "at": now.isoformat(timespec="seconds"), "mail": report.mail}

    def add(pipe: Any) -> None:
        store.scripts.run(
            "complain",
            keys={
                "subscriber": keys.subscriber(number),
                "statuses": keys.STATUSES,
                "suppressions": keys.SUPPRESSION,
                "suppressed": keys.SUPPRESSED,
                "events": keys.EVENTS,
                "topics": keys.TOPICS,
                **keys.ledgers(campaign, "audience", "complained"),
                "bounces": keys.bounces(campaign),
            },
            args={
                "number": number,
                "status_bits": keys.status_bits(""),
                "waiting": keys.WAITING,
                "ways_json": json.dumps(TRANSITIONS.ways(Action.COMPLAIN)),
                "now": int(now.timestamp()),
                "hashed": hashed,
                "record_json": record.as_json(),
                "events_json": json.dumps([_flat(event) for event in told]),
                "detail_json": json.dumps(kept),
            },
            pipe=pipe,
        )

    return add


def _flat(event: Event) -> list[str]:
    found: list[str] = json.loads(events.for_script(event))
    return found
