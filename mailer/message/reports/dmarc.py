"""Reads DMARC aggregate reports (RFC 7489 appendix C): XML that a stranger wrote."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from ipaddress import ip_address
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from mailer.domain.access.alignment import canonical
from mailer.domain.deliverability.reports import MOST_COUNT, Kind, Report, Row, What

MOST_ROWS: Final = 20_000
LONGEST: Final = 200
"""Characters of a text that is kept."""
_LAST_SECOND: Final = 32_503_680_000
"""The year 3000: later dates cannot be meant."""


class ReportError(ValueError):
    """Not a report, or not one that we read; the text says why."""


def read(data: bytes) -> Report:
    """Read a report; rows whose source is no address, or without a count, are left out.

    Nothing in it is fetched, and no entity is expanded (defusedxml).

    Raises:
        ReportError: it is none, or has more rows than we read.
    """
    head: dict[str, str] = {}
    rows: list[Row] = []
    domain = ""
    try:
        for element in _elements(data):
            name = _plain(element.tag)
            if name == "report_metadata":
                head = _metadata(element)
            elif name == "policy_published":
                domain = canonical(_text(element, "domain"))
            elif name == "record":
                if len(rows) >= MOST_ROWS:
                    raise ReportError("has more rows than reports have")
                rows += _row(element, domain)
                element.clear()
    except (ParseError, DefusedXmlException, ValueError) as error:
        if isinstance(error, ReportError):
            raise
        raise ReportError("is no XML, or XML that no report needs") from error
    if not head or not domain:
        raise ReportError("lacks what every report says of itself")
    named = [row if row.domain else Row(domain, row.source, row.counts) for row in rows]
    return Report(Kind.DMARC, head["org"], head["id"], _day(head["begin"]), tuple(named))


def _elements(data: bytes) -> Iterator[Element]:
    """Yield the elements as they end; those below the root are let go when they were read."""
    events = iterparse(io.BytesIO(data), events=("start", "end"), forbid_dtd=True)
    depth, root = 0, None
    for event, element in events:
        if event == "start":
            root = element if root is None else root
            depth += 1
            if depth == 1 and _plain(element.tag) != "feedback":
                raise ReportError("is no report of DMARC")
            continue
        depth -= 1
        if depth == 1:
            yield element
            if root is not None:
                root.clear()


def _metadata(element: Element) -> dict[str, str]:
    return {
        "org": _text(element, "org_name"),
        "id": _text(element, "report_id"),
        "begin": _text(element, "date_range/begin"),
    }


def _row(element: Element, domain: str) -> Iterator[Row]:
    try:
        source = str(ip_address(_text(element, "row/source_ip")))
        count = int(_text(element, "row/count"))
    except ValueError:
        return
    if not 0 < count <= MOST_COUNT:
        return
    dkim = _text(element, "row/policy_evaluated/dkim").lower() == "pass"
    spf = _text(element, "row/policy_evaluated/spf").lower() == "pass"
    done = _text(element, "row/policy_evaluated/disposition").lower()
    counts = {
        What.ALL: count,
        What.PASSED: count * (dkim or spf),
        What.DKIM: count * dkim,
        What.SPF: count * spf,
        What.STOPPED: count * (done in {"quarantine", "reject"}),
    }
    author = canonical(_text(element, "identifiers/header_from")) or domain
    yield Row(author, source, counts)


def _text(element: Element, path: str) -> str:
    """Return the text of an element below another, whatever its namespace."""
    for name in path.split("/"):
        below = next((one for one in element if _plain(one.tag) == name), None)
        if below is None:
            return ""
        element = below
    return " ".join((element.text or "").split())[:LONGEST]


def _plain(tag: object) -> str:
    """Return a tag without its namespace; comments have none."""
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def _day(text: str) -> date:
    if not (text.isascii() and text.isdecimal()) or int(text[:12]) > _LAST_SECOND:
        raise ReportError("does not say of which day it is")
    return datetime.fromtimestamp(int(text[:12]), UTC).date()
