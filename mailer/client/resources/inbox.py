"""The inbox: mail that waits for a person."""

from __future__ import annotations

from collections.abc import Sequence

from mailer.client import reading
from mailer.client.answers.inbox import (
    Answered,
    Group,
    InboxCounts,
    InboxItem,
    MarkedAll,
    OpenedMail,
    Standing,
)
from mailer.client.answers.mail import Kind
from mailer.client.asking import Ask, Mode, Resource, call, listing


class Inbox(Resource[Mode]):
    """Mail that waits for a person, or was dealt with, by its number."""

    @listing("/inbox")
    def list(
        self,
        *,
        standing: Standing = "waiting",
        group: Sequence[Group] = (),
        text: str = "",
        limit: int = 100,
    ) -> Ask[InboxItem]:
        """Iterate over it, the newest first."""
        query = {"standing": standing, "group": group, "text": text, "limit": limit}
        return Ask(reading.same, query=query)

    @call("GET", "/inbox/counts")
    def counts(self) -> Ask[InboxCounts]:
        """Count what is there."""
        return Ask(reading.whole)

    @call("GET", "/inbox/{number}")
    def get(self, number: int) -> Ask[OpenedMail]:
        """Open a mail: its text, its files, who wrote it, and its thread."""
        return Ask(reading.whole, path={"number": number})

    @call("GET", "/inbox/{number}/files/{part}")
    def file(self, number: int, part: int) -> Ask[bytes]:
        """Return a file that goes with a mail; a stranger made it."""
        return Ask(reading.octets, path={"number": number, "part": part})

    @call("POST", "/inbox/{number}/answer")
    def answer(
        self, number: int, text: str, *, subject: str = "", language: str = ""
    ) -> Ask[Answered]:
        """Answer a letter through the list's address."""
        body = {"text": text, "subject": subject, "language": language}
        return Ask(reading.whole, path={"number": number}, json=body)

    @call("POST", "/inbox/mark")
    def mark(self, mails: Sequence[int], standing: Standing) -> Ask[MarkedAll]:
        """Say that mails were dealt with, drop them into the bin, or have them wait again."""
        return Ask(reading.whole, json={"mails": mails, "standing": standing})

    @call("POST", "/inbox/{number}/reclassify")
    def reclassify(self, number: int, kind: Kind) -> Ask[InboxItem]:
        """Say what a mail is, where the service was wrong."""
        return Ask(reading.whole, path={"number": number}, json={"kind": kind})
