"""Contents of the archive, in which version, and the results of a search there."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from mailer.content.rendering.searching import Query
from mailer.errors import NotFoundError
from mailer.services.editions import library as edition_services
from mailer.services.editions.archive import Archive
from mailer.services.editions.archive_search import ArchiveSearch, Hit
from mailer.store import editions
from mailer.store.server.connection import Store
from support.places import CORPUS
from support.service.small_campaign import FILES, SmallService, settings_for

AUTUMN = CORPUS / "editions" / "autumn"


class Library(SmallService):
    """A service with an archive, and readers with and without a tag."""

    def __init__(self, store: Store, tmp_path: Path) -> None:
        """Subscribe two readers."""
        super().__init__(store, settings_for(tmp_path))
        self.subscribe("ann@example.org")
        self.archive = Archive(store, self.settings)
        self.searcher = ArchiveSearch()

    def bring(self, folder: Path) -> str:
        """Import an edition; returns its slug."""
        return edition_services.import_folder(self.store, self.settings.topics, folder, self.clock)[
            0
        ].slug

    def correct(self, word: str) -> str:
        """Import another version of the small edition; returns its digest."""
        files = {**FILES, "en.md": FILES["en.md"].replace(b"Hello", word.encode())}
        return editions.save(
            self.store,
            "small",
            files,
            issued=date(2023, 4, 12),
            season={"en": "Spring"},
            languages=("en", "fr"),
            now=self.clock.now(),
        ).digest

    def send(self, slug: str = "small", **fields: Any) -> int:
        """Start a campaign, an hour after what was before."""
        self.clock.advance(timedelta(hours=1))
        return self.campaigns.send(self.campaigns.create(slug, "bulletin", **fields).number).number

    def text(self, slug: str = "small", language: str = "en") -> str:
        """Return what the archive shows of an edition."""
        sent = self.archive.get(slug)
        return str(self.archive.text(sent, language, today=self.clock.now().date(), own="").body)

    def find(self, words: str, language: str = "en") -> list[Hit]:
        """Search."""
        return self.searcher.find(self.archive.newest_first(), language, Query.parse(words))


@pytest.fixture
def library(store: Store, tmp_path: Path) -> Library:
    """Return an archive with nothing in it."""
    return Library(store, tmp_path)


def test_an_edition_is_there_from_its_first_mail_on(library: Library) -> None:
    """The link "View in your browser" must work for whoever opens the mail first."""
    campaign = library.campaigns.create("small", "bulletin")
    assert not library.archive.all()
    library.campaigns.schedule(
        campaign.number,
        (library.clock.now() + timedelta(hours=2)).replace(tzinfo=None),
        "UTC",
    )
    assert not library.archive.all()
    library.campaigns.send(campaign.number)
    (sent,) = library.archive.newest_first()
    assert sent.first_sent == sent.last_sent == library.clock.now()
    assert "Hello in one paragraph." in library.text()
    library.campaigns.pause(campaign.number)
    assert [sent.slug for sent in library.archive.newest_first()] == ["small"]


def test_what_was_never_sent_stays_with_the_secretariat(library: Library) -> None:
    """A draft on the web would be news before its time."""
    library.bring(AUTUMN)
    library.send()
    assert set(library.archive.all()) == {"small"}
    with pytest.raises(NotFoundError):
        library.archive.get("autumn-2030")
    (picture,) = edition_services.load(
        library.store, library.settings.topics, "autumn-2030"
    ).pictures.values()
    from mailer.content.rendering.web_page import picture_digest

    assert library.archive.image(picture_digest(picture)) is None


def test_the_version_that_was_sent_is_shown(library: Library) -> None:
    """A reader must find the same text in mail and page; a later import corrects nothing."""
    library.send()
    library.correct("Goodbye")
    assert "Hello in one paragraph." in library.text()
    library.send()
    assert "Goodbye in one paragraph." in library.text()
    sent = library.archive.get("small")
    assert sent.last_sent - sent.first_sent == timedelta(hours=1)


def test_a_cancelled_campaign_takes_its_edition_out(library: Library) -> None:
    """The secretariat cancels what should not have gone out."""
    first = library.send()
    library.correct("Goodbye")
    second = library.send()
    library.campaigns.cancel(second)
    assert "Hello in one paragraph." in library.text()
    library.campaigns.cancel(first)
    assert not library.archive.all()


def test_what_went_to_some_readers_only_is_listed_nowhere(library: Library) -> None:
    """A letter to the press list is no bulletin; but its readers' own link must work."""
    library.store.redis.setbit("mailer:bits:tag:press", 1, 1)
    library.store.redis.sadd("mailer:subscribers:tags", "press")
    library.send(tags=("press",))
    assert library.archive.newest_first() == []
    assert "Hello" in library.text()
    library.correct("Goodbye")
    library.send()
    library.correct("Psst")
    library.send(tags=("press",))
    (sent,) = library.archive.newest_first()
    assert sent.listed
    assert "Goodbye" in library.text()


