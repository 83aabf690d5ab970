"""The table of those who may not get a transactional mail, and why.

Looked up when a mail is queued, and once more when it leaves (law 4).
"""

from __future__ import annotations

from enum import StrEnum

from mailer.domain.subscribers.subscriber import Status


class Refusal(StrEnum):
    """The reasons for which a mail is skipped; a closed list, counted by it."""

    SUPPRESSED = "suppressed"
    """The address is never mailed again."""
    COMPLAINED = "complained"
    """Its owner reported our mail as unwanted."""
    SUSPENDED = "suspended"
    """Mail to it came back."""
    NOT_SUBSCRIBED = "not-subscribed"
    """The template has a topic, and the address is no active subscriber's of it."""


_FOR_NOBODY = {
    Status.COMPLAINED: Refusal.COMPLAINED,
    Status.SUSPENDED: Refusal.SUSPENDED,
}
"""What is mailed by one's own act (a registration, a receipt) goes to people who left the list, or
never were on it; but not where mail does no good."""


def refusals(*, topic: bool) -> dict[str, Refusal]:
    """Return status -> the reason why it gets nothing; what is not in it gets the mail.

    Args:
        topic: whether the template has one; then an empty status stands for nobody we know.
    """
    if not topic:
        return {status.value: why for status, why in _FOR_NOBODY.items()}
    others = {status.value: Refusal.NOT_SUBSCRIBED for status in Status}
    del others[Status.ACTIVE.value]
    return {"": Refusal.NOT_SUBSCRIBED, **others, **refusals(topic=False)}
