"""Laws 2 and 3 for the whole service: kill any of its processes, and the books still balance.

`make chaos` does the same with 20,000 recipients and more kills.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.campaign import END, Installation, Plan, Running, installed
from chaos.service import STOP_SECONDS, Part

pytestmark = pytest.mark.acceptance

SEED = 1582
READERS = 1500
SECONDS_EACH = 0.06
MORE_READERS, SLOW_SECONDS_EACH = 3000, 0.5
"""Enough for a campaign to last longer than two starts on a busy machine."""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A service that runs for all tests of this module: starting it takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("MAILER_")]:
            patch.delenv(name)
        folder = tmp_path_factory.mktemp("chaos")
        with installed(folder, READERS, SECONDS_EACH, SEED, lease_seconds=1) as running:
            yield running


@pytest.fixture
def patient(tmp_path: Path) -> Iterator[Installation]:
    """Another, in which nobody takes a worker for dead that a busy machine keeps waiting."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("MAILER_")]:
            patch.delenv(name)
        with installed(
            tmp_path, MORE_READERS, SLOW_SECONDS_EACH, SEED, lease_seconds=600
        ) as running:
            yield running


def test_kills_of_anything_lose_nobody_and_repeat_only_what_the_ledger_says(
    here: Installation,
) -> None:
    """Readers must not notice that the machine's processes die around their bulletin."""
    kills = {Part.WORKER: 3, Part.SCHEDULER: 1, Part.STORE: 2, Part.SUPERVISOR: 1}
    result = here.survive(Plan(READERS, kills, SEED))
    assert not result.faults, str(result)
    assert 0 < result.resent < READERS / 2, str(result)


def test_with_policy_skip_kills_never_repeat_a_message(here: Installation) -> None:
    """An operator who prefers missing one reader to mailing another twice can rely on it."""
    kills = {Part.WORKER: 2, Part.STORE: 1}
    result = here.survive(Plan(READERS, kills, SEED, policy="skip"))
    assert not result.faults, str(result)
    assert 0 < result.unknown < READERS / 2, str(result)


def test_clean_stops_leave_nothing_unknown_even_if_the_store_has_just_died(
    patient: Installation,
) -> None:
    """An update of the machine in mid-campaign must cost no reader anything."""
    service, stops = patient.service, []
    service.wait_for_workers(patient.store)
    campaign = Running(patient, Plan(MORE_READERS, {}, SEED))
    for share, dies in ((0.2, False), (0.5, True)):
        campaign.until(share)
        if dies:
            campaign.strike(Part.STORE)
        stop, status = service.stop(), campaign.look()
        began = time.monotonic()
        service.start()
        service.wait_for_workers(patient.store)
        stops.append((stop, time.monotonic() - began, status))
    campaign.until(END)
    result = campaign.settled()
    for stop, start, status in stops:
        assert stop < max(STOP_SECONDS, start)
        assert status is not None
        assert (status["state"], status["unknown"], status["in_flight"]) == ("sending", 0, 0)
    assert not result.faults, str(result)
    assert (result.taken, result.resent, result.unknown) == (MORE_READERS, 0, 0), str(result)
