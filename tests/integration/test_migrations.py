"""Migrations: the data of every former version becomes that of the present one, also after a kill."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import redis
import store_dump
from dumps import make
from faulty_relay import Received
from returned_mail import ReturnedMail, put_key
from small_calendar import SmallCalendar
from small_campaign import SECRET, START, settings_for

from mailer.clock import SimulatedClock
from mailer.config import Settings
from mailer.domain.access.token import Purpose, Signer
from mailer.domain.calendar.attendance import Attendance
from mailer.domain.campaigns.campaign import State
from mailer.domain.inbound.quotas import STRANGERS
from mailer.domain.inbound.received import FREE, MailState
from mailer.domain.subscribers.address import parse_address
from mailer.errors import StoreError
from mailer.services.operation import migrating
from mailer.services.subscriptions import subscribers as vouched
from mailer.services.subscriptions.forms import Forms
from mailer.store import keys
from mailer.store.calendar import attendance
from mailer.store.inbound import room
from mailer.store.migrations import runner, to_2
from mailer.store.migrations.step import Known
from mailer.store.server import schema
from mailer.store.server.connection import Store, open_store
from mailer.store.subscribers import records as subscribers

FORMER: Final = range(1, keys.SCHEMA_VERSION)
MAKING: Final = timedelta(days=14, hours=5)
"""How much later than the service's beginning a dump was made."""
CLOCK: Final = SimulatedClock(START)
Content = dict[str, Any]


class Upgraded(ReturnedMail):
    """A service on the data of a former version, or of the present one."""

    known: dict[str, Any]


def former(store: Store, data_dir: Path, version: int) -> Settings:
    """Let a store hold the data of a version; returns the settings of its service."""
    data_dir.mkdir(parents=True, exist_ok=True)
    put_key(data_dir)
    store.redis.flushall()
    store_dump.load(store.redis, store_dump.read(version))
    return settings_for(data_dir, owner_address="desk@example.org")


def migrate(store: Store, settings: Settings) -> list[runner.Done]:
    """Bring the data of the shared store up; other tests' connections to it are none of Mailer's."""
    return migrating.migrate(store, settings, CLOCK, connected=True)


def content(store: Store) -> Content:
    """Return all that a store holds, but when something expires and when events were."""
    rows = store_dump.content(store.redis)
    found = {name: value for name, _, value, _ in rows if name != keys.EVENTS}
    events = [
        fields["type"] for name, _, value, _ in rows if name == keys.EVENTS for _, fields in value
    ]
    return found | {"events": events}


@pytest.fixture(params=[*FORMER, keys.SCHEMA_VERSION], ids=lambda version: f"v{version}")
def service(request: pytest.FixtureRequest, store: Store, data_dir: Path) -> Upgraded:
    """A service whose data was migrated from a former version, or is of the present one."""
    if request.param == keys.SCHEMA_VERSION:
        known = make.fill(store, data_dir)
    else:
        migrate(store, former(store, data_dir, request.param))
        known = dict(store_dump.read(request.param).known)
    made = Upgraded(store, data_dir, owner_address="desk@example.org")
    made.clock.advance(MAKING)
    made.known = known
    return made


@pytest.mark.parametrize("version", FORMER)
def test_a_former_version_is_refused_with_the_command_to_run(
    store: Store, data_dir: Path, version: int
) -> None:
    """Whoever starts the new Mailer on old data must not find out by what goes wrong."""
    former(store, data_dir, version)
    with pytest.raises(StoreError, match=rf"version {version}, .*`mailer migrate --dry-run`"):
        schema.check(store.redis)


@pytest.mark.parametrize("version", FORMER)
def test_a_plan_says_what_a_migration_does_and_changes_nothing(
    store: Store, data_dir: Path, version: int
) -> None:
    """Counts in it are those of the migration that follows."""
    settings = former(store, data_dir, version)
    before = content(store)
    planned = migrating.plan(store, settings, CLOCK)
    assert content(store) == before
    assert migrate(store, settings) == planned
    assert migrating.plan(store, settings, CLOCK) == []
    assert migrate(store, settings) == []


