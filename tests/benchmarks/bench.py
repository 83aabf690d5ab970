"""Measures the service and prints ratios: `make bench`, or parts of it by `make bench ARGS=…`.

What takes part runs on this machine, in a temporary folder: a store that writes to disk with every
change, real worker processes, and sinks that count what they take. docs/performance.md explains.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives import serialization as written
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from rich.console import Console

from benchmarks import beside, dispatching, intake, reminding, report, sinks, subscribing, web
from benchmarks import console as console_pages
from benchmarks.dispatching import Sent
from benchmarks.installation import Installation, installed
from benchmarks.report import UNSIGNED, Results
from benchmarks.sinks import SinkError

PARTS: Final = ("dispatch", "beside", "compare", "subscribers", "intake", "web")
USUAL: Final = {"aiosmtplib": 2000, "django": 800}
"""The number of messages sent in the usual ways: they are slow."""

TWICE: Final = 2
"""Beside the API, so many times as many readers: for calls enough while they are mailed."""

console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the arguments ask for; returns the exit status, 1 if a count was wrong."""
    asked = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that nothing is left running
    results = Results()
    try:
        for part in PARTS:
            if asked.only in {part, "all"}:
                _PARTS[part](asked, results)
    except (SinkError, RuntimeError) as error:
        console.print(f"[red]{error}[/]")
        return 1
    report.show(results, console)
    if asked.json:
        results.write(asked.json)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__.partition("\n")[0])
    add = parser.add_argument
    add("--only", choices=[*PARTS, "all"], default="all", help="what to measure")
    add("--recipients", type=int, default=20_000, help="readers of a campaign")
    add("--size", type=int, default=45_000, help="octets of a message")
    add("--runs", type=int, default=3, help="rounds, of which medians are taken")
    add("--workers", type=_numbers, default=[1, 2], help="worker processes, such as 1,2")
    add("--keys", type=_keys, default=list(report.CPU_AIMS), help="such as none,ed25519,rsa")
    add("--subscribers", type=int, default=1_000_000, help="how many are imported")
    add("--mails", type=int, default=5_000, help="how many come in")
    add("--requests", type=int, default=4_000, help="how many forms and leavings are sent")
    add("--postfix-sinks", type=int, default=1, help="processes of smtp-sink side by side")
    add(
        "--sink",
        type=sinks.foreign,
        help="another sink instead: HOST:PORT where it listens already, whose count is then for"
        " you to compare; or a command with {port} in it, that prints mesg=N when it ends",
    )
    add("--json", type=Path, help="where to write all figures")
    return parser


def _dispatch(asked: argparse.Namespace, results: Results) -> None:
    kinds = [asked.sink] if asked.sink else [sinks.postfix(asked.postfix_sinks), sinks.fast()]
    with _prepared(asked, results) as here:
        ways = _signing(here, asked.keys, results)
        for kind in kinds:
            sources: list[Sent] = []
            runs: dict[tuple[str, int], list[Sent]] = {}
            for turn in range(1, asked.runs + 1):
                _say(f"{kind.name}, round {turn} of {asked.runs}: smtp-source")
                sources.append(dispatching.smtp_source(kind, asked.recipients, results.size))
                for way, workers in _combinations(ways, asked.workers):
                    _say(f"{kind.name}, round {turn}: {report.signed(way)}, {workers} worker(s)")
                    sent = dispatching.campaign(
                        here, kind, asked.recipients, workers=workers, dkim_keys=ways[way]
                    )
                    runs.setdefault((way, workers), []).append(sent)
            results.rows.append(report.row(kind.name, "smtp-source", sources, sources))
            results.rows += [
                report.row(kind.name, way, sent, sources, workers)
                for (way, workers), sent in runs.items()
            ]
            if kind.place is not None:
                sent = asked.recipients * asked.runs * (len(runs) + 1)
                results.notes.append(f"{kind.name} must have counted {sent:,} messages")


def _beside(asked: argparse.Namespace, results: Results) -> None:
    kind, recipients = sinks.fast(), asked.recipients * TWICE
    with _prepared(asked, results, recipients) as here:
        _say(f"{kind.name}: {asked.runs} times alone and beside {beside.READS} calls a second")
        results.beside = [*beside.rounds(here, kind, recipients, asked.runs)]


