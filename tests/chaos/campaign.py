"""One campaign under blows, and what must be true of it."""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, Final

from rq import Worker

from chaos.service import Part, Process, Service
from chaos.sink import Sink
from mailer.clock import SystemClock
from mailer.domain.campaigns.campaign import FINAL, State
from mailer.errors import StoreLostError
from mailer.services.campaigns.lifecycle import Campaigns
from mailer.services.editions import library as editions
from mailer.services.subscriber_files.importing import import_csv
from mailer.store import keys
from mailer.store.server.connection import Store, opened
from mailer.store.subscribers import records as subscribers
from support.patience import PATIENCE
from support.places import CORPUS

EDITION: Final = CORPUS / "editions" / "autumn"
SLUG: Final = "autumn-2030"
LANGUAGES: Final = ("en", "fr", "es")
LOOK_SECONDS: Final = 0.1
END: Final = 2.0
"""A share of the mail that is never reached: the campaign ends first."""
FIRST, LAST = 0.05, 0.92
"""Between these shares of the mail all kills fall."""
QUIET_SECONDS: Final = 0.5
"""If the sink takes nothing for that long, nothing is on its way."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of a run: what is to be sent, and who is killed meanwhile."""

    recipients: int
    kills: Mapping[Part, int]
    seed: int
    policy: str = "resend"
    patience: float = 2 * PATIENCE
    """The time after which to give up."""

    def blows(self) -> list[tuple[float, Part]]:
        """Deal out the kills over the campaign: at which share of the mail, and what."""
        dice = random.Random(self.seed)
        parts = [part for part, count in self.kills.items() for _ in range(count)]
        dice.shuffle(parts)
        step = (LAST - FIRST) / max(len(parts), 1)
        return [(FIRST + step * (place + dice.random()), part) for place, part in enumerate(parts)]


@dataclass
class Result:
    """The result of a campaign, and its faults."""

    plan: Plan
    faults: list[str] = field(default_factory=list)
    """Sentences; a campaign that went as it must has none."""
    killed: Counter[Part] = field(default_factory=Counter)
    seconds: float = 0.0
    samples: int = 0
    away: int = 0
    """The number of times that the status was asked for while the store was down."""
    taken: int = 0
    resent: int = 0
    unknown: int = 0
    repeated: int = 0
    """Readers who got more than one copy."""
    longest_pause: float = 0.0
    """Seconds in which the sink took nothing, after it had begun."""

    def check(self, *, holds: bool, otherwise: str) -> None:
        """Note a fault, once."""
        if not holds and otherwise not in self.faults:
            self.faults.append(otherwise)

    def __str__(self) -> str:
        kills = ", ".join(f"{part.name.lower()} × {n}" for part, n in sorted(self.killed.items()))
        return (
            f"{self.plan.recipients} recipients, policy {self.plan.policy}, "
            f"seed {self.plan.seed}: {self.killed.total()} kills ({kills}) in "
            f"{self.seconds:.0f} s; {self.taken} messages taken, {self.resent} deliveries re-sent, "
            f"{self.repeated} readers got a repeat, {self.unknown} left unknown; "
            f"{self.samples} samples of the status, {self.away} while the store was down; "
            f"longest pause {self.longest_pause:.1f} s"
            + "".join(f"\nFault: {fault}" for fault in self.faults)
        )


@dataclass(frozen=True, slots=True)
class Installation:
    """A running service with readers, and the sink that it hands mail to."""

    service: Service
    store: Store
    sink: Sink

    def survive(self, plan: Plan) -> Result:
        """Send one campaign under blows to its end; returns how it went."""
        campaign = Running(self, plan)
        campaign.until(END)
        return campaign.settled()


@contextmanager
def installed(
    folder: Path, recipients: int, seconds_each: float, seed: int, lease_seconds: int = 2
) -> Iterator[Installation]:
    """Start a service and a sink in an empty folder; nothing of them is left after the block.

    Args:
        folder: for the store, and what the sink takes.
        recipients: how many readers there are.
        seconds_each: what the sink takes over a message.
        seed: decides how much more or less that is.
        lease_seconds: how long the others wait for a worker that is silent.
    """
    with (
        Sink(folder / "taken", seconds_each, seed) as sink,
        Service(folder, sink.url, lease_seconds) as service,
        opened(service.settings.data_dir) as store,
    ):
        clock, readers = SystemClock(), folder / "readers.csv"
        editions.import_folder(store, service.settings.topics, EDITION, clock)
        _write_readers(readers, recipients)
        import_csv(store, service.settings, clock, readers)
        yield Installation(service, store, sink)


