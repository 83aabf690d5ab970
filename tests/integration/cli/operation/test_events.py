"""`mailer events` for one who follows: what comes is shown at once, and outages are sat out."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailer.cli.remedies import message_of
from mailer.domain.events import EVENT_TYPES, Event
from mailer.errors import StoreError
from mailer.store import events
from mailer.store.server.connection import PATIENCE_SECONDS, Store, open_store
from support.patience import PATIENCE
from support.service.campaign_commands import MAIN, answered
from support.service.command import Command

AT = datetime(2023, 4, 12, 7, 0, tzinfo=UTC)


def happened(store: Store, number: int) -> None:
    """Write an event."""
    with store.redis.pipeline() as pipe:
        events.append(pipe, Event("campaign.resumed", AT, {"campaign": number}))
        pipe.execute()


class Followed:
    """A running `mailer events --follow`."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        """Nothing is read yet."""
        self.process = process

    def next(self) -> dict[str, str]:
        """Return the next event that it prints."""
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        assert ready, "nothing came"
        found: dict[str, str] = json.loads(self.process.stdout.readline())
        return found


@contextmanager
def following(mailer: Command) -> Iterator[Followed]:
    """Run `mailer events --follow --json` in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", MAIN, "events", "--follow", "--json"],
        env=mailer.variables(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
    )
    try:
        yield Followed(process)
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def own(data_dir: Path) -> Iterator[Store]:
    """A store that the test may kill."""
    store = open_store(data_dir)
    yield store
    store.close()


@pytest.fixture
def mailer(own: Store, data_dir: Path) -> Command:
    """The command line on that store."""
    return Command(own, data_dir)


def test_what_comes_is_shown_as_it_comes_until_ctrl_c(mailer: Command, own: Store) -> None:
    """A program reads the log line by line; it must not wait for a buffer to fill."""
    happened(own, 1)
    with following(mailer) as followed:
        assert followed.next()["campaign"] == "1"
        happened(own, 2)
        assert followed.next()["campaign"] == "2"
        followed.process.send_signal(signal.SIGINT)
        assert followed.process.wait(PATIENCE) == 0
        assert followed.process.stderr is not None
        assert followed.process.stderr.read() == b""


def test_who_follows_sits_out_a_store_that_starts_again(mailer: Command, own: Store) -> None:
    """A page or a log that is fed by it must miss nothing when the service restarts."""
    assert own.embedded is not None
    happened(own, 1)
    with following(mailer) as followed:
        assert followed.next()["campaign"] == "1"
        pid = own.embedded.pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        own.embedded._wait_for_end(pid)
        own.embedded.revive()
        happened(own, 2)
        assert followed.next()["campaign"] == "2"


def test_a_store_that_does_not_come_back_is_told_in_words(own: Store) -> None:
    """Nobody can do anything with a traceback of a library."""
    assert own.embedded is not None
    waits: list[float] = []
    pid = own.embedded.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    own.embedded._wait_for_end(pid)
    with pytest.raises(StoreError, match=r"The store was lost: .* Does it run") as lost:
        own.patiently(own.redis.ping, waits.append)
    assert "`mailer up`" in message_of(lost.value)
    assert sum(waits) == pytest.approx(PATIENCE_SECONDS, abs=1)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"maxmemory": "1"}, "The store is full: give its server more memory"),
        ({"requirepass": "guess"}, "The store does not let us in: "),
    ],
)
def test_a_store_that_cannot_serve_is_told_in_words(
    mailer: Command, own: Store, limits: dict[str, str], words: str
) -> None:
    """The remedy differs: memory, or a password; that it runs is plain already."""
    for name, value in limits.items():
        own.redis.config_set(name, value)
    said = mailer("subscribers", "add", "ann@example.org")
    assert said.code == 1
    assert said.err.startswith(words)
    assert said.err.count("\n") == 1
    for name in limits:
        own.redis.config_set(name, "0" if name == "maxmemory" else "")


def test_a_command_that_the_store_refuses_midway_ends_with_a_sentence(
    mailer: Command, own: Store
) -> None:
    """An operator of one's own store may have restricted it too far."""
    own.redis.execute_command("ACL", "SETUSER", "default", "-xread")
    said = mailer("events")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("The store refuses: ")
    assert "xread" in said.err


def test_types_are_listed_for_people_at_a_terminal(mailer: Command) -> None:
    """A table for a web page is hard to read on a screen."""
    code, said = answered(mailer, "", "events", "--types")
    assert code == 0
    assert all(kind in said for kind in EVENT_TYPES)
    assert "|" not in said
