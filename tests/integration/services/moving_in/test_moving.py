"""Moving lists in: laws 6, 7 and 11 on a real store, and that it may be run again."""

from __future__ import annotations

import json
import random
import zipfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mailer.clock import SimulatedClock
from mailer.config import Settings, secret_key
from mailer.domain.subscribers.address import parse_address
from mailer.domain.subscribers.subscriber import Action, Status, Subscriber
from mailer.errors import InputError
from mailer.services.moving_in import sources
from mailer.services.moving_in.moving import Choices, Export, move, read, survey
from mailer.services.moving_in.report import Ended, MoveReport, Outcome
from mailer.services.subscriptions import subscribers as service
from mailer.store import events
from mailer.store.server.connection import Store
from mailer.store.subscribers import decided, suppression
from mailer.store.subscribers import records as subscribers
from mailer.store.subscribers.decided import Kind

CORPUS = Path(__file__).parents[3] / "corpus/exports"
NOW = datetime(2023, 4, 1, 9, tzinfo=UTC)
NEWS = Choices(mapping=("Newsletter=bulletin", "Press=-"))


class Desk:
    """A secretary's desk: a store, and a folder for files."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.folder = store, folder
        self.settings = Settings(data_dir=folder, secret_key_file=folder / "secret.key")
        self.clock = SimulatedClock(NOW)

    def export(self, program: str, *files: Path, choices: Choices = NEWS) -> Export:
        """Read files of a program."""
        return read(self.settings, program, files, choices)

    def listmonk(self, *entries: dict[str, object], name: str = "a.json") -> Export:
        """Read an export of listmonk with these entries."""
        file = self.folder / name
        file.write_text(json.dumps({"data": {"results": entries}}), encoding="utf-8")
        return self.export("listmonk", file)

    def move(self, export: Export, *, dry_run: bool = False) -> MoveReport:
        """Move an export in; each row ends in one way, whatever it holds."""
        ended: list[Ended] = []
        report = move(
            self.store, self.settings, self.clock, export, dry_run=dry_run, tell=ended.append
        )
        assert report.balanced
        assert Counter(one.outcome for one in ended) == report.counts
        return report

    def find(self, address: str) -> Subscriber | None:
        """Return the subscriber with that address."""
        number = subscribers.number_of(self.store, parse_address(address).key)
        return subscribers.get(self.store, number) if number else None

    def is_suppressed(self, address: str) -> bool:
        """Tell whether an address is suppressed."""
        return suppression.find(self.store, secret_key(self.settings), address) is not None

    def add(self, address: str, **options: Any) -> int:
        """Put a reader on the list by hand."""
        put = service.add(self.store, self.settings, NOW, parse_address(address), **options)
        return put.number


@pytest.fixture
def desk(store: Store, tmp_path: Path) -> Desk:
    """A desk."""
    return Desk(store, tmp_path)


def entry(
    address: str, *lists: str, status: str = "enabled", state: str = "confirmed", lang: str = ""
) -> dict[str, object]:
    """Make an entry as listmonk answers it."""
    return {
        "email": address,
        "name": address.partition("@")[0],
        "status": status,
        "attribs": {"lang": lang},
        "created_at": "2021-03-04T09:08:07Z",
        "updated_at": "2022-01-02T03:04:05Z",
        "lists": [
            {"name": one, "optin": "double", "subscription_status": state}
            for one in lists or ("Newsletter",)
        ],
    }


def test_a_whole_export_of_listmonk(desk: Desk) -> None:
    """Each ends as it stood there; who may be mailed is on the list, with the consent's history."""
    report = desk.move(desk.export("listmonk", CORPUS / "listmonk/subscribers.json"))
    assert report.counts == {
        Outcome.ADDED: 1,
        Outcome.TAKEN_OFF: 1,
        Outcome.SKIPPED: 2,
        Outcome.SUPPRESSED: 1,
    }
    ann = desk.find("ann@example.org")
    assert ann is not None
    assert (ann.status, ann.language, ann.topics) == (
        *(Status.ACTIVE, "fr"),
        ("bulletin", "meetings"),
    )
    assert (ann.source, ann.name, ann.is_by_own_wish) == ("move-in", "Ann Reader", False)
    assert json.loads(ann.consent) == {
        "how": "move-in",
        "program": "listmonk",
        "file": "subscribers.json",
        "row": 1,
        "said": "status: enabled",
        "at": "2021-03-04T09:08:07+00:00",
        "moved": "2023-04-01T09:00:00+00:00",
        "lists": ["Newsletter", "Meetings"],
        "topics": ["bulletin", "meetings"],
    }
    bob = desk.find("bob@example.net")
    assert bob is not None
    assert (bob.status, bob.name, bob.consent) == (Status.UNSUBSCRIBED, "", "")
    assert desk.find("eva@example.com") is None
    assert desk.find("max@example.org") is None
    assert desk.is_suppressed("max@example.org")
    counts = subscribers.count(desk.store)
    assert (counts.by_status["active"], counts.by_topic) == (1, {"bulletin": 1, "meetings": 1})


