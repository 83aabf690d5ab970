"""Measurements: kept as plain data, shown as tables, compared with the aims."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from benchmarks import beside, web
from benchmarks import console as console_pages
from benchmarks.dispatching import Sent
from benchmarks.intake import EMPTY, OURS, SESSIONS, Taken
from benchmarks.reminding import Reminded
from benchmarks.subscribing import Answered, Imported, WorkerMemory

UNSIGNED: Final = "none"
CPU_AIMS: Final = {UNSIGNED: 120.0, "ed25519": 220.0, "rsa": 680.0}
"""Microseconds of worker CPU a delivery, at most."""
RATIO_AIMS: Final = {
    ("smtp-sink", UNSIGNED): 1.0,
    ("smtp-sink", "ed25519"): 1.0,
    ("smtp-sink", "rsa"): 0.6,
    ("fast sink", UNSIGNED): 0.5,
}
"""Our rate over smtp-source's, at least."""
FREEZE_AIM: Final = 100.0
"""Milliseconds, at most."""
DUE_AIM: Final = 50.0
"""Milliseconds, at most."""
INTAKE_AIM: Final = 0.5
"""Our rate of taking mail in over that of aiosmtpd with an empty handler, at least."""
WEB_AIM: Final = 0.5
"""Our rate of taking forms and leavings over that of an empty FastAPI handler with one durable
write, at least."""
BESIDE_AIM: Final = 0.98
"""The sender's rate while the API is asked over its rate alone, at least."""
BESIDE_CPU_AIM: Final = 1.02
"""The sender's CPU a message likewise, at most."""
FLAT: Final = 1.1
"""A worker's memory for everybody over that for ten thousand, at most."""


@dataclass(frozen=True, slots=True)
class Row:
    """One way of sending into one sink: medians of its runs."""

    sink: str
    way: str
    """`smtp-source`, or how our messages were signed, or a usual way."""
    workers: int
    runs: int
    messages: int
    rate: float
    """Messages a second."""
    ratio: float | None
    """That rate over smtp-source's in the same round, median of the rounds."""
    cpu: float
    """Microseconds a message; of all workers together."""
    store_cpu: float
    sink_cpu: float

    @property
    def ours(self) -> bool:
        """Tell whether it was our sender."""
        return self.way in CPU_AIMS


@dataclass
class Results:
    """All that one run of the benchmark found."""

    machine: Mapping[str, Any] = field(default_factory=dict)
    size: int = 0
    """Octets of a message."""
    rows: list[Row] = field(default_factory=list)
    beside: list[beside.Round] = field(default_factory=list)
    """Campaigns alone and while the API is asked."""
    imported: Imported | None = None
    answered: Answered | None = None
    reminded: Reminded | None = None
    memory: WorkerMemory | None = None
    pages: list[console_pages.Timed] = field(default_factory=list)
    taken: list[list[Taken]] = field(default_factory=list)
    """Mail that came in: a list for each round."""
    answers: list[list[web.Answered]] = field(default_factory=list)
    """Forms and leavings: a list for each round."""
    notes: list[str] = field(default_factory=list)

    def write(self, file: Path) -> None:
        """Write everything as JSON."""
        written = asdict(self) | {"aims": [asdict(aim) for aim in aims(self)]}
        file.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Aim:
    """Something that is aimed at, and what was found."""

    what: str
    found: float
    limit: float
    at_least: bool
    met: bool


@dataclass(frozen=True, slots=True)
class Beside:
    """Campaigns alone and while the API is asked, compared round by round."""

    rates: tuple[float, ...]
    """The rate beside calls over the one alone, of each round."""
    rate: float
    """Their median."""
    cpu: float
    """The same of the sender's CPU a message."""
    slow: float
    """Seconds: the 95th percentile of all calls."""

    @classmethod
    def of(cls, found: list[beside.Round]) -> Beside:
        """Compare; every round must have had calls."""
        rates = tuple(one.beside.rate / one.alone.rate for one in found)
        cpus = [one.beside.worker_cpu / one.alone.worker_cpu for one in found]
        calls = sorted(call.seconds for one in found for call in one.calls)
        slow = calls[min(len(calls) - 1, int(len(calls) * 0.95))]
        return cls(rates, _median(rates), _median(cpus), slow)


