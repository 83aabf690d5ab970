"""Checks what the DNS says of mail from us: SPF, DKIM, DMARC, and the name of the address."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from contextlib import closing
from ipaddress import ip_address
from typing import Final

from mailer.config import Settings
from mailer.domain.deliverability import dkim_record, dmarc_record, hosts, providers, spf
from mailer.domain.deliverability.codes import found
from mailer.domain.deliverability.dkim_record import PublicKey
from mailer.domain.deliverability.finding import Finding
from mailer.domain.deliverability.spf import Result, Verdict
from mailer.domain.settings.listen_url import is_loopback
from mailer.domain.settings.relay_url import RelayUrl
from mailer.errors import ConfigError
from mailer.services.operation.doctor.bounded import in_thread
from mailer.services.operation.doctor.names import LookUpError, Names
from mailer.services.operation.doctor.publishing import public_keys

MOST_ADDRESSES: Final = 8
"""Addresses that SPF and PTR are looked up for."""
_OUTSIDE: Final = ("192.0.2.1", "2001:db8::1")
"""Nothing is sent there (RFC 5737, 3849): the route to it tells which address of ours is used."""


class Sending:
    """The checks; belongs to one event loop."""

    def __init__(self, settings: Settings, names: Names) -> None:
        self._settings, self._names = settings, names
        self.author = settings.sender_address.rpartition("@")[2].lower()
        self.relays = [one for one in settings.relays if isinstance(one, RelayUrl)]

    # SPF

    async def spf(self) -> list[Finding]:
        """Check whether SPF of the return path's domain lets our mail through."""
        domain = self._settings.list_domain
        if not domain:
            return []
        own = await self.own_addresses()
        remote = [] if self._settings.sending_addresses else self._remote()
        try:
            found_ = [await self._spf_of(one, domain) for one in own]
            found_ += [await self._spf_of_relay(one, domain) for one in remote]
            if not found_:
                texts = await self._names.ask("TXT", domain)
                return [_unsure(domain, spf.candidates(texts))]
        except LookUpError as error:
            return [found("spf.unknown", name=error.name, why=error.why)]
        return _distinct(found_)

    async def _spf_of(self, address: str, domain: str) -> Finding:
        return _judged(await self._evaluate(address, domain), address, domain)

    async def _spf_of_relay(self, relay: RelayUrl, domain: str) -> Finding:
        """Judge for a relay elsewhere, which may send from other addresses than its own."""
        known = providers.include_of(relay.host)
        verdict = Verdict(Result.NONE)
        for address in (await self._names.addresses(relay.host))[:MOST_ADDRESSES]:
            verdict = await self._evaluate(address, domain)
            if verdict.result in {Result.PASS, Result.NONE, Result.BROKEN}:
                break
        if known and known in verdict.includes and verdict.result is not Result.BROKEN:
            return found("spf.provider", domain=domain, relay=relay.host, include=known)
        if verdict.result in {Result.FAIL, Result.SOFTFAIL, Result.NEUTRAL}:
            return found("spf.relay", domain=domain, relay=relay.host, include=known)
        return _judged(verdict, relay.host, domain)

    async def _evaluate(self, address: str, domain: str) -> Verdict:
        sender = f"{self._settings.list_name}-bounces@{domain}"
        return await self._names.follow(spf.evaluate(address, domain, sender))

    def _remote(self) -> list[RelayUrl]:
        return [one for one in self.relays if not is_loopback(one.host)]

    async def own_addresses(self) -> list[str]:
        """Return the addresses that we send from ourselves, as far as that is known."""
        if self._settings.sending_addresses:
            return list(self._settings.sending_addresses[:MOST_ADDRESSES])
        if all(not is_loopback(one.host) for one in self.relays):
            return []
        return await in_thread(_routed)

    # DKIM

    async def dkim(self) -> list[Finding]:
        """Check that each key of ours is published."""
        if not self._settings.dkim_keys:
            return [found("dkim.no_keys", domain=self.author)]
        try:
            keys = public_keys(self._settings)
        except ConfigError as error:
            problem = error.problems[0]
            return [found("dkim.bad_file", file=problem.place, why=problem.text)]
        looks = await asyncio.gather(*(self._dkim_of(key) for key in keys))
        return [one for some in looks for one in some]

    async def _dkim_of(self, key: PublicKey) -> list[Finding]:
        try:
            return dkim_record.judge(key, await self._names.ask("TXT", key.name))
        except LookUpError as error:
            return [found("dkim.unknown", name=error.name, why=error.why)]

    # DMARC

    async def dmarc(self) -> list[Finding]:
        """Check the policy of the author's domain, and whether we are aligned with it."""
        if not self.author:
            return []
        name, records = "", list[str]()
        try:
            for name in dmarc_record.names(self.author):
                records = dmarc_record.candidates(await self._names.ask("TXT", name))
                if records:
                    break
            findings, policy = dmarc_record.judge(
                self.author,
                name,
                records,
                envelope=self._settings.list_domain,
                signing=[one.domain for one in self._settings.dkim_keys],
            )
            places = dmarc_record.outside(self.author, policy) if policy else []
            for place, consent in places:
                if not dmarc_record.candidates(await self._names.ask("TXT", consent)):
                    findings.append(found("dmarc.reports_refused", place=place, name=consent))
        except LookUpError as error:
            return [found("dmarc.unknown", name=error.name, why=error.why)]
        bad = [one for one in findings if one.code != "dmarc.good"]
        return bad or findings

    # PTR

    async def ptr(self) -> list[Finding]:
        """Check that the addresses we send from have names that lead back to them."""
        own = await self.own_addresses()
        if not own:
            return [found("ptr.no_address")]
        return list(await asyncio.gather(*map(self._ptr_of, own)))

    async def _ptr_of(self, address: str) -> Finding:
        try:
            names = [one.rstrip(".") for one in await self._names.ask("PTR", address)][:5]
            back = {name: await self._names.addresses(name) for name in names}
        except LookUpError as error:
            return found("ptr.unknown", address=address, why=error.why)
        return hosts.judge_ptr(address, names, back)


