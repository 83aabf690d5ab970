"""Measures a campaign beside a program that asks the API at a steady rate, against one alone.

python -m benchmarks.beside PORT     is that program: it takes a token and a campaign's number on
standard input, a line each, asks until that is closed, and writes what it did
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from benchmarks import apart, dispatching, sinks
from benchmarks.dispatching import Sent
from benchmarks.installation import Installation
from benchmarks.sinks import Kind, Place
from mailer.clock import SystemClock
from mailer.domain.access.rights import RIGHTS, Role
from mailer.domain.subscribers.address import parse_address
from mailer.services.access import api_tokens, users

READS: Final = 20
"""A second, at even distances."""
WRITES: Final = 1
"""A second; a new reader of another topic, so that the audience stays the same."""
CONNECTIONS: Final = 4
"""Kept alive; a call waits only for the one before it on its own."""
MIX: Final = ("status",) * 8 + ("page",) * 5 + ("find",) * 4 + ("preview",) * 3
_RULE: Final = quote("topic:bulletin and (lang:fr or lang:es)")
_BASE: Final = "/api/v1"
_MANY: Final = 10_000_000
_END_SECONDS: Final = 20.0
READY: Final = "ready\n"
"""What the program writes when it can begin."""


class Call(NamedTuple):
    """One request that was answered."""

    began: float
    """When it was due, in seconds since 1970."""
    seconds: float
    """From then until its answer was read, so that waiting for a connection counts."""
    kind: str
    status: int


@dataclass(frozen=True, slots=True)
class Round:
    """The same campaign alone and in company, one after the other."""

    alone: Sent
    beside: Sent
    calls: tuple[Call, ...]
    """Those that were due while the campaign was sent."""
    client_cpu: float
    """Seconds of the program that asked."""


@dataclass
class Company:
    """What runs beside a campaign: the API in any case, and a program that asks it, or none."""

    place: Place
    token: str
    asks: bool
    calls: list[Call] = field(default_factory=list)
    cpu: float = 0.0
    _program: subprocess.Popen[str] | None = None

    def wait(self) -> None:
        """Wait until the API listens, and has answered each kind of read, if it is asked at all.

        Raises:
            SinkError: the API does not listen.
            RuntimeError: the program ended.
        """
        apart.wait_for(self.place)
        if self.asks:
            self._program = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.beside", str(self.place.port)],
                env=apart.environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            self._say(self.token)
            assert self._program.stdout is not None
            if self._program.stdout.readline() != READY:
                raise RuntimeError("the program that asks the API did not begin")

    def begin(self, number: int) -> None:
        """Have the program ask from now on."""
        if self._program is not None:
            self._say(str(number))

    def end(self) -> None:
        """Have it stop, and take what it did.

        Raises:
            RuntimeError: it failed, or was answered with anything but what it asked for.
        """
        if self._program is None:
            return
        try:
            written, _ = self._program.communicate(timeout=_END_SECONDS)
        finally:
            self._program.kill()
            self._program.wait()
        if self._program.returncode:
            raise RuntimeError("the program that asks the API failed; what it said stands above")
        said: dict[str, Any] = json.loads(written)
        self.calls = [Call(*one) for one in said["calls"]]
        self.cpu = said["cpu"]
        if wrong := [one for one in self.calls if one.status not in {200, 201}]:
            raise RuntimeError(f"{len(wrong)} calls failed, the first: {wrong[0]}")

    def _say(self, line: str) -> None:
        assert self._program is not None
        assert self._program.stdin is not None
        self._program.stdin.write(f"{line}\n")
        self._program.stdin.flush()


def rounds(here: Installation, kind: Kind, recipients: int, count: int) -> Iterator[Round]:
    """Send the campaign twice a round, in turns: what is first in one is second in the next.

    Raises:
        RuntimeError: a campaign did not end well, or a call failed.
        SinkError: the sink counted something else.
    """
    token = _token(here)
    for turn in range(count):
        found = {}
        for asks in (False, True) if turn % 2 == 0 else (True, False):
            place = Place("127.0.0.1", sinks.free_port())
            company = Company(place, token, asks)
            sent = dispatching.campaign(
                here,
                kind,
                recipients,
                company=company,
                web_listen=f"http://{place}",
                api_requests_per_minute=_MANY,
            )
            found[asks] = (sent, company)
        sent, company = found[True]
        calls = [one for one in company.calls if sent.began <= one.began <= sent.ended]
        yield Round(found[False][0], sent, tuple(calls), company.cpu)


def _token(here: Installation) -> str:
    now, whose = SystemClock().now(), "owner@example.org"
    settings = here.settings()
    users.add(here.store, settings, now, parse_address(whose), role=Role.OWNER, name="Owner")
    scopes = list(RIGHTS[Role.OWNER])
    return api_tokens.add(here.store, now, whose, name="bench", scopes=scopes, days=1).text


def _ask(port: int) -> None:
    """Ask until standard input is closed; writes the calls and the CPU as JSON."""
    token = sys.stdin.readline().strip()
    asking = [_Asking(port, token) for _ in range(CONNECTIONS)]
    for one in asking:
        one.warm()
    sys.stdout.write(READY)
    sys.stdout.flush()
    number = sys.stdin.readline().strip()
    first, used, stopped = time.time(), time.process_time(), threading.Event()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        made = [
            pool.submit(one.ask, number, first, range(which, _MANY, CONNECTIONS), stopped)
            for which, one in enumerate(asking)
        ]
        sys.stdin.read()
        stopped.set()
        calls = [call for one in made for call in one.result()]
    sys.stdout.write(json.dumps({"cpu": time.process_time() - used, "calls": calls}))


class _Asking:
    """One connection, kept alive; one call is made at a time."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_END_SECONDS)
        self._headers = {"Authorization": f"Bearer {token}"}

    def warm(self) -> None:
        """Read one of each, but what a campaign is needed for."""
        for kind in sorted({*MIX} - {"status"}):
            self._status("GET", _path(kind, 0, ""))

    def ask(self, number: str, first: float, places: range, stopped: threading.Event) -> list[Call]:
        """Make the calls of these places when they are due, until it is stopped."""
        calls: list[Call] = []
        for place in places:
            due = first + place / (READS + WRITES)
            if stopped.wait(max(0.0, due - time.time())):
                break
            second, within = divmod(place, READS + WRITES)
            if within < READS:
                kind = MIX[within * 7 % len(MIX)]  # no common factor with 20: kinds alternate
                status = self._status("GET", _path(kind, place, number))
            else:
                kind, status = "add", self._add(number, second)
            calls.append(Call(due, time.time() - due, kind, status))
        self._connection.close()
        return calls

    def _add(self, number: str, second: int) -> int:
        reader = {"address": f"late{number}-{second}@example.org", "confirm": False}
        key = {"Content-Type": "application/json", "Idempotency-Key": f"{number}-{second}"}
        return self._status(
            "POST", "/subscribers", json.dumps(reader | {"topics": ["meetings"]}), key
        )

    def _status(
        self, method: str, path: str, body: str | None = None, more: Mapping[str, str] | None = None
    ) -> int:
        """Ask, read the answer, and return its status."""
        headers = self._headers | dict(more or {})
        self._connection.request(method, f"{_BASE}{path}", body, headers)
        answer = self._connection.getresponse()
        answer.read()
        return answer.status


def _path(kind: str, place: int, number: str) -> str:
    paths = {
        "status": f"/campaigns/{number}",
        "page": "/subscribers?limit=50&status=active",
        "find": f"/subscribers?q=reader{place + 1}@",
        "preview": f"/audience/count?rule={_RULE}",
    }
    return paths[kind]


if __name__ == "__main__":
    _ask(int(sys.argv[1]))