def row(sink: str, way: str, runs: list[Sent], sources: list[Sent], workers: int = 1) -> Row:
    """Make a row of several runs; `sources` are smtp-source's in the same rounds, if it ran."""
    ratios = [sent.rate / source.rate for sent, source in zip(runs, sources, strict=False)]
    return Row(
        sink=sink,
        way=way,
        workers=workers,
        runs=len(runs),
        messages=runs[0].messages,
        rate=_median(sent.rate for sent in runs),
        ratio=_median(ratios) if ratios else None,
        cpu=_median(sent.micro(sent.worker_cpu) for sent in runs),
        store_cpu=_median(sent.micro(sent.store_cpu) for sent in runs),
        sink_cpu=_median(sent.micro(sent.sink_cpu) for sent in runs),
    )


def aims(results: Results) -> list[Aim]:
    """Compare what was found with what is aimed at, as far as it was measured."""
    found: list[Aim] = []
    for one in results.rows:
        if not one.ours or one.workers != 1:
            continue
        name = f"{signed(one.way)}, {one.sink}"
        ratio_aim = RATIO_AIMS.get((one.sink, one.way))
        if ratio_aim and one.ratio is not None:
            what = f"rate as a ratio to smtp-source's: {name}"
            found.append(_at_least(what, one.ratio, ratio_aim))
        what = f"µs of worker CPU a delivery: {name}"
        found.append(_at_most(what, one.cpu, CPU_AIMS[one.way]))
    if results.beside:
        compared = Beside.of(results.beside)
        what = "rate beside calls of the API as a ratio to the rate alone"
        found.append(_at_least(what, compared.rate, BESIDE_AIM))
        what = "sender's CPU a message beside calls of the API as a ratio to that alone"
        found.append(_at_most(what, compared.cpu, BESIDE_CPU_AIM))
    if results.answered is not None:
        what = "ms to freeze the audience of everybody"
        found.append(_at_most(what, results.answered.freeze, FREEZE_AIM))
    if results.reminded is not None:
        what = f"ms to find what is due of {results.reminded.entries} calendar entries"
        found.append(_at_most(what, results.reminded.due, DUE_AIM))
    found += [
        _at_most(f"ms of {one.path}, p95", one.tail, console_pages.AIM)
        for one in console_pages.worst(results.pages)
    ]
    if results.memory is not None:
        ratio = results.memory.all / results.memory.few
        found.append(_at_most("worker's memory, everybody over ten thousand", ratio, FLAT))
    if results.taken:
        what = "rate of taking mail in as a ratio to aiosmtpd's with an empty handler"
        found.append(_at_least(what, _taken_ratio(results, OURS), INTAKE_AIM))
    for way in (web.FORM, web.CLICK) if results.answers else ():
        what = f"rate as a ratio to an empty handler's with one durable write: {way}"
        found.append(_at_least(what, _answers_ratio(results, way), WEB_AIM))
    return found


def _answers_ratio(results: Results, way: str) -> float:
    rounds = [{one.way: one.rate for one in found} for found in results.answers]
    return _median(rates[way] / rates[web.EMPTY] for rates in rounds)


def _taken_ratio(results: Results, way: str) -> float:
    """Compare two ways within each round; the median of that."""
    rounds = [{one.way: one.rate for one in found} for found in results.taken]
    return _median(rates[way] / rates[EMPTY] for rates in rounds)


def signed(way: str) -> str:
    """Say how messages were signed, in words."""
    return {UNSIGNED: "unsigned", "ed25519": "Ed25519", "rsa": "RSA-2048"}.get(way, way)