def test_the_plan_for_version_1_counts_what_its_data_holds(store: Store, data_dir: Path) -> None:
    """Its dump has eight mails, one of which a consent cites, and fifty readers."""
    settings = former(store, data_dir, 1)
    planned = migrating.plan(store, settings, CLOCK)
    jobs = sum(store.redis.llen(f"rq:queue:{name}") for name in ("urgent", "upkeep", "campaigns"))
    assert [(one.to, one.changes) for one in planned] == [
        (2, 50),
        (2, 8),
        (2, 1),
        (2, 1),
        (2, jobs),
    ]
    assert jobs > 4


class _KilledError(BaseException):
    """Stands for the end of the process."""


@contextmanager
def killed_at(write: int, monkeypatch: pytest.MonkeyPatch, *, unheard: bool) -> Iterator[None]:
    """Let this process send nothing more from a write on; `unheard`: that one still arrives."""
    writes = 0
    send: Any = redis.connection.AbstractConnection.send_packed_command

    def dying(connection: Any, command: Any, **options: Any) -> None:
        nonlocal writes
        if writes == write:  # what tidies up on the way out does not arrive either
            raise redis.ConnectionError
        packed = b"".join([command] if isinstance(command, bytes) else command)
        writes += b"\r\nSET\r\n" in packed or b"MULTI" in packed
        if writes < write or unheard:
            send(connection, command, **options)
        if writes == write:
            raise _KilledError

    with monkeypatch.context() as patch:
        patch.setattr(redis.connection.AbstractConnection, "send_packed_command", dying)
        yield


