"""The look: changed, noticed everywhere, kept with its history, and bound to campaigns."""

from __future__ import annotations

import asyncio
import email
import email.policy
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mailer.clock import SimulatedClock
from mailer.config import Settings
from mailer.content.language.words import words_for
from mailer.content.parsing.manifest import read_members
from mailer.content.rendering.brand import brand_of
from mailer.domain.access.actor import operator
from mailer.domain.events import Event
from mailer.errors import InputError, NotFoundError, Problem, StoreLostError
from mailer.services.access.acting import Recorder, acting_as
from mailer.services.campaigns.approving import Approvals
from mailer.services.inbound.intake import Intake
from mailer.services.look import live, uses
from mailer.services.look.live import Live, settings_of
from mailer.services.look.looks import LookChangedError, Looks
from mailer.services.sending.worker_context import Turn
from mailer.store import events, keys
from mailer.store import look as kept
from mailer.store.access import audit
from mailer.store.server.connection import Store
from mailer.workers import runtime
from support.patience import PATIENCE
from support.servers.faulty_relay import FaultyRelay
from support.service.small_campaign import START, SmallService, settings_for, settings_in_file


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings that can send."""
    return settings_for(tmp_path, sender_name={"en": "The Bulletin", "fr": "Le Bulletin"})


@pytest.fixture
def looks(store: Store, settings: Settings) -> Looks:
    """The use cases."""
    return Looks(store, settings, SimulatedClock(START))


def test_what_is_said_goes_before_the_settings_and_can_be_taken_back(
    store: Store, settings: Settings, looks: Looks
) -> None:
    """The file is the default beneath."""
    looks.change({"sender_name": {"fr": "Lettre"}, "languages": ["fr", "en"]})
    over = settings_of(store, settings)
    assert (over.sender_name_in("fr"), over.sender_name_in("en")) == ("Lettre", "The Bulletin")
    assert over.languages == ("fr", "en")
    assert over.origin("languages") == "console"
    looks.change({"sender_name": {"fr": None}, "languages": None})
    over = settings_of(store, settings)
    assert over.sender_name_in("fr") == "Le Bulletin"
    assert over.languages == settings.languages
    assert looks.show().version.document == {}


def test_a_process_notices_within_a_second_and_asks_no_more_often(
    store: Store, settings: Settings, looks: Looks
) -> None:
    """One GET a second is what it costs; nothing is restarted."""
    now = [0.0]
    process = Live(store, settings, timer=lambda: now[0])
    assert process.refresh() is settings
    looks.change({"institution": "Group"})
    assert process.refresh() is settings
    now[0] = live.EVERY_SECONDS
    assert process.refresh().institution_in("es") == "Group"
    same = process.settings
    now[0] += live.EVERY_SECONDS
    assert process.refresh() is same


def test_a_store_that_is_away_changes_nothing(
    store: Store, settings: Settings, looks: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages go on with what was known."""
    process = Live(store, settings)
    looks.change({"institution": "Group"})
    known = process.refresh()

    def away(_: Store) -> str:
        raise StoreLostError("away", "away")

    monkeypatch.setattr(kept, "mark", away)
    assert process.refresh(now=True) is known


def test_a_look_of_another_history_is_noticed_under_the_same_revision(
    store: Store, settings: Settings, looks: Looks
) -> None:
    """After a failover a revision may be given out again (law 16)."""
    process = Live(store, settings)
    looks.change({"institution": "Lost"})
    assert process.refresh().institution_in("en") == "Lost"
    store.redis.delete(keys.LOOK, keys.LOOK_VERSIONS)
    looks.change({"institution": "Kept"})
    assert process.refresh(now=True).institution_in("en") == "Kept"


def test_history_tells_who_when_and_what(store: Store, settings: Settings, looks: Looks) -> None:
    """And any of it can be the present one again."""
    clock = SimulatedClock(START)
    with acting_as(operator("ada", "host"), Recorder(store, settings, clock)):
        looks.change({"institution": {"en": "Group"}})
        looks.change({"institution": {"en": "Working group", "fr": "Groupe"}})
        looks.restore(1)
    newest, middle, first = looks.history()
    assert (newest.revision, newest.restored, newest.name) == (3, 1, "ada")
    assert newest.at == START
    assert middle.differences == {
        "institution.en": ("Group", "Working group"),
        "institution.fr": (None, "Groupe"),
    }
    assert first.differences == {"institution.en": (None, "Group")}
    assert looks.show().version.document == {"institution": {"en": "Group"}}
    assert [one.revision for one in looks.history(before=3, most=1)] == [2]
    told = [one for _, one in events.read(store) if one["type"] == "look.changed"]
    assert [(one["revision"], one["parts"]) for one in told][:1] == [("1", "institution.en")]
    done = [one for one in audit.newest(store, 20) if one.act == "look.change" and one.after]
    assert done[-1].after == {"institution.en": "Group"}
    with pytest.raises(NotFoundError):
        looks.restore(99)