class Running:
    """A campaign that is being sent to all readers."""

    def __init__(self, here: Installation, plan: Plan) -> None:
        """Create and start it."""
        self._service, self._store, self._sink, self._plan = (
            here.service,
            here.store,
            here.sink,
            plan,
        )
        settings = here.service.settings_with(unknown_policy=plan.policy)
        self._campaigns = Campaigns(here.store, settings, SystemClock())
        self.number = self._campaigns.create(SLUG, "bulletin").number
        self._before = here.sink.count()
        """The messages that the sink had taken of earlier campaigns."""
        self._campaigns.send(self.number)
        self.result = Result(plan)
        self._orphans: set[Process] = set()
        """The workers whose supervisor was killed: they must end by themselves."""
        self._dice = random.Random(plan.seed)

    def look(self) -> dict[str, Any] | None:
        """Sample the status, which must balance (law 2); None if the store is away."""
        try:
            status = self._campaigns.status(self.number).as_json()
        except StoreLostError:
            self.result.away += 1
            return None
        self.result.samples += 1
        outcomes = ("accepted", "rejected", "skipped", "unknown", "outstanding")
        total = sum(status[name] for name in outcomes)
        balances = status["planned"] == total == self._plan.recipients and status["balanced"]
        self.result.check(holds=balances, otherwise=f"the books do not balance: {status}")
        return status

    def until(self, share: float) -> dict[str, Any]:
        """Watch, and strike as planned, until the sink holds that share of the mail, or all ended.

        Raises:
            TimeoutError: it does not get there.
        """
        blows = self._plan.blows()[self.result.killed.total() :]
        began = time.monotonic()
        while True:
            status = self.look()
            taken = self._taken() / self._plan.recipients
            if status and (State(status["state"]) in FINAL or taken >= share):
                self.result.seconds += time.monotonic() - began
                return status
            if blows and taken >= blows[0][0] and self.strike(blows[0][1]):
                blows.pop(0)
            if time.monotonic() - began > self._plan.patience:
                raise TimeoutError(f"{self.result}; {status}; {list(self._service.processes())}")
            time.sleep(LOOK_SECONDS)  # those under test need the processor

    def strike(self, part: Part) -> bool:
        """Kill a process of that kind; false if there is none just now."""
        running = sorted(self._service.processes())
        among = [process for process in running if part in {process.part, Part.MACHINE}]
        if part is Part.WORKER:
            busy = self._busy()
            among = [process for process in among if process.pid in busy] or among
        if not among:
            return False
        for process in among if part is Part.MACHINE else [self._dice.choice(among)]:
            self._service.kill(process)
        self.result.killed[part] += 1
        if part in {Part.SUPERVISOR, Part.MACHINE}:
            self._orphans |= {one for one in running if one.part in {Part.WORKER, Part.SCHEDULER}}
            self._service.start()
        return True

    def settled(self) -> Result:
        """Wait until nothing is on its way, and compare what the sink holds with the books."""
        self._look_for_orphans()
        taken = -1
        while taken != self._taken():
            taken = self._taken()
            time.sleep(QUIET_SECONDS)
        status = self.look()
        assert status is not None
        result, copies, names = self.result, Counter[str](), defaultdict[str, set[str]](set)
        times = []
        for one in islice(self._sink.taken(), self._before, None):
            copies[one.recipient] += 1
            names[one.recipient].add(one.message_id)
            times.append(one.at)
        numbers = {one.address: one.number for one in subscribers.each(self._store)}
        resent, unknown = self._marked("resent"), self._marked("unknown")
        missing = {address for address in numbers if not copies[address]}
        repeated = {address for address, count in copies.items() if count > 1}
        result.taken, result.repeated = copies.total(), len(repeated)
        result.resent, result.unknown = len(resent), len(unknown)
        result.longest_pause = max((later - at for at, later in pairwise(times)), default=0.0)
        fair = {address for address, number in numbers.items() if number in resent}
        lost = {address for address in missing if numbers[address] not in unknown}
        checks = {
            "the campaign did not close by itself": status["state"] == State.SENT,
            "not all the kills took place": Counter(self._plan.kills) <= result.killed,
            f"nobody heard of these: {sorted(lost)[:5]} …": not lost,
            f"these got a repeat that the ledger does not know of: {sorted(repeated - fair)[:5]} …": repeated
            <= fair,
            "a repeat had another Message-ID": all(len(found) == 1 for found in names.values()),
            "mail went to strangers": set(copies) <= set(numbers),
            f"the status tells of {status['resent']} re-sent, {status['unknown']} unknown": (
                (status["resent"], status["unknown"]) == (len(resent), len(unknown))
            ),
            "with policy skip, something was sent again": self._plan.policy == "resend"
            or not (repeated or resent),
            "with policy resend, something was left unknown": self._plan.policy == "skip"
            or not unknown,
        }
        for otherwise, holds in checks.items():
            result.check(holds=holds, otherwise=otherwise)
        return result

    def _taken(self) -> int:
        return self._sink.count() - self._before

    def _busy(self) -> set[int]:
        """Return the ids of the processes that have a job, as far as can be known just now."""
        try:
            workers = Worker.all(connection=self._store.redis)
            return {worker.pid or 0 for worker in workers if worker.get_state() == "busy"}
        except StoreLostError:
            return set()

    def _look_for_orphans(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while left := self._orphans & set(self._service.processes()):
            if time.monotonic() > deadline:
                break
            time.sleep(LOOK_SECONDS)
        self.result.check(holds=not left, otherwise=f"these outlived their supervisor: {left}")

    def _marked(self, bitmap: str) -> set[int]:
        octets = self._store.redis.get(keys.ledger(self.number, bitmap)) or b""
        return {
            place * 8 + bit
            for place, octet in enumerate(octets)
            for bit in range(8)
            if octet & (128 >> bit)
        }


def _write_readers(file: Path, count: int) -> None:
    with file.open("w", encoding="utf-8") as lines:
        lines.write("address,language,topics\n")
        lines.writelines(
            f"{address},{language},bulletin\n" for address, language in _readers(count)
        )


def _readers(count: int) -> Iterator[tuple[str, str]]:
    for number in range(1, count + 1):
        yield f"reader{number}@mail{number % 97}.example.org", LANGUAGES[number % 3]
