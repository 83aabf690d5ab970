"""What belongs to every change of the ways in which a user signs in: its event, and a mail.

The mail tells of it whoever reads the user's mailbox: they find out if it was not they.
"""

from __future__ import annotations

from datetime import datetime

from mailer.domain.access.user import User
from mailer.domain.events import Event
from mailer.domain.subscribers.subscribing import Mail
from mailer.store.subscribers.requests import Letter, Step


def told(user: User, now: datetime, fields: str) -> Step:
    """Return the step to be taken with a change of a user's passkeys or password."""
    letter = Letter(Mail.WAYS.value, user.address, user.language)
    event = Event("user.changed", now, {"user": user.number, "fields": fields})
    return Step(now, nobody=True, letter=letter, events=(event,))
