"""Examines the service: what front ends call."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from mailer.clock import Clock
from mailer.config import Settings, secret_key
from mailer.domain.access.token import Signer
from mailer.domain.deliverability.codes import SECTIONS, found
from mailer.domain.deliverability.finding import Finding, State, worst
from mailer.domain.deliverability.machine import StoreCondition
from mailer.domain.deliverability.records import Record
from mailer.domain.subscribers.address import parse_address
from mailer.errors import StateError, StoreError
from mailer.services.access.acting import act
from mailer.services.operation.doctor import machine, publishing, trial
from mailer.services.operation.doctor.bounded import Check, Checked, check_all, in_thread, run
from mailer.services.operation.doctor.names import Names
from mailer.services.operation.doctor.receiving import Receiving
from mailer.services.operation.doctor.relays import Relays
from mailer.services.operation.doctor.sending import Sending
from mailer.services.operation.doctor.web import Dates, OneClick, Web
from mailer.store.deliverability import examinations
from mailer.store.server.connection import Store

QUICK_SECONDS: Final = 6.0
"""For what asks the machine alone."""


@dataclass(frozen=True, slots=True)
class Examination:
    """All that was found at one time."""

    at: datetime
    checks: tuple[Checked, ...]

    @property
    def state(self) -> State:
        """Return the worst of it."""
        return worst(one for check in self.checks for one in check.findings)

    def count(self, state: State) -> int:
        """Count the findings of a state."""
        return sum(one.state is state for check in self.checks for one in check.findings)

    def sections(self) -> dict[str, list[Checked]]:
        """Return the checks that found anything, by what they are about, in reading order."""
        known = {one.name: one for one in self.checks if one.findings}
        found_ = {
            section: [known[name] for name in names if name in known]
            for section, names in SECTIONS.items()
        }
        return {section: checks for section, checks in found_.items() if checks}

    def written(self) -> dict[str, Any]:
        """Return it as JSON knows it."""
        return {
            "at": self.at.isoformat(timespec="seconds"),
            "state": self.state.value,
            "checks": [
                {
                    "check": check.name,
                    "findings": [
                        {"code": one.code, "state": one.state.value, "facts": dict(one.facts)}
                        for one in check.findings
                    ],
                }
                for check in self.checks
            ],
        }

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> Examination:
        """Read what `written` returned."""
        checks = [
            Checked(
                check["check"],
                tuple(
                    Finding(one["code"], State(one["state"]), one["facts"])
                    for one in check["findings"]
                ),
            )
            for check in written["checks"]
        ]
        return cls(datetime.fromisoformat(written["at"]), tuple(checks))


class Doctor:
    """Examines a service."""

    def __init__(
        self,
        store: Store | None,
        settings: Settings,
        clock: Clock,
        context: ssl.SSLContext | None = None,
    ) -> None:
        """Set up; nothing is asked yet.

        Args:
            store: the open store; None: it could not be opened, or does not run.
            settings: what is examined.
            clock: the time.
            context: verifies servers; none: by the system's authorities.
        """
        self._store, self._settings, self._clock = store, settings, clock
        self._context = context

    @act("operation.doctor")
    def examine(self, *, away: str = "") -> Examination:
        """Run all checks beside one another, and keep what they found.

        Takes as long as the slowest check may (`bounded.SECONDS`), however many hang.

        Args:
            away: why the store could not be opened.

        Raises:
            StateError: another examination is under way.
        """
        with self._alone():
            examination = run(lambda: self._examine(away))
            if self._store is not None:
                with suppress(StoreError):  # the examination tells that the store is away
                    examinations.keep(self._store, examination.written())
        return examination

    @act("operation.doctor")
    def cheap(self) -> list[Checked]:
        """Run only the checks of settings, clock, disk, store and backups: without a network."""
        return machine.cheap(self._settings, self._clock, self._store)

    @act("operation.doctor")
    def last(self) -> Examination | None:
        """Return what was found last; None: nothing was looked for yet."""
        found_ = examinations.last(self._store) if self._store is not None else None
        return Examination.read(found_) if found_ else None

    @act("operation.doctor")
    def under_way(self) -> bool:
        """Tell whether an examination is made just now."""
        return self._store is not None and examinations.under_way(self._store)

    @act("operation.doctor")
    def records(self) -> list[Record]:
        """Return the DNS records to publish.

        Raises:
            ConfigError: a key's file cannot be used.
        """
        return publishing.to_publish(self._settings)

    @act("operation.try_relays")
    def try_relays(self, address: str, language: str = "") -> Checked:
        """Send a test message through each relay to one address, and keep what they said.

        Raises:
            InputError: the address is none.
            ConfigError: the settings lack what every message needs.
        """
        parse_address(address)
        spoken = language or self._settings.languages[0]
        envelopes = trial.messages(self._settings, self._clock, address, spoken)
        checked = Checked("test", tuple(run(lambda: trial.send(self._settings, envelopes))))
        if self._store is not None:
            last = examinations.last(self._store)
            before = Examination.read(last) if last else Examination(self._clock.now(), ())
            others = (one for one in before.checks if one.name != checked.name)
            kept = Examination(before.at, (*others, checked))
            examinations.keep(self._store, kept.written())
        return checked

    async def _examine(self, away: str) -> Examination:
        began, settings = self._clock.now(), self._settings
        dates = Dates(self._clock)
        names, web = Names(settings.name_servers), Web(dates, self._context)
        sending, receiving = Sending(settings, names), Receiving(settings, names, web)
        relays = Relays(settings, self._clock, dates, self._context)
        said: list[StoreCondition | list[Finding]] = []
        checks = {
            "settings": Check(lambda: in_thread(lambda: machine.settings_filled(settings))),
            "spf": Check(sending.spf),
            "dkim": Check(sending.dkim),
            "dmarc": Check(sending.dmarc),
            "ptr": Check(sending.ptr),
            "relay": Check(relays.tls),
            "login": Check(relays.login),
            "mx": Check(receiving.mx),
            "mta_sts": Check(receiving.mta_sts),
            "tls_rpt": Check(receiving.tls_rpt),
            "one_click": Check(self._one_click(web).look),
            "disk": Check(
                lambda: in_thread(lambda: machine.disk(settings.data_dir)), QUICK_SECONDS
            ),
            "store": Check(lambda: self._ask_store(said, dates, away), QUICK_SECONDS),
        }
        checked = await check_all(checks)
        _, backups = machine.store_and_backups(said[0] if said else [], settings)
        clock = machine.clock(settings, dates.seen)
        checked += [Checked("clock", tuple(clock)), Checked("backups", tuple(backups))]
        return Examination(began, tuple(_without_repeats(checked)))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep others from examining for the length of a `with` block, as far as the store lives.

        Raises:
            StateError: somebody else does it.
        """
        free = True
        if self._store is not None:
            with suppress(StoreError):
                free = examinations.begin(self._store)
        if not free:
            raise StateError("examination", "", "under way", "begin", "Wait until it is done.")
        try:
            yield
        finally:
            if self._store is not None:
                with suppress(StoreError):
                    examinations.end(self._store)

    def _one_click(self, web: Web) -> OneClick:
        return OneClick(self._settings, self._signer, web)

    @cached_property
    def _signer(self) -> Signer:
        return Signer(secret_key(self._settings))

    async def _ask_store(
        self, said: list[StoreCondition | list[Finding]], dates: Dates, away: str
    ) -> list[Finding]:
        if away:
            return [found("store.away", why=away)]
        answer = await in_thread(lambda: machine.ask(self._store))
        said.append(answer)
        if isinstance(answer, StoreCondition):
            dates.note("store", answer.time)
        return machine.store_and_backups(answer, self._settings)[0]


def _without_repeats(checked: list[Checked]) -> list[Checked]:
    """Leave out what two checks found alike: a relay that is away is away for both."""
    seen: set[str] = set()
    kept = []
    for check in checked:
        findings = []
        for one in check.findings:
            key = f"{one.code} {sorted(one.facts.items())}"
            if key not in seen:
                findings.append(one)
            seen.add(key)
        kept.append(Checked(check.name, tuple(findings)))
    return kept
