"""Copies of a running service: whole, private, brought back whole, and sending nothing twice."""

from __future__ import annotations

import io
import stat
import tarfile
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mailer.cli.main import app
from mailer.config import Settings, secret_key
from mailer.domain.access.actor import Actor, Kind, operator
from mailer.domain.access.audit import Phase
from mailer.domain.access.rights import RIGHTS, Role
from mailer.domain.access.signing_in.challenge import Way
from mailer.domain.campaigns.campaign import State
from mailer.domain.subscribers.address import parse_address
from mailer.errors import InputError, NotAllowedError, StoreError
from mailer.services.access import audit, users
from mailer.services.access.acting import Recorder, acting_as
from mailer.services.access.signing_in.sessions import Sessions
from mailer.services.access.signing_in.visitor import Visitor
from mailer.services.campaigns import copies
from mailer.services.operation.opening import open_for, opened_for
from mailer.services.operation.tick import Tick
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store
from mailer.store.subscribers import records as subscribers
from support.service.small_calendar import SmallCalendar
from support.service.small_campaign import SmallService, settings_for


@pytest.fixture
def settings(data_dir: Path) -> Settings:
    """A service with a store of its own."""
    return settings_for(data_dir)


@pytest.fixture
def service(settings: Settings) -> Iterator[SmallService]:
    """Three readers and an edition."""
    with opened_for(settings) as store:
        made = SmallService(store, settings)
        made.subscribe("ana@example.org", "bo@example.org", "cy@example.org")
        yield made


def elsewhere(tmp_path: Path) -> Settings:
    """Name an empty folder, as on another machine."""
    return settings_for(tmp_path / "other" / "data")


def test_what_was_kept_is_there_again_with_its_key(service: SmallService, tmp_path: Path) -> None:
    """Readers, and the links in their mail: a machine that burns takes neither."""
    file, other = tmp_path / "copy.tar.gz", elsewhere(tmp_path)
    assert copies.back_up(service.store, service.settings, file) == file.stat().st_size
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.glob(".copy*")) == []
    service.subscribe("later@example.org")
    copies.restore(other, service.clock, file)
    assert secret_key(other) == secret_key(service.settings)
    with opened_for(other) as restored:
        assert [one.address for one in subscribers.each(restored, "")] == [
            "ana@example.org",
            "bo@example.org",
            "cy@example.org",
        ]
    assert [one.name for one in other.data_dir.glob("restoring-*")] == []


def test_a_copy_is_in_the_audit_log_and_not_everybodys(
    service: SmallService, tmp_path: Path
) -> None:
    """It takes out every address, and the secret key: more than any export, which is recorded."""
    store, settings, clock = service.store, service.settings, service.clock
    recorder, file = Recorder(store, settings, clock), tmp_path / "copy.tar.gz"
    owner = Actor(Kind.USER, "Ada", RIGHTS[Role.OWNER], "1", "user:1", "console")
    with acting_as(owner, recorder), pytest.raises(NotAllowedError):
        copies.back_up(store, settings, file)
    assert not file.exists()
    with acting_as(operator("root", "host"), recorder):
        copies.back_up(store, settings, file)
    told = [(one.actor, one.act, one.phase) for one in audit.newest(store, 2)]
    assert told == [
        ("operator:root", "operation.backup", Phase.DONE),
        ("user:1", "operation.backup", Phase.REFUSED),
    ]


def test_users_sign_in_anew_after_a_copy_was_brought_back(
    service: SmallService, tmp_path: Path
) -> None:
    """A session that was ended since, on a lost phone say, must not be good again (law 16)."""
    now, ada = service.clock.now(), parse_address("ada@example.org")
    users.add(service.store, service.settings, now, ada, name="Ada", role=Role.OWNER)
    visitor = Visitor("b" * 64, "192.0.2.7")
    begun = Sessions(service.store, service.settings, service.clock).begin(1, Way.LINK, visitor)
    file, other = tmp_path / "copy.tar.gz", elsewhere(tmp_path)
    copies.back_up(service.store, service.settings, file)
    copies.restore(other, service.clock, file)
    with opened_for(other) as restored:
        again = Sessions(restored, other, service.clock)
        assert again.of(begun.secret, visitor) is None
        assert again.begin(1, Way.LINK, visitor).signed.user.name == "Ada"


