"""The embedded server: one per directory, whoever starts it, and nothing lost."""

from __future__ import annotations

import hashlib
import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from mailer.errors import StoreError, StoreRefusedError
from mailer.store import keys
from mailer.store.server.connection import (
    FSYNC_MILLISECONDS,
    Store,
    connect,
    connect_async,
    open_store,
)
from mailer.store.server.embedded import EmbeddedServer
from mailer.store.server.socket_place import LONGEST_PATH


def test_data_outlives_a_clean_stop(data_dir: Path) -> None:
    """A restart of the service must find its subscribers again."""
    store = open_store(data_dir)
    store.redis.set("kept", "yes")
    store.close()
    again = open_store(data_dir)
    assert again.redis.get("kept") == b"yes"
    again.close()


def test_data_outlives_the_server_being_killed(data_dir: Path) -> None:
    """With durability `always` what was answered is on disk (law 3 rests on it)."""
    store = open_store(data_dir)
    assert store.embedded is not None
    store.redis.set("kept", "yes")
    pid = store.embedded.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    store.embedded._wait_for_end(pid)
    store.embedded.revive()
    assert store.redis.get("kept") == b"yes"
    assert store.embedded.pid() != pid
    store.close()


def test_the_last_user_stops_the_server(data_dir: Path) -> None:
    """A command that ends must not take the store from one that still works."""
    first, second = open_store(data_dir), open_store(data_dir)
    assert first.embedded is not None
    assert second.embedded is not None
    pid = first.embedded.pid()
    first.close()
    assert second.redis.ping()
    assert second.embedded.pid() == pid
    second.close()
    assert second.embedded.pid() is None


def test_a_server_whose_users_were_killed_is_adopted(data_dir: Path) -> None:
    """Two servers on one append-only file would destroy it, so a survivor must be found."""
    script = (
        "import os, signal, sys; from pathlib import Path; "
        "from mailer.store.server.connection import open_store; "
        "s = open_store(Path(sys.argv[1])); s.redis.set('kept', 'yes'); "
        "print(s.embedded.pid(), flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run(
        [sys.executable, "-c", script, str(data_dir)], capture_output=True, text=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    store = open_store(data_dir)
    assert store.embedded is not None
    assert store.embedded.pid() == int(killed.stdout)
    assert store.redis.get("kept") == b"yes"
    store.close()
    assert store.embedded.pid() is None


@pytest.mark.parametrize("hidden", [False, True])
def test_a_silent_server_of_ours_is_ended_before_another_starts(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, hidden: bool
) -> None:
    """One that hangs holds the append-only file open: a second beside it would destroy it.

    Where a process works is hidden from other user namespaces, as `PrivateUsers=` makes them.
    """

    def refused(*_: object) -> bool:
        raise PermissionError

    if hidden:
        monkeypatch.setattr(Path, "samefile", refused)
    store = open_store(data_dir)
    assert store.embedded is not None
    store.redis.set("kept", "yes")
    pid = store.embedded.pid()
    assert pid is not None
    store.embedded.socket.unlink()  # it runs on, and nobody can reach it
    again = open_store(data_dir)
    assert again.embedded is not None
    assert again.embedded.pid() != pid
    assert not again.embedded._alive(pid)
    assert again.redis.get("kept") == b"yes"
    again.close()
    store.close()


def test_a_server_that_is_busy_with_a_long_script_is_left_to_it(data_dir: Path) -> None:
    """Work on a large list takes seconds on a slow machine; ended midway, it would begin anew."""
    store = open_store(data_dir)
    assert store.embedded is not None
    pid = store.embedded.pid()
    store.redis.config_set("busy-reply-threshold", 1)
    working = threading.Thread(target=endless, args=(store,))
    working.start()
    try:
        while not busy(store):
            pass
        store.embedded.revive()
    finally:
        store.redis.script_kill()
        working.join()
    assert store.embedded.pid() == pid
    store.close()


def busy(store: Store) -> bool:
    """Tell whether it answers that it has no time."""
    try:
        store.redis.ping()
    except StoreRefusedError as error:
        return error.said.startswith("BUSY")
    return False


def endless(store: Store) -> None:
    """Run a script until it is ended."""
    with pytest.raises(StoreRefusedError, match="killed"):
        store.redis.eval("while true do end", 0)


@pytest.mark.parametrize(
    "address", ["unix:///a.sock", "redis://a/0", "rediss://a/0", "redis+sentinel://a/main"]
)
def test_every_store_has_longer_to_answer_than_its_disk_may_take(address: str) -> None:
    """A caller who gives up sooner takes a write for lost that is being made durable."""
    for client in (connect(address), connect_async(address)):
        connection: Any = client.connection_pool.make_connection()
        assert connection.socket_timeout > FSYNC_MILLISECONDS / 1000


def test_a_valkey_of_somebody_else_is_left_alone(data_dir: Path, tmp_path: Path) -> None:
    """After a reboot the number that we noted may belong to the server of another service."""
    foreign = EmbeddedServer(tmp_path / "foreign")
    foreign.open()
    pid = foreign.pid()
    assert pid is not None
    data_dir.mkdir(exist_ok=True)
    (data_dir / "store.pid").write_text(f"{pid}\n", encoding="ascii")
    open_store(data_dir).close()
    assert foreign.pid() == pid
    foreign.close()


def test_many_processes_that_start_at_once_share_one_server(data_dir: Path) -> None:
    """Cron and a person may start commands in the same instant."""
    script = (
        "import sys; from pathlib import Path; from mailer.store.server.connection import open_store; "
        "s = open_store(Path(sys.argv[1])); s.redis.incr('users'); print(s.embedded.pid()); "
        "s.close()"
    )
    command = [sys.executable, "-c", script, str(data_dir)]
    users = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(5)]
    for user in users:
        with user:
            user.communicate()
        assert user.returncode == 0
    store = open_store(data_dir)
    assert store.redis.get("users") == b"5"
    store.close()


