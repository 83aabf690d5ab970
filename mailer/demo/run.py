"""The steps of the demonstration: what a secretariat does with its first edition, in one go.

It is a real service with real settings, except for three things: its only relay is the catcher,
its clock shows the day of the edition, and its readers are nobody.
"""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from mailer.clock import Clock, SystemClock
from mailer.config import Settings
from mailer.content.preflight import Finding
from mailer.demo import books, maildir
from mailer.demo.catcher import Catcher
from mailer.demo.maildir import Captured
from mailer.demo.subscribers import Sample, sample
from mailer.domain.access.rights import Role
from mailer.domain.campaigns.campaign import FINAL, State
from mailer.domain.subscribers.address import parse_address
from mailer.domain.subscribers.subscriber import Action
from mailer.errors import InputError, MailerError
from mailer.services.access import users
from mailer.services.access.signing_in.links import Links
from mailer.services.calendar.entries import Calendar
from mailer.services.calendar.importing import Options, import_file
from mailer.services.campaigns.lifecycle import Campaigns
from mailer.services.campaigns.status import Status
from mailer.services.editions import library as editions
from mailer.services.editions import preview
from mailer.services.subscriber_files.importing import ImportReport, import_csv
from mailer.services.subscriptions import subscribers
from mailer.store.campaigns import audience
from mailer.store.editions import Summary
from mailer.store.server.connection import Store

EDITION: Final = Path(__file__).parent / "spring-2023"
NOW: Final = datetime(2023, 4, 12, 7, tzinfo=UTC)
"""The start of the demonstration, by its own clock: 9 in the morning in Zurich."""
TOPIC: Final = "bulletin"
OWNER: Final = "ada@example.org"
"""The user who may do everything in the demonstration's console."""
STALL_SECONDS: Final = 60.0
"""A campaign in which nothing happens for that long will not end."""

_CONFIGURATION: Final = """\
# Written by `mailer demo`. Its only relay is a catcher that keeps what it is given.
data_dir = "data"
clock_offset_seconds = {offset}
sender_address = "bulletin@lists.example.org"
owner_address = "secretariat@example.org"
list_domain = "lists.example.org"
relays = ["{relay}"]
web_listen = "{pages}"
public_url = "{pages}"
time_zone = "Europe/Zurich"
log_level = "warning"

[sender_name]
en = "MSME Bulletin"
fr = "Bulletin MPME"
es = "Boletín mipymes"
"""


def prepare(folder: Path) -> None:
    """Make the folder of a demonstration, or take one that is empty.

    Raises:
        InputError: it holds something, or cannot be used.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        taken = any(folder.iterdir())
    except OSError as error:
        text = f"{folder} cannot be used: {error.strerror}"
        raise InputError.of(
            "--data", text, "name a folder that can be made", code="file.unwritable"
        ) from error
    if taken:
        text = f"{folder} is not empty, and may belong to a service that sends real mail"
        raise InputError.of(
            "--data", text, "name a new folder, or an empty one", code="file.exists"
        )


def configure(folder: Path, catcher: Catcher, now: datetime = NOW, **overrides: Any) -> Settings:
    """Write the demonstration's `mailer.toml`, and load it as every service does."""
    file = folder / "mailer.toml"
    offset = round((now - SystemClock().now()).total_seconds(), 3)
    pages = f"http://127.0.0.1:{_free_port()}"
    text = _CONFIGURATION.format(offset=offset, relay=catcher.url, pages=pages)
    file.write_text(text, encoding="utf-8")
    return Settings.load(file, **overrides)


