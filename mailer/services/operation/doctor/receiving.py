"""Checks what the DNS says of mail to the list: MX, MTA-STS and TLS-RPT."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from mailer.config import Settings
from mailer.domain.deliverability import hosts, inbound_tls
from mailer.domain.deliverability.codes import found
from mailer.domain.deliverability.finding import Finding
from mailer.services.operation.doctor.names import LookUpError, Names
from mailer.services.operation.doctor.web import CertificateError, UnreachableError, Web


class Receiving:
    """The checks; belongs to one event loop."""

    def __init__(self, settings: Settings, names: Names, web: Web) -> None:
        self._domain, self._names, self._web = settings.list_domain, names, web

    async def mx(self) -> list[Finding]:
        """Check that mail to the list, bounces among it, has somewhere to go."""
        if not self._domain:
            return []
        try:
            found_ = hosts.mx_hosts(await self._names.ask("MX", self._domain))
            wanted = [one for one in found_ if one][:10] or [self._domain]
            addresses = await asyncio.gather(*map(self._names.addresses, wanted))
        except LookUpError as error:
            return [found("mx.unknown", domain=self._domain, why=error.why)]
        known = dict(zip(wanted, addresses, strict=True))
        return [hosts.judge_mx(self._domain, found_[:10], known)]

    async def mta_sts(self) -> list[Finding]:
        """Check the domain's policy on TLS, where it has one."""
        if not self._domain:
            return []
        name = f"_mta-sts.{self._domain}"
        try:
            answer = inbound_tls.judge_sts_record(name, await self._names.ask("TXT", name))
            if answer is not None:
                return [answer]
            mx = hosts.mx_hosts(await self._names.ask("MX", self._domain))
        except LookUpError as error:
            return [found("mta_sts.unknown", name=error.name, why=error.why)]
        return [await self._policy(mx)]

    async def _policy(self, mx: list[str]) -> Finding:
        """Get the policy and judge it."""
        # RFC 8461 section 3.3: by https from this place alone, and no redirect is followed.
        url = f"https://mta-sts.{self._domain}/.well-known/mta-sts.txt"
        try:
            page = await self._web.get(url)
        except CertificateError as error:
            return found("mta_sts.no_policy", domain=self._domain, why=str(error))
        except UnreachableError as error:
            return found("mta_sts.unreachable", url=url, why=str(error))
        if page.status != HTTPStatus.OK:
            return found("mta_sts.no_policy", domain=self._domain, why=f"HTTP {page.status}")
        return inbound_tls.judge_policy(self._domain, inbound_tls.read_policy(page.text), mx)

    async def tls_rpt(self) -> list[Finding]:
        """Check whether others are asked to report trouble with TLS."""
        if not self._domain:
            return []
        name = f"_smtp._tls.{self._domain}"
        try:
            return [inbound_tls.judge_tls_rpt(name, await self._names.ask("TXT", name))]
        except LookUpError as error:
            return [found("tls_rpt.unknown", name=error.name, why=error.why)]
