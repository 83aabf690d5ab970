"""Keeping the list in step with a directory: laws 6 and 7 on a real store, from file and server."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from mailer.clock import SimulatedClock
from mailer.config import Settings
from mailer.domain.directories.plan import Act, Kept
from mailer.domain.settings.directory import Directory, directory
from mailer.domain.subscribers.address import parse_address
from mailer.domain.subscribers.subscriber import Action, Status, Subscriber
from mailer.errors import InputError
from mailer.services.directories import syncing
from mailer.services.directories.scheduled import AGAIN_SECONDS, ScheduledSyncs
from mailer.services.directories.syncing import (
    DirectoryBusyError,
    DirectoryRefusedError,
    Done,
    carry_out,
    prepare,
)
from mailer.services.service_mail.alerts import tell_of_directory
from mailer.services.service_mail.writing import ServiceMails
from mailer.services.subscriptions import subscribers as service
from mailer.store import events, outbox, queue
from mailer.store.queue import QueueName
from mailer.store.server.connection import Store
from mailer.store.subscribers import directories
from mailer.store.subscribers import records as subscribers
from support.servers.directory_server import BASE, SLAPD, directory_server
from support.service.mail_service import text_of

NOW = datetime(2023, 4, 1, 9, tzinfo=UTC)


class Desk:
    """A list, and a file that another program writes."""

    def __init__(self, store: Store, folder: Path, **settings: Any) -> None:
        self.store, self.file = store, folder / "staff.csv"
        self.settings = Settings(
            data_dir=folder,
            secret_key_file=folder / "secret.key",
            owner_address="office@example.org",
            **settings,
        )
        self.clock = SimulatedClock(NOW)
        self.staff = directory("staff", {"source": str(self.file), "most_removals": 100})

    def write(self, *names: str, columns: str = "address") -> None:
        """Write the file; a name without an @ is at example.org."""
        lines = [one if "@" in one else f"{one}@example.org" for one in names]
        self.file.write_text("\n".join([columns, *lines]) + "\n", encoding="utf-8")

    def sync(self, staff: Directory | None = None, **options: Any) -> Done:
        """Plan, and do it."""
        prepared = prepare(self.store, self.settings, staff or self.staff, **options)
        return carry_out(self.store, self.clock, prepared.directory.name, prepared)

    def find(self, name: str) -> Subscriber:
        """Return a reader who must be there."""
        number = subscribers.number_of(self.store, f"{name}@example.org")
        found = subscribers.get(self.store, number) if number else None
        assert found is not None
        return found

    def statuses(self) -> dict[str, str]:
        """Return where everybody stands, by name."""
        return {
            one.address.partition("@")[0]: one.status.value for one in subscribers.each(self.store)
        }

    def types(self) -> list[str]:
        """Return the types of the events."""
        return [fields["type"] for _, fields in events.read(self.store)]


@pytest.fixture
def desk(store: Store, tmp_path: Path) -> Desk:
    """An empty list, and no file yet."""
    return Desk(store, tmp_path)


def test_it_adds_changes_and_takes_off(desk: Desk) -> None:
    """One night after the other, as people come and go."""
    desk.write("ann,fr", "bob,en", columns="address,language")
    desk.file.write_text(desk.file.read_text().replace(",fr@example.org", "@example.org,fr"))
    desk.write("ann@example.org,fr", "bob@example.org,en", columns="address,language")
    assert desk.sync() == Done(added=2)
    ann = desk.find("ann")
    assert (ann.status, ann.language, ann.topics) == (Status.ACTIVE, "fr", ("bulletin",))
    assert (ann.source, ann.directory, ann.is_by_own_wish) == ("sync", "staff", False)
    desk.write("ann@example.org,es", "eva@example.org,", columns="address,language")
    assert desk.sync() == Done(added=1, changed=1, removed=1)
    assert desk.statuses() == {"ann": "active", "bob": "withdrawn", "eva": "active"}
    assert desk.find("ann").language == "es"
    assert desk.sync() == Done()
    desk.write("ann@example.org,es", "bob@example.org,en", columns="address,language")
    assert desk.sync() == Done(added=1, removed=1)
    assert desk.statuses() == {"ann": "active", "bob": "active", "eva": "withdrawn"}
    assert desk.store.redis.llen("rq:queue:urgent") == 0
    assert desk.types().count("subscriber.status") == 3


def test_law_7_whoever_left_never_comes_back_by_it(desk: Desk) -> None:
    """Neither who left while on it, nor who left after it had withdrawn them."""
    desk.write("ann", "bob", "eva")
    desk.sync()
    desk.write("ann", "eva")
    desk.sync()
    for name, action in (("ann", Action.LEAVE), ("bob", Action.LEAVE), ("eva", Action.SUSPEND)):
        service.change(desk.store, desk.find(name).number, action, NOW)
    desk.write("ann", "bob", "eva")
    prepared = prepare(desk.store, desk.settings, desk.staff)
    assert (prepared.plan.steps, prepared.plan.kept) == ((), {Kept.LEFT: 2, Kept.BOUNCED: 1})


def test_who_came_otherwise_is_never_touched(desk: Desk) -> None:
    """Somebody the secretariat added, and somebody whom the directory brought and who confirmed."""
    address = parse_address("ann@example.org")
    service.add(desk.store, desk.settings, NOW, address, language="es", topics="meetings")
    desk.write("ann@example.org,fr", "bob@example.org,fr", columns="address,language")
    assert desk.sync() == Done(added=1)
    own = '{"at": "2023-04-01", "how": "web"}'
    desk.store.redis.hset(f"mailer:subscriber:{desk.find('bob').number}", "c", own)
    desk.write("eva@example.org,fr", columns="address,language")
    assert desk.sync() == Done(added=1)
    assert desk.statuses() == dict.fromkeys(("ann", "bob", "eva"), "active")
    assert (desk.find("ann").language, desk.find("ann").topics) == ("es", ("meetings",))


def test_more_than_the_limit_is_not_done_at_all(desk: Desk) -> None:
    """Not even the additions: what is wrong with half of an answer is wrong with all of it."""
    desk.write(*(f"p{n}" for n in range(40)))
    desk.sync()
    desk.write(*(f"p{n}" for n in range(3, 41)))
    careful = replace(desk.staff, most_removals=5)
    prepared = prepare(desk.store, desk.settings, careful)
    assert "3 of 40 readers" in prepared.refusal
    assert "at most 2 may be" in prepared.refusal
    with pytest.raises(DirectoryRefusedError, match="Nothing was changed"):
        desk.sync(careful)
    assert len(desk.statuses()) == 40
    assert desk.sync(careful, most_removals=8) == Done(added=1, removed=3)


def test_an_empty_or_broken_file_changes_nothing(desk: Desk) -> None:
    """The other program may be writing it just now."""
    desk.write("ann")
    desk.sync()
    for content in ("", "address\n", "address\n\xff\n", "name\nAnn\n"):
        desk.file.write_bytes(content.encode("latin-1"))
        with pytest.raises((InputError, DirectoryRefusedError)):
            desk.sync()
    desk.file.unlink()
    with pytest.raises(InputError):
        desk.sync()
    assert desk.statuses() == {"ann": "active"}


def test_whoever_the_file_itself_says_may_not_be_mailed_is_left_out(desk: Desk) -> None:
    """A column that says so is obeyed in a directory as it is in an import."""
    desk.write("ann@example.org,yes", "bob@example.org,no", columns="address,newsletter")
    prepared = prepare(desk.store, desk.settings, desk.staff)
    assert len(prepared.people.wanted) == 1
    assert prepared.people.left_out.total() == 1


def test_what_cannot_be_used_costs_nobody_their_mail(desk: Desk) -> None:
    """A language that we do not have is ignored; an address that is none is told."""
    desk.write(
        "ann@example.org,xx,gardening bulletin,Ann",
        "not an address,en,,",
        "ANN@example.org,en,,",
        ",en,,Nobody",
        columns="address,language,topics,name",
    )
    prepared = prepare(desk.store, desk.settings, desk.staff)
    (step,) = prepared.plan.steps
    assert (step.has.language, step.has.topics, step.has.name) == ("en", "bulletin", "Ann")
    assert prepared.people.left_out.total() == 3
    assert prepared.people.ignored == {
        'the language "xx"': 1,
        '"gardening", which is none of ours': 1,
    }


def test_only_one_at_a_time(desk: Desk) -> None:
    """A person and the scheduler may begin in the same second; a dead one blocks half an hour."""
    desk.write("ann")
    assert directories.claim(desk.store, "staff", "x", syncing.LEASE_SECONDS)
    with pytest.raises(DirectoryBusyError):
        desk.sync()
    directories.release(desk.store, "staff", "y")
    with pytest.raises(DirectoryBusyError):
        desk.sync()
    directories.release(desk.store, "staff", "x")
    assert desk.sync() == Done(added=1)
    assert not desk.store.redis.exists("mailer:directories:lease:staff")


def test_a_step_is_not_done_where_the_reader_changed_since_the_look(desk: Desk) -> None:
    """Between the plan that a person looks at and their yes, somebody may leave."""
    desk.write("ann", "bob")
    desk.sync()
    desk.write("bob", "eva")
    prepared = prepare(desk.store, desk.settings, desk.staff)
    service.change(desk.store, desk.find("ann").number, Action.LEAVE, NOW)
    service.add(desk.store, desk.settings, NOW, parse_address("eva@example.org"))
    assert carry_out(desk.store, desk.clock, "staff", prepared) == Done(otherwise=2)
    assert desk.find("ann").status is Status.UNSUBSCRIBED
    assert desk.find("eva").directory == ""


def test_an_import_takes_a_withdrawn_reader_over(desk: Desk) -> None:
    """The secretariat vouches for them now: the next night must not take them off again."""
    desk.write("ann", "bob")
    desk.sync()
    desk.write("bob")
    desk.sync()
    service.add(desk.store, desk.settings, NOW, parse_address("ann@example.org"))
    assert (desk.find("ann").status, desk.find("ann").directory) == (Status.ACTIVE, "")
    assert desk.sync() == Done()


def test_erasing_forgets_what_the_directory_said(desk: Desk) -> None:
    """Nothing may be left of them, the bitmap of the directory included."""
    desk.write("ann", "bob")
    desk.sync()
    service.erase(desk.store, desk.settings, NOW, parse_address("ann@example.org"), "asked")
    assert [one.address for one in subscribers.each_of_directory(desk.store, "staff")] == [
        "bob@example.org"
    ]
    assert desk.sync() == Done()


def test_two_directories_keep_out_of_each_others_way(desk: Desk) -> None:
    """Who is in both is the first one's; when that lets go of them the other may take them."""
    members = replace(desk.staff, name="members")
    desk.write("ann", "bob")
    desk.sync()
    desk.write("ann", "eva")
    assert desk.sync(members) == Done(added=1)
    desk.write("bob")
    assert desk.sync() == Done(removed=1)
    assert desk.statuses() == {"ann": "withdrawn", "bob": "active", "eva": "active"}


