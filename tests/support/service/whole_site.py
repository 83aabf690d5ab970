"""A site with everything on it: editions, a calendar, readers, and the mails that they have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final

from mailer.domain.calendar.entry import Entry, Kind, Recurrence, Status, created, revised
from mailer.domain.events import Event
from mailer.domain.subscribers.address import parse_address
from mailer.message.outgoing.composing import Recipient
from mailer.services.campaigns import trial_page
from mailer.services.campaigns.lifecycle import Campaigns
from mailer.services.editions import library as editions
from mailer.services.sending.composing import Composer
from mailer.services.subscriptions import subscribers as vouched
from mailer.store.calendar import entries as calendar
from mailer.store.calendar.entries import Change
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store
from mailer.store.subscribers import records as subscribers
from support.places import ROOT
from support.service.invitations import invitation_token
from support.service.web_service import BASE, WebService

SPRING: Final = ROOT / "mailer" / "demo" / "spring-2023"
AUTUMN: Final = ROOT / "tests" / "corpus" / "editions" / "autumn"
LANGUAGES: Final = ("en", "fr", "es")
_HREF: Final = re.compile(r"""(?:href|src|action)=["']([^"']+)["']""")
_ADDRESS: Final = re.compile(r"https?://[^\s<>\"')\]]+")


def texts(en: str, fr: str, es: str) -> dict[str, str]:
    """Give a text in three languages."""
    return {"en": en, "fr": fr, "es": es}


MORE_ENTRIES: Final = (
    Entry(
        id="coffee",
        kind=Kind.MEETING,
        start=datetime(2023, 4, 4, 9, 30),  # noqa: DTZ001 (local to its zone)
        end=datetime(2023, 4, 4, 10, 0),  # noqa: DTZ001 (as above)
        zone="America/Montevideo",
        title=texts("Open hour of the secretariat", "Permanence du secrétariat", "Hora abierta"),
        online="https://meet.example.org/open-hour",
        recurrence=Recurrence(rules=("FREQ=WEEKLY;COUNT=30",)),
    ),
    Entry(
        id="called-off",
        kind=Kind.MEETING,
        start=date(2023, 5, 22),
        end=date(2023, 5, 24),
        zone="Europe/Zurich",
        title=texts("Study visit", "Visite d’étude", "Visita de estudio"),
        status=Status.CANCELLED,
        reason=texts("The host is ill.", "L’hôte est souffrant.", "El anfitrión está enfermo."),
    ),
    Entry(
        id="workshop",
        kind=Kind.MEETING,
        start=datetime(2023, 9, 1, 8, 0),  # noqa: DTZ001 (as above)
        zone="Asia/Kolkata",
        title={"en": "Workshop on digital trade"},
        description={"en": "Two sessions.\n\nWith interpretation."},
        status=Status.TENTATIVE,
        registration={"en": "https://example.org/workshop/register"},
        online="https://meet.example.org/secret-room",
        place={"en": "New Delhi"},
    ),
    Entry(
        id="round-table",
        kind=Kind.MEETING,
        start=datetime(2023, 6, 15, 10, 0),  # noqa: DTZ001 (as above)
        end=datetime(2023, 6, 15, 12, 0),  # noqa: DTZ001 (as above)
        zone="Europe/Zurich",
        title=texts("Round table", "Table ronde", "Mesa redonda"),
        description=texts("Bring a question.", "Apportez une question.", "Traiga una pregunta."),
        online="https://meet.example.org/round-table",
        invite=True,
    ),
    Entry(
        id="press-briefing",
        kind=Kind.MEETING,
        start=datetime(2023, 6, 1, 8, 0),  # noqa: DTZ001 (as above)
        zone="Europe/Zurich",
        title={"en": "Briefing for the press"},
        tags=("press",),
    ),
)


class WholeSite(WebService):
    """Pages of a list that has been running for a while."""

    def __init__(self, store: Store, data_dir: Path, **settings: Any) -> None:
        """Fill the store: three readers, two editions that were sent, and a calendar."""
        super().__init__(store, data_dir, sender_name="The Bulletin", **settings)
        self.campaigns = Campaigns(store, self.settings, self.clock)
        self.readers = {
            code: self._reader(f"reader-{code}@example.org", code) for code in LANGUAGES
        }
        for folder in (SPRING, AUTUMN):
            slug = editions.import_folder(store, self.settings.topics, folder, self.clock)[0].slug
            self.clock.advance(timedelta(hours=1))
            self.campaigns.send(self.campaigns.create(slug, "bulletin").number)
        spring = editions.load(store, self.settings.topics, "spring-2023")
        self.put_down(*spring.calendar, *MORE_ENTRIES)

    def _reader(self, address: str, language: str) -> int:
        parsed = parse_address(address)
        now = self.clock.now()
        vouched.add(
            self.store, self.settings, now, parsed, language=language, topics="bulletin meetings"
        )
        return vouched.find(self.store, parsed).number

    def put_down(self, *entries: Entry) -> None:
        """Put entries into the calendar."""
        now = self.clock.now()
        kept = [created(entry, now, "lists.example.org") for entry in entries]
        calendar.change(
            self.store,
            lambda _: [
                Change(one, Event("calendar.added", now, {"entry": one.id})) for one in kept
            ],
            now,
        )

    def change(self, entry: str, **fields: Any) -> None:
        """Change an entry, an hour later."""
        self.clock.advance(timedelta(hours=1))
        now = self.clock.now()
        before = calendar.get(self.store, entry)
        after = revised(before, replace(before, **fields), now)
        event = Event("calendar.changed", now, {"entry": entry})
        calendar.change(self.store, lambda _: [Change(after, event, before)], now)

    def invitation(self, reader: str, entry: str = "round-table") -> str:
        """Return the path of a reader's page of an invitation."""
        number = calendar.get(self.store, entry).number
        who = subscribers.get(self.store, self.readers[reader])
        assert who is not None
        return f"/rsvp/{invitation_token(self.site.signer, number, who.number, who.address)}"

    def trial(self) -> str:
        """Return the path, below a language's, that trials of an edition lead to."""
        campaign = self.campaigns.create("autumn-2030", "bulletin")
        lot = campaigns.draw_identity(self.store, campaign.number)
        return trial_page.page_of(lot, self.site.signer)

    def mails(self) -> list[EmailMessage]:
        """Return what readers have in their mailboxes: editions, a confirmation, a welcome."""
        composer = Composer(self.store, self.settings, self.site.secret)
        found = []
        for campaign in campaigns.newest_first(self.store):
            for code, number in self.readers.items():
                to = Recipient(number, f"reader-{code}@example.org", "")
                language = code if code in campaign.languages else "en"
                composer.prepare(campaign, language)
                envelope = composer.write(campaign, language, to, self.clock.now())
                found.append(_parsed(b"".join(envelope.content)))  # type: ignore[arg-type]
        found += [
            self.mail.asked(author=f"new-{code}@example.org", to=f"subscribe+{code}")
            for code in LANGUAGES
        ]
        return [*found, self.mail.subscribed(author="newer@example.org")]


