"""Start of a campaign: local times, and the hours that clocks skip or repeat."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.campaigns.instant import instant_of
from mailer.errors import InputError

ZURICH = "Europe/Zurich"


def on(text: str) -> datetime:
    """Read a local time, of no zone yet."""
    return datetime.fromisoformat(text)


def test_a_local_time_is_that_of_its_zone() -> None:
    """Nine in the morning in Geneva in April is seven in UTC."""
    assert instant_of(on("2023-04-12T09:00"), ZURICH) == datetime(2023, 4, 12, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("local", "zone"),
    [
        (on("2023-03-26T02:00"), ZURICH),
        (on("2023-03-26T02:59"), ZURICH),
        (on("2023-10-01T02:15"), "Australia/Lord_Howe"),
        (on("2011-12-30T12:00"), "Pacific/Apia"),
    ],
)
def test_a_time_that_the_clocks_skip_is_refused(local: datetime, zone: str) -> None:
    """The author of the time meant another one, and only they know which."""
    with pytest.raises(InputError, match=r"^at: .* does not exist in .*; give a time"):
        instant_of(local, zone)


@pytest.mark.parametrize(
    ("local", "zone"),
    [
        (on("2023-10-29T02:00"), ZURICH),
        (on("2023-10-29T02:59"), ZURICH),
        (on("2023-04-02T01:45"), "Australia/Lord_Howe"),
    ],
)
def test_a_time_that_the_clocks_repeat_is_refused(local: datetime, zone: str) -> None:
    """It could be an hour off, and nobody would know why."""
    with pytest.raises(InputError, match="happens twice"):
        instant_of(local, zone)


@pytest.mark.parametrize(
    "local",
    [
        on("2023-03-26T01:59"),
        on("2023-03-26T03:00"),
        on("2023-10-29T01:59"),
        on("2023-10-29T03:00"),
    ],
)
def test_times_beside_a_change_of_the_clocks_are_good(local: datetime) -> None:
    """The refusal must not reach further than the hour that it is about."""
    instant = instant_of(local, ZURICH)
    assert instant.astimezone(ZoneInfo(ZURICH)).replace(tzinfo=None) == local


@pytest.mark.parametrize("zone", ["Europe/Nowhere", "", "../etc/passwd", "Zürich", "Europe"])
def test_an_unknown_zone_is_refused_with_an_example(zone: str) -> None:
    """A zone that is guessed wrong sends at night."""
    with pytest.raises(InputError, match="is no time zone; give one such as Europe/Zurich"):
        instant_of(on("2023-04-12T09:00"), zone)


@given(st.datetimes(on("2000-01-01T00:00"), on("2035-01-01T00:00")))
def test_an_accepted_time_reads_the_same_on_the_clocks_there(local: datetime) -> None:
    """The clock on the secretariat's wall shows what was typed when the campaign starts."""
    try:
        instant = instant_of(local, ZURICH)
    except InputError:
        return
    assert instant.astimezone(ZoneInfo(ZURICH)).replace(tzinfo=None) == local
