"""The mails that the service writes to users about its work, and who gets which of them."""

from __future__ import annotations

from enum import StrEnum

from mailer.domain.access.rights import RIGHTS, Right, Role


class Topic(StrEnum):
    """One kind of them, which a user wants or does not."""

    APPROVALS = "approvals"
    """Somebody proposed a campaign that the user may approve."""
    FINISHED = "finished"
    """A campaign ended that the user proposed, started or scheduled."""
    ALL_FINISHED = "all-finished"
    """Any other ended: one of somebody else, or of the service itself."""
    ALERTS = "alerts"
    """Something stands in the way of our mail (law 11)."""


def offered(role: Role) -> tuple[Topic, ...]:
    """Return the mails that users of a role can get, in the order in which they are shown."""
    rights = RIGHTS[role]
    found = {
        Topic.APPROVALS: Right.CAMPAIGNS_APPROVE in rights,
        Topic.FINISHED: Right.CAMPAIGNS_WRITE in rights,
        Topic.ALL_FINISHED: Right.CAMPAIGNS_READ in rights,
        Topic.ALERTS: role is Role.OWNER,
    }
    return tuple(topic for topic, so in found.items() if so)


def by_default(role: Role) -> frozenset[Topic]:
    """Return the mails that users of a role get who never chose."""
    if role not in {Role.OWNER, Role.SENDER}:
        return frozenset()
    return frozenset(offered(role)) - {Topic.ALL_FINISHED}
