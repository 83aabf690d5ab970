"""Drafts: several people write one edition, and nothing of what they write is lost."""

from __future__ import annotations

import io
import zipfile
from contextlib import AbstractContextManager
from datetime import date, timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest

from mailer.demo.run import EDITION as DEMO
from mailer.domain.access.actor import Actor, Kind
from mailer.domain.access.rights import RIGHTS, Role
from mailer.domain.drafts.draft import IN_BIN, Made
from mailer.errors import InputError, NotAllowedError, NotFoundError, StateError
from mailer.services.access.acting import Recorder, acting_as
from mailer.services.editions import library
from mailer.services.editions.archive import Archive
from mailer.services.editions.drafts import (
    beginning,
    keeping,
    looking,
    publishing,
    reading,
    writing,
)
from mailer.services.editions.drafts.desk import Desk
from mailer.services.editions.drafts.reading import Stage
from mailer.services.editions.drafts.writing import Outcome
from mailer.store import keys
from mailer.store.drafts import records
from mailer.store.server.connection import Store
from support.service.small_campaign import FILES, SmallService, settings_for

DAY = date(2023, 7, 1)


class Writers:
    """A service with the small edition, and two people who write."""

    def __init__(self, store: Store, folder: Path) -> None:
        """Import the edition."""
        self.small = SmallService(store, settings_for(folder))
        self.store, self.clock = store, self.small.clock
        settings = self.small.settings
        self.desk = Desk(store, settings, self.clock, Archive(store, settings))
        self.recorder = Recorder(store, settings, self.clock)

    def as_user(self, name: str, role: Role = Role.EDITOR) -> AbstractContextManager[None]:
        """Act as somebody."""
        number = str(sum(name.encode()))
        return acting_as(Actor(Kind.USER, name, RIGHTS[role], number), self.recorder)

    def begin(self) -> int:
        """Begin the next edition after the small one."""
        return beginning.duplicate(self.desk, "small", "summer", DAY).number

    def text(self, number: int, path: str = "en.md") -> str:
        """Return a text as it is."""
        return reading.opened(self.desk, number).texts[path].text

    def change(
        self, number: int, old: str, new: str, base: int = 0, **how: object
    ) -> writing.Saved:
        """Save the English text with other words; by default on the present one."""
        opened = reading.opened(self.desk, number).texts["en.md"]
        at = base or opened.revision.number
        text = reading.text_at(self.desk, number, "en.md", at).text
        assert old in text
        return writing.save(self.desk, number, "en.md", at, text.replace(old, new), **how)  # type: ignore[arg-type]


@pytest.fixture
def writers(store: Store, tmp_path: Path) -> Writers:
    """Return a service and its writers."""
    return Writers(store, tmp_path)


def test_the_next_edition_begins_after_the_pattern_of_the_last(writers: Writers) -> None:
    """Its texts are there; what is never the same twice is empty."""
    opened = reading.opened(writers.desk, writers.begin())
    assert opened.draft.languages == ("en", "fr")
    assert (opened.draft.slug, opened.draft.date) == ("summer", "2023-07-01")
    assert opened.draft.season == {"en": "July 2023", "fr": "Juillet 2023"}
    assert 'preheader = ""' in opened.texts["fr.md"].text
    assert "Bonjour in one paragraph." in opened.texts["fr.md"].text
    assert opened.stage is Stage.WRITING
    assert opened.missing == ("es",)
    assert all(one.complete for one in opened.progress.values())


def test_an_empty_edition_is_there_in_all_languages(writers: Writers) -> None:
    """What is missing is said, with its place, and nothing fails that shows it."""
    number = beginning.empty(writers.desk, "summer", DAY).number
    looked = looking.check(writers.desk, number)
    assert not looked.readable
    assert {looked.places[at].file for at in looked.places} >= {"en.md", "fr.md", "es.md"}
    opened = reading.opened(writers.desk, number)
    assert {one.percent for one in opened.progress.values()} == {0}
    with pytest.raises(InputError):
        looking.mail_html(writers.desk, number, "en")


@pytest.mark.parametrize("slug", ["small", "Summer 2023", "", "../x"])
def test_a_name_that_cannot_be_is_refused(writers: Writers, slug: str) -> None:
    """Two editions of one name would replace each other in the library."""
    with pytest.raises(InputError) as refused:
        beginning.empty(writers.desk, slug, DAY)
    assert refused.value.problems[0].place == "slug"


