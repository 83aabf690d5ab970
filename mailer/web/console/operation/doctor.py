"""The check-up: what was found last, what to do, the DNS records, and what others report."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Final, NamedTuple

from fastapi import APIRouter, Request, Response
from markupsafe import Markup

from mailer.domain.deliverability.finding import WORST_FIRST, Finding, State
from mailer.domain.deliverability.records import Record
from mailer.domain.deliverability.reports import Kind, Sums
from mailer.errors import ConfigError, StateError
from mailer.services.inbound.domain_reports import Reported, reported
from mailer.services.operation.doctor.examining import Doctor
from mailer.web.console.finding import DOINGS
from mailer.web.console.notices import Notice
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, lead, show

PATH: Final = "/console/operation/doctor"
MOST_SOURCES: Final = 25
"""Sources of reports that are shown of each kind."""
PILLS: Final = {State.GOOD: "good", State.WARNING: "warn", State.BAD: "alert", State.UNKNOWN: ""}

router = APIRouter(route_class=ConsoleRoute)
DOINGS.append(("console_doctor.go", PATH, "operation.doctor"))


class Row(NamedTuple):
    """One finding in words."""

    check: str
    state: State
    seen: Markup
    do: Markup | str


@router.get(PATH)
def look(request: Request, visit: Here, _: SignedIn) -> Response:
    """Show what was found last; nothing is looked up."""
    doctor = _doctor(visit)
    found = doctor.last()
    told = reported(visit.site.store, visit.site.clock)
    records, why = _records(doctor)
    return show(
        request,
        visit,
        "operation/doctor.html.j2",
        found=found,
        sections=[
            (name, [_row(visit, check.name, one) for check in checks for one in check.findings])
            for name, checks in (found.sections() if found else {}).items()
        ],
        counts={state.value: found.count(state) for state in State} if found else {},
        states=[state.value for state in WORST_FIRST],
        pills={state.value: kind for state, kind in PILLS.items()},
        under_way=doctor.under_way(),
        records=records,
        records_wrong=why,
        told=told,
        reports=list(_reports(told)),
    )


@router.post(PATH)
def examine(visit: Here, _: SignedIn) -> Response:
    """Run all checks, each within its time, and show what they found."""
    try:
        found = _doctor(visit).examine()
    except StateError:
        return lead(visit, PATH, Notice("console_doctor.under_way", kind="warn"))
    counts = {state.value: found.count(state) for state in State}
    kind = {State.BAD: "alert", State.WARNING: "warn"}.get(found.state, "good")
    return lead(visit, PATH, Notice("console_doctor.summary", counts, kind))


@router.post(f"{PATH}/test")
def test(visit: Here, signed: SignedIn) -> Response:
    """Send the user, and nobody else, a test message through each relay."""
    address, language = signed.user.address, visit.language
    try:
        checked = _doctor(visit).try_relays(address, language)
    except ConfigError as error:
        told = Notice("console_doctor.records_wrong", {"why": str(error)[:500]}, "alert")
        return lead(visit, PATH, told)
    kind = "good" if checked.state is State.GOOD else "alert"
    return lead(visit, PATH, Notice("console_doctor.tested", {"address": address}, kind))


def _doctor(visit: Visit) -> Doctor:
    site = visit.site
    return Doctor(site.store, site.settings, site.clock)


def _row(visit: Visit, check: str, one: Finding) -> Row:
    """Word a finding, with numbers and dates as the user writes them."""
    say, key = visit.site.say(visit.language), one.code.replace(".", "_")
    facts = {name: _shown(visit, name, value) for name, value in one.facts.items()}
    done = f"console_doctor.do.{key}"
    return Row(
        check,
        one.state,
        say(f"console_doctor.found.{key}", **facts),
        say(done, **facts) if say.has(done) else "",
    )


def _shown(visit: Visit, name: str, value: str | int) -> str:
    if isinstance(value, int):
        return visit.shown.number(value)
    if name == "date":
        return visit.shown.day(date.fromisoformat(value))
    return value


def _records(doctor: Doctor) -> tuple[list[Record], str]:
    """Return the records to publish, and why there are none if a key cannot be used."""
    try:
        return doctor.records(), ""
    except ConfigError as error:
        return [], str(error)


def _reports(told: Reported) -> Iterator[tuple[str, list[Sums], int]]:
    """Yield the sums of each kind: its name, the largest, and how many there are."""
    for kind in Kind:
        sums: list[Any] = [one for one in told.sums if one.kind is kind]
        if sums:
            yield kind.value, sums[:MOST_SOURCES], len(sums)
