"""Subscribers, addresses that are never mailed, and files of subscribers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypedDict

from mailer.client import reading
from mailer.client.answers.files import Job, Report
from mailer.client.answers.subscribers import (
    Added,
    Checked,
    Counts,
    Done,
    Event,
    Received,
    Standing,
    Status,
    Subscriber,
    Waiting,
)
from mailer.client.asking import Ask, Mode, Resource, blocks, call, lines, listing
from mailer.client.reading import Tagged
from mailer.client.uploads import File, Upload

_CSV = "text/csv"
_LINES = "application/x-ndjson"
_LATER: Final = {"Prefer": "respond-async"}
"""Leaves the work to a worker (RFC 7240); the answer is a job."""


class Choice(TypedDict, total=False):
    """A choice of readers: those to whom all of it applies; an empty one: all."""

    q: str
    """A text in the address or the name."""
    status: Status
    language: str
    topic: str
    tag: str
    rule: str
    """An audience rule."""


class Subscribers(Resource[Mode]):
    """Subscribers, by their numbers."""

    @listing("/subscribers")
    def find(
        self,
        *,
        q: str = "",
        status: Status | None = None,
        language: str = "",
        topic: str = "",
        tag: str = "",
        rule: str = "",
        limit: int = 100,
    ) -> Ask[Subscriber]:
        """Iterate over those to whom all of it applies, in the order of their numbers.

        Args:
            q: a part of the address or the name.
            status: of the subscription.
            language: of the reader.
            topic: that they get.
            tag: that they have.
            rule: an audience rule.
            limit: how many are fetched at a time, up to 500.
        """
        query = {"q": q, "status": status, "language": language, "topic": topic, "tag": tag}
        return Ask(reading.same, query={**query, "rule": rule, "limit": limit})

    @call("POST", "/subscribers")
    def add(
        self,
        address: str,
        *,
        confirm: bool,
        language: str = "",
        topics: Sequence[str] = (),
        tags: Sequence[str] = (),
        name: str = "",
        attributes: Mapping[str, str] | None = None,
    ) -> Ask[Added]:
        """Put a reader on the list, or have the owner of an address confirm first.

        Args:
            address: of the reader.
            confirm: mail the owner, and add nobody before they confirm; otherwise you answer for
                their consent, and nobody is mailed.
            language: default: that of the list.
            topics: what to get; default: as the settings say.
            tags: only without `confirm`.
            name: of the reader.
            attributes: only without `confirm`.

        Raises:
            ConflictError: `left_alone`: they left, complained or bounced.
        """
        wish = {"address": address, "confirm": confirm, "topics": topics or None}
        wish |= {"language": language or None, "name": name or None}
        return Ask(reading.whole, json={**wish, "tags": tags or None, "attributes": attributes})

    @call("GET", "/subscribers/count")
    def count(self) -> Ask[Counts]:
        """Count them, by status, language, topic and tag."""
        return Ask(reading.whole)

    @call("GET", "/subscribers/{number}")
    def get(self, number: int) -> Ask[Tagged[Subscriber]]:
        """Return one, with the entity tag that `change` needs."""
        return Ask(reading.tagged, path={"number": number})

    @call("PATCH", "/subscribers/{number}")
    def change(
        self,
        number: int,
        etag: str,
        *,
        language: str | None = None,
        topics: Sequence[str] | None = None,
        tags: Sequence[str] | None = None,
        name: str | None = None,
        attributes: Mapping[str, str] | None = None,
    ) -> Ask[str]:
        """Change what is given, and return the new entity tag.

        Args:
            number: the subscriber's.
            etag: of what you saw; `*`: however it is.
            language: of the reader.
            topics: all that they get from now on.
            tags: all that they have from now on.
            name: empty: none.
            attributes: those that change; an empty value is taken away.

        Raises:
            ChangedError: somebody else changed it since.
        """
        body: dict[str, object] = {"language": language, "topics": topics, "tags": tags}
        body |= {"name": name, "attributes": attributes}
        return Ask(reading.etag, path={"number": number}, json=body, headers={"If-Match": etag})

    @call("DELETE", "/subscribers/{number}")
    def erase(self, number: int, *, reason: str = "", etag: str = "") -> Ask[None]:
        """Forget all about a reader; the address stays suppressed. It cannot be undone."""
        query, headers = {"reason": reason}, {"If-Match": etag}
        return Ask(reading.nothing, path={"number": number}, query=query, headers=headers)

    @call("POST", "/subscribers/{number}/remove")
    def remove(self, number: int, reason: str) -> Ask[Standing]:
        """Take a reader off the list; no import brings them back."""
        return Ask(reading.whole, path={"number": number}, json={"reason": reason})

    @call("POST", "/subscribers/{number}/reinstate")
    def reinstate(self, number: int, reason: str) -> Ask[Standing]:
        """Send mail again to a reader whose mail came back: you know that the address works."""
        return Ask(reading.whole, path={"number": number}, json={"reason": reason})

    @listing("/subscribers/{number}/events")
    def events(self, number: int, *, limit: int = 50) -> Ask[Event]:
        """Iterate over the events about a reader, the oldest first."""
        return Ask(reading.same, path={"number": number}, query={"limit": limit})

    @call("GET", "/subscribers/{number}/received")
    def received(self, number: int) -> Ask[list[Received]]:
        """List the campaigns whose mail to a reader was accepted, the newest first."""
        return Ask(reading.whole, path={"number": number})

    @call("POST", "/subscribers/import")
    def import_csv(
        self,
        file: File,
        *,
        dry_run: bool = False,
        language: str = "",
        topics: str = "",
        take_off: bool = False,
        consent: str = "",
    ) -> Ask[Report]:
        """Put the readers of a CSV file on the list, and wait until it is done.

        You answer for their consent. Nobody is mailed.

        Args:
            file: its path, its octets, or it itself, opened for reading octets.
            dry_run: only tell what would happen.
            language: of lines that name none.
            topics: of lines that name none, parted by spaces.
            take_off: take those off the list who left according to the file.
            consent: where the readers' consent comes from; kept with the import.
        """
        options = {"dry_run": dry_run, "take_off": take_off, "consent": consent}
        query = {**options, "language": language, "topics": topics}
        return Ask(reading.whole, query=query, file=Upload(file, _CSV))

    @call("POST", "/subscribers/import")
    def import_csv_later(
        self,
        file: File,
        *,
        dry_run: bool = False,
        language: str = "",
        topics: str = "",
        take_off: bool = False,
        consent: str = "",
    ) -> Ask[Job]:
        """Leave a CSV file to a worker, and return the job, which `jobs.get` looks at.

        The arguments are those of `import_csv`.
        """
        options = {"dry_run": dry_run, "take_off": take_off, "consent": consent}
        query = {**options, "language": language, "topics": topics}
        return Ask(reading.whole, query=query, headers=_LATER, file=Upload(file, _CSV))

    @lines("/subscribers/export")
    def export(
        self, *, status: Status | None = None, language: str = "", topic: str = "", rule: str = ""
    ) -> Ask[Subscriber]:
        """Iterate over those to whom all of it applies, while they arrive.

        Args:
            status: of the subscription.
            language: of the reader.
            topic: that they get.
            rule: an audience rule.
        """
        query = {"status": status, "language": language, "topic": topic, "rule": rule}
        return Ask(reading.line, query=query, headers={"Accept": _LINES})

    @blocks("/subscribers/export")
    def export_csv(
        self, *, status: Status | None = None, language: str = "", topic: str = "", rule: str = ""
    ) -> Ask[bytes]:
        """Iterate over the octets of a CSV file that an import reads back.

        The arguments are those of `export`.
        """
        query = {"status": status, "language": language, "topic": topic, "rule": rule}
        return Ask(reading.same, query=query, headers={"Accept": _CSV})

    @listing("/subscribers/waiting")
    def waiting(self, *, topic: str = "", limit: int = 100) -> Ask[Waiting]:
        """Iterate over those who wait for your yes, by topic; of each, the longest first."""
        return Ask(reading.same, query={"topic": topic, "limit": limit})

    @call("POST", "/subscribers/{number}/approve")
    def approve(self, number: int, topic: str) -> Ask[Done]:
        """Give a reader the topic that they wait for; one mail tells them."""
        return Ask(reading.whole, path={"number": number}, json={"topic": topic})

    @call("POST", "/subscribers/{number}/decline")
    def decline(
        self, number: int, topic: str, *, reason: str = "", silently: bool = False
    ) -> Ask[Done]:
        """Say no to a reader who waits for a topic; one mail tells them, unless `silently`.

        Args:
            number: the subscriber's.
            topic: that they do not get.
            reason: for the record, no names; the reader is not told it.
            silently: no mail tells the reader.
        """
        body = {"topic": topic, "reason": reason, "silently": silently}
        return Ask(reading.whole, path={"number": number}, json=body)

    @call("POST", "/subscribers/tag")
    def tag_many_later(
        self,
        expected: int,
        *,
        numbers: Sequence[int] | None = None,
        choice: Choice | None = None,
        add: Sequence[str] = (),
        remove: Sequence[str] = (),
    ) -> Ask[Job]:
        """Have a worker give tags to many readers, and take tags from them; returns the job.

        Args:
            expected: how many readers you take them to be; nothing is done if it is not so.
            numbers: whom, by number; or else
            choice: those to whom all of it applies.
            add: tags that they get.
            remove: tags that they lose.

        Raises:
            ConflictError: `number_changed`: they are another number by now.
        """
        body: dict[str, object] = {"expected": expected, "numbers": numbers, "choice": choice}
        body |= {"add": add or None, "remove": remove or None}
        return Ask(reading.whole, json=body, headers=_LATER)

    @call("POST", "/subscribers/remove")
    def remove_many_later(
        self,
        expected: int,
        reason: str,
        *,
        numbers: Sequence[int] | None = None,
        choice: Choice | None = None,
    ) -> Ask[Job]:
        """Have a worker take many readers off the list; no import brings them back.

        Whom, and how many they are, is said as in `tag_many_later`.
        """
        return _for_reason(expected, reason, numbers, choice)

    @call("POST", "/subscribers/suppress")
    def suppress_many_later(
        self,
        expected: int,
        reason: str,
        *,
        numbers: Sequence[int] | None = None,
        choice: Choice | None = None,
    ) -> Ask[Job]:
        """Have a worker see to it that many readers' addresses are never mailed again.

        Whom, and how many they are, is said as in `tag_many_later`.
        """
        return _for_reason(expected, reason, numbers, choice)

    @call("POST", "/subscribers/erase")
    def erase_many_later(
        self,
        expected: int,
        reason: str,
        *,
        numbers: Sequence[int] | None = None,
        choice: Choice | None = None,
    ) -> Ask[Job]:
        """Have a worker forget all about many readers. It cannot be undone.

        Whom, and how many they are, is said as in `tag_many_later`.
        """
        return _for_reason(expected, reason, numbers, choice)


def _for_reason(
    expected: int, reason: str, numbers: Sequence[int] | None, choice: Choice | None
) -> Ask[Job]:
    body = {"expected": expected, "numbers": numbers, "choice": choice, "reason": reason}
    return Ask(reading.whole, json=body, headers=_LATER)


class Suppressions(Resource[Mode]):
    """Addresses that are never mailed."""

    @call("POST", "/suppressions")
    def add(self, address: str, reason: str) -> Ask[Done]:
        """Never mail an address again, whether or not a subscriber has it."""
        return Ask(reading.whole, json={"address": address, "reason": reason})

    @call("POST", "/suppressions/lift")
    def lift(self, address: str, reason: str) -> Ask[Done]:
        """Lift a suppression, at the owner's wish; it changes no status."""
        return Ask(reading.whole, json={"address": address, "reason": reason})

    @call("POST", "/suppressions/check")
    def check(self, addresses: Sequence[str]) -> Ask[Checked]:
        """Tell of up to 1000 addresses whether they are suppressed."""
        return Ask(reading.whole, json={"addresses": addresses})


class Jobs(Resource[Mode]):
    """Long work that was left to a worker."""

    @call("GET", "/jobs/{number}")
    def get(self, number: int) -> Ask[Job]:
        """Tell how far a job of yours came; it is known for seven days."""
        return Ask(reading.whole, path={"number": number})

    @blocks("/jobs/{number}/refused")
    def refused(self, number: int) -> Ask[bytes]:
        """Iterate over the octets of a CSV file: the lines that an import refused, and why.

        It is kept for a day.
        """
        return Ask(reading.same, path={"number": number}, headers={"Accept": _CSV})
