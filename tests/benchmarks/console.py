"""Times the console's pages where a list has a million readers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import median, quantiles
from types import SimpleNamespace
from typing import Any, Final, NamedTuple, cast

from rich.table import Table

from benchmarks.installation import Installation
from mailer.clock import SystemClock
from mailer.domain.access.rights import Role
from mailer.domain.subscribers.address import parse_address
from mailer.services.access import users
from mailer.services.access.signing_in.links import Links
from mailer.web.app import create_app
from support.service.console import Browser
from support.service.web_service import WebService

TIMES: Final = 25
OWNER: Final = "owner@example.org"
BASE: Final = "https://lists.example.org"
PAGES: Final = (
    "/console",
    "/console/editions",
    "/console/editions/new",
    "/console/campaigns",
    "/console/campaigns/new",
    "/console/campaigns/1",
    "/console/campaigns/1/report",
    "/console/subscribers",
    "/console/subscribers?q=reader77",
    "/console/subscribers?status=active&language=fr",
    "/console/subscribers/7",
    "/console/subscribers/segments",
    "/console/subscribers/waiting",
    "/console/subscribers/suppressed",
    "/console/subscribers/import",
    "/console/calendar",
    "/console/calendar/list",
    "/console/calendar/reminders",
    "/console/inbox",
    "/console/settings",
    "/console/settings/topics",
    "/console/operation",
    "/console/operation/doctor",
    "/console/operation/users",
    "/console/operation/audit",
    "/console/operation/events",
    "/console/account",
    "/console/find?q=reader",
)
AIM: Final = 150.0
"""Milliseconds of the server, at the 95th percentile."""


class Timed(NamedTuple):
    """One page, asked for many times."""

    path: str
    status: int
    median: float
    """In milliseconds."""
    tail: float
    """The 95th percentile."""
    octets: int


def look(here: Installation) -> Sequence[Timed]:
    """Sign an owner in, and ask for each page many times, one after the other."""
    settings, clock = here.settings(), SystemClock()
    owner = parse_address(OWNER)
    if not any(one.address == OWNER for one in users.listed(here.store)):
        users.add(
            here.store,
            settings,
            clock.now(),
            owner,
            name="Owner",
            role=Role.OWNER,
            language="en",
        )
    app = create_app(settings, here.store, clock)
    service = cast("WebService", SimpleNamespace(app=app, store=here.store, settings=settings))
    browser = Browser(service, base=BASE)
    path = Links(here.store, settings, clock).hand(OWNER).removeprefix(BASE)
    browser.press(path)
    return [_timed(browser, path) for path in PAGES]


def _timed(browser: Browser, path: str) -> Timed:
    found: list[float] = []
    answer: Any = browser.get(path)
    for _ in range(TIMES):
        begun = time.perf_counter()
        answer = browser.get(path)
        found.append((time.perf_counter() - begun) * 1000)
    tail = quantiles(found, n=20)[-1]
    return Timed(path, answer.status_code, median(found), tail, len(answer.content))


def worst(found: Sequence[Timed]) -> Sequence[Timed]:
    """Return the slowest page, if any was timed."""
    return sorted(found, key=lambda one: -one.tail)[:1]


def table(found: Sequence[Timed]) -> Table:
    """Show the times."""
    made = Table("page", title=f"Pages of the console, {TIMES} times each", title_justify="left")
    for head in ("status", "median ms", "p95 ms", "octets"):
        made.add_column(head, justify="right")
    for one in sorted(found, key=lambda one: -one.tail):
        made.add_row(
            one.path, str(one.status), f"{one.median:.1f}", f"{one.tail:.1f}", f"{one.octets:,}"
        )
    return made