def test_a_dry_run_tells_the_same_and_changes_nothing(desk: Desk) -> None:
    """What is shown before the question must be what then happens."""
    export = desk.export("listmonk", CORPUS / "listmonk/subscribers.json")
    plan = desk.move(export, dry_run=True)
    assert subscribers.count(desk.store).total == 0
    assert list(events.read(desk.store)) == []
    assert desk.move(export).counts == plan.counts


def test_moved_twice_changes_nothing_more(desk: Desk) -> None:
    """After a crash one runs it again; and nobody is counted as added twice."""
    export = desk.export("listmonk", CORPUS / "listmonk/subscribers.json")
    desk.move(export)
    before = desk.store.redis.dump("mailer:subscriber:1")
    again = desk.move(export)
    assert again.changes == 0
    assert again.counts == {Outcome.UNCHANGED: 3, Outcome.SKIPPED: 2}
    assert desk.store.redis.dump("mailer:subscriber:1") == before


def test_law_7_who_left_bounced_or_complained_here_is_never_put_back(desk: Desk) -> None:
    """Whatever the other program says of them."""
    for name, action in (
        ("left", Action.REMOVE),
        ("bounced", Action.SUSPEND),
        ("complained", Action.COMPLAIN),
    ):
        service.change(desk.store, desk.add(f"{name}@example.org"), action, NOW)
    erased = parse_address("erased@example.org")
    desk.add(erased.given)
    service.erase(desk.store, desk.settings, NOW, erased, "asked")
    names = ("left", "bounced", "complained", "erased")
    report = desk.move(desk.listmonk(*(entry(f"{one}@example.org") for one in names)))
    assert report.counts == {Outcome.SKIPPED: 4}
    assert subscribers.count(desk.store).by_status["active"] == 0


def test_who_subscribed_here_keeps_every_choice(desk: Desk) -> None:
    """A consent that was given here is newer than any export, for or against."""
    number = desk.add("ann@example.org", language="es", topics="meetings")
    own = json.dumps({"at": "2023-03-01T00:00:00+00:00", "how": "web"})
    desk.store.redis.hset(f"mailer:subscriber:{number}", "c", own)
    before = desk.find("ann@example.org")
    for status in ("enabled", "disabled", "blocklisted"):
        export = desk.listmonk(entry("Ann@Example.org", status=status, lang="fr"))
        assert desk.move(export).counts == {Outcome.SKIPPED: 1}
    assert desk.find("ann@example.org") == before
    assert not desk.is_suppressed("ann@example.org")


def test_readers_for_whom_the_secretariat_vouched_are_taken_off_who_left_there(desk: Desk) -> None:
    """The move may come after a first import of the same list."""
    for name in ("left", "blocked", "stays"):
        desk.add(f"{name}@example.org", topics="meetings")
    report = desk.move(
        desk.listmonk(
            entry("left@example.org", status="disabled"),
            entry("blocked@example.org", status="blocklisted"),
            entry("stays@example.org"),
        )
    )
    assert report.counts == {
        Outcome.TAKEN_OFF: 1,
        Outcome.SUPPRESSED: 1,
        Outcome.UNCHANGED: 1,
    }
    found = [desk.find(f"{name}@example.org") for name in ("left", "blocked", "stays")]
    assert [one.status for one in found if one] == [
        *(Status.UNSUBSCRIBED, Status.UNSUBSCRIBED, Status.ACTIVE),
    ]
    assert found[2] is not None
    assert found[2].topics == ("meetings",)
    assert desk.is_suppressed("blocked@example.org")
    types = [fields["type"] for _, fields in events.read(desk.store)]
    assert types[3:] == [
        *("subscriber.status", "subscriber.status", "suppression.added"),
        "subscribers.moved_in",
    ]


