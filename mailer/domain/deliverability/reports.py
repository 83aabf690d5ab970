"""What others report of mail in our name (DMARC) and to us (TLS): sums by day and source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from mailer.domain.access.alignment import aligned, canonical

KEPT_DAYS: Final = 90
"""Days for which sums are kept, counted from the day that they are about."""
AHEAD_DAYS: Final = 1
"""A reporter's day may begin before ours."""
MOST_COUNT: Final = 10**9
"""Messages of one source in one report; more is no count."""
OTHERS: Final = "other"
"""The source that those count as for which there is no room."""


class Kind(StrEnum):
    """The kinds of reports."""

    DMARC = "dmarc"
    """Aggregate reports of mail in a domain's name (RFC 7489 section 7.2)."""
    TLS = "tls"
    """Reports of TLS on mail to a domain (RFC 8460)."""


class What(StrEnum):
    """What is counted, in messages; of TLS in sessions."""

    ALL = "all"
    PASSED = "passed"
    """DMARC: by DKIM or SPF, aligned. TLS: sessions that were secured as asked."""
    DKIM = "dkim"
    """Aligned by DKIM."""
    SPF = "spf"
    """Aligned by SPF."""
    STOPPED = "stopped"
    """Put into quarantine, or rejected."""


Counts = Mapping[What, int]


@dataclass(frozen=True, slots=True)
class Row:
    """What a report says of one source."""

    domain: str
    source: str
    """DMARC: the network address that sent. TLS: who reports, and why it failed if it did."""
    counts: Counts


@dataclass(frozen=True, slots=True)
class Report:
    """One report, read."""

    kind: Kind
    reporter: str
    """Who it says it is from."""
    name: str
    """Its own name, unlike any other of its reporter."""
    day: date
    """The day that it begins with."""
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Sums:
    """What was reported of one source."""

    kind: Kind
    domain: str
    source: str
    counts: Counts

    def count(self, what: str) -> int:
        """Return what was counted by its name."""
        return self.counts.get(What(what), 0)

    @property
    def all(self) -> int:
        """Return all messages."""
        return self.counts.get(What.ALL, 0)

    @property
    def passed(self) -> int:
        """Return those that passed."""
        return self.counts.get(What.PASSED, 0)

    @property
    def failed(self) -> int:
        """Return those that did not."""
        return max(self.all - self.passed, 0)


def is_timely(day: date, today: date) -> bool:
    """Tell whether a day is one that sums are kept of: not long ago, and not to come."""
    ahead = timedelta(days=AHEAD_DAYS)
    return today - timedelta(days=KEPT_DAYS) < day <= today + ahead


def is_ours(domain: str, own: Iterable[str]) -> bool:
    """Tell whether a domain is of the organisation that one of ours is of."""
    return any(canonical(domain) == canonical(one) or aligned(domain, one) for one in own)


def added(sums: Iterable[Sums]) -> list[Sums]:
    """Add up the sums of each source over all days, the largest first."""
    found: dict[tuple[Kind, str, str], dict[What, int]] = {}
    for one in sums:
        counts = found.setdefault((one.kind, one.domain, one.source), {})
        for what, number in one.counts.items():
            counts[what] = counts.get(what, 0) + number
    made = [Sums(*whose, counts) for whose, counts in found.items()]
    return sorted(made, key=lambda one: (-one.all, one.domain, one.source, one.kind))
