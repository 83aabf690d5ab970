"""Measures the sender: the whole way of a campaign, from the frozen audience to its closed books."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from benchmarks import processes
from benchmarks.installation import Installation
from benchmarks.sinks import POSTFIX, Kind, Place, Sink
from mailer.clock import SystemClock
from mailer.domain.campaigns.campaign import FINAL
from mailer.services.campaigns.lifecycle import Campaigns
from mailer.services.campaigns.status import Status
from mailer.workers.supervisor import FIRST_WAIT, Supervisor

LONGEST_SECONDS: Final = 300.0
WARM_SECONDS: Final = 1.5
"""A worker needs that long to start; then it waits for jobs, as in a service that runs."""
LOOK_SECONDS: Final = 0.25
SESSIONS: Final = 20
"""As many as the worker's connections, and a few more."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One run of a sender into a sink."""

    messages: int
    seconds: float
    worker_cpu: float = 0.0
    """Seconds of all workers together, and of what signs for them."""
    store_cpu: float = 0.0
    sink_cpu: float = 0.0
    web_cpu: float = 0.0
    """Seconds of what serves pages and API, if anything does."""
    began: float = 0.0
    """Of a campaign: in seconds since 1970."""

    @property
    def ended(self) -> float:
        """When it was finished, likewise."""
        return self.began + self.seconds

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.messages / self.seconds

    def micro(self, cpu: float) -> float:
        """Microseconds of CPU a message."""
        return cpu / self.messages * 1e6


class Company(Protocol):
    """What runs beside a campaign."""

    def wait(self) -> None:
        """Get ready, before anything is measured."""

    def begin(self, number: int) -> None:
        """Do what is done beside this campaign, which has just begun."""

    def end(self) -> None:
        """Stop."""


def campaign(
    here: Installation,
    kind: Kind,
    recipients: int,
    *,
    workers: int = 1,
    company: Company | None = None,
    **settings: Any,
) -> Sent:
    """Send a campaign by a service of its own into a fresh sink.

    The time is the campaign's own, from `started_at`, before its audience is frozen, until
    `finished_at`, when its books are closed: freezing, the job's way through the queue and the
    opening of connections are in it, the start of the worker process is not.

    Raises:
        RuntimeError: it did not end well.
        SinkError: the sink counted something else.
    """
    with kind.running(recipients) as sink:
        relays = [place.url for place in sink.places]
        given = here.settings(relays=relays, workers=workers, **settings)
        with Supervisor(given) as supervisor, ExitStack() as stack:
            if company is not None:
                stack.callback(company.end)
                company.wait()
            time.sleep(WARM_SECONDS)
            before = _Costs(here, supervisor, sink)
            number = here.start(given)
            if company is not None:
                company.begin(number)
            status = wait(supervisor, Campaigns(here.store, given, SystemClock()), number)
            after = _Costs(here, supervisor, sink)
    began, ended = status.campaign.started_at, status.campaign.finished_at
    if status.counts.accepted != recipients or began is None or ended is None:
        raise RuntimeError(f"the campaign did not end well: {status.as_json()}")
    return Sent(
        recipients,
        (ended - began).total_seconds(),
        after.workers - before.workers,
        after.store - before.store,
        after.sink - before.sink,
        after.web - before.web,
        began.timestamp(),
    )


def smtp_source(kind: Kind, recipients: int, size: int) -> Sent:
    """Let Postfix's smtp-source send as many messages of that size into a fresh sink."""
    with kind.running(recipients) as sink:
        before = sink.cpu()
        ran = processes.run(*_sources(sink.places, recipients, size))
        cost = sink.cpu() - before
    return Sent(recipients, ran.seconds, ran.cpu, sink_cpu=cost)


def _sources(places: Sequence[Place], recipients: int, size: int) -> list[list[str]]:
    shares = [recipients // len(places)] * len(places)
    shares[0] += recipients - sum(shares)
    sessions = str(max(1, SESSIONS // len(places)))
    options = ["-d", "-s", sessions, "-l", str(size)]
    return [
        [POSTFIX[1], *options, "-m", str(share), str(place)]
        for share, place in zip(shares, places, strict=True)
    ]


class _Costs:
    """The resources that the processes have used by now."""

    def __init__(self, here: Installation, supervisor: Supervisor, sink: Sink) -> None:
        embedded = here.store.embedded
        server = embedded.pid() if embedded else None
        self.workers = self._of(supervisor, "run")
        self.web = self._of(supervisor, "web")
        self.store = processes.cpu_of(server) if server else 0.0
        self.sink = sink.cpu()

    def _of(self, supervisor: Supervisor, module: str) -> float:
        pids = [child.pid for child in supervisor.children if child.module == module]
        return sum(processes.cpu_of_family(pid) for pid in pids if pid is not None)


def wait(
    supervisor: Supervisor, campaigns: Campaigns, number: int, seconds: float | None = None
) -> Status:
    """Keep the service running until a campaign ends, or until that long has passed.

    Raises:
        RuntimeError: no time was given and it took too long, or a process died.
    """
    deadline = time.monotonic() + (seconds or LONGEST_SECONDS)
    while True:
        status = campaigns.status(number)
        if status.counts.complete and status.campaign.state in FINAL:
            return status
        if time.monotonic() > deadline:
            if seconds:
                return status
            raise RuntimeError(f"the campaign does not end: {status.as_json()}")
        supervisor.look()
        if any(child.wait > FIRST_WAIT for child in supervisor.children):
            raise RuntimeError("a process of the service died; what it said stands above")
        time.sleep(LOOK_SECONDS)


def usual_way(kind: Kind, way: str, recipients: int, message: Path) -> Sent:
    """Let one of `usual_ways` send a message, as it is in a file, to that many."""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    with kind.running(recipients) as sink:
        place = sink.places[0]
        arguments = [way, place.host, str(place.port), str(recipients), str(message)]
        program = [sys.executable, "-m", "benchmarks.usual_ways", *arguments]
        ran = processes.run(program, environment=environment)
    return Sent(recipients, ran.seconds, ran.cpu)