def test_nothing_that_comes_back_sends_by_itself(service: SmallService, tmp_path: Path) -> None:
    """A copy of the morning does not know whom the day mailed (law 1)."""
    going, waiting = service.started(), service.campaigns.create("small", "bulletin")
    at = (service.clock.now() + timedelta(hours=1)).replace(tzinfo=None)
    service.campaigns.schedule(waiting.number, at, "UTC")
    file, other = tmp_path / "copy.tar.gz", elsewhere(tmp_path)
    copies.back_up(service.store, service.settings, file)
    stopped = copies.restore(other, service.clock, file)
    assert (stopped.paused, stopped.held) == ([going.number], [waiting.number])
    service.clock.advance(timedelta(hours=2))
    with opened_for(other) as restored:
        assert Tick(restored, other, service.clock).start_due() == []
        found = {one.number: one.state for one in campaigns.newest_first(restored)}
    assert found == {going.number: State.PAUSED, waiting.number: State.HELD}
    assert campaigns.get(service.store, going.number).state is State.SENDING


def test_reminders_that_came_due_since_the_copy_are_held(
    service: SmallService, tmp_path: Path
) -> None:
    """Readers were reminded, perhaps, after the copy was made: a person knows, the copy does not."""
    small, other = SmallCalendar(service), elsewhere(tmp_path)
    entry = small.put()
    file = tmp_path / "copy.tar.gz"
    copies.back_up(service.store, service.settings, file)
    (number,) = small.go_to(entry.starts_at() - timedelta(days=14))
    service.clock.advance(timedelta(hours=1))
    stopped = copies.restore(other, service.clock, file)
    assert (stopped.paused, stopped.held) == ([], [number])
    with opened_for(other) as restored:
        again = SmallCalendar(SmallService(restored, other))
        again.clock.advance(service.clock.now() - again.clock.now())
        assert again.tick() == []
        assert again.go_to(entry.starts_at() - timedelta(days=1)) != [], "the next goes out"


def test_a_copy_holds_no_half_of_what_was_written_together(
    service: SmallService, tmp_path: Path
) -> None:
    """It is made while the service writes; what commits together is there together (law 9)."""
    done, redis = threading.Event(), service.store.redis

    def write() -> None:
        while not done.is_set():
            with redis.pipeline(transaction=True) as pipe:
                pipe.incr("test:one").append("test:filler", "x" * 5000).incr("test:two").execute()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while int(redis.get("test:one") or 0) < 5:
            pass
        before = int(redis.get("test:one"))
        copies.back_up(service.store, service.settings, tmp_path / "copy.tar.gz")
        after = int(redis.get("test:one")) + 1
    finally:
        done.set()
        writer.join()
    other = elsewhere(tmp_path)
    copies.restore(other, service.clock, tmp_path / "copy.tar.gz")
    with opened_for(other) as restored:
        one, two = int(restored.redis.get("test:one")), int(restored.redis.get("test:two"))
    assert before <= one == two <= after


def test_the_store_tidies_up_again_after_a_copy(service: SmallService, tmp_path: Path) -> None:
    """Otherwise its file would grow for ever."""
    name = "auto-aof-rewrite-percentage"
    before = service.store.redis.config_get(name)
    copies.back_up(service.store, service.settings, tmp_path / "copy.tar.gz")
    assert service.store.redis.config_get(name) == before
    assert before[name] not in {0, "0", b"0"}