def _routed() -> list[str]:
    """Return the addresses by which this machine reaches the world, if they are public."""
    own = []
    for outside in _OUTSIDE:
        family = socket.AF_INET6 if ":" in outside else socket.AF_INET
        try:
            with closing(socket.socket(family, socket.SOCK_DGRAM)) as probe:
                probe.connect(
                    (outside, 9)
                )  # of a datagram: it looks the route up and sends nothing
                own.append(probe.getsockname()[0])
        except OSError:
            continue
    return [one for one in own if ip_address(one).is_global]


def _judged(verdict: Verdict, address: str, domain: str) -> Finding:
    told = {"domain": domain, "address": address}
    result = verdict.result
    if result is Result.PASS and verdict.by.lower().lstrip("+") == "all":
        return found("spf.everybody", domain=domain)
    if result is Result.BROKEN and verdict.why == "several":
        return found("spf.several", domain=domain)
    if result is Result.BROKEN:
        return found("spf.broken", domain=domain, why=verdict.why, record=verdict.record)
    if result is Result.NONE:
        return found("spf.none", domain=domain)
    return found(f"spf.{result.value}", by=verdict.by, record=verdict.record, **told)


def _unsure(domain: str, records: Sequence[str]) -> Finding:
    """Judge without an address that sends."""
    if not records:
        return found("spf.none", domain=domain)
    if len(records) > 1:
        return found("spf.several", domain=domain)
    return found("spf.no_address", domain=domain, record=records[0])


def _distinct(findings: Sequence[Finding]) -> list[Finding]:
    """Leave out what was found before: all relays have one domain."""
    kept: list[Finding] = []
    for one in findings:
        if one not in kept:
            kept.append(one)
    return kept
