"""The table of acts: every use case that a front end may ask for, and the right that it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mailer.domain.access.rights import STEP_UP, Right


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that can be asked for."""

    name: str
    """`noun.verb`."""
    right: Right | None
    """None: any user about themselves, in a session of theirs; no token and no operator."""
    recorded: bool
    """Whether the audit log tells of it: changes, and what takes personal data out."""
    urgent: bool = False
    """Whether it is done even if the audit log cannot be written: it stops harm."""
    guarded: bool = False
    """Whether it needs a recent proof of one's person, whatever right it needs."""

    @property
    def asks_again(self) -> bool:
        """Tell whether a session must have proved its person a short while ago."""
        return self.guarded or self.right in STEP_UP


def _own(*names: str, recorded: bool = True, guarded: bool = False) -> list[Act]:
    return [Act(name, None, recorded, guarded=guarded) for name in names]


def _read(right: Right, *names: str) -> list[Act]:
    return [Act(name, right, recorded=False) for name in names]


def _change(right: Right, *names: str, urgent: bool = False) -> list[Act]:
    return [Act(name, right, recorded=True, urgent=urgent) for name in names]


_ALL: Final = (
    *_read(
        Right.SUBSCRIBERS_READ,
        "subscribers.find",
        "subscribers.list",
        "subscribers.count",
        "subscribers.history",
        "subscribers.waiting",
    ),
    *_change(
        Right.SUBSCRIBERS_WRITE,
        "subscribers.add",
        "subscribers.approve",
        "subscribers.decline",
        "subscribers.ask",
        "subscribers.change",
        "subscribers.remove",
        "subscribers.reinstate",
        "subscribers.suppress",
        "subscribers.unsuppress",
    ),
    *_change(Right.SUBSCRIBERS_IMPORT, "subscribers.import", "subscribers.move_in"),
    *_change(Right.SUBSCRIBERS_IMPORT, "subscribers.sync", "subscribers.sync_plan"),
    *_read(Right.SUBSCRIBERS_IMPORT, "jobs.show"),
    *_change(Right.SUBSCRIBERS_EXPORT, "subscribers.export"),
    *_change(Right.SUBSCRIBERS_ERASE, "subscribers.erase"),
    *_read(Right.SUBSCRIBERS_READ, "segments.list", "segments.preview"),
    *_change(Right.SEGMENTS_WRITE, "segments.define", "segments.rename", "segments.remove"),
    *_read(Right.EDITIONS_READ, "editions.list", "editions.show", "editions.preview"),
    *_change(Right.EDITIONS_WRITE, "editions.import"),
    *_read(Right.EDITIONS_READ, "drafts.list", "drafts.show", "drafts.preview", "drafts.export"),
    # Every few seconds while somebody writes: the draft's own history tells who wrote what.
    *_read(Right.EDITIONS_WRITE, "drafts.save"),
    *_change(Right.EDITIONS_WRITE, "drafts.create", "drafts.restore", "drafts.picture"),
    *_change(Right.EDITIONS_WRITE, "drafts.publish", "drafts.remove", "drafts.recover"),
    *_read(
        Right.CAMPAIGNS_READ,
        "campaigns.list",
        "campaigns.status",
        "campaigns.deliveries",
        "campaigns.report",
    ),
    *_change(Right.CAMPAIGNS_WRITE, "campaigns.create", "campaigns.test", "campaigns.propose"),
    *_change(Right.CAMPAIGNS_WRITE, "campaigns.change", "campaigns.withdraw"),
    *_change(Right.CAMPAIGNS_APPROVE, "campaigns.approve"),
    *_change(Right.CAMPAIGNS_SEND, "campaigns.send", "campaigns.schedule", "campaigns.resume"),
    *_change(Right.CAMPAIGNS_SEND, "campaigns.speed", "campaigns.retry", "campaigns.resolve"),
    *_change(Right.CAMPAIGNS_STOP, "campaigns.pause", "campaigns.cancel", urgent=True),
    *_read(Right.CALENDAR_READ, "calendar.list", "calendar.show", "calendar.export"),
    *_change(Right.CALENDAR_WRITE, "calendar.add", "calendar.change", "calendar.import"),
    *_change(Right.CALENDAR_WRITE, "calendar.cancel", "calendar.undo"),
    *_read(Right.CALENDAR_WRITE, "calendar.preview"),
    *_read(Right.CALENDAR_READ, "calendar.reminders", "calendar.attendance"),
    *_change(Right.CALENDAR_EXPORT, "calendar.attendees"),
    *_read(Right.INBOUND_READ, "inbound.list", "inbound.read", "inbound.classify", "outbox.list"),
    *_change(Right.INBOUND_WRITE, "inbound.requeue", "inbound.drop"),
    *_change(Right.INBOUND_WRITE, "inbound.answer", "inbound.mark", "inbound.reclassify"),
    *_read(Right.EDITIONS_READ, "templates.list", "templates.show", "templates.preview"),
    *_change(Right.TEMPLATES_WRITE, "templates.import", "templates.remove"),
    *_change(Right.MAIL_SEND, "mail.send"),
    *_read(Right.MAIL_SEND, "mail.list", "mail.read"),
    *_read(Right.EVENTS_READ, "events.read"),
    *_read(Right.EDITIONS_READ, "look.show", "look.preview"),
    *_change(Right.WORDS_WRITE, "look.words", "look.test"),
    *_change(Right.SETTINGS_WRITE, "look.change"),
    *_read(Right.SETTINGS_READ, "settings.show", "operation.doctor", "reports.read"),
    *_change(Right.MAIL_SEND, "operation.try_relays"),
    *_read(Right.USERS_MANAGE, "users.list", "tokens.list"),
    *_change(
        Right.USERS_MANAGE,
        "users.add",
        "users.role",
        "users.disable",
        "users.enable",
        "users.invite",
        "tokens.add",
        "tokens.revoke",
    ),
    *_read(Right.WEBHOOKS_MANAGE, "webhooks.list"),
    *_change(
        Right.WEBHOOKS_MANAGE,
        "webhooks.add",
        "webhooks.change",
        "webhooks.rotate",
        "webhooks.pause",
        "webhooks.resume",
        "webhooks.remove",
        "webhooks.test",
        "webhooks.replay",
    ),
    *_own("account.show", recorded=False),
    *_own("account.language", "account.mails", "sessions.begin", "sessions.revoke", "sessions.end"),
    *_own("factors.add", "factors.remove", guarded=True),
    *_read(Right.AUDIT_READ, "audit.read", "audit.verify"),
    *_change(Right.AUDIT_READ, "audit.export"),
    *_change(Right.OPERATION, "operation.backup", urgent=True),
    *_change(Right.OPERATION, "users.link"),
)

ACTS: Final[Mapping[str, Act]] = {act.name: act for act in _ALL}
"""By name."""