def test_cards_that_were_never_kept_are_made(library: Library) -> None:
    """Editions that were imported before there was an archive belong into it."""
    library.send()
    assert library.archive.get("small").card.face_for("fr").subject == "Nouvelles"
    library.bring(AUTUMN)
    library.send("autumn-2030")
    library.store.redis.delete(*library.store.redis.keys("mailer:edition:*:card"))
    fresh = Archive(library.store, library.settings)
    assert {sent.slug: sent.card for sent in fresh.newest_first()} == {
        sent.slug: sent.card for sent in library.archive.newest_first()
    }


def test_an_edition_that_cannot_be_read_any_more_hides_no_other(library: Library) -> None:
    """One damaged record must not close the archive."""
    digest = library.send() and editions.summary_of(library.store, "small").digest
    library.bring(AUTUMN)
    library.send("autumn-2030")
    library.store.redis.hset(f"mailer:edition:small:{digest}", "en.md", b"no front matter")
    fresh = Archive(library.store, library.settings)
    assert [sent.slug for sent in fresh.newest_first()] == ["autumn-2030"]


def test_images_are_found_by_their_digest_also_of_former_versions(
    library: Library, tmp_path: Path
) -> None:
    """Feed readers keep a page for weeks, and ask for its images then."""
    slug = library.bring(AUTUMN)
    library.send(slug)
    sent = library.archive.get(slug)
    (digest,) = sent.card.images
    image = library.archive.image(digest)
    assert image
    assert (image.path, image.content_type) == (f"/images/{digest}.png", "image/png")
    assert (
        image.data
        == edition_services.load(library.store, library.settings.topics, slug)
        .pictures["images/dot.png"]
        .data
    )
    text = (AUTUMN / "en.md").read_text(encoding="utf-8")
    copy = tmp_path / "autumn"
    copy.mkdir()
    for name in ("edition.toml", "calendar.toml", "members.toml"):
        (copy / name).write_bytes((AUTUMN / name).read_bytes())
    start = text.index("::: figure")
    text = text[:start] + text[text.index(":::: interview") :].replace(
        "::: standing history\n:::\n", ""
    )
    (copy / "en.md").write_text(text, encoding="utf-8")
    library.bring(copy)
    library.send(slug)
    assert not library.archive.get(slug).card.images
    assert library.archive.image(digest) == image
    assert library.archive.image("0" * 32) is None


def test_another_process_sees_what_happens(library: Library) -> None:
    """Pages are served by several processes, campaigns are started by others."""
    other = Archive(library.store, library.settings)
    assert not other.all()
    number = library.send()
    assert set(other.all()) == {"small"}
    library.campaigns.cancel(number)
    assert not other.all()


def test_reading_and_searching_write_nothing(library: Library) -> None:
    """Law 5: whoever reads, nothing changes."""
    library.bring(AUTUMN)
    library.send()
    library.send("autumn-2030")
    redis = library.store.redis

    def dump() -> dict[bytes, bytes]:
        return {key: redis.dump(key) for key in redis.keys("*")}

    before = dump()
    library.archive.newest_first()
    library.text()
    library.text("autumn-2030", "fr")
    library.find("essay")
    assert dump() == before


def test_a_search_finds_titles_and_text_in_the_reader_s_language(library: Library) -> None:
    """A reader looks for what they remember, in their own language."""
    library.bring(AUTUMN)
    library.send()
    library.send("autumn-2030")
    (hit,) = library.find("ESSAY tides")
    assert hit.sent.slug == "autumn-2030"
    (part,) = [part for part in hit.parts if part.anchor == "s1"]
    assert part.heading == "A call for essays"
    assert [hit.sent.slug for hit in library.find("nouvelles", "fr")] == ["small"]
    assert library.find("nouvelles", "en") == []
    assert library.find("essay nowhere") == []
    assert library.find("") == []


def test_what_fits_best_comes_first(library: Library) -> None:
    """An edition about a thing goes before one that names it once."""
    library.bring(AUTUMN)
    library.correct("harbour")
    library.send()
    library.send("autumn-2030")
    assert [hit.sent.slug for hit in library.find("harbour")] == ["autumn-2030", "small"]