def _free_port() -> int:
    """Find a port for the pages: mails must name it before anything listens there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@dataclass(frozen=True, slots=True)
class Readers:
    """The result of importing the sample subscribers."""

    first: ImportReport
    again: ImportReport
    """The same file once more, after some had left."""
    sample: Sample


@dataclass(frozen=True, slots=True)
class Comparison:
    """The books and the catcher, side by side."""

    caught: Sequence[Captured]
    by_language: Mapping[str, int]
    """The number of messages that the catcher holds."""
    wrong: Sequence[str]
    """The disagreements found, in words."""


class Demo:
    """The steps, to be taken in order, on the running service's store."""

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        store: Store,
        count: int,
        clock: Clock | None = None,
    ) -> None:
        """Set up a run of the demonstration.

        Without a clock it is the machine's, shifted as the settings say.
        """
        self.folder, self._settings, self._store, self._count = folder, settings, store, count
        self.clock: Clock = clock or SystemClock(settings.clock_offset)
        self._campaigns = Campaigns(store, settings, self.clock)
        self._number = 0

    def import_edition(self) -> tuple[Summary, Sequence[Finding]]:
        """Import the edition and its calendar; return what preflight found."""
        summary, _ = editions.import_folder(self._store, self._settings.topics, EDITION, self.clock)
        dates = Calendar(self._store, self._settings, self.clock)
        import_file(dates, self._settings, EDITION / "calendar.toml", Options())
        edition = editions.load(self._store, self._settings.topics, summary.slug)
        return summary, preview.findings(self._settings, edition, audience.readers(self._store))

    def import_readers(self) -> Readers:
        """Import the sample subscribers; some leave; import the file once more (law 7)."""
        made = sample(self._count)
        file = self.folder / "readers.csv"
        made.write(file)
        first = import_csv(self._store, self._settings, self.clock, file)
        for address, _, _ in made.left:
            self._leave(address)
        for address, _, _ in made.suppressed:
            found, now = parse_address(address), self.clock.now()
            subscribers.suppress(self._store, self._settings, now, found, "asked for it")
        again = import_csv(self._store, self._settings, self.clock, file)
        return Readers(first, again, made)

    def add_owner(self) -> str:
        """Add the owner of the demonstration; returns the link that signs them in, once."""
        address = parse_address(OWNER)
        now, role = self.clock.now(), Role.OWNER
        users.add(self._store, self._settings, now, address, name="Ada", role=role, language="en")
        return Links(self._store, self._settings, self.clock).hand(OWNER)

    def create(self, slug: str) -> int:
        """Make the campaign; returns its number."""
        self._number = self._campaigns.create(slug, TOPIC).number
        return self._number

    def send(self, readers: Readers) -> None:
        """Start the campaign; its last reader leaves just after the audience was frozen (law 4)."""
        self._campaigns.send(self._number)
        self._leave(readers.sample.readers[-1][0])

    def watch(self) -> Iterator[Status]:
        """Yield how the campaign stands until it is over; the caller waits between two looks.

        Raises:
            MailerError: nothing has happened for `STALL_SECONDS`.
        """
        moved, settled = self.clock.now(), -1
        while True:
            status = self._campaigns.status(self._number)
            yield status
            if status.campaign.state in FINAL:
                return
            now = self.clock.now()
            if status.counts.settled != settled:
                moved, settled = now, status.counts.settled
            elif (now - moved).total_seconds() > STALL_SECONDS:
                reason = status.campaign.reason or "no reason is known"
                raise MailerError(
                    f"The campaign has not moved for {STALL_SECONDS:.0f} seconds, with"
                    f" {status.counts.outstanding} deliveries outstanding: {reason}."
                )

    def compare(self, status: Status) -> Comparison:
        """Hold the books against the catcher."""
        caught = list(maildir.read(self.folder / "mail"))
        wrong = books.differences(books.accepted(self._store, status.campaign), caught)
        if status.campaign.state is not State.SENT or not status.counts.complete:
            wrong.insert(0, f"The campaign is {status.campaign.state}, and its books do not close.")
        return Comparison(caught, Counter(mail.language for mail in caught), wrong)

    def _leave(self, address: str) -> None:
        number = subscribers.find(self._store, parse_address(address)).number
        subscribers.change(self._store, number, Action.LEAVE, self.clock.now())
