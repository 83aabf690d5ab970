"""The facts that the event log may hold: every type, with its fields, in one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from mailer.domain.access import events as access

_OF_TEMPLATE: Final = {"template": "slug, of a mail that is of one"}
_UNSENT: Final = {"outbox": "number", "name": "which", "reason": "why", **_OF_TEMPLATE}

EVENT_TYPES: Final[dict[str, dict[str, str]]] = {
    "subscriber.added": {
        "subscriber": "number",
        "language": "language code",
        "source": "how: import, mail, web, …",
        "status": "the status it starts in",
        "consent": "where it comes from, if the secretariat said so",
    },
    "subscriber.updated": {
        "subscriber": "number",
        "source": "how",
        "fields": "what changed",
        "consent": "where that to further topics comes from, if the secretariat said so",
    },
    "subscriber.status": {
        "subscriber": "number",
        "from": "status before",
        "to": "status after",
        "reason": "why",
    },
    "subscriber.bounced": {
        "subscriber": "number",
        "campaign": "number",
        "severity": "hard, soft, sender or undetermined",
        "reason": "why, in a word of the table of reasons",
        "status": "enhanced status code, or empty",
        "mail": "number of the kept report, or 0: a relay refused it at once",
        "effect": "suspended, counted, repeated, stale, late or none",
        "points": "the subscriber's score after it",
    },
    "subscriber.complained": {
        "subscriber": "number",
        "campaign": "number, or 0",
        "complaint": "abuse, fraud, virus, opt-out, …",
        "mail": "number of the kept report",
    },
    "subscriber.flagged": {
        "subscriber": "number, or 0",
        "mail": "number",
        "reason": "what the secretariat should look at",
    },
    "subscriber.erased": {"subscriber": "number", "reason": "why"},
    "subscribers.imported": {
        "file": "name of the file",
        "lines": "from-to, within the file: an import is committed in batches",
        "consent": "where the readers' consent comes from, if that was said",
        "added": "count",
        "updated": "count",
        "unchanged": "count",
        "refused": "count",
    },
    "subscribers.moved_in": {
        "program": "that they come from: listmonk, mailman, …",
        "added": "count",
        "changed": "count: on the list already, with further topics now",
        "taken_off": "count: kept as ones who are not mailed",
        "suppressed": "count",
    },
    "subscribers.synced": {
        "directory": "name",
        "added": "count",
        "changed": "count",
        "taken_off": "count: the directory does not hold them any more",
        "suppressed": "0",
    },
    "directory.refused": {
        "directory": "name",
        "reason": "unreachable, unreadable, or directory_refused: empty, or too many would go",
    },
    "suppression.added": {"reason": "why", "subscriber": "number, if there is one"},
    "suppression.removed": {"reason": "why", "subscriber": "number, if there is one"},
    "segment.defined": {
        "segment": "name",
        "version": "how often it was defined",
        "rule": "its rule from now on",
    },
    "segment.removed": {"segment": "name", "version": "the last one"},
    "draft.created": {
        "draft": "number",
        "origin": "slug of the edition it is after, or empty",
    },
    "draft.removed": {"draft": "number", "edition": "slug, or empty"},
    "draft.recovered": {"draft": "number", "edition": "slug, or empty"},
    "look.changed": {
        "revision": "number of its changes",
        "parts": "what changed, by place",
        "restored": "the revision that it repeats, or 0",
    },
    "edition.imported": {"edition": "slug", "languages": "codes", "digest": "of its files"},
    "calendar.added": {"entry": "id", "kind": "meeting, observance or deadline", "start": "local"},
    "calendar.changed": {
        "entry": "id",
        "sequence": "number of its changes",
        "fields": "what changed",
    },
    "calendar.cancelled": {"entry": "id", "sequence": "number of its changes"},
    "calendar.answered": {
        "entry": "id",
        "occurrence": "which one, or empty",
        "subscriber": "number",
        "answer": "accepted, tentative or declined",
        "language": "language code",
        "how": "mail or web",
        "mail": "number of the mail that answers, or 0",
    },
    "calendar.answer_ignored": {
        "entry": "id, or empty",
        "subscriber": "number",
        "mail": "number of the mail that answers, or 0",
        "reason": "why it does not count",
    },
    "calendar.countered": {
        "entry": "id",
        "subscriber": "number",
        "mail": "number of the mail that proposes something else",
    },
    "reminder.due": {
        "entry": "id",
        "occurrence": "which one, if it repeats",
        "offset": "how long before, in ISO 8601",
        "sequence": "of the entry",
        "campaign": "number of the campaign that was made",
    },
    "reminder.skipped": {
        "entry": "id",
        "occurrence": "which one, if it repeats",
        "offset": "how long before, in ISO 8601",
        "sequence": "of the entry",
        "reason": "cancelled, gone, over, merged, repeated or nobody",
    },
    "notice.due": {
        "entry": "id",
        "occurrence": "which one, if it repeats",
        "sequence": "of the entry",
        "change": "cancelled, revived, moved or place",
        "campaign": "number of the campaign that was made",
    },
    "relay.silent": {
        "relay": "name",
        "since": "when it answered last, as far as the worker knows that tells it",
    },
    "relay.answers": {"relay": "name: it is silent no more"},
    "campaign.created": {
        "campaign": "number",
        "edition": "slug, if it sends one",
        "entry": "id of the calendar entry, if it is about one",
        "topic": "topics, separated by spaces",
    },
    "campaign.started": {
        "campaign": "number",
        "planned": "deliveries",
        "languages": "code:count, …",
    },
    "campaign.proposed": {
        "campaign": "number",
        "terms": "digest of what was proposed: content, audience and time",
        "planned": "readers who would have got it then",
    },
    "campaign.approved": {"campaign": "number", "terms": "digest of what was proposed"},
    "campaign.approval_refused": {
        "campaign": "number",
        "user": "number of the user who was asked by mail",
        "mail": "number of the reply",
        "reason": "why it approved nothing, in a word",
    },
    "campaign.withdrawn": {"campaign": "number"},
    "campaign.scheduled": {"campaign": "number", "due": "instant at which it starts, UTC"},
    "campaign.held": {"campaign": "number", "reason": "why"},
    "campaign.paused": {"campaign": "number", "reason": "why"},
    "campaign.resumed": {"campaign": "number"},
    "campaign.waiting": {"campaign": "number", "reason": "what holds it back"},
    "campaign.going_on": {"campaign": "number"},
    "campaign.cancelled": {"campaign": "number", "skipped": "deliveries not begun"},
    "campaign.finished": {
        "campaign": "number",
        "planned": "deliveries",
        "accepted": "count",
        "rejected": "count",
        "skipped": "count",
        "unknown": "count",
    },
    "campaign.changed": {"campaign": "number", "fields": "what of a draft changed"},
    "campaign.paced": {
        "campaign": "number",
        "speed": "the most that may leave, as `600 a minute`, or empty: no limit of its own",
        "before": "the same before",
    },
    "campaign.reopened": {
        "campaign": "number",
        "count": "deliveries that are tried again",
        "was": "their outcome: rejected or unknown",
    },
    "campaign.resolved": {
        "campaign": "number",
        "count": "deliveries of unknown outcome that a person counts as accepted",
    },
    "campaign.unbalanced": {"campaign": "number", "counts": "what the ledger holds"},
    "campaign.tested": {"campaign": "number", "language": "code", "outcome": "outcome"},
    "delivery.rejected": {
        "campaign": "number",
        "subscriber": "number",
        "code": "SMTP reply code",
        "enhanced": "enhanced status code",
    },
    "delivery.unknown": {"campaign": "number", "count": "deliveries", "reason": "why"},
    "delivery.resent": {"campaign": "number", "count": "deliveries"},
    "inbound.received": {
        "mail": "number",
        "way": "lmtp, smtp, pipe or imap",
        "size": "octets",
    },
    "inbound.refused": {"way": "imap", "reason": "why", "size": "octets"},
    "inbound.classified": {
        "mail": "number",
        "kind": "bounce, complaint, auto-reply, challenge, receipt, command, person or unknown",
        "state": "handled, held (answered later), or waiting for a person",
    },
    "inbound.quarantined": {"mail": "number", "reason": "why"},
    "inbound.requeued": {"mail": "number"},
    "inbox.answered": {
        "mail": "number",
        "answer": "number",
        "outbox": "number of the mail that carries it",
    },
    "inbox.answer_failed": {
        "mail": "number of the letter, which waits again",
        "answer": "number",
        "reason": "unsent: it did not leave for sure; returned: it came back",
    },
    "inbox.marked": {
        "mail": "number",
        "standing": "what a person says of it: waiting, done, or dropped (in the bin)",
    },
    "inbox.taught": {
        "mail": "number",
        "from": "kind that it was taken for, or empty",
        "to": "kind that a person says it is",
    },
    "inbound.removed": {
        "count": "mails whose time was over, that had to make room, or that a person dropped",
        "unseen": "how many of them waited for a person",
    },
    "inbound.full": {
        "limit": "which share of the room is used up, told once an hour: room (all of it),"
        " strangers, kind, network, sender or token",
    },
    "bounce.ignored": {"mail": "number", "reason": "why nothing follows from it"},
    "complaint.ignored": {
        "mail": "number",
        "reason": "why nothing follows from it",
        "claim": "what tells whom it is about: secret of ours, Message-ID, address or nothing",
        "authority": "who stands behind it: listed reporter, elsewhere; author or nobody",
    },
    "secretariat.alerted": {
        "reason": "why mail is refused for our sake; told once a day for each; relay-refuses: all"
        " of it, by our own relay; directory-refused: the list was not kept in step with one",
        "campaign": "number",
        "mail": "number of the kept report, or 0: a relay refused it at once",
    },
    "secretariat.reminded": {
        "waiting": "how many wait for its yes to a topic, told once a day while anybody does",
    },
    "secretariat.flooded": {
        "limit": "whose limit of answers is used up, told once an hour: connection, address,"
        " network, domain, all or reader",
        "mail": "number of the first mail that is held back",
    },
    "subscription.asked": {
        "subscriber": "number",
        "request": "number",
        "language": "language code",
        "how": "mail, web or api",
        "mail": "number of the mail that asked, or 0",
    },
    "subscription.confirmed": {
        "subscriber": "number",
        "request": "number",
        "how": "mail or web",
        "mail": "number of the mail that confirmed, or 0",
        "from": "same or other: the address that the token was sent to, or another one",
    },
    "subscription.closed": {
        "subscriber": "number",
        "request": "number",
        "reason": "refused, or came back",
        "mail": "number of the mail that says so, or 0",
    },
    "subscription.expired": {"subscriber": "number", "request": "number"},
    "subscription.waiting": {
        "subscriber": "number",
        "topics": "those that now wait for the secretariat's yes, parted by spaces",
    },
    "subscription.approved": {"subscriber": "number", "topic": "id"},
    "subscription.declined": {
        "subscriber": "number",
        "topic": "id",
        "told": "yes or no: whether a mail tells the reader",
        "reason": "why, if the secretariat said so",
    },
    "subscriber.left": {
        "subscriber": "number",
        "proof": "token or authenticated",
        "how": "mail or web",
        "mail": "number of the mail that asked, or 0",
        "from": "same or other: the subscriber's address, or another one",
        "campaign": "number, if the link was in its mail",
    },
    "subscriber.returned": {"subscriber": "number", "how": "web"},
    "form.received": {"form": "number"},
    "form.ignored": {"form": "number", "reason": "why nothing follows from it"},
    "command.ignored": {"mail": "number", "reason": "why nothing follows from it"},
    "service_mail.queued": {
        "outbox": "number",
        "name": "which service mail",
        "language": "language code",
        "subscriber": "number, or 0",
        **_OF_TEMPLATE,
    },
    "service_mail.sent": {"outbox": "number", "name": "which service mail", **_OF_TEMPLATE},
    "service_mail.deferred": _UNSENT,
    "service_mail.failed": _UNSENT,
    "service_mail.unknown": _UNSENT,
    "service_mail.skipped": _UNSENT,
    "service_mail.bounced": {
        "outbox": "number",
        "template": "slug",
        "subscriber": "number, or 0",
        "severity": "hard, soft, sender or undetermined",
        "reason": "why, in a word of the table of reasons",
        "mail": "number of the kept report",
    },
    "template.imported": {"template": "slug", "version": "digest", "languages": "codes"},
    "template.removed": {"template": "slug", "version": "digest of the newest one"},
    **access.TYPES,
}


@dataclass(frozen=True, slots=True)
class Event:
    """One fact: its type, when it became true, and its fields (all text in the log).

    Raises:
        ValueError: the type is not in the table, or a field is not one of the type's.
    """

    type: str
    at: datetime
    fields: Mapping[str, str | int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what the table does not list: the documentation is made from it."""
        known = EVENT_TYPES.get(self.type)
        if known is None:
            raise ValueError(f"There is no event type {self.type!r}.")
        unknown = set(self.fields) - set(known)
        if unknown:
            raise ValueError(f"Events of type {self.type} have no field {', '.join(unknown)}.")

    def flat(self) -> dict[str, str]:
        """Return the entry as it is written to the stream."""
        return {
            "type": self.type,
            "at": self.at.isoformat(timespec="milliseconds"),
            **{name: str(value) for name, value in self.fields.items()},
        }