def machine(store_version: str) -> dict[str, Any]:
    """Describe the machine, without telling whose it is."""
    cpus = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.partition(":")[2].strip() for line in cpus if "model name" in line), "?")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": model,
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory / 2**30),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "store": store_version,
        "load_at_start": round(os.getloadavg()[0], 2),
    }


def show(results: Results, console: Console) -> None:
    """Print what was found: first what is aimed at, then everything."""
    if found := aims(results):
        console.print(_aims_table(found))
    if results.rows:
        console.print(_rows_table(results))
    if results.beside:
        console.print(_beside_table(results.beside))
    if results.imported is not None:
        console.print(_subscribers_table(results))
    if results.pages:
        console.print(console_pages.table(results.pages))
    if results.taken:
        console.print(_taken_table(results))
    if results.answers:
        console.print(_answers_table(results))
    about = results.machine
    console.print(
        f"{about['cores']} cores of {about['cpu']}, Python {about['python']}, {about['store']};"
        f" load {about['load_at_start']} when this began"
    )
    for note in results.notes:
        console.print(f"· {note}", style="dim")


def _aims_table(found: Iterable[Aim]) -> Table:
    table = Table("aimed at", "found", "limit", "", title="Aims", title_justify="left")
    for aim in found:
        sign = "≥" if aim.at_least else "≤"
        verdict = "[green]met[/]" if aim.met else "[red]not met[/]"
        table.add_row(aim.what, _number(aim.found), f"{sign} {_number(aim.limit)}", verdict)
    return table


def _rows_table(results: Results) -> Table:
    title = f"Sending messages of {results.size / 1000:.1f} kB; CPU in µs a message, medians"
    heads = ("sink", "sender", "runs", "messages", "ratio", "a second", "CPU", "store", "sink")
    table = Table(title=title, title_justify="left")
    for place, head in enumerate(heads):
        table.add_column(head, justify="left" if place < 2 else "right")
    for one in results.rows:
        name = f"{signed(one.way)}, {_workers(one.workers)}" if one.ours else one.way
        table.add_row(
            one.sink,
            name,
            str(one.runs),
            f"{one.messages:,}",
            "" if one.ratio is None else f"{one.ratio:.2f}",
            f"{one.rate:,.0f}",
            f"{one.cpu:,.0f}",
            f"{one.store_cpu:,.0f}" if one.ours else "",
            f"{one.sink_cpu:,.0f}" if one.sink_cpu else "",
        )
    return table


def _beside_table(found: list[beside.Round]) -> Table:
    compared = Beside.of(found)
    calls = [call for one in found for call in one.calls]
    title = (
        f"{found[0].alone.messages:,} messages, alone and beside {beside.READS} reads and"
        f" {beside.WRITES} write of the API a second; {len(found)} rounds, medians"
    )
    table = Table("what", title=title, title_justify="left")
    for head in ("alone", "beside", "ratio"):
        table.add_column(head, justify="right")
    alone, company = [one.alone for one in found], [one.beside for one in found]
    spread = f"{min(compared.rates):.3f} to {max(compared.rates):.3f}"
    table.add_row(
        "messages a second",
        f"{_median(one.rate for one in alone):,.0f}",
        f"{_median(one.rate for one in company):,.0f}",
        f"{compared.rate:.3f} ({spread})",
    )
    for what, runs in (("the sender", "worker_cpu"), ("the store", "store_cpu")):
        table.add_row(
            f"CPU of {what}, µs a message",
            f"{_median(one.micro(getattr(one, runs)) for one in alone):,.1f}",
            f"{_median(one.micro(getattr(one, runs)) for one in company):,.1f}",
            f"{compared.cpu:.3f}" if runs == "worker_cpu" else "",
        )
    rates = [[one.web_cpu / one.seconds * 100 for one in runs] for runs in (alone, company)]
    table.add_row("CPU of the API, % of a core", *(f"{_median(one):.1f}" for one in rates), "")
    asking = _median(one.client_cpu / one.beside.seconds * 100 for one in found)
    table.add_row("CPU of who asks, % of a core", "", f"{asking:.1f}", "")
    for kind in sorted({call.kind for call in calls}):
        times = [call.seconds * 1000 for call in calls if call.kind == kind]
        table.add_row(f"calls: {kind}, median ms", "", f"{_median(times):.1f}", "")
    table.add_row(f"all {len(calls)} calls: p95 ms", "", f"{compared.slow * 1000:.1f}", "")
    return table