def _compare(asked: argparse.Namespace, results: Results) -> None:
    kind = sinks.fast()
    with _prepared(asked, results) as here:
        file = here.folder / "message.eml"
        file.write_bytes(here.message(here.settings()))
        sources = [dispatching.smtp_source(kind, asked.recipients, results.size)]
        for way, count in USUAL.items():
            _say(f"{kind.name}: {way}")
            sent = dispatching.usual_way(kind, way, count, file)
            results.rows.append(report.row(kind.name, way, [sent], sources))


def _subscribers(asked: argparse.Namespace, results: Results) -> None:
    with installed() as here:
        results.machine = results.machine or _machine(here)
        here.import_edition(asked.size)
        _say(f"importing {asked.subscribers:,} subscribers")
        results.imported = subscribing.import_many(here, asked.subscribers)
        _say("freezing, starting, counting")
        results.answered = subscribing.answers(here)
        _say("looking for what is due in the calendar")
        results.reminded = reminding.look(here)
        _say("a worker's memory")
        results.memory = subscribing.worker_memory(here)
        _say("the pages of the console")
        results.pages = [*console_pages.look(here)]


def _intake(asked: argparse.Namespace, results: Results) -> None:
    with installed() as here:
        results.machine = results.machine or _machine(here)
        for turn in range(1, asked.runs + 1):
            _say(f"mail that comes in, round {turn} of {asked.runs}")
            results.taken.append(intake.run(here, asked.mails))


def _web(asked: argparse.Namespace, results: Results) -> None:
    with installed() as here:
        results.machine = results.machine or _machine(here)
        for turn in range(1, asked.runs + 1):
            _say(f"forms and one-click leavings, round {turn} of {asked.runs}")
            results.answers.append(web.run(here, asked.requests))


_PARTS: Final = {
    "dispatch": _dispatch,
    "beside": _beside,
    "compare": _compare,
    "subscribers": _subscribers,
    "intake": _intake,
    "web": _web,
}


@contextmanager
def _prepared(
    asked: argparse.Namespace, results: Results, recipients: int | None = None
) -> Iterator[Installation]:
    """Make an installation with the edition and the readers of a campaign."""
    with installed() as here:
        _say("an edition and its readers")
        results.machine = results.machine or _machine(here)
        results.size = here.import_edition(asked.size)
        here.import_readers(recipients or asked.recipients)
        yield here


def _machine(here: Installation) -> dict[str, Any]:
    server = here.store.redis.info("server")
    return report.machine(f"Valkey {server['valkey_version']}, durability {here.store.durability}")


def _combinations(ways: dict[str, Any], workers: Sequence[int]) -> list[tuple[str, int]]:
    """Every way with the first number of workers; the others unsigned only."""
    first, *others = workers
    return [(way, first) for way in ways] + [(UNSIGNED, n) for n in others if UNSIGNED in ways]


def _signing(here: Installation, keys: Sequence[str], results: Results) -> dict[str, Any]:
    """Make keys; returns the setting for each way of signing that the service can do."""
    ways: dict[str, Any] = {}
    for way in keys:
        ways[way] = [] if way == UNSIGNED else [_dkim_key(here.folder, way)]
        message = here.message(here.settings(dkim_keys=ways[way]))
        if message.startswith(b"DKIM-Signature:") != (way != UNSIGNED):
            results.notes.append(f"{report.signed(way)}: left out, for nothing signs yet")
            del ways[way]
    return ways


def _dkim_key(folder: Path, way: str) -> dict[str, str]:
    made = Ed25519PrivateKey.generate() if way == "ed25519" else generate_private_key(65537, 2048)
    file = folder / f"{way}.pem"
    file.touch(mode=0o600)
    file.write_bytes(
        made.private_bytes(
            written.Encoding.PEM, written.PrivateFormat.PKCS8, written.NoEncryption()
        )
    )
    return {"domain": "example.org", "selector": way, "file": str(file)}


def _numbers(text: str) -> list[int]:
    return [int(word) for word in text.split(",")]


def _keys(text: str) -> list[str]:
    keys = text.split(",")
    if unknown := set(keys) - set(report.CPU_AIMS):
        raise argparse.ArgumentTypeError(f"{unknown.pop()!r} is none of {list(report.CPU_AIMS)}")
    return keys


def _say(what: str) -> None:
    console.print(f"· {what}", style="dim")


if __name__ == "__main__":
    sys.exit(main())
