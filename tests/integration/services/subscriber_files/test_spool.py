"""Uploaded files are private, bounded, and go."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.clock import SimulatedClock
from mailer.errors import InputError, NotFoundError
from mailer.services.subscriber_files import spool
from mailer.services.subscriber_files.spool import Kept, Spool, safe_name
from support.service.small_campaign import settings_for


@pytest.fixture
def clock() -> SimulatedClock:
    """The time."""
    return SimulatedClock(datetime(2026, 5, 1, tzinfo=UTC))


@pytest.fixture
def kept(data_dir: Path, clock: SimulatedClock) -> Spool:
    """A spool without files."""
    return Spool(settings_for(data_dir), clock)


def received(kept: Spool, name: str = "readers.csv", person: str = "user:1") -> Kept:
    """Send a file."""
    receiving = kept.receive(person, name)
    receiving.write(b"address\n")
    return receiving.keep()


def test_file_is_for_its_sender_alone(kept: Spool) -> None:
    """It holds people's addresses."""
    one = received(kept)
    assert one.path.read_bytes() == b"address\n"
    assert stat.S_IMODE(one.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(one.path.parent.stat().st_mode) == 0o700
    assert kept.find(one.id, "user:1") == one
    for name, person in ((one.id, "user:2"), ("../etc", "user:1"), ("0" * 32, "user:1")):
        with pytest.raises(NotFoundError):
            kept.find(name, person)


def test_files_go_after_use_or_a_day(kept: Spool, clock: SimulatedClock) -> None:
    """Nobody thinks of them any more."""
    first, second = received(kept), received(kept)
    kept.forget(first)
    assert not first.path.parent.exists()
    clock.advance(timedelta(hours=25))
    with pytest.raises(NotFoundError):
        kept.find(second.id, "user:1")
    assert kept.sweep() == 1
    assert not second.path.parent.exists()


def test_too_much_is_refused(kept: Spool, monkeypatch: pytest.MonkeyPatch, data_dir: Path) -> None:
    """Law 15: an upload has a budget, and leaves nothing behind."""
    monkeypatch.setattr(spool, "MOST_OCTETS", 10)
    receiving = kept.receive("user:1", "x")
    receiving.write(b"x" * 10)
    with pytest.raises(InputError):
        receiving.write(b"x")
    assert list((data_dir / spool.FOLDER).iterdir()) == []
    monkeypatch.setattr(spool, "MOST_FILES", 1)
    received(kept)
    with pytest.raises(InputError):
        kept.receive("user:1", "x")


@given(st.text(max_size=300))
def test_no_name_leaves_its_folder(name: str) -> None:
    """Whatever a browser says that the file is called."""
    found = safe_name(name)
    assert found
    assert "/" not in found
    assert not found.startswith(".")
    assert len(found.encode()) <= 255
    assert Path("/a/b", found).parent == Path("/a/b")