def test_two_people_at_different_places_are_merged(writers: Writers) -> None:
    """Neither has to know of the other, and the second may go on from what they have before them."""
    number = writers.begin()
    with writers.as_user("Ada"):
        first = writers.change(number, "## Hello", "## Good morning")
    with writers.as_user("Bea"):
        second = writers.change(number, "in one paragraph", "in two", base=1)
        assert (first.outcome, second.outcome) == (Outcome.SAVED, Outcome.MERGED)
        text = writers.text(number)
        assert "## Good morning" in text
        assert "in two" in text
        # Bea's page still shows her own text: what she types next is based on that.
        again = writers.change(number, "in two.", "in two or three.", base=second.yours)
    text = writers.text(number)
    assert again.outcome is Outcome.MERGED
    assert "## Good morning" in text
    assert "in two or three." in text
    made = [one.made for one in reading.history(writers.desk, number, "en.md")]
    assert made == [Made.MERGED, Made.ASIDE, Made.MERGED, Made.ASIDE, Made.SAVED, Made.FIRST]


def test_two_people_at_the_same_words_lose_neither(writers: Writers) -> None:
    """The text stays as the first left it; the second's is kept, shown, and theirs to choose from."""
    number = writers.begin()
    with writers.as_user("Ada"):
        writers.change(number, "in one paragraph", "in a paragraph")
    with writers.as_user("Bea"):
        found = writers.change(number, "in one paragraph", "in 1 paragraph", base=1)
        repeated = writers.change(number, "in one paragraph", "in 1 paragraph", base=1)
    assert found.outcome is Outcome.CONFLICT
    assert repeated == found
    assert "in a paragraph" in writers.text(number)
    clash = writing.clash(writers.desk, number, "en.md", found.yours, 1)
    assert "in 1 paragraph" in clash.mine_text
    assert clash.theirs.name == "Ada"
    assert clash.mine.name == "Bea"
    assert len(clash.merged.conflicts) == 1
    assert "in a paragraph" in clash.merged.text
    assert "in 1 paragraph" in clash.merged.text
    chosen = writing.save(writers.desk, number, "en.md", clash.theirs.number, clash.merged.text)
    assert chosen.outcome is Outcome.SAVED


def test_a_save_that_is_sent_again_is_done_once(writers: Writers) -> None:
    """The answer to the first may have been lost with the process that made it."""
    number = writers.begin()
    one = writers.change(number, "Hello", "Hi", save_id="a-save-of-ada", typed=True)
    writers.change(number, "paragraph", "line")
    again = writers.change(number, "Hello", "Hi", base=1, save_id="a-save-of-ada", typed=True)
    assert again == one
    assert [r.number for r in reading.history(writers.desk, number, "en.md")] == [3, 2, 1]


