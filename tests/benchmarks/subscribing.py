"""Measures what a million subscribers cost: to import, to keep, to freeze, to count, to send to."""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks import processes, sinks
from benchmarks.dispatching import WARM_SECONDS, wait
from benchmarks.installation import LANGUAGES, SLUG, Installation, write_readers
from mailer.clock import SystemClock
from mailer.domain.campaigns.campaign import State
from mailer.services.campaigns.lifecycle import Campaigns
from mailer.store.campaigns import audience
from mailer.store.subscribers import records as subscribers
from mailer.workers.supervisor import Supervisor

FEW: Final = 10_000
TAG: Final = "few"
SOME_SECONDS: Final = 12.0
"""A worker's memory is looked at after that long: by then it has had dozens of chunks."""
_IMPORT: Final = "import sys; from mailer.cli.main import main; sys.exit(main())"


@dataclass(frozen=True, slots=True)
class Imported:
    """The cost of importing a file."""

    subscribers: int
    seconds: float
    memory: int
    """Most memory of the importing process, in bytes."""
    file_bytes: int
    store_bytes: int
    """The growth of the store's memory."""
    log_bytes: int
    """Size of its append-only file."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The time of the store's answers, in milliseconds; medians."""

    freeze: float
    send: float
    """The whole start of a campaign: freezing, chunks, events and jobs."""
    count: float
    status: float


@dataclass(frozen=True, slots=True)
class WorkerMemory:
    """Most memory of a worker process, in bytes."""

    few: int
    """While it sends to ten thousand."""
    all: int
    """While it sends to everybody."""


def import_many(here: Installation, count: int) -> Imported:
    """Import that many by `mailer subscribers import` in a process of its own."""
    file = here.folder / "many.csv"
    write_readers(file, count, TAG, FEW)
    size, before = file.stat().st_size, _info(here, "used_memory")
    environment = os.environ | here.settings().environment()
    command = [sys.executable, "-c", _IMPORT, "subscribers", "import", str(file), "--yes"]
    ran = processes.run(command, environment=environment)
    file.unlink()
    found = subscribers.count(here.store).total
    if found != count:
        raise RuntimeError(f"{found} of {count} were imported: a defect")
    grown = _info(here, "used_memory") - before
    log = here.folder / "data"
    return Imported(count, ran.seconds, ran.memory, size, grown, _size_of(log))


def answers(here: Installation) -> Answered:
    """Time what the secretariat waits for, on all those subscribers."""
    settings = here.settings()
    campaigns = Campaigns(here.store, settings, SystemClock())
    draft = campaigns.create(SLUG, "bulletin")
    languages = {code: code for code in LANGUAGES}
    freeze = _milliseconds(lambda: audience.freeze(here.store, draft, languages, LANGUAGES[0]))
    started: list[int] = []

    def send() -> None:
        number = campaigns.create(SLUG, "bulletin").number
        started.append(campaigns.send(number).number)

    sent = _milliseconds(send, runs=3)
    status = _milliseconds(lambda: campaigns.status(started[0]))
    count = _milliseconds(lambda: subscribers.count(here.store))
    for number in started:
        campaigns.cancel(number)
    return Answered(freeze, sent, count, status)


def worker_memory(here: Installation) -> WorkerMemory:
    """Compare a worker that sends to a few with one that sends to everybody."""
    return WorkerMemory(_memory_of_worker(here, (TAG,)), _memory_of_worker(here, ()))


def _memory_of_worker(here: Installation, tags: tuple[str, ...]) -> int:
    with sinks.fast().running() as sink:
        settings = here.settings(relays=[place.url for place in sink.places])
        campaigns = Campaigns(here.store, settings, SystemClock())
        with Supervisor(settings) as supervisor:
            time.sleep(WARM_SECONDS)
            number = here.start(settings, tags)
            wait(supervisor, campaigns, number, SOME_SECONDS)
            if campaigns.status(number).campaign.state is State.SENDING:
                campaigns.cancel(number)
                wait(supervisor, campaigns, number)
            worker = next(child for child in supervisor.children if child.module == "run")
            memory = processes.most_memory_of(worker.pid or 0)
        sink.expected = campaigns.status(number).counts.accepted
    return memory


def _milliseconds(work: Callable[[], Any], runs: int = 5) -> float:
    found = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        found.append((time.perf_counter() - began) * 1000)
    return statistics.median(found)


def _info(here: Installation, name: str) -> int:
    return int(here.store.redis.info()[name])


def _size_of(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*.aof"))