def test_nothing_is_overwritten(service: SmallService, tmp_path: Path) -> None:
    """The restore must overwrite neither an older copy, nor data, nor a key."""
    file = tmp_path / "copy.tar.gz"
    copies.back_up(service.store, service.settings, file)
    with pytest.raises(InputError, match="there already"):
        copies.back_up(service.store, service.settings, file)
    with pytest.raises(InputError, match="data already"):
        copies.restore(service.settings, service.clock, file)
    other = elsewhere(tmp_path)
    key = secret_key(other)
    with pytest.raises(InputError, match="not the key"):
        copies.restore(other, service.clock, file)
    assert secret_key(other) == key
    assert [one.name for one in other.data_dir.iterdir()] == ["secret.key"]


def archive(file: Path, *members: tuple[str, bytes], link: str = "") -> None:
    """Write an archive as others might."""
    with tarfile.open(file, "w:gz") as made:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            made.addfile(info, io.BytesIO(content))
        if link:
            info = tarfile.TarInfo(link)
            info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
            made.addfile(info)


KEY = ("secret.key", b"0" * 64 + b"\n")
LIST = ("appendonlydir/appendonly.aof.manifest", b"")


@pytest.mark.parametrize(
    ("members", "link"),
    [
        ([KEY], ""),
        ([LIST], ""),
        ([KEY, LIST, ("../escaped", b"x")], ""),
        ([KEY, LIST, ("appendonlydir/../../escaped", b"x")], ""),
        ([KEY, LIST, ("/escaped", b"x")], ""),
        ([KEY, LIST], "appendonlydir/link"),
        ([KEY, KEY, LIST], ""),
    ],
)
def test_what_is_no_copy_is_refused_and_leaves_nothing(
    settings: Settings, tmp_path: Path, members: list[tuple[str, bytes]], link: str
) -> None:
    """An archive is a program for the file system, and may come from anywhere."""
    file, other = tmp_path / "copy.tar.gz", elsewhere(tmp_path)
    archive(file, *members, link=link)
    with pytest.raises(InputError, match="not a whole copy"):
        copies.restore(other, SmallClock, file)  # type: ignore[arg-type]
    assert list(other.data_dir.iterdir()) == []
    assert list(tmp_path.rglob("escaped")) == []
    assert settings.data_dir != other.data_dir


class SmallClock:
    """Never asked."""


@pytest.mark.parametrize("part", [0.0, 0.3, 0.9, 0.999])
def test_a_torn_copy_is_refused(service: SmallService, tmp_path: Path, part: float) -> None:
    """A copy that a full disk cut off must say so before it is needed in earnest."""
    file, other = tmp_path / "copy.tar.gz", elsewhere(tmp_path)
    copies.back_up(service.store, service.settings, file)
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * part)])
    with pytest.raises(InputError, match="not a whole copy"):
        copies.restore(other, service.clock, file)
    assert list(other.data_dir.iterdir()) == []


def test_a_store_of_ones_own_is_copied_there(
    service: SmallService, store: Store, tmp_path: Path
) -> None:
    """Its files are not ours, and perhaps not on this machine."""
    bare = Store(store.redis, "always", "redis://elsewhere")
    with pytest.raises(StoreError, match="of your own"):
        copies.back_up(bare, service.settings, tmp_path / "copy.tar.gz")
    assert not (tmp_path / "copy.tar.gz").exists()


def test_commands_say_what_there_is_to_decide(service: SmallService, tmp_path: Path) -> None:
    """An operator who brings a copy back has had a bad day already."""
    number = service.started().number
    file = tmp_path / "copy.tar.gz"

    def run(data: Path, *arguments: str) -> str:
        variables = {
            "MAILER_DATA_DIR": str(data),
            "MAILER_SENDER_ADDRESS": "bulletin@lists.example.org",
            "MAILER_LIST_DOMAIN": "lists.example.org",
        }
        done = CliRunner().invoke(app, arguments, env=variables)
        assert done.exit_code == 0, done.output
        return done.output

    assert "bytes" in run(service.settings.data_dir, "backup", str(file))
    said = run(tmp_path / "other" / "data", "restore", str(file))
    assert f"mailer campaigns resume {number}" in said
    open_for(elsewhere(tmp_path)).close()