def test_saves_at_the_same_instant_are_done_one_after_the_other(writers: Writers) -> None:
    """Eight people who press at once; each changes a line of their own."""
    number = writers.begin()
    lines = "\n\n".join(f"Line {n} stands here." for n in range(8))
    start = writers.change(number, "Hello in one paragraph.", lines).revision
    barrier = Barrier(8)

    def press(n: int) -> None:
        barrier.wait()
        writers.change(number, f"Line {n} stands", f"Line {n}, changed, stands", base=start)

    threads = [Thread(target=press, args=[n]) for n in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert writers.text(number).count(", changed,") == 8


def test_words_typed_from_a_revision_that_is_gone_are_kept_all_the_same(writers: Writers) -> None:
    """Without what both came from nothing can be merged; a person decides."""
    number = writers.begin()
    base = writers.change(number, "Hello", "Hi").revision
    writers.change(number, "Hi", "Hi there")
    writers.store.redis.hdel(keys.draft_history(number, "en.md"), base)
    found = writing.save(writers.desk, number, "en.md", base, "my whole text\n")
    assert found.outcome is Outcome.CONFLICT
    clash = writing.clash(writers.desk, number, "en.md", found.yours, base)
    assert "my whole text" in clash.merged.text
    assert "Hi there" in clash.merged.text


def test_an_earlier_text_is_restored_as_a_new_revision(writers: Writers) -> None:
    """What it replaces stays in the history; and what it says of its source may be old."""
    number = writers.begin()
    writing.save(writers.desk, number, "fr.md", 1, writers.text(number, "fr.md") + "\nFin.\n")
    made = writing.restore(writers.desk, number, "fr.md", 1)
    assert (made.number, made.made, made.note) == (3, Made.RESTORED, "1")
    assert "Fin." not in writers.text(number, "fr.md")
    rows = reading.compared(writers.desk, number, "fr.md", 2, 3)
    assert "Fin." in "".join(span.text for row in rows for span in row.before if span.marked)
    with pytest.raises(NotFoundError):
        writing.restore(writers.desk, number, "fr.md", 99)


def test_a_named_revision_outlasts_the_others(writers: Writers) -> None:
    """History is bounded; what somebody named is there for as long as anything is."""
    number = writers.begin()
    writers.change(number, "Hello", "Hello 0", typed=True)
    keeping.name_revision(writers.desk, number, "en.md", "  Sent to   the Chair ")
    for n in range(1, 12):
        writers.clock.advance(timedelta(minutes=3))
        writers.change(number, f"Hello {n - 1}", f"Hello {n}", typed=True)
    writers.clock.advance(timedelta(hours=2))
    writers.change(number, "Hello 11", "Hello 12", typed=True)
    found = reading.history(writers.desk, number, "en.md")
    assert len(found) == 4
    assert [one.note for one in found if one.note] == ["Sent to the Chair"]
    held = writers.store.redis.hkeys(keys.draft_contents(number))
    assert len([name for name in held if name.startswith(b"en.md\n")]) == len(found)


def test_a_change_of_the_source_shows_in_the_others(writers: Writers) -> None:
    """Until they are written anew, or somebody says that they say the same."""
    number = writers.begin()
    writers.change(number, "Hello in one paragraph", "Hello in a whole new paragraph of words")
    opened = reading.opened(writers.desk, number)
    assert opened.progress["fr"].stale == 1
    assert reading.behind(writers.desk, number, "fr") == [(6, "Bonjour")]
    keeping.look_over(writers.desk, number, "fr")
    assert reading.opened(writers.desk, number).progress["fr"].complete


def test_a_language_is_added_by_writing_it(writers: Writers) -> None:
    """And taken out again, with its history kept."""
    number = writers.begin()
    text = writers.text(number).replace("Hello", "Hola")
    assert writing.save(writers.desk, number, "es.md", 0, text).outcome is Outcome.SAVED
    assert reading.opened(writers.desk, number).draft.languages == ("en", "fr", "es")
    keeping.remove_text(writers.desk, number, "es.md")
    assert reading.opened(writers.desk, number).draft.languages == ("en", "fr")
    writing.restore(writers.desk, number, "es.md", 1)
    assert "Hola" in writers.text(number, "es.md")
    with pytest.raises(StateError):
        keeping.remove_text(writers.desk, number, "en.md")


@pytest.mark.parametrize(
    "path", ["../en.md", "en.txt", "images/a.png", "EN.md", "xx-.md", "x/en.md"]
)
def test_a_text_has_one_of_the_names_of_an_edition(writers: Writers, path: str) -> None:
    """The name comes with a form, and stands in an archive later."""
    with pytest.raises(InputError):
        writing.save(writers.desk, writers.begin(), path, 0, "x")


def test_a_draft_goes_to_the_library_and_is_closed_when_it_is_sent(writers: Writers) -> None:
    """From then on it is duplicated, not changed: readers have it."""
    number = beginning.reopen(writers.desk, "small").number
    assert reading.shown(writers.desk, number).in_library
    writers.change(number, "Hello", "Good morning")
    assert reading.opened(writers.desk, number).stage is Stage.WRITING
    summary = publishing.publish(writers.desk, number)
    assert summary.digest == library.digest_of(writers.store, "small")
    assert reading.opened(writers.desk, number).stage is Stage.READY
    with pytest.raises(InputError):
        beginning.reopen(writers.desk, "small")
    writers.small.subscribe("ann@example.org")
    campaign = writers.small.campaigns.create("small", "bulletin")
    writers.small.campaigns.send(campaign.number)
    opened = reading.opened(writers.desk, number)
    assert opened.stage is Stage.SENT
    assert not opened.writable
    with pytest.raises(StateError):
        writers.change(number, "Good", "Bad")
    after = beginning.duplicate(writers.desk, f"#{number}", "summer", DAY)
    assert "Good morning" in writers.text(after.number)


def test_a_draft_does_not_replace_what_somebody_imported_meanwhile(writers: Writers) -> None:
    """Unless it is said: the other's work would be gone from what is sent."""
    number = beginning.reopen(writers.desk, "small").number
    writers.change(number, "Hello", "Good morning")
    writers.small.publish("\nImported by another.\n")
    with pytest.raises(InputError) as refused:
        publishing.publish(writers.desk, number)
    assert refused.value.problems[0].code == "draft.replaces"
    publishing.publish(writers.desk, number, replaces=True)
    assert (
        "Good morning"
        in library.load(writers.store, writers.small.settings.topics, "small")
        .translations["en"]
        .body
    )


def test_what_goes_out_as_an_archive_comes_in_as_it_was(writers: Writers, tmp_path: Path) -> None:
    """Octet by octet, pictures too: the folder is the edition."""
    first = beginning.from_folder(writers.desk, DEMO).number
    name, packed = publishing.archive(writers.desk, first)
    assert name == "spring-2023.zip"
    file = tmp_path / name
    file.write_bytes(packed)
    second = beginning.from_archive(writers.desk, file).number
    ours, theirs = (records.contents(writers.store, one)[2] for one in (first, second))
    assert ours == theirs
    assert {path for path in ours if path.startswith("images/")}
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.testzip() is None
    assert publishing.archive(writers.desk, second)[1] == packed


def test_the_bin_keeps_a_draft_for_thirty_days(writers: Writers) -> None:
    """Then nothing of it is left."""
    number = writers.begin()
    keeping.remove(writers.desk, number)
    assert number not in [one.draft.number for one in reading.listed(writers.desk) if one.draft]
    with pytest.raises(StateError):
        writers.change(number, "Hello", "Hi")
    keeping.recover(writers.desk, number)
    writers.change(number, "Hello", "Hi")
    keeping.remove(writers.desk, number)
    assert [one.number for one in reading.binned(writers.desk)] == [number]
    writers.clock.advance(IN_BIN + timedelta(seconds=1))
    assert reading.binned(writers.desk) == []
    assert keeping.empty_bin(writers.store, writers.clock.now()) == 1
    left = {key.decode() for key in writers.store.redis.keys(f"mailer:draft:{number}*")}
    assert left == set()


def test_others_are_seen_for_some_minutes(writers: Writers) -> None:
    """A hint, not a lock: it goes by itself."""
    number = writers.begin()
    with writers.as_user("Ada"):
        keeping.be_present(writers.desk, number, "fr.md")
        assert reading.who_else(writers.desk, number) == []
    with writers.as_user("Bea"):
        [seen] = reading.who_else(writers.desk, number)
        assert (seen.name, seen.path) == ("Ada", "fr.md")
        writers.clock.advance(timedelta(minutes=6))
        assert reading.who_else(writers.desk, number) == []


def test_whoever_may_only_read_cannot_write(writers: Writers) -> None:
    """The page shows no button; the use case refuses all the same."""
    number = writers.begin()
    with writers.as_user("Vera", Role.READER):
        assert reading.opened(writers.desk, number).writable
        for forbidden in (
            lambda: writers.change(number, "Hello", "Hi"),
            lambda: writing.restore(writers.desk, number, "en.md", 1),
            lambda: publishing.publish(writers.desk, number),
            lambda: keeping.remove(writers.desk, number),
            writers.begin,
        ):
            with pytest.raises(NotAllowedError):
                forbidden()


def test_a_preview_shows_what_is_written_even_if_another_language_is_broken(
    writers: Writers,
) -> None:
    """Ada looks at English while Bea is in the middle of a French block."""
    number = writers.begin()
    broken = writers.text(number, "fr.md") + "\n::: box\nnever closed\n"
    writing.save(writers.desk, number, "fr.md", 1, broken)
    assert "Hello in one paragraph." in looking.mail_html(writers.desk, number, "en")
    typed = looking.mail_html(
        writers.desk, number, "en", text=FILES["en.md"].decode() + "\nTyped.\n"
    )
    assert "Typed." in typed
    assert "Hello" in looking.mail_text(writers.desk, number, "en")
    assert not looking.weigh(writers.desk, number, "en").clipped
    looked = looking.check(writers.desk, number)
    [place] = [one for one in looked.places.values() if one.language == "fr"]
    assert (place.file, place.line) == ("fr.md", 10)


def test_a_dark_preview_is_dark_for_everybody(writers: Writers) -> None:
    """The colours that a dark screen would choose are shown on a light one."""
    number = writers.begin()
    assert "prefers-color-scheme:dark" in looking.mail_html(writers.desk, number, "en")
    assert "prefers-color-scheme" not in looking.mail_html(writers.desk, number, "en", dark=True)


def test_a_mail_that_would_be_cut_off_says_where(writers: Writers) -> None:
    """Gmail shows no more than 102 kB, and hides the link to leave."""
    number = writers.begin()
    writers.change(
        number, "Hello in one", "\n\n".join(f"Sentence {n} " + "words " * 20 for n in range(800))
    )
    weight = looking.weigh(writers.desk, number, "en")
    assert weight.clipped
    assert "Sentence" in weight.cut


def test_a_folder_of_another_system_is_written_on_like_any_other(writers: Writers) -> None:
    """With line ends of Windows, and a language's code in capitals."""
    folder = {
        "edition.toml": FILES["edition.toml"],
        "EN.md": FILES["en.md"],
        "fr.md": FILES["fr.md"],
    }
    where = Path(writers.small.settings.data_dir) / "windows"
    where.mkdir(parents=True)
    for name, held in folder.items():
        (where / name).write_bytes(held.replace(b"\n", b"\r\n"))
    number = beginning.from_folder(writers.desk, where).number
    text = writers.text(number).replace("\r\n", "\n")
    one = writing.save(writers.desk, number, "en.md", 1, text.replace("## Hello", "## Hi"))
    two = writing.save(writers.desk, number, "en.md", 1, text.replace("paragraph", "line"))
    assert (one.outcome, two.outcome) == (Outcome.SAVED, Outcome.MERGED)
    assert looking.check(writers.desk, number).readable