def _parsed(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def snapshot(store: Store) -> dict[bytes, object]:
    """Read all that a store holds. DUMP would not do: reading may reorder a hash inside."""
    redis, found = store.redis, {}
    readers = {
        b"string": redis.get,
        b"hash": redis.hgetall,
        b"set": redis.smembers,
        b"list": lambda key: redis.lrange(key, 0, -1),
        b"zset": lambda key: redis.zrange(key, 0, -1, withscores=True),
        b"stream": redis.xrange,
    }
    for key in redis.scan_iter(count=1000):
        found[key] = readers[redis.type(key)](key)
    return found


def links_in(mail: EmailMessage) -> set[str]:
    """Find every web address in a mail: in its header, its text and its HTML."""
    found = {address for value in mail.values() for address in _ADDRESS.findall(str(value))}
    for part in mail.walk():
        if part.get_content_type() in {"text/plain", "text/html"}:
            text = str(part.get_content()).replace("&amp;", "&")
            found.update(_ADDRESS.findall(text))
    return {address.rstrip(".,;") for address in found}


def links_on(text: str) -> Iterator[str]:
    """Yield where a page, a feed or a site map leads, forms included."""
    for target in _HREF.findall(text):
        yield target.replace("&amp;", "&").partition("#")[0]
    for found in re.findall(r"<loc>([^<]+)</loc>|webcal:(//[^\s\"<]+)", text):
        yield found[0] or f"https:{found[1]}"


class Crawler:
    """Follows every link on our own site, as scanners of mail systems do."""

    def __init__(self, site: WebService) -> None:
        """Use the site; nothing is seen yet."""
        self.site, self.base = site, site.settings.public_url or BASE
        self.pages: dict[str, tuple[int, str, str]] = {}
        """Status, type and text of what was seen, by path."""

    def crawl(self, *starts: str) -> None:
        """GET and HEAD all that can be reached from some addresses."""
        waiting = list(starts)
        while waiting:
            path = self._own(waiting.pop())
            if path is None or path in self.pages:
                continue
            answer = self.site.get(path)
            head = self.site.head(path)
            assert head.status_code == answer.status_code, path
            assert head.content == b""
            kind = answer.headers.get("content-type", "").partition(";")[0]
            text = answer.text if kind.startswith("text/") or kind.endswith("xml") else ""
            self.pages[path] = answer.status_code, kind, text
            waiting += [self._joined(path, target) for target in links_on(text)]
            if "location" in answer.headers:
                waiting.append(answer.headers["location"])

    def _own(self, address: str) -> str | None:
        address = re.sub(r"^webcal:", self.base.partition(":")[0] + ":", address)
        if address.startswith(self.base):
            return address.removeprefix(self.base) or "/"
        return address if address.startswith("/") and not address.startswith("//") else None

    @staticmethod
    def _joined(path: str, target: str) -> str:
        return path.partition("?")[0] + target if target.startswith("?") else target