def test_a_reader_of_several_lists_gets_them_all_once(desk: Desk) -> None:
    """Mailman exports list by list, in files of their own or on another day."""
    (desk.folder / "announce.txt").write_text("Ann <ann@example.org>\nbob@example.net\n")
    (desk.folder / "talk.txt").write_text("ANN@example.org\nbob@example.net\n")
    choices = Choices(mapping=("announce=bulletin", "talk=meetings"))
    files = [desk.folder / "announce.txt", desk.folder / "talk.txt"]
    report = desk.move(desk.export("mailman", *files, choices=choices))
    assert report.counts == {Outcome.ADDED: 2, Outcome.TOGETHER: 2}
    ann = desk.find("ann@example.org")
    assert ann is not None
    assert (ann.topics, ann.address) == (("bulletin", "meetings"), "ann@example.org")


def test_a_topic_that_a_reader_dropped_is_not_given_again(desk: Desk) -> None:
    """What an export gave once was the reader's to drop; a further list is a further topic."""
    first = desk.listmonk(entry("ann@example.org", "Newsletter"))
    desk.move(first)
    number = subscribers.number_of(desk.store, "ann@example.org")
    desk.store.redis.hset(f"mailer:subscriber:{number}", "t", "")
    assert desk.move(first).changes == 0
    report = desk.move(desk.listmonk(entry("ann@example.org", "Newsletter", "meetings")))
    ann = desk.find("ann@example.org")
    assert ann is not None
    assert (ann.topics, report.counts) == (("meetings",), {Outcome.CHANGED: 1})
    assert subscribers.count(desk.store).by_topic["meetings"] == 1


def test_lists_without_a_topic_are_asked_for_first(desk: Desk) -> None:
    """Law 18: nobody is put on a topic that nobody chose for the list."""
    export = desk.listmonk(entry("ann@example.org", "Newsletter", "Old things", "Press"))
    assert survey(export).unmapped == ("Old things",)
    with pytest.raises(InputError, match="Old things"):
        desk.move(export)
    assert subscribers.count(desk.store).total == 0


def test_a_list_that_is_left_out_brings_nobody(desk: Desk) -> None:
    """Who was on no list that is moved in is told as skipped."""
    report = desk.move(desk.listmonk(entry("ann@example.org", "Press")))
    assert report.reasons == {(Outcome.SKIPPED, "is on none of the lists that are moved in"): 1}


def test_a_whole_archive_of_mailchimp(desk: Desk) -> None:
    """Its four tables in one file, as it is downloaded; what is no table of readers is named."""
    archive = desk.folder / "audience.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for one in sorted((CORPUS / "mailchimp").iterdir()):
            file.write(one, f"lists/{one.name}")
        file.writestr("lists/notes.txt", "hello")
    choices = Choices(mapping=("Press list=meetings",), language="es")
    report = desk.move(desk.export("mailchimp", archive, choices=choices))
    assert report.aside == ("notes.txt",)
    assert report.counts == {
        Outcome.ADDED: 2,
        Outcome.TAKEN_OFF: 2,
        Outcome.SUPPRESSED: 1,
        Outcome.SKIPPED: 1,
    }
    ann, bob, zoe = map(desk.find, ("ann@example.org", "bob@example.net", "zoe@example.net"))
    assert ann is not None
    assert bob is not None
    assert zoe is not None
    assert (ann.language, ann.topics, ann.tags) == ("fr", ("bulletin", "meetings"), ("board",))
    assert (bob.language, bob.topics, bob.tags) == ("es", ("bulletin",), ())
    assert zoe.status is Status.SUSPENDED
    assert desk.is_suppressed("max@example.org")
    assert report.attributes == {"Country": 1}


def test_what_is_said_of_a_file_counts_for_all_of_it(desk: Desk) -> None:
    """Mailman prints apart whose delivery was switched off by bounces, with nothing to tell it."""
    (desk.folder / "off.txt").write_text("ann@example.org\n")
    choices = Choices(mapping=("off=bulletin",), status="bounced")
    report = desk.move(desk.export("mailman", desk.folder / "off.txt", choices=choices))
    assert report.counts == {Outcome.TAKEN_OFF: 1}
    ann = desk.find("ann@example.org")
    assert ann is not None
    assert ann.status is Status.SUSPENDED


