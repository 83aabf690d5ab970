"""What the doctor found last, and what others report of our domains."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field

from mailer.domain.deliverability.finding import Finding, State
from mailer.domain.deliverability.reports import KEPT_DAYS, Kind, Sums, What
from mailer.services.inbound.domain_reports import SHOWN_DAYS, reported
from mailer.services.operation.doctor.examining import Doctor
from mailer.web.api.models import Model
from mailer.web.api.operation import operation
from mailer.web.site import site_of

router = APIRouter(tags=["doctor"])


class FoundOut(Model):
    """One thing that was found out."""

    check: str
    code: str = Field(description="What it is; see docs/doctor.md.")
    state: State
    facts: Mapping[str, str | int] = Field(description="What was seen.")


class Examination(Model):
    """All that was found at one time."""

    at: datetime | None = Field(description="None: nothing was looked for yet.")
    state: State | None = Field(description="The worst of it.")
    findings: list[FoundOut]


class ReportedSource(Model):
    """What was reported of one source."""

    kind: Kind
    domain: str
    source: str = Field(
        description="DMARC: the network address that sent. TLS: who reports, and the failure."
    )
    messages: int
    passed: int
    failed: int
    dkim: int
    spf: int
    stopped: int = Field(description="Put into quarantine, or rejected.")


class ReportedSources(Model):
    """What was reported of some days."""

    first: date
    last: date
    sources: list[ReportedSource] = Field(description="The largest first.")


@router.get("/doctor", **operation("operation.doctor"))
def last(request: Request) -> Examination:
    """Tell what the doctor found last; it looks when a command or the console asks it to."""
    site = site_of(request)
    found = Doctor(site.store, site.settings, site.clock).last()
    if found is None:
        return Examination(at=None, state=None, findings=[])
    findings = [_found(check.name, one) for check in found.checks for one in check.findings]
    return Examination(at=found.at, state=found.state, findings=findings)


@router.get("/domain-reports", **operation("reports.read"))
def reports(
    request: Request,
    *,
    days: Annotated[
        int, Query(ge=1, le=KEPT_DAYS, description="The last so many days, today included.")
    ] = SHOWN_DAYS,
) -> ReportedSources:
    """Add up what others report, by DMARC and TLS-RPT, of mail in our name and to us."""
    site = site_of(request)
    told = reported(site.store, site.clock, days)
    return ReportedSources(first=told.first, last=told.last, sources=[*map(_source, told.sums)])


def _found(check: str, one: Finding) -> FoundOut:
    return FoundOut(check=check, code=one.code, state=one.state, facts=one.facts)


def _source(one: Sums) -> ReportedSource:
    return ReportedSource(
        kind=one.kind,
        domain=one.domain,
        source=one.source,
        messages=one.all,
        passed=one.passed,
        failed=one.failed,
        dkim=one.counts.get(What.DKIM, 0),
        spf=one.counts.get(What.SPF, 0),
        stopped=one.counts.get(What.STOPPED, 0),
    )
