"""Sums of what others report, a hash for each day: bounded, and gone after `KEPT_DAYS`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from mailer.domain.deliverability.reports import KEPT_DAYS, Kind, Report, Sums, What
from mailer.store import keys
from mailer.store.server.connection import Store

MOST_SOURCES: Final = 200
"""Pairs of domain and source of one day that are kept apart."""
_COUNTED: Final = frozenset(What)


def add(store: Store, report: Report, now: datetime, pipe: Any) -> None:
    """Add a report to the sums of its day, in a transaction; one that was added is not again."""
    day = report.day.isoformat()
    whose = json.dumps([report.kind, report.reporter, report.name, day])
    until = datetime.combine(report.day + timedelta(days=KEPT_DAYS + 1), time(), UTC)
    rows = [[row.domain, row.source, row.counts] for row in report.rows]
    store.scripts.run(
        "add_report",
        keys={
            "seen": keys.report_seen(hashlib.sha256(whose.encode()).hexdigest()),
            "sums": keys.report_sums(report.kind, day),
        },
        args={
            "seen_seconds": (KEPT_DAYS + 2) * 86_400,
            "sums_seconds": int((until - now).total_seconds()),
            "most": MOST_SOURCES,
            "rows_json": json.dumps(rows, ensure_ascii=False),
        },
        pipe=pipe,
    )


def read(store: Store, first: date, last: date) -> Iterator[tuple[date, Sums]]:
    """Yield the sums of some days, both included, day by day."""
    days = [first + timedelta(days=at) for at in range((last - first).days + 1)]
    wanted = [(day, kind) for day in days for kind in Kind]
    with store.redis.pipeline(transaction=False) as pipe:
        for day, kind in wanted:
            pipe.hgetall(keys.report_sums(kind, day.isoformat()))
        found = pipe.execute()
    for (day, kind), fields in zip(wanted, found, strict=True):
        yield from ((day, one) for one in _sums(kind, fields))


def _sums(kind: Kind, fields: dict[bytes, bytes]) -> Iterator[Sums]:
    counts: dict[tuple[str, str], dict[What, int]] = {}
    for field, number in fields.items():
        domain, _, rest = field.decode().partition(" ")
        what, _, source = rest.partition(" ")
        if source and what in _COUNTED:
            counts.setdefault((domain, source), {})[What(what)] = int(number)
    for (domain, source), of in counts.items():
        yield Sums(kind, domain, source, of)