def test_any_history_ends_in_step(desk: Desk) -> None:
    """After each run a second one finds nothing; who left stays away; bitmaps agree."""
    chance = random.Random(11)
    names = [f"p{n}" for n in range(9)]
    gone: set[str] = set()
    for _ in range(12):
        desk.write("always", *chance.sample(names, chance.randrange(len(names))))
        desk.sync()
        assert desk.sync() == Done()
        statuses = desk.statuses()
        assert not gone & {name for name, status in statuses.items() if status == "active"}
        one = chance.choice([name for name in statuses if name != "always"] or ["always"])
        if one != "always":
            service.change(desk.store, desk.find(one).number, Action.LEAVE, NOW)
            gone.add(one)
    counts = subscribers.count(desk.store)
    assert Counter(desk.statuses().values()) == {
        status: count for status, count in counts.by_status.items() if count
    }


# By itself.


@pytest.fixture
def nightly(store: Store, tmp_path: Path) -> Desk:
    """A desk whose settings name the directory, each night at three."""
    table = {"source": str(tmp_path / "staff.csv"), "every": "1d", "at": "03:00"}
    return Desk(store, tmp_path, sync={"staff": table})


def test_it_runs_each_night_and_once_after_an_outage(nightly: Desk) -> None:
    """A directory that has just been named waits for its time; missed nights are made up once."""
    syncs = ScheduledSyncs(nightly.store, nightly.settings, nightly.clock)
    nightly.write("ann")

    def ask() -> int:
        syncs.enqueue_due()
        syncs.enqueue_due()
        return queue.waiting(nightly.store)[QueueName.CAMPAIGNS]

    assert ask() == 0
    nightly.clock.advance(timedelta(hours=17, minutes=59))
    assert ask() == 0
    nightly.clock.advance(timedelta(days=4))
    assert ask() == 1
    syncs.run()
    syncs.run()
    assert nightly.statuses() == {"ann": "active"}
    nightly.store.redis.delete("rq:queue:campaigns")
    assert ask() == 0
    assert nightly.types().count("subscribers.synced") == 1