@pytest.mark.parametrize(
    ("program", "choices", "told"),
    [
        ("outlook", Choices(), "no known program"),
        ("listmonk", Choices(mapping=("Newsletter",)), "^map"),
        ("listmonk", Choices(mapping=("Newsletter=elsewhere",)), "bulletin, meetings"),
        ("listmonk", Choices(language="xx"), "language"),
        ("listmonk", Choices(status="left"), "tell it themselves"),
        ("mailman", Choices(status="active"), "cannot be"),
    ],
)
def test_a_choice_that_cannot_be_is_refused(
    desk: Desk, program: str, choices: Choices, told: str
) -> None:
    """The message says what can be; that all of them want mail can be said of no file."""
    with pytest.raises(InputError, match=told):
        desk.export(program, CORPUS / "listmonk/subscribers.json", choices=choices)


@pytest.mark.parametrize("content", [b"PK\x03\x04 broken", b""])
def test_a_broken_file_is_told(desk: Desk, content: bytes) -> None:
    """A download that was cut off must not look like a list without readers."""
    file = desk.folder / "subscribed_a.zip"
    file.write_bytes(content)
    with pytest.raises(InputError):
        desk.export("mailchimp", file)


def test_an_archive_that_swells_is_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law 15: what an archive says of its size is not believed."""
    monkeypatch.setattr(sources, "LARGEST", 100_000)
    with zipfile.ZipFile(desk.folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("subscribed_a.csv", "x" * 1_000_000)
    with pytest.raises(InputError, match="unpacks to over"):
        desk.export("mailchimp", desk.folder / "a.zip")


def test_a_reader_who_changes_between_look_and_change_is_decided_anew(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 4's kin: somebody may leave in the very second in which the list is moved in."""
    number = desk.add("ann@example.org")
    true_look = decided.look

    def look_then_leave(store: Store, secret: bytes, keys: list[str]) -> list[decided.Seen]:
        seen = true_look(store, secret, keys)
        monkeypatch.setattr(decided, "look", true_look)
        service.change(store, number, Action.REMOVE, NOW)
        return seen

    monkeypatch.setattr(decided, "look", look_then_leave)
    report = desk.move(desk.listmonk(entry("ann@example.org", status="disabled")))
    assert report.counts == {Outcome.UNCHANGED: 1}
    ann = desk.find("ann@example.org")
    assert ann is not None
    assert ann.status is Status.UNSUBSCRIBED


def test_tags_of_another_program_do_not_fill_the_store(desk: Desk) -> None:
    """Each tag is a bitmap; a column of remarks, taken for tags, would make thousands."""
    rows = "".join(f"a{n}@example.org,true,tag{n}\n" for n in range(501))
    (desk.folder / "m.csv").write_text(f"email,subscribed_to_emails,labels\n{rows}")
    with pytest.raises(InputError, match="leave them out"):
        desk.move(desk.export("ghost", desk.folder / "m.csv"))
    assert subscribers.count(desk.store).total == 0
    export = desk.export("ghost", desk.folder / "m.csv", choices=Choices(keeps_tags=False))
    assert desk.move(export).counts == {Outcome.ADDED: 501}


def test_sums_balance_for_any_history(desk: Desk) -> None:
    """Law 11, over random exports one after the other on the same store."""
    chance = random.Random(7)
    statuses = ("enabled", "disabled", "blocklisted", "odd")
    for _ in range(8):
        made = [
            entry(
                f"reader{chance.randrange(12)}@example.org",
                *chance.sample(["Newsletter", "Press", "meetings"], 2),
                status=chance.choice(statuses),
                state=chance.choice(["confirmed", "unsubscribed", "unconfirmed"]),
            )
            for _ in range(chance.randrange(20))
        ]
        export = desk.listmonk(*made)
        plan = desk.move(export, dry_run=True)
        assert desk.move(export).counts == plan.counts
        assert desk.move(export).changes == 0
    assert set(Kind) >= {Kind.ADDED}


def test_counts_of_bitmaps_agree_with_the_records(desk: Desk) -> None:
    """An audience is made of bitmaps: one that disagrees mails the wrong people."""
    desk.move(desk.export("listmonk", CORPUS / "listmonk/subscribers.json"))
    everybody = list(subscribers.each(desk.store))
    counts = subscribers.count(desk.store)
    active = [one for one in everybody if one.status is Status.ACTIVE]
    assert Counter(one.language for one in active) == counts.by_language
    assert Counter(topic for one in active for topic in one.topics) == counts.by_topic
    assert counts.total == len(everybody)
