"""The chain of the audit log shows every change to it."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.access.audit import BEGINNING, Entry, Phase, audit_key, flaws

KEY = audit_key(b"k" * 32)
AT = datetime(2026, 4, 26, 9, tzinfo=UTC)


def log(count: int, key: bytes = KEY) -> list[bytes]:
    """Return a log of so many entries."""
    found: list[bytes] = []
    mac = BEGINNING
    for number in range(1, count + 1):
        entry = Entry(
            number,
            AT,
            "user:1",
            "Ada",
            "api",
            "192.0.2.1",
            "campaigns.send",
            Phase.DONE,
            facts={"number": number},
            before={"state": "draft"},
            after={"state": "sending"},
        ).sealed(key, mac)
        mac = entry.mac
        found.append(entry.stored())
    return found


def check(entries: list[bytes], first: int = 1, before: str = BEGINNING) -> list[int]:
    """Return the numbers of the entries that are flawed."""
    return [flaw.number for flaw in flaws(entries, KEY, first, before)]


def test_a_whole_log_has_no_flaw() -> None:
    """A check with false alarms is not read."""
    assert check(log(20)) == []


@given(st.integers(0, 9), st.integers(0, 400), st.integers(1, 255))
def test_any_changed_octet_shows(place: int, at: int, by: int) -> None:
    """Nobody can rewrite what was done."""
    entries = log(10)
    old = entries[place]
    at %= len(old)
    entries[place] = old[:at] + bytes([old[at] ^ by]) + old[at + 1 :]
    assert place + 1 in check(entries) or place + 2 in check(entries)


@given(st.integers(0, 8))
def test_a_missing_entry_shows(place: int) -> None:
    """Nobody can take out what was done."""
    entries = log(10)
    del entries[place]
    assert place + 1 in check(entries)


def test_entries_of_another_key_show() -> None:
    """A writer to the store alone must not be able to make an entry that fits."""
    entries = [*log(5), *log(6, audit_key(b"other" * 8))[5:]]
    assert check(entries) == [6]


def test_a_log_whose_beginning_went_holds_from_there() -> None:
    """Old entries are dropped by the setting; the rest can still be checked."""
    entries = log(10)
    assert check(entries[4:], 5, Entry.read(entries[3]).mac) == []
    assert check(entries[4:], 5, BEGINNING) == [5]


@given(st.binary())
def test_anything_stored_is_an_entry_or_refused(text: bytes) -> None:
    """A check of a damaged log must not break off."""
    assert check([text]) == [1]


def test_an_entry_is_read_as_it_was_written() -> None:
    """A person must read exactly what was done."""
    stored = log(1)[0]
    assert Entry.read(stored).stored() == stored