def test_an_attempt_that_died_is_not_made_again_at_each_tick(nightly: Desk) -> None:
    """A directory so large that it kills the worker would otherwise be read every two seconds."""
    syncs = ScheduledSyncs(nightly.store, nightly.settings, nightly.clock)
    nightly.write("ann")
    syncs.enqueue_due()
    nightly.clock.advance(timedelta(days=1))
    assert directories.claim(nightly.store, "staff/attempt", "died", AGAIN_SECONDS)
    syncs.enqueue_due()
    syncs.run()
    assert nightly.statuses() == {}
    assert queue.waiting(nightly.store)[QueueName.CAMPAIGNS] == 0
    directories.release(nightly.store, "staff/attempt", "died")
    syncs.run()
    assert nightly.statuses() == {"ann": "active"}


def test_while_a_person_is_at_it_the_scheduler_waits(nightly: Desk) -> None:
    """What they do is not noted as what was due: it is looked at once more, later."""
    syncs = ScheduledSyncs(nightly.store, nightly.settings, nightly.clock)
    nightly.write("ann")
    syncs.enqueue_due()
    nightly.clock.advance(timedelta(days=1))
    assert directories.claim(nightly.store, "staff", "person", syncing.LEASE_SECONDS)
    syncs.run()
    assert nightly.statuses() == {}
    assert "directory.refused" not in nightly.types()


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_the_mail_to_the_secretariat_says_why(nightly: Desk, language: str) -> None:
    """In the secretariat's language, with the reason and the command that shows more."""
    settings = nightly.settings.model_copy(
        update={
            "sender_address": "bulletin@example.org",
            "list_domain": "lists.example.org",
            "languages": (language,),
        }
    )
    tell_of_directory(nightly.store, settings, nightly.clock, "staff", "it is empty, says a test")
    mail = outbox.get(nightly.store, 1)
    assert mail is not None
    letter = ServiceMails(settings).write(mail, NOW)
    content = letter.content if isinstance(letter.content, bytes) else b"".join(letter.content)
    read = message_from_bytes(content, policy=default)
    assert isinstance(read, EmailMessage)
    text = " ".join(text_of(read).split())
    assert "it is empty, says a test" in text
    assert "mailer subscribers sync staff" in text
    assert "{" not in text


