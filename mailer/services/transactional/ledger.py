"""The ledger of transactional mail: each with its number, and what became of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from mailer.errors import NotFoundError
from mailer.services.access.acting import act
from mailer.store import outbox
from mailer.store.outbox import Queued
from mailer.store.server.connection import Store
from mailer.store.transactional import mails

MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class Sent:
    """One mail of a template, as it stands."""

    number: int
    template: str
    version: str
    language: str
    topic: str
    subscriber: int
    """0 for somebody who is none."""
    who: str
    """Keyed hash of the address, which itself is forgotten when the mail has ended."""
    state: str
    """`queued`, `claimed`, `deferred`, `sent`, `failed`, `unknown` or `skipped`."""
    reason: str
    """The relay's answer, or why the mail was skipped."""
    attempts: int
    asked_at: datetime | None
    at: datetime
    """The instant at which it came to its state."""
    bounced: str
    """Why it came back after that, in a word; empty: it did not."""

    def facts(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        asked = self.asked_at.isoformat() if self.asked_at else None
        return asdict(self) | {"asked_at": asked, "at": self.at.isoformat()}


@act("mail.list")
def listing(store: Store, template: str = "", most: int = 50) -> list[Sent]:
    """List the mails of a template, the newest first; of all templates, if none is named.

    They are kept for thirty days after their end.
    """
    return [_sent(mail) for mail in mails.newest(store, template, min(most, MOST))]


@act("mail.list")
def page(store: Store, template: str, after: int, most: int) -> tuple[list[Sent], int]:
    """List some mails of a template, the newest first; of all templates, if none is named.

    Args:
        store: with the mails.
        template: its slug; empty: any.
        after: the last mail of the page before; 0: there was none.
        most: how many are looked at; those that were forgotten meanwhile are left out.

    Returns:
        The mails, and the last one that was looked at; 0: no more follow.
    """
    found, last = mails.page(store, template, after, min(most, MOST))
    return [_sent(mail) for mail in found], last


@act("mail.read")
def get(store: Store, number: int) -> Sent:
    """Tell how a mail stands, by its number.

    Raises:
        NotFoundError: there is no mail of a template of that number, or not any more.
    """
    found = outbox.get(store, number)
    if found is None or not found.template:
        raise NotFoundError(
            "transactional mail", str(number), "It is kept for thirty days after its end."
        )
    return _sent(found)


def _sent(mail: Queued) -> Sent:
    return Sent(
        number=mail.number,
        template=mail.template,
        version=mail.version,
        language=mail.language,
        topic=mail.topic,
        subscriber=mail.subscriber,
        who=mail.who,
        state=mail.state.value,
        reason=mail.reason,
        attempts=mail.attempts,
        asked_at=mail.asked_at,
        at=mail.at,
        bounced=mail.bounced,
    )
