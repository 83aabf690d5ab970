"""Reads reports of TLS on mail to a domain (RFC 8460 section 4): JSON that a stranger wrote."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, Final

from mailer.domain.access.alignment import canonical
from mailer.domain.deliverability.reports import MOST_COUNT, Kind, Report, Row, What
from mailer.message.reports.dmarc import LONGEST, ReportError

MOST_POLICIES: Final = 100
MOST_FAILURES: Final = 1000
_WORD: Final = re.compile(r"[a-z][a-z0-9-]{0,60}")


def read(data: bytes) -> Report:
    """Read a report.

    The source of a row is who reports; where it tells of failures, their kinds follow it, such as
    `Example Inc: certificate-expired`.

    Raises:
        ReportError: it is none.
    """
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise ReportError("is no JSON") from error
    if not isinstance(found, dict) or not isinstance(found.get("policies"), list):
        raise ReportError("is no report of TLS")
    begin = _part(found, "date-range").get("start-datetime")
    reporter = _text(found.get("organization-name")) or "?"
    name = _text(found.get("report-id"))
    rows = [row for one in found["policies"][:MOST_POLICIES] for row in _rows(one, reporter)]
    return Report(Kind.TLS, reporter, name, _day(begin), tuple(rows))


def _rows(policy: Any, reporter: str) -> Iterator[Row]:
    if not isinstance(policy, dict):
        return
    domain = canonical(_text(_part(policy, "policy").get("policy-domain")))
    summary = _part(policy, "summary")
    good = _count(summary.get("total-successful-session-count"))
    bad = _count(summary.get("total-failure-session-count"))
    if not domain or not good + bad:
        return
    details = policy.get("failure-details")
    named = 0
    for one in (details if isinstance(details, list) else [])[:MOST_FAILURES]:
        kind = _text(one.get("result-type")).lower() if isinstance(one, dict) else ""
        number = min(_count(one.get("failed-session-count")), bad - named) if kind else 0
        if number and _WORD.fullmatch(kind):
            named += number
            yield Row(domain, f"{reporter}: {kind}", {What.ALL: number})
    if good + bad - named:
        yield Row(domain, reporter, {What.ALL: good + bad - named, What.PASSED: good})


def _part(found: Any, name: str) -> dict[str, Any]:
    part = found.get(name)
    return part if isinstance(part, dict) else {}


def _text(value: Any) -> str:
    return " ".join(value.split())[:LONGEST] if isinstance(value, str) else ""


def _count(value: Any) -> int:
    good = isinstance(value, int) and not isinstance(value, bool)
    return value if good and 0 <= value <= MOST_COUNT else 0


def _day(text: Any) -> date:
    try:
        when = datetime.fromisoformat(_text(text))
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC).date()
    except (ValueError, OverflowError):
        raise ReportError("does not say of which day it is") from None
