"""Nobody finds out by our form, not even with a stop-watch, whether an address is on the list."""

from __future__ import annotations

import asyncio
import math
import random
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from mailer.domain.settings.web_place import WebPlace
from mailer.store.server.connection import Store
from mailer.web.forms.stamps import LEAST
from mailer.web.server import Server
from support.service.web_service import WebService

pytestmark = pytest.mark.acceptance

EACH = 100
"""Requests of each kind, in random order."""
ROUNDS = 3
DOUBT = 0.01
"""A difference that chance brings about more often than that is none. All rounds must agree."""
PLENTY = 10_000_000


@pytest.fixture
def web(store: Store, data_dir: Path) -> WebService:
    """Pages that take any number of forms."""
    limits = dict.fromkeys(("forms_per_address", "forms_per_network", "forms_per_hour"), PLENTY)
    return WebService(store, data_dir, **limits)


def by_chance(one: Sequence[float], other: Sequence[float]) -> float:
    """Tell how often chance alone makes two samples differ as much (Mann and Whitney's test)."""
    ranked = sorted((value, place) for place, value in enumerate((*one, *other)))
    ranks = sum(rank for rank, (_, place) in enumerate(ranked, 1) if place < len(one))
    n, m = len(one), len(other)
    mean, deviation = n * (n + m + 1) / 2, math.sqrt(n * m * (n + m + 1) / 12)
    return math.erfc(abs(ranks - mean) / deviation / math.sqrt(2))


async def measured(web: WebService, kinds: dict[str, list[bytes]]) -> dict[str, list[float]]:
    """Send all requests in random order over one connection; returns the seconds of each kind."""
    stopped, server = asyncio.Event(), Server(web.app, WebPlace("127.0.0.1", 0))
    task = asyncio.create_task(server.run_until(stopped))
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    order = [(kind, body) for kind, bodies in kinds.items() for body in bodies]
    random.shuffle(order)
    found: dict[str, list[float]] = {kind: [] for kind in kinds}
    for kind, body in [*order[:20], *order]:  # the first ones warm up
        head = f"POST /en/subscribe HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
        head += "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
        started = time.perf_counter()
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        took = time.perf_counter() - started
        size = int(answer.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        await reader.readexactly(size)
        found[kind].append(took)
    writer.close()
    stopped.set()
    await task
    return {kind: times[-len(kinds[kind]) :] for kind, times in found.items()}


def form(web: WebService, address: str) -> bytes:
    """Fill in a form; every address is as long as every other."""
    stamp = web.site.stamps.make("subscribe")
    return f"email={address}&language=en&topics=bulletin&stamp={stamp}".encode()


def test_time_tells_nothing_of_who_is_subscribed(web: WebService) -> None:
    """Known or new: one distribution."""
    for number in range(EACH):
        web.mail.member(f"known{number:05}@example.org")
    doubts: list[float] = []
    for turn in range(ROUNDS):
        kinds = {
            kind: [form(web, f"{kind}{number:05}@example.org") for number in range(EACH)]
            for kind in ("known", f"new{turn:02}")
        }
        web.clock.advance(2 * LEAST)
        one, other = asyncio.run(measured(web, kinds)).values()
        doubts.append(by_chance(one, other))
    assert max(doubts) > DOUBT, doubts


def test_the_measure_would_see_a_difference(web: WebService) -> None:
    """A test that cannot fail proves nothing: what only one kind costs does show."""
    web.clock.advance(2 * LEAST)
    kinds = {
        "good": [form(web, f"good{number:05}@example.org") for number in range(EACH)],
        "bad": [form(web, f"bad{number:05}") for number in range(EACH)],
    }
    web.clock.advance(2 * LEAST)
    found = asyncio.run(measured(web, kinds))
    assert by_chance(found["good"], found["bad"]) < DOUBT
    assert statistics.median(found["good"]) != statistics.median(found["bad"])


def test_samples_of_one_kind_do_not_differ() -> None:
    """The statistics themselves."""
    assert by_chance([1.0, 2.0, 3.0, 4.0], [1.5, 2.5, 2.6, 3.5]) > 0.5
    assert by_chance([float(n) for n in range(50)], [float(n + 100) for n in range(50)]) < 1e-9