def test_what_is_not_done_is_told_once_a_day(nightly: Desk) -> None:
    """The secretariat gets a mail, the log an event; the next night it is tried again."""
    syncs = ScheduledSyncs(nightly.store, nightly.settings, nightly.clock)
    syncs.enqueue_due()
    for days in (1, 0.5, 1.5):
        nightly.clock.advance(timedelta(days=days))
        syncs.run()
    refused = [
        fields for _, fields in events.read(nightly.store) if fields["type"] == "directory.refused"
    ]
    assert [one["reason"] for one in refused] == ["unreadable", "unreadable"]
    mails = [outbox.get(nightly.store, number) for number in (1, 2)]
    assert [(one.name, one.to) for one in mails if one] == [("directory", "office@example.org")] * 2
    assert nightly.statuses() == {}


@pytest.mark.skipif(not Path(SLAPD).exists(), reason="slapd is not installed")
def test_a_whole_life_with_a_directory_server(desk: Desk, tmp_path: Path) -> None:
    """People are added there, change, and go; the list follows, over TLS."""
    with directory_server(tmp_path / "directory") as server:
        staff = directory(
            "staff",
            {
                "source": server.secure_url,
                "base": f"ou=people,{BASE}",
                "ca_file": str(server.ca_file),
                "most_removals": 50,
            },
        )
        server.add(
            [
                {"uid": one, "mail": f"{one}@example.org", "preferredLanguage": "fr-CH, en"}
                for one in ("ann", "bob")
            ]
        )
        assert desk.sync(staff) == Done(added=2)
        assert desk.find("ann").language == "fr"
        server.change("ann", preferredLanguage="es", displayName="Ann Reader")
        server.remove("bob")
        assert desk.sync(staff) == Done(changed=1, removed=1)
        assert (desk.find("ann").language, desk.find("ann").name) == ("es", "Ann Reader")
        assert desk.statuses() == {"ann": "active", "bob": "withdrawn"}
        server.add([{"uid": "bob", "mail": "Bob@example.org"}])
        prepared = prepare(desk.store, desk.settings, staff)
        assert [step.act for step in prepared.plan.steps] == [Act.RETURN]
        assert desk.sync(staff) == Done(added=1)
