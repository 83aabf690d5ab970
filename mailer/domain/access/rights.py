"""The table of who of the institution may do what: rights by role, for every front end."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Right(StrEnum):
    """Permission for one kind of act; also the scopes that an API token may be limited to."""

    SUBSCRIBERS_READ = "subscribers:read"
    SUBSCRIBERS_WRITE = "subscribers:write"
    """Add, change, tag, suspend, suppress and reinstate one subscriber."""
    SUBSCRIBERS_IMPORT = "subscribers:import"
    """Many at once: files, other programs' exports, directories."""
    SUBSCRIBERS_EXPORT = "subscribers:export"
    """Export addresses from the service in bulk."""
    SUBSCRIBERS_ERASE = "subscribers:erase"
    SEGMENTS_WRITE = "segments:write"
    EDITIONS_READ = "editions:read"
    EDITIONS_WRITE = "editions:write"
    CAMPAIGNS_READ = "campaigns:read"
    CAMPAIGNS_WRITE = "campaigns:write"
    """Make a campaign, test it on oneself, and propose it."""
    CAMPAIGNS_APPROVE = "campaigns:approve"
    """Consent, as a second person, to what somebody else proposed."""
    CAMPAIGNS_SEND = "campaigns:send"
    """Mail an audience: now, at a time, or on after a pause (law 18)."""
    CAMPAIGNS_STOP = "campaigns:stop"
    """Pause and cancel, for anybody who sees something go wrong."""
    CALENDAR_READ = "calendar:read"
    CALENDAR_WRITE = "calendar:write"
    """Change entries, of which the service tells readers by itself."""
    CALENDAR_EXPORT = "calendar:export"
    """Export the readers who answered an invitation."""
    INBOUND_READ = "inbound:read"
    """Read people's letters and reports of mail that came back."""
    INBOUND_WRITE = "inbound:write"
    MAIL_SEND = "mail:send"
    """Send a mail of a template to one address."""
    TEMPLATES_WRITE = "templates:write"
    EVENTS_READ = "events:read"
    SETTINGS_READ = "settings:read"
    SETTINGS_WRITE = "settings:write"
    """Change the look: names, colours, logo, imprint, languages and topics."""
    WORDS_WRITE = "words:write"
    """Change the words of service mails, and the names of members."""
    WEBHOOKS_MANAGE = "webhooks:manage"
    USERS_MANAGE = "users:manage"
    """Users, their roles, sessions and API tokens."""
    AUDIT_READ = "audit:read"
    OPERATION = "operation"
    """Back up, restore, migrate."""


class Role(StrEnum):
    """A name for a set of rights."""

    OWNER = "owner"
    SENDER = "sender"
    EDITOR = "editor"
    READER = "reader"
    OPERATOR = "operator"
    """A person with a shell on the machine; given to nobody by hand."""


_READER: Final = frozenset(
    {
        Right.SUBSCRIBERS_READ,
        Right.EDITIONS_READ,
        Right.CAMPAIGNS_READ,
        Right.CALENDAR_READ,
        Right.EVENTS_READ,
    }
)
_EDITOR: Final = _READER | {
    Right.EDITIONS_WRITE,
    Right.CAMPAIGNS_WRITE,
    Right.CAMPAIGNS_STOP,
    Right.SEGMENTS_WRITE,
    Right.CALENDAR_WRITE,
    Right.TEMPLATES_WRITE,
    Right.WORDS_WRITE,
    Right.INBOUND_READ,
}
_SENDER: Final = _EDITOR | {
    Right.CAMPAIGNS_APPROVE,
    Right.CAMPAIGNS_SEND,
    Right.SUBSCRIBERS_WRITE,
    Right.SUBSCRIBERS_IMPORT,
    Right.INBOUND_WRITE,
    Right.MAIL_SEND,
    Right.CALENDAR_EXPORT,
}
_OWNER: Final = frozenset(Right) - {Right.OPERATION}

RIGHTS: Final[Mapping[Role, frozenset[Right]]] = {
    Role.OWNER: _OWNER,
    Role.SENDER: _SENDER,
    Role.EDITOR: _EDITOR,
    Role.READER: _READER,
    Role.OPERATOR: frozenset(Right),
}
"""The rights of each role."""

GIVEN: Final = (Role.OWNER, Role.SENDER, Role.EDITOR, Role.READER)
"""Roles that a user can have, the mightiest first."""

STEP_UP: Final = frozenset(
    {
        Right.CAMPAIGNS_SEND,
        Right.CAMPAIGNS_APPROVE,
        Right.SUBSCRIBERS_EXPORT,
        Right.SUBSCRIBERS_ERASE,
        Right.CALENDAR_EXPORT,
        Right.USERS_MANAGE,
        Right.WEBHOOKS_MANAGE,
    }
)
"""Rights for which a session must have proved its person a short while ago: a browser that was left
open mails nobody and takes no addresses away."""


def table() -> list[str]:
    """Write the table as it stands in docs/access.md: one row a right, one column a role."""
    head = "| right | " + " | ".join(GIVEN) + " | asks again |"
    rule = "|---|" + "---|" * len(GIVEN) + "---|"
    rows = [
        "| `{}` | {} | {} |".format(
            right,
            " | ".join("yes" if right in RIGHTS[role] else "" for role in GIVEN),
            "yes" if right in STEP_UP else "",
        )
        for right in Right
    ]
    return [head, rule, *rows]
