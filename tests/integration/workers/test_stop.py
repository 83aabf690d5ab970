"""A process of the service can be asked to stop at any moment, and its connections are its own."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
from rq import Worker

from mailer.store.server.connection import Store
from support.patience import PATIENCE
from support.service.parts import started
from support.service.small_campaign import settings_in_file

PARTS = ("run", "urgent", "schedule", "listen", "mailbox", "web")


@pytest.mark.parametrize("part", PARTS)
def test_a_process_that_is_still_being_loaded_ends_when_it_is_asked_to(
    part: str, store: Store, tmp_path: Path
) -> None:
    """On a machine that is busy starting everything, a stop must not wait until it has."""
    settings = settings_in_file(tmp_path / "data", redis_url=store.address)
    slow = tmp_path / "slow"
    slow.mkdir()
    endless = f"import time\nprint('loading', flush=True)\ntime.sleep({10 * PATIENCE})\n"
    (slow / "redis.py").write_text(endless, encoding="utf-8")  # which all of them need
    with started(part, settings, PYTHONPATH=str(slow)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "loading\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0


def test_a_worker_shares_no_connection_between_threads(store: Store, tmp_path: Path) -> None:
    """Two that connect again at once, after the store was lost, would wait for each other's answers.

    RQ's listener for commands would be the second one; whoever stopped the service two seconds
    after the store had died found that some worker did not end.
    """
    settings = settings_in_file(tmp_path / "data", redis_url=store.address)
    with started("run", settings) as process:
        deadline = time.monotonic() + PATIENCE
        while [one.get_state() for one in Worker.all(connection=store.redis)] != ["idle"]:
            assert time.monotonic() < deadline, "the worker does not start"
            time.sleep(0.02)
        subscribed = [client for client in store.redis.client_list() if int(client["sub"])]
        threads = list(Path(f"/proc/{process.pid}/task").iterdir())
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    assert subscribed == []
    assert len(threads) == 1
