"""Clock, disk, store and backups; settings that are examples; how SPF names providers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.deliverability import machine, providers, relay_tls, unfilled
from mailer.domain.deliverability.finding import State
from mailer.domain.deliverability.machine import StoreCondition
from mailer.domain.deliverability.relay_tls import Seen
from mailer.domain.settings.relay_url import RelayUrl

NOW = datetime(2023, 4, 12, 7, tzinfo=UTC)
GIB = 1024**3


@given(st.integers(0, 10**7))
def test_a_clock_is_wrong_in_both_directions_alike(seconds: int) -> None:
    """One that is ahead harms as much as one that is behind."""
    apart = timedelta(seconds=seconds)
    ahead = machine.judge_clock(NOW + apart, NOW, "store")
    behind = machine.judge_clock(NOW - apart, NOW, "store")
    assert (ahead.code, ahead.facts["seconds"]) == (behind.code, seconds)
    assert (ahead.state is State.GOOD) == (seconds <= 5)
    assert (ahead.state is State.BAD) == (seconds > 120)


@pytest.mark.parametrize(
    ("free", "total", "code"),
    [
        (100 * GIB, 500 * GIB, "disk.good"),
        (20 * GIB, 500 * GIB, "disk.low"),
        (GIB, 10 * GIB, "disk.low"),
        (3 * GIB, 10 * GIB, "disk.good"),
        (GIB, 2 * GIB, "disk.good"),
        (100 * 1024**2, 200 * 1024**2, "disk.full"),
        (0, 0, "disk.full"),
    ],
)
def test_room_on_a_disk(free: int, total: int, code: str) -> None:
    """Little of a large disk, and little at all."""
    assert machine.judge_disk("/srv", free, total).code == code


def test_a_store_is_judged_by_what_it_says() -> None:
    """Each of its flaws is told, not the first one only."""
    good = StoreCondition("Valkey 9.1", True, "noeviction", "", 1, NOW, None)
    bad = StoreCondition("Redis 7.2", False, "allkeys-lru", "its file", 900, NOW, None)
    assert [one.code for one in machine.judge_store(good)] == ["store.good"]
    assert [one.code for one in machine.judge_store(bad)] == [
        *("store.forgets", "store.evicts", "store.write_failed", "store.slow")
    ]
    assert machine.judge_backup(None, NOW).code == "backups.none"
    assert machine.judge_backup(NOW - timedelta(days=6), NOW).code == "backups.good"
    assert machine.judge_backup(NOW - timedelta(days=7), NOW).code == "backups.old"


@pytest.mark.parametrize(
    ("url", "seen", "code"),
    [
        ("smtp://mx.example", Seen(offers=False), "relay.no_tls"),
        ("smtp://mx.example", Seen(offers=True, problem="self-signed"), "relay.unverified"),
        ("smtp://mx.example?starttls=required", Seen(offers=True, problem="x"), "relay.invalid"),
        ("smtp://mx.example?starttls=required", Seen(offers=False), "relay.no_tls_required"),
        ("smtp://mx.example?starttls=no", Seen(offers=True), "relay.no_tls"),
        ("smtps://mx.example", Seen(offers=True, until=NOW + timedelta(days=20)), "relay.tls"),
        ("smtps://mx.example", Seen(offers=True, until=NOW + timedelta(days=9)), "relay.expires"),
        ("smtp://localhost", Seen(offers=False), "relay.local"),
        ("smtp://[::1]", Seen(offers=True, problem="self-signed"), "relay.local"),
        ("smtps://127.0.0.1", Seen(offers=True, problem="self-signed"), "relay.invalid"),
    ],
)
def test_a_relay_is_judged_by_what_is_asked_of_it(url: str, seen: Seen, code: str) -> None:
    """What would stop all mail is bad; what lets it be read on its way is to be improved."""
    assert relay_tls.judge(RelayUrl.parse(url), seen, NOW).code == code


@pytest.mark.parametrize(
    ("value", "example"),
    [
        ("bulletin@lists.example.org", True),
        ("https://bulletin.example.com/x", True),
        ("EXAMPLE.NET", True),
        ("a@b.invalid", True),
        ("", False),
        ("a@notexample.org", False),
        ("a@example.org.real.int", False),
        ("https://bulletin.int/example.org", False),
    ],
)
def test_examples_are_told_from_what_was_filled_in(value: str, example: bool) -> None:
    """Nobody's real domain may be called an example, and no example passes."""
    assert unfilled.is_example(value) is example


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://localhost:8080", True),
        ("http://127.0.0.1", True),
        ("https://[::1]/", True),
        ("https://10.1.2.3", True),
        ("https://mailer.lan", True),
        ("https://intranet", True),
        ("https://bulletin.institution.int", False),
        ("https://9.9.9.9", False),
        ("", False),
    ],
)
def test_places_that_only_we_reach(url: str, local: bool) -> None:
    """A link that works for whoever set it up, and for no reader."""
    assert unfilled.is_local(url) is local


def test_providers_are_found_by_their_hosts() -> None:
    """By whole labels: nobody else's host counts as theirs."""
    assert providers.include_of("email-smtp.eu-west-1.AMAZONAWS.com") == "amazonses.com"
    assert providers.include_of("notamazonaws.com") == ""
    assert providers.include_of("smtp.example.org") == ""
