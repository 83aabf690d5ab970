"""Who gets no transactional mail: by status, and by whether the template has a topic."""

from __future__ import annotations

import pytest

from mailer.domain.subscribers.subscriber import Status
from mailer.domain.transactional.refusal import Refusal, refusals

NOBODY = ""


@pytest.mark.parametrize(
    ("status", "without_topic", "with_topic"),
    [
        (NOBODY, None, Refusal.NOT_SUBSCRIBED),
        (Status.PENDING, None, Refusal.NOT_SUBSCRIBED),
        (Status.ACTIVE, None, None),
        (Status.SUSPENDED, Refusal.SUSPENDED, Refusal.SUSPENDED),
        (Status.UNSUBSCRIBED, None, Refusal.NOT_SUBSCRIBED),
        (Status.WITHDRAWN, None, Refusal.NOT_SUBSCRIBED),
        (Status.COMPLAINED, Refusal.COMPLAINED, Refusal.COMPLAINED),
    ],
)
def test_the_status_decides(
    status: str, without_topic: Refusal | None, with_topic: Refusal | None
) -> None:
    """A receipt goes to whoever acted; news of a topic to its active readers alone."""
    assert refusals(topic=False).get(status) is without_topic
    assert refusals(topic=True).get(status) is with_topic


def test_every_status_is_decided() -> None:
    """A new status must be thought about."""
    assert set(refusals(topic=True)) == {NOBODY, *Status} - {Status.ACTIVE}
