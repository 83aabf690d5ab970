"""Known habits of some providers' relays with the mail that they are handed."""

from __future__ import annotations

import re
from typing import Final, NamedTuple


class Habit(NamedTuple):
    """The habits of one provider's relays."""

    provider: str
    hosts: re.Pattern[str]
    """Matches the whole name of each of its relays, in small letters."""
    rewrites: tuple[str, ...]
    """Header fields that they write anew, in small letters; a signature of them breaks."""
    one_signature: bool
    """True if they refuse mail that bears two DKIM signatures, their own counted."""


HABITS: Final = (
    Habit(  # docs.aws.amazon.com/ses, "Amazon SES header fields"
        "Amazon SES",
        re.compile(
            r"(?:[a-z0-9-]+\.)?(?:email-smtp(?:-fips)?|smtp\.mail|[a-z0-9-]+\.mail-manager-smtp)"
            r"(?:\.[a-z0-9-]+)*\.(?:amazonaws\.com|amazonaws\.com\.cn|awsapps\.com|api\.aws)"
        ),
        ("message-id", "date"),
        one_signature=True,
    ),
    Habit(  # postmarkapp.com/developer, "Send email with SMTP": a Message-ID of one's own is lost
        "Postmark",
        re.compile(r"smtp(?:-broadcasts)?\.postmarkapp\.com"),
        ("message-id",),
        one_signature=False,
    ),
)
"""Providers that change what is usually signed, or mind how it is signed."""


def habit_of(host: str) -> Habit | None:
    """Return what a relay of that name does to mail; None: nothing that we know of."""
    name = host.lower().rstrip(".")
    return next((habit for habit in HABITS if habit.hosts.fullmatch(name)), None)