def test_another_schema_version_is_refused_and_left_alone(data_dir: Path) -> None:
    """An older program must not write into data that it does not understand."""
    store = open_store(data_dir)
    store.redis.set(keys.SCHEMA, 999)
    store.close()
    with pytest.raises(StoreError, match=r"schema version 999.*nothing was changed"):
        open_store(data_dir)


def test_an_unreachable_store_says_what_to_look_at() -> None:
    """The operator has ten minutes; the address and the setting are what helps, not a trace."""
    with pytest.raises(StoreError, match=r"127\.0\.0\.1:1/0 cannot be used.*redis_url") as caught:
        open_store(Path("unused"), "redis://:secret@127.0.0.1:1/0")
    assert "secret" not in str(caught.value)


@pytest.fixture
def deep(tmp_path: Path) -> Path:
    """A data directory whose path is too long for a socket."""
    return tmp_path / ("a" * 120)


def test_a_long_directory_name_gets_a_socket_in_a_folder_of_our_own(deep: Path) -> None:
    """Unix sockets have short names; and whoever can foresee one in a shared folder takes it."""
    server, other = EmbeddedServer(deep), EmbeddedServer(deep)
    server.open()
    folder = server.socket.parent
    assert len(os.fsencode(server.socket)) <= LONGEST_PATH
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert other.open() == server.socket
    assert other.pid() == server.pid() is not None
    server.close()
    assert other.pid() is not None
    other.close()
    assert not folder.exists()


def test_the_name_of_that_folder_cannot_be_foreseen(deep: Path) -> None:
    """Another one each time, not made from the data directory's name."""
    found = set()
    for _ in range(2):
        server = EmbeddedServer(deep)
        found.add(server.open().parent.name)
        server.close()
    assert len(found) == 2
    digest = hashlib.sha256(os.fsencode(deep)).hexdigest()
    assert not any(digest[:6] in name for name in found)


@pytest.mark.parametrize("trick", ["link", "open", "file", "gone", "elsewhere"])
def test_a_folder_that_is_not_ours_alone_is_not_used(
    deep: Path, tmp_path: Path, trick: str
) -> None:
    """A link, a folder that others may enter: what we write there is written to others."""
    deep.mkdir()
    trap = tmp_path / "trap"
    real = tmp_path / "real"
    real.mkdir(mode=0o700)
    if trick == "link":
        trap.symlink_to(real)
    elif trick == "open":
        trap.mkdir()
        trap.chmod(0o777)
    elif trick == "file":
        trap.write_text("x")
    elif trick == "elsewhere":  # the file itself is a link
        (tmp_path / "named").write_text(str(real))
        (deep / "store.socket").symlink_to(tmp_path / "named")
    if trick != "elsewhere":
        (deep / "store.socket").write_text(str(trap))
    server = EmbeddedServer(deep)
    assert server.open().parent not in {trap, real}
    assert server.pid() is not None
    server.close()


def test_after_the_server_was_killed_its_users_find_it_where_it_was(deep: Path) -> None:
    """Their connections know one path."""
    server = EmbeddedServer(deep)
    before = server.open()
    pid = server.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    server.revive()
    assert server.socket == before
    assert server.pid() not in {None, pid}
    server.close()
