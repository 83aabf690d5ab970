"""The archive: editions that were sent, as they were sent, to read, to list and to search.

An edition is in the archive from the moment a campaign of it starts, for from then on mails lead
here. A cancelled campaign takes it out again. One that went to readers with certain tags, or
of topics that are not visible, only can be read by whoever has its address, and is listed nowhere.

What is kept here between visits is the same for everybody, and named by digests.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, datetime
from threading import Lock
from typing import Final, TypeVar

from mailer import log
from mailer.config import Settings
from mailer.content.parsing import card as cards
from mailer.content.parsing.card import Card
from mailer.content.rendering import web_page
from mailer.content.rendering.web_page import WebEdition
from mailer.domain.campaigns.campaign import FINAL, Campaign, State
from mailer.errors import InputError, NotFoundError
from mailer.services.editions.library import links_within, load, page_of
from mailer.store import editions
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store

PUBLIC: Final = frozenset({State.SENDING, State.PAUSED, State.SENT})
PAGES: Final = 200
"""Texts of editions kept ready, some 30 kB each."""
PICTURES: Final = 64
"""Images kept ready; most have less than 100 kB."""

Version = tuple[str, str]
"""Slug and digest."""

_log = log.get_logger(__name__)

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Sent:
    """An edition in the archive, in the version that was sent last."""

    slug: str
    digest: str
    first_sent: datetime
    last_sent: datetime
    listed: bool
    card: Card


@dataclass(frozen=True, slots=True)
class StoredImage:
    """An image, and where it is served."""

    path: str
    content_type: str
    data: bytes


class Kept(OrderedDict[K, V]):
    """Keeps what was used last, up to a number of things."""

    def __init__(self, most: int) -> None:
        """Keep at most that many."""
        super().__init__()
        self._most, self._lock = most, Lock()

    def find(self, key: K) -> V | None:
        """Return what is kept under a key."""
        with self._lock:
            if key in self:
                self.move_to_end(key)
            return super().get(key)

    def keep(self, key: K, value: V) -> V:
        """Keep a value, and let the one go that was not asked for longest."""
        with self._lock:
            self[key] = value
            self.move_to_end(key)
            while len(self) > self._most:
                self.popitem(last=False)
        return value


@dataclass
class _Known:
    """The data that was read of campaigns so far. Those that are over never change again."""

    last: int = 0
    over: dict[int, Campaign] = field(default_factory=dict)
    open: dict[int, Campaign] = field(default_factory=dict)


class Archive:
    """The archive of one installation; may be used by several threads at once."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store, self._settings = store, settings
        self._known = _Known()
        self._lock = Lock()
        self._stale = True
        self._sent: dict[str, Sent] = {}
        self._cards: dict[Version, Card] = {}
        self._pages: Kept[tuple[object, ...], WebEdition] = Kept(PAGES)
        self._images: Kept[str, bytes] = Kept(PICTURES)

    def all(self) -> Mapping[str, Sent]:
        """Return what is in the archive now, listed or not, by slug."""
        with self._lock:
            self._stale = self._look() or self._stale
            if self._stale:
                self._sent = self._arranged()
                self._stale = False
            return self._sent

    def newest_first(self) -> list[Sent]:
        """List the archive by date, the newest first."""
        listed = (sent for sent in self.all().values() if sent.listed)
        return sorted(listed, key=lambda sent: (sent.card.day, sent.first_sent), reverse=True)

    def get(self, slug: str) -> Sent:
        """Find an edition in the archive.

        Raises:
            NotFoundError: there is none of that slug, or it was never sent.
        """
        found = self.all().get(slug)
        if found is None:
            raise NotFoundError("edition", slug)
        return found

    def text(self, sent: Sent, language: str, *, today: date | None, own: str) -> WebEdition:
        """Render an edition for readers of a language, or take it from what is kept.

        Args:
            sent: which edition.
            language: the reader's; another may stand in, see `Card.face_for`.
            today: what ended before is marked as past; None for the day of the edition.
            own: what links to our own pages begin with: a path, or scheme and host.
        """
        code = sent.card.face_for(language).language
        since = sent.card.marked_since(today) if today else sent.card.day
        key = (sent.slug, sent.digest, code, language, since, own)
        if (found := self._pages.find(key)) is not None:
            return found
        edition = load(self._store, self._settings.topics, sent.slug, sent.digest)
        links = links_within(self._settings, language, own, page_of(sent.slug))
        names = self._settings.look.names_in(code, self._settings.languages)
        page = web_page.render(edition, code, links=links, own=own, today=since, names=names)
        return self._pages.keep(key, page)

    def image(self, digest: str) -> StoredImage | None:
        """Load an image that an edition shows or showed, or None.

        Images of versions that were sent before the one shown stay, for feeds are kept for long.
        """
        self.all()
        for version, card in self._cards.items():
            if (image := card.images.get(digest)) is None:
                continue
            data = self._images.find(digest) or editions.file_of(self._store, *version, image.path)
            if data:
                self._images.keep(digest, data)
                path = web_page.image_path(digest, image.content_type)
                return StoredImage(path, image.content_type, data)
        return None

    def _look(self) -> bool:
        """Read the campaigns that may have changed; true if the archive may have, too."""
        known = self._known
        last = campaigns.last_number(self._store)
        numbers = [*known.open, *range(known.last + 1, last + 1)]
        fresh = {found.number: found for found in campaigns.some(self._store, numbers)}
        changed = {n: found for n, found in fresh.items() if found != known.open.get(n)}
        over = {n: found for n, found in fresh.items() if found.state in FINAL}
        sent = {n: found for n, found in over.items() if found.state in PUBLIC and found.edition}
        opened = {n: found for n, found in fresh.items() if n not in over and found.edition}
        self._known = _Known(last, {**known.over, **sent}, opened)
        return any(found.edition and found.started_at for found in changed.values())

    def _arranged(self) -> dict[str, Sent]:
        """Gather the versions that were sent, with their cards.

        Of each edition the version of the last campaign to everybody, else of the last one.
        """
        known = self._known
        by_slug: dict[str, list[Campaign]] = {}
        for campaign in [*known.over.values(), *known.open.values()]:
            if campaign.state in PUBLIC and campaign.digest and campaign.started_at:
                by_slug.setdefault(campaign.edition, []).append(campaign)
        self._cards = self._read(
            {(c.edition, c.digest) for found in by_slug.values() for c in found}
        )
        sent: dict[str, Sent] = {}
        for slug, found in by_slug.items():
            shown = max(found, key=lambda one: (self._is_public(one), _started(one)))
            if (card := self._cards.get((slug, shown.digest))) is not None:
                first = min(map(_started, found))
                listed = self._is_public(shown)
                sent[slug] = Sent(slug, shown.digest, first, _started(shown), listed, card)
        return sent

    def _is_public(self, campaign: Campaign) -> bool:
        """Tell whether a campaign went to whoever subscribes to a topic that all may see."""
        return not campaign.tags and self._settings.topics.is_public(campaign.topics)

    def _read(self, versions: AbstractSet[Version]) -> dict[Version, Card]:
        """Use the cards that are known, read the others, and make those that were never kept."""
        found = {version: self._cards[version] for version in versions & self._cards.keys()}
        wanted = sorted(versions - found.keys())
        texts = editions.cards_of(self._store, wanted)
        for version, text in zip(wanted, texts, strict=True):
            card = cards.from_json(text) or self._made(*version)
            if card is not None:
                found[version] = card
        return found

    def _made(self, slug: str, digest: str) -> Card | None:
        """Make a card from the files; None, and a line in the log, if they cannot be read."""
        try:
            return cards.card_of(load(self._store, self._settings.topics, slug, digest))
        except (NotFoundError, InputError) as error:
            _log.warning(
                "archive.unreadable",
                message=f"The archive leaves out what cannot be read: {error}",
                edition=slug,
                digest=digest,
            )
            return None


def _started(campaign: Campaign) -> datetime:
    assert campaign.started_at  # noqa: S101 (those without were left out)
    return campaign.started_at
