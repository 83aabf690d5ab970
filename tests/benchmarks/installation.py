"""An installation to measure: a store of its own, an edition of a given size, and readers."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from mailer.clock import SystemClock
from mailer.config import Settings, secret_key
from mailer.domain.campaigns.campaign import Campaign, State
from mailer.message.outgoing.composing import Recipient
from mailer.services.campaigns.lifecycle import Campaigns
from mailer.services.editions import library as editions
from mailer.services.sending.composing import Composer
from mailer.services.subscriber_files import importing as subscriber_import
from mailer.store.server.connection import Store, open_store

LANGUAGES: Final = ("en", "fr", "es")
SLUG: Final = "measure"
_CLOSE_ENOUGH: Final = 0.01
_SENTENCES: Final = (
    "Small firms trade across borders when the rules are short and the forms are few.",
    "The group heard three presentations, and asked each speaker what a customs officer should know first.",
    "Where a certificate costs more than the parcel, the parcel stays at home; members compared what they charge.",
    "A database of provisions is worth what people find in it, so its search was tried with six exporters.",
    "Those who answered the survey asked for one thing above all: dates that are known months ahead.",
)


@dataclass
class Installation:
    """A data folder with a running store."""

    folder: Path
    store: Store

    def settings(self, **changes: Any) -> Settings:
        """Return settings as an operator would have them, but for what is measured."""
        given: dict[str, Any] = {
            "sender_name": "Bulletin",
            "sender_address": "bulletin@example.org",
            "list_domain": "lists.example.org",
            "public_url": "https://lists.example.org",
            "log_level": "warning",
            "workers": 1,
            **changes,
        }
        return Settings.load(self._no_file(), data_dir=str(self.folder / "data"), **given)

    def import_edition(self, size: int, languages: Iterable[str] = LANGUAGES) -> int:
        """Make and import an edition whose messages have about that many octets.

        Returns:
            What its messages have, on average over the languages.
        """
        paragraphs, low, high = 8, 0, 0
        while True:
            found = self._import(paragraphs, tuple(languages))
            if abs(found - size) < size * _CLOSE_ENOUGH or paragraphs in {low, high}:
                return found
            low, high = (paragraphs, high) if found < size else (low, paragraphs)
            paragraphs = max(1, round(paragraphs * size / found))

    def import_readers(self, count: int) -> None:
        """Import that many readers, in three languages, through the service."""
        file = self.folder / "readers.csv"
        write_readers(file, count)
        report = subscriber_import.import_csv(self.store, self.settings(), SystemClock(), file)
        if report.usable != count:
            raise RuntimeError(f"{report.refused} of {count} readers were refused: a defect here")
        file.unlink()

    def message(self, settings: Settings, language: str = "en") -> bytes:
        """Compose one message as a worker would."""
        campaign = Campaign(
            number=1,
            state=State.SENDING,
            edition=SLUG,
            topic="bulletin",
            created_at=datetime.now(UTC),
            digest=editions.digest_of(self.store, SLUG),
        )
        composer = Composer(self.store, settings, secret_key(settings))
        to = Recipient(7, "reader7@example.org")
        written = composer.write(campaign, language, to, datetime.now(UTC)).content
        return written if isinstance(written, bytes) else b"".join(written)

    def start(self, settings: Settings, tags: tuple[str, ...] = ()) -> int:
        """Create and start a campaign; returns its number."""
        campaigns = Campaigns(self.store, settings, SystemClock())
        return campaigns.send(campaigns.create(SLUG, "bulletin", tags).number).number

    def _import(self, paragraphs: int, languages: tuple[str, ...]) -> int:
        folder = self.folder / SLUG
        write_edition(folder, paragraphs, languages)
        settings = self.settings()
        editions.import_folder(self.store, settings.topics, folder, SystemClock())
        return sum(len(self.message(settings, code)) for code in languages) // len(languages)

    def _no_file(self) -> Path:
        file = self.folder / "mailer.toml"
        file.touch()  # so that no configuration of the machine is found
        return file


@contextmanager
def installed() -> Iterator[Installation]:
    """Make an installation in a temporary folder; it is gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="mailer-bench-"))
    try:
        store = open_store(folder / "data")
        try:
            yield Installation(folder, store)
        finally:
            store.close()
    finally:
        shutil.rmtree(folder)


def write_readers(file: Path, count: int, tag: str = "", tagged: int = 0) -> None:
    """Write a CSV file of readers, as different from each other as real ones; some with a tag."""
    with file.open("w", encoding="utf-8") as lines:
        lines.write("address,language,topics,tags,name\n")
        for number in range(1, count + 1):
            language = LANGUAGES[number % 3]
            domain = f"mail{number % 977}.example.org"
            own = tag if number <= tagged else ""
            lines.write(f"reader{number}@{domain},{language},bulletin,{own},Reader {number}\n")


def write_edition(folder: Path, paragraphs: int, languages: tuple[str, ...]) -> None:
    """Write an edition's folder; its text is as long as there are paragraphs."""
    folder.mkdir(exist_ok=True)
    titles = "\n".join(f'{code} = "Bulletin {secrets.token_hex(2)}"' for code in languages)
    (folder / "edition.toml").write_text(
        f'slug = "{SLUG}"\ndate = 2023-04-12\nfallback = ["{languages[0]}"]\n'
        f"[season]\n{titles}\n[subject]\n{titles}\n",
        encoding="utf-8",
    )
    for code in languages:
        parts = [
            f"## Section {number}\n\n" * (number % 5 == 0) + " ".join(_SENTENCES[: 3 + number % 3])
            for number in range(paragraphs)
        ]
        front = '+++\ntitle = "Bulletin"\npreheader = "What is new"\n+++\n'
        (folder / f"{code}.md").write_text(front + "\n\n".join(parts) + "\n", encoding="utf-8")