@pytest.mark.parametrize("unheard", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("version", FORMER)
def test_a_migration_that_is_killed_goes_on_where_it_stopped(
    store: Store,
    data_dir: Path,
    version: int,
    unheard: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whichever write was its last, and whether or not that one still arrived."""
    monkeypatch.setattr(to_2, "MAILS", 3)
    monkeypatch.setattr(to_2, "SUBSCRIBERS", 20)
    settings = former(store, data_dir, version)
    done = migrate(store, settings)
    whole, write, ended = content(store), 0, False
    while not ended:
        write += 1
        former(store, data_dir, version)
        with (
            killed_at(write, monkeypatch, unheard=unheard),
            suppress(_KilledError, redis.ConnectionError),
        ):
            migrating.migrate(store, settings, CLOCK, connected=True)
            ended = True
        store.redis.connection_pool.disconnect()
        if store.redis.exists(keys.MIGRATION):
            with pytest.raises(StoreError, match="goes on with it"):
                schema.check(store.redis)
        store.redis.delete(keys.MIGRATION_LEASE)  # its time is over
        again = migrating.migrate(store, settings, CLOCK, connected=True)
        assert again in ([], done), write
        assert content(store) == whole, write
    assert write > 12


def test_while_data_is_migrated_no_version_opens_the_store(store: Store, data_dir: Path) -> None:
    """The version before would write data of its own kind among what was brought up already."""
    former(store, data_dir, 1)
    seen = []

    def look(_: Any) -> list[str]:
        with pytest.raises(StoreError, match="Wait until that has ended"):
            schema.check(store.redis)
        seen.append(store.redis.get(keys.SCHEMA))  # what the version before compares with its own
        return []

    runner.run(store, Known(look), CLOCK, connected=True)
    assert set(seen) == {b"%d" % keys.SCHEMA_VERSION}
    schema.check(store.redis)


def test_of_two_that_migrate_at_once_one_does(store: Store, data_dir: Path) -> None:
    """Two machines that start after an upgrade, say."""
    settings = former(store, data_dir, 1)

    def second(_: Any) -> list[str]:
        with pytest.raises(StoreError, match=r"already, by process \d+ on .* in \d+ seconds"):
            migrate(store, settings)
        return ["network one"]

    runner.run(store, Known(second), CLOCK, connected=True)
    assert store.redis.hlen(keys.INBOUND_SHARES) == 1
    assert not store.redis.exists(keys.MIGRATION_LEASE)


def test_who_was_silent_for_too_long_writes_nothing_more(store: Store, data_dir: Path) -> None:
    """A machine that slept wakes up in the middle of what another has finished meanwhile."""
    settings = former(store, data_dir, 1)
    finished: list[Content] = []

    def sleep(_: Any) -> list[str]:
        if not finished:
            store.redis.delete(keys.MIGRATION_LEASE)  # its time is over
            migrate(store, settings)
            finished.append(content(store))
        return ["network of a sleeper"]

    with pytest.raises(StoreError, match="silent for too long"):
        runner.run(store, Known(sleep), CLOCK, connected=True)
    assert content(store) == finished[0]


def test_nothing_is_changed_while_others_use_the_store(data_dir: Path) -> None:
    """A worker of the version before that has looked at the version already never looks again."""
    with open_alone(data_dir) as (store, settings), open_alone(data_dir) as (other, _):
        other.redis.ping()
        before = content(store)
        with pytest.raises(StoreError, match=r"Others use the store \(1 connections: .*Stop the"):
            migrating.migrate(store, settings, CLOCK)
        assert content(store) == before
        other.redis.close()
        assert migrating.migrate(store, settings, CLOCK)


@contextmanager
def open_alone(data_dir: Path) -> Iterator[tuple[Store, Settings]]:
    """Open a store of the test's own, with the data of version 1 if it is empty."""
    store = open_store(data_dir, any_version=True)
    try:
        if store.redis.dbsize() < 2:
            former(store, data_dir, 1)
        yield store, settings_for(data_dir)
    finally:
        store.close()


# What use cases say of the data, whatever version it was written by.


def test_readers_are_who_they_were(service: Upgraded) -> None:
    """Nobody who left, complained or bounced is back, and nobody is lost (law 7)."""
    found = {
        name: service.status(f"{name}@example.org")
        for name in ("mira", "ida", "olga", "pia", "leo", "joy", "gone")
    }
    assert found == {
        "mira": "active",
        "ida": "active",
        "olga": "pending",
        "pia": "pending",
        "leo": "unsubscribed",
        "joy": "complained",
        "gone": "",
    }
    assert service.status("ana@example.com") == "suspended"
    assert service.who("ben@example.com").language == "fr"  # type: ignore[union-attr]
    assert all(service.status(address) == "active" for address in make.READERS)
    for address in ("gone@example.org", "never@example.org"):
        service.get(service.own("subscribe"), author=address)
    assert service.status("never@example.org") == ""
    counts = subscribers.count(service.store)
    assert counts.by_status["active"] == len(make.READERS) + 4


def test_a_campaign_that_was_half_sent_goes_on_without_repeating(service: Upgraded) -> None:
    """Only what was in flight when its worker was killed leaves again, by the same name (law 3)."""
    half, flying = service.known["half"], service.known["flying"]
    campaign = service.campaigns.status(half).campaign
    accepted = service.store.redis.get(keys.ledger(half, "accepted"))
    before = {n for n in range(len(accepted) * 8) if accepted[n // 8] >> (7 - n % 8) & 1}
    assert 20 <= len(before) < 40
    sent = asyncio.run(service.sent_now(campaign))
    numbers = {vouched.find(service.store, parse_address(to)).number for to in sent}
    assert not numbers & before
    assert flying in numbers
    status = service.campaigns.status(half)
    assert status.campaign.state is State.SENT
    assert status.counts.accepted == status.counts.planned == len(before) + len(sent)
    assert status.counts.resent == 1
    if not campaign.identity:
        old = Signer(SECRET).sign(Purpose.MESSAGE, half, flying)
        assert f"Message-ID: <{old}@".encode() in sent[make.IN_FLIGHT].content


def test_bounces_of_mail_that_the_former_version_sent_count(service: Upgraded) -> None:
    """Its return paths are of another form, and stand in mail that comes back for days."""
    marks = service.known["sent"]["mira@example.org"]
    head = marks["content"].encode() + b"\r\n\r\n"
    service.returned("54-postfix.eml", Received(marks["sender"], "mira@example.org", head, 1))
    assert service.status("mira@example.org") == "suspended"
    assert service.campaigns.status(1).counts.bounced == 2


def test_readers_leave_by_mail_that_the_former_version_sent(service: Upgraded) -> None:
    """Its tokens name no address; they act for readers who were there before there were marks."""
    marks = service.known["sent"]["ida@example.org"]
    (token,) = re.findall(r"(bulletin-leave\+[^@]+@[\w.]+)", marks["content"].replace("\r\n ", ""))
    service.get(token, author="ida@example.org")
    assert service.status("ida@example.org") == "unsubscribed"


def test_requests_that_were_open_can_be_confirmed(service: Upgraded) -> None:
    """By the address in the mail of then; what still waits to be asked is asked, forms too."""
    service.get(service.known["confirm"], author="olga@example.org", body="yes")
    assert service.status("olga@example.org") == "active"
    Forms(service.store, service.settings, service.clock).process()
    assert service.status("form@example.org") == "pending"
    asked = [mail for mail in service.sent() if "-confirm+" in str(mail["Reply-To"])]
    assert {str(mail["To"]) for mail in asked} == {"pia@example.org", "form@example.org"}


def test_mail_counts_in_the_room_that_it_takes(service: Upgraded) -> None:
    """All that waits, and nothing more, once it is read or dropped (law 15)."""
    mails = service.mails()
    assert {MailState.UNREAD, MailState.QUARANTINED, MailState.HANDLED} <= {
        one.state for one in mails
    }
    assert all(one.charge and one.shares for one in mails)
    waiting = [one for one in mails if one.state not in FREE]
    assert room.bytes_of_strangers(service.store) == sum(
        one.charge for one in waiting if any(name.startswith("strangers ") for name in one.shares)
    )
    sizes = [service.store.redis.strlen(keys.inbound_raw(one.number)) for one in mails]
    assert (
        room.bytes_kept(service.store) == sum(sizes) < STRANGERS * service.settings.keep_raw_bytes
    )
    service.intake.process(*(one.number for one in waiting))
    service.intake.drop([one.number for one in service.mails()])
    assert room.bytes_of_strangers(service.store) == 0
    assert not service.store.redis.exists(keys.INBOUND_SHARES)


def test_the_mail_that_a_consent_cites_stays(service: Upgraded) -> None:
    """It proves that the reader agreed, for as long as that is of use."""
    member = service.who("mira@example.org")
    assert member is not None
    (cited,) = map(int, service.store.redis.hkeys(keys.INBOUND_CITES))
    service.clock.advance(timedelta(days=service.settings.keep_raw_days + 1))
    service.intake.tidy()
    assert [one.number for one in service.mails() if one.state is MailState.CITED] == [cited]


def test_the_calendar_goes_on(service: Upgraded) -> None:
    """No reminder is made twice, the next ones are, and answers still count."""
    calendar = SmallCalendar(service.small)
    calendar.clock = service.clock
    calendar.reminders._clock = service.clock
    (answer,) = attendance.each(service.store, "private-sector")
    assert answer.attendance is Attendance.ACCEPTED
    assert attendance.tally(service.store, "private-sector") == {
        "": {Attendance.ACCEPTED: {"en": 1}}
    }
    last = service.known["draft"]
    assert calendar.tick() == []
    assert [one.number for one in calendar.made()] == list(range(1, last + 1))
    calendar.pass_time(days=13, hours=1)
    assert {one.about.entry for one in calendar.made()[last:] if one.about} == {
        "private-sector",
        "weekly",
    }


def test_campaigns_that_waited_start(service: Upgraded) -> None:
    """They draw an identity then, as all do."""
    draft = service.campaigns.send(service.known["draft"])
    assert draft.identity
    assert len(asyncio.run(service.sent_now(draft))) == len(make.READERS) + 4


def test_what_the_queues_held_is_found_again(service: Upgraded) -> None:
    """The scheduler makes jobs anew from the records: a mail that waited is read."""
    service.clock.advance(timedelta(hours=1))
    service.store.redis.delete(*service.store.redis.keys("rq:*"))
    service.intake.sweep()
    unread = [one.number for one in service.mails() if one.state is MailState.UNREAD]
    assert unread
    assert {number for job in service.jobs() for number in job} >= set(unread)
