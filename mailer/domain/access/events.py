"""The events of users, sign-ins, tokens and web hooks; a part of `mailer.domain.events`."""

from __future__ import annotations

from typing import Final

TYPES: Final[dict[str, dict[str, str]]] = {
    "user.added": {"user": "number", "role": "owner, sender, editor or reader"},
    "user.changed": {"user": "number", "fields": "what changed: role, name, language, standing"},
    "user.signed_in": {"user": "number", "way": "link, passkey, password or openid"},
    "user.invited": {"user": "number"},
    "sign_in.failed": {
        "user": "number",
        "way": "password or openid",
        "reason": "why; an attempt that had to wait is not looked at, and not told",
    },
    "sign_in.held": {
        "user": "number",
        "reason": "why no link was mailed; told once an hour",
    },
    "token.made": {"token": "its id", "user": "number of the user it acts for"},
    "token.revoked": {"token": "its id", "user": "number of the user it acted for"},
    "webhook.added": {"endpoint": "id", "types": "of events, separated by spaces", "by": "who"},
    "webhook.changed": {"endpoint": "id", "fields": "what changed", "by": "who"},
    "webhook.rotated": {"endpoint": "id", "by": "who"},
    "webhook.paused": {"endpoint": "id", "reason": "why", "by": "who"},
    "webhook.stopped": {"endpoint": "id", "reason": "why the service sends nothing there any more"},
    "webhook.resumed": {"endpoint": "id", "by": "who"},
    "webhook.removed": {"endpoint": "id", "by": "who"},
    "webhook.tested": {"endpoint": "id", "answer": "what came of it", "by": "who"},
    "webhook.replayed": {
        "endpoint": "id",
        "after": "id after which events are sent again",
        "until": "id of the last of them",
        "by": "who",
    },
    "webhook.given_up": {
        "endpoint": "id",
        "event": "id of the event that it never took, while it took others",
        "reason": "what the last try came to",
    },
    "webhook.gap": {
        "endpoint": "id",
        "after": "id of the last event before the gap",
        "until": "id of the first after it: what lay between is gone from the log, unsent",
    },
    "store.migrated": {
        "from": "version of the data before",
        "to": "version of the data now",
    },
    "job.refused": {
        "job": "its id in the queue",
        "reason": "why it is no job of ours; it was removed, and not run",
    },
    "audit.failed": {"action": "what could not be recorded", "reason": "why"},
}
