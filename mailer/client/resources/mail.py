"""Mail that came in, and service mails that went out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, TypeAlias

from mailer.client import reading
from mailer.client.answers.mail import (
    Dropped,
    Kind,
    Mail,
    MailState,
    ServiceMail,
    Understood,
)
from mailer.client.asking import Ask, Mode, Resource, call, listing
from mailer.client.uploads import File, Upload

Listed: TypeAlias = Literal["queued", "deferred", "sent", "failed", "unknown", "skipped"]
"""The states of service mails by which they are listed."""


class Inbound(Resource[Mode]):
    """Mail that came in, by its number."""

    @listing("/inbound")
    def list(
        self,
        *,
        state: Sequence[MailState] = (),
        kind: Sequence[Kind] = (),
        sender: str = "",
        before: datetime | None = None,
        limit: int = 100,
    ) -> Ask[Mail]:
        """Iterate over it, the newest first, with what became of it."""
        query = {"state": state, "kind": kind, "sender": sender, "before": before}
        return Ask(reading.same, query={**query, "limit": limit})

    @call("GET", "/inbound/{number}")
    def get(self, number: int) -> Ask[Mail]:
        """Tell what is known of a mail."""
        return Ask(reading.whole, path={"number": number})

    @call("GET", "/inbound/{number}/raw")
    def raw(self, number: int) -> Ask[bytes]:
        """Return a mail as it came."""
        return Ask(reading.octets, path={"number": number})

    @call("POST", "/inbound/classify")
    def classify(self, file: File) -> Ask[Understood]:
        """Tell what a message is: a bounce of whom and why, a complaint, a command, a letter."""
        return Ask(reading.whole, file=Upload(file, "application/octet-stream"))

    @call("POST", "/inbound/{number}/requeue")
    def requeue(self, number: int) -> Ask[Mail]:
        """Have a mail read again, for example after a fault was corrected."""
        return Ask(reading.whole, path={"number": number})

    @call("POST", "/inbound/drop")
    def drop(self, mails: Sequence[int]) -> Ask[Dropped]:
        """Remove mails for good."""
        return Ask(reading.whole, json={"mails": mails})


class Outbox(Resource[Mode]):
    """Service mails: confirmations, welcomes, answers."""

    @listing("/outbox")
    def list(self, *, state: Sequence[Listed] = (), limit: int = 100) -> Ask[ServiceMail]:
        """Iterate over them, state by state, the newest of each first."""
        return Ask(reading.same, query={"state": state, "limit": limit})