def _subscribers_table(results: Results) -> Table:
    imported, answered, memory = results.imported, results.answered, results.memory
    title = f"{imported.subscribers:,} subscribers" if imported else ""
    table = Table("what", "found", title=title, title_justify="left")
    if imported is not None:
        count = imported.subscribers
        table.add_row("import, s", f"{imported.seconds:.1f}")
        table.add_row("import, lines a second", f"{count / imported.seconds:,.0f}")
        table.add_row("most memory of the import, MB", _mega(imported.memory))
        table.add_row("the file, MB", _mega(imported.file_bytes))
        table.add_row("store, bytes a subscriber", f"{imported.store_bytes / count:.0f}")
        table.add_row("append-only file, MB", _mega(imported.log_bytes))
    if answered is not None:
        table.add_row("freeze an audience, ms", f"{answered.freeze:.1f}")
        table.add_row("start a campaign, ms", f"{answered.send:.1f}")
        table.add_row("count the subscribers, ms", f"{answered.count:.1f}")
        table.add_row("a campaign's status, ms", f"{answered.status:.1f}")
    if results.reminded is not None:
        reminded = results.reminded
        table.add_row("look at the calendar, nothing due, ms", f"{reminded.idle:.1f}")
        table.add_row("look at the calendar, one reminder due, ms", f"{reminded.due:.1f}")
    if memory is not None:
        table.add_row("most memory of a worker, 10,000 readers, MB", _mega(memory.few))
        table.add_row("most memory of a worker, all readers, MB", _mega(memory.all))
    return table


def _taken_table(results: Results) -> Table:
    title = f"Taking in {results.taken[0][0].mails:,} mails over {SESSIONS} connections; medians"
    table = Table("server", title=title, title_justify="left")
    for head in ("ratio", "a second", "CPU, µs a mail", "most memory, MB"):
        table.add_column(head, justify="right")
    for way in [one.way for one in results.taken[0]]:
        runs = [one for found in results.taken for one in found if one.way == way]
        table.add_row(
            way,
            f"{_taken_ratio(results, way):.2f}",
            f"{_median(one.rate for one in runs):,.0f}",
            f"{_median(one.server_cpu / one.mails * 1e6 for one in runs):,.0f}",
            _mega(max(one.memory for one in runs)),
        )
    return table


def _answers_table(results: Results) -> Table:
    count = results.answers[0][0].requests
    title = f"{count:,} POSTs over {web.CONNECTIONS} connections that are kept; medians"
    table = Table("handler", title=title, title_justify="left")
    for head in ("ratio", "a second", "CPU, µs an answer"):
        table.add_column(head, justify="right")
    for way in [one.way for one in results.answers[0]]:
        runs = [one for found in results.answers for one in found if one.way == way]
        table.add_row(
            way,
            f"{_answers_ratio(results, way):.2f}",
            f"{_median(one.rate for one in runs):,.0f}",
            f"{_median(one.cpu / one.requests * 1e6 for one in runs):,.0f}",
        )
    return table


def _workers(count: int) -> str:
    return "1 worker" if count == 1 else f"{count} workers"


def _mega(count: int) -> str:
    return f"{count / 1e6:,.1f}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}" if value < 10 else f"{value:.1f}"


def _at_least(what: str, found: float, limit: float) -> Aim:
    return Aim(what, found, limit, at_least=True, met=found >= limit)


def _at_most(what: str, found: float, limit: float) -> Aim:
    return Aim(what, found, limit, at_least=False, met=found <= limit)


def _median(values: Iterable[float]) -> float:
    return statistics.median(values)