def test_history_is_bounded_but_for_what_open_campaigns_show(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A campaign that is paused for weeks goes on as it began."""
    monkeypatch.setattr(kept, "MOST", 3)
    service = SmallService(store, settings)
    service.subscribe("ana@example.org")
    looks = Looks(store, settings, service.clock)
    looks.change({"institution": "0"})
    looks.change({"institution": "1"})
    service.campaigns._settings = settings_of(store, settings)
    assert service.started().look == 2
    for name in range(2, 7):
        looks.change({"institution": str(name)})
    assert [one.revision for one in kept.history(store)] == [7, 6, 5, 2]


def test_two_who_change_different_things_do_not_disturb_each_other(looks: Looks) -> None:
    """The second of two who change the same is told."""
    seen = looks.change({"institution": {"en": "A"}}).version.revision
    looks.change({"institution": {"fr": "B"}}, seen)
    looks.change({"accent": "#1d4a7a"}, seen)
    with pytest.raises(LookChangedError) as error:
        looks.change({"institution": {"fr": "C"}}, seen)
    assert error.value.places == ("institution.fr",)
    assert looks.show().version.document["institution"] == {"en": "A", "fr": "B"}


def test_only_the_newest_change_can_be_undone(looks: Looks) -> None:
    """An undo must not take back what somebody else did since."""
    first = looks.change({"institution": "A"}).version.revision
    second = looks.change({"short_name": "B"}).version.revision
    with pytest.raises(LookChangedError):
        looks.undo(first)
    looks.undo(second)
    assert looks.show().version.document == {"institution": {"": "A"}}


def test_whoever_may_change_words_can_neither_change_nor_undo_more(looks: Looks) -> None:
    """Editors have that right alone."""
    with pytest.raises(InputError):
        looks.change_words({"sender_name": "Boss"})
    words = looks.change_words({"texts": {"en": {"welcome.heading": "Hello"}}}).version.revision
    looks.undo_words(words)
    assert looks.show().version.document == {}
    name = looks.change({"sender_name": "Bulletin"}).version.revision
    with pytest.raises(LookChangedError):
        looks.undo_words(name)


def test_everything_that_is_wrong_is_said_and_nothing_is_changed(looks: Looks) -> None:
    """A half-made change would be neither what was nor what was wanted."""
    with pytest.raises(InputError) as error:
        looks.change({"accent": "#ffff00", "privacy_url": "ftp://x", "institution": "Good"})
    assert [one.place for one in error.value.problems] == ["accent", "privacy_url"]
    assert looks.show().version.revision == 0


def test_a_topic_in_use_is_not_removed(store: Store, settings: Settings, looks: Looks) -> None:
    """With counts; it can be hidden."""
    SmallService(store, settings).subscribe("ana@example.org", "bo@example.org")
    with pytest.raises(InputError) as error:
        looks.change({"topics": {"meetings": {}}})
    [problem] = error.value.problems
    assert (problem.code, problem.place) == ("look.in_use", "topics.bulletin")
    assert problem.facts["readers"] == 2
    looks.change({"topics": {"bulletin": {"visible": False}, "press": {}, "meetings": {}}})
    over = settings_of(store, settings)
    assert [*over.topics] == ["bulletin", "press", "meetings"]
    assert over.topics.visible == ("press", "meetings")
    with pytest.raises(InputError):
        looks.change({"topics": {"press": {}}})
    looks.change({"topics": None})  # press is read by nobody
    used = uses.of_topics(store, settings, START, ["bulletin", "meetings"])
    assert used["bulletin"].readers == 2
    assert not used["meetings"]


def test_a_part_of_another_version_is_left_out_and_the_rest_stays(
    store: Store, settings: Settings, looks: Looks
) -> None:
    """A text that this version does not know must not stop the service."""
    looks.change({"institution": "Group", "texts": {"en": {"welcome.heading": "Hi"}}})
    version = kept.current(store)
    document: dict[str, Any] = {**version.document, "sound": "gong", "accent": "#ffff00"}
    document["texts"] = {"en": {"welcome.heading": "Hi", "old.subject": "x"}}
    kept.change(store, 1, kept.Version(2, document, START), "x", events_of(store))
    over = settings_of(store, settings)
    assert over.institution_in("en") == "Group"
    assert over.look.texts_in("en") == {"welcome.heading": "Hi"}
    assert over.look.accent == ""


def events_of(_: Store) -> Any:
    """Make an event for a version that is put there by hand."""
    return Event("look.changed", START, {"revision": 2, "parts": "", "restored": 0})


def test_a_campaign_under_way_keeps_the_look_that_it_began_with(
    store: Store, settings: Settings
) -> None:
    """Readers of one campaign get one mail, by whichever worker and however late."""
    service = SmallService(store, settings)
    service.subscribe(*(f"reader{n}@example.org" for n in range(4)))
    looks = Looks(store, settings, service.clock)
    looks.change({"sender_name": {"en": "Before"}, "privacy_url": "https://example.org/p"})
    service.campaigns._settings = settings_of(store, settings)
    campaign = service.started()
    looks.change({"sender_name": {"en": "After"}, "privacy_url": None})
    service.settings = settings_of(store, settings)  # the worker has noticed

    async def run() -> list[bytes]:
        async with FaultyRelay() as relay, service.worker([relay.url()]) as dispatcher:
            await dispatcher.send(campaign, Turn(60))
            return [one.content for one in relay.received]

    mails = [
        email.message_from_bytes(one, policy=email.policy.default) for one in asyncio.run(run())
    ]
    assert len(mails) == 4
    assert {str(mail["From"]) for mail in mails} == {"Before <bulletin@lists.example.org>"}
    parts = [mail.get_body(("plain",)) for mail in mails]
    assert all(part and "https://example.org/p" in part.get_content() for part in parts)


def test_an_approval_is_void_once_messages_would_look_otherwise(
    store: Store, tmp_path: Path
) -> None:
    """Whoever consented has seen another sender; other words of service mails change nothing."""
    settings = settings_for(tmp_path, approval_for=("bulletin",))
    service = SmallService(store, settings)
    service.subscribe("ana@example.org")
    campaign = service.campaigns.create("small", "bulletin")
    looks = Looks(store, settings, service.clock)

    def terms() -> str:
        over = settings_of(store, settings)
        return Approvals(store, over, service.clock).terms(campaign, None).digest

    first = terms()
    looks.change({"texts": {"en": {"welcome.heading": "Hi"}}, "topics": {"bulletin": {}, "x": {}}})
    assert terms() == first
    looks.change({"sender_name": "Somebody else"})
    assert terms() != first
    looks.change({"sender_name": None})
    assert terms() == first


def test_export_and_import_carry_everything(store: Store, settings: Settings, looks: Looks) -> None:
    """To another installation, logo included."""
    file = settings.data_dir / "logo.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (40, 20), "navy").save(file)
    looks.set_logo(file.read_bytes(), {"en": "Group"})
    looks.change({"institution": "Group", "names": {"CZ": {"en": "Czech Republic"}}})
    document = looks.exported()
    store.redis.delete(keys.LOOK, keys.LOOK_VERSIONS, keys.LOOK_PICTURES)
    shown = looks.import_(document)
    assert shown.look.logo
    assert shown.look.logo.data
    assert {**shown.version.document, "logo": 0} == {**document, "logo": 0}
    looks.change({"logo": None})
    assert settings_of(store, settings).look.logo is None
    looks.undo(2)
    assert settings_of(store, settings).look.logo


def test_members_are_named_as_the_institution_says_before_cldr(
    store: Store, settings: Settings, looks: Looks
) -> None:
    """In the reader's alphabetical order; organisations have codes of their own."""
    looks.change({"names": {"CZ": {"en": "Ancient Bohemia"}, "XA": {"": "Zebra Union"}}})
    over = settings_of(store, settings)
    words = brand_of(over.look, "en").worded(words_for("en"))
    assert words.territories(("CZ", "XA", "BR")) == ["Ancient Bohemia", "Brazil", "Zebra Union"]
    problems: list[Problem] = []
    assert read_members("members.toml", 'codes = ["CZ", "XA", "X1"]', problems)
    assert [one.code for one in problems] == ["edition.unknown_territory"]


def test_a_worker_goes_on_with_another_look_without_a_restart(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At its next job: whatever was made of the former settings is made anew."""
    settings = settings_in_file(tmp_path / "data", redis_url=store.address)
    (tmp_path / "data").mkdir()
    monkeypatch.setattr(live, "EVERY_SECONDS", 0.0)
    own = runtime.start(settings)
    try:
        before = runtime.current().outbox()
        assert runtime.current().outbox() is before
        looks = Looks(store, settings, SimulatedClock(START))
        looks.change({"topics": {"bulletin": {}, "press": {}}, "languages": ["en", "de"]})
        now = runtime.current()
        assert [*now.settings.topics] == ["bulletin", "press"]
        assert now.settings.languages == ("en", "de")
        assert now.outbox() is not before
        assert now.intake().address("bulletin-subscribe+de@lists.example.org") is not None
    finally:
        own.close()


def test_mail_is_taken_in_at_the_addresses_of_a_new_language(
    store: Store, settings: Settings
) -> None:
    """The process that takes mail in is asked nothing in between: it looks by itself."""
    process = Live(store, settings)
    intake = Intake(store, process.refresh(), SimulatedClock(START))
    asked = "bulletin-subscribe+de@lists.example.org"
    known = intake.address(asked)
    Looks(store, settings, SimulatedClock(START)).change({"languages": ["en", "de"]})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live, "EVERY_SECONDS", 0.01)
        with process.followed(intake.use):
            until = time.monotonic() + PATIENCE
            while intake.address(asked) == known and time.monotonic() < until:
                time.sleep(0.01)
    assert intake.address(asked) != known
