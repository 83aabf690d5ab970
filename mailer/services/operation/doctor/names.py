"""Asks the DNS."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Final, TypeVar

import dns.asyncresolver
import dns.exception
import dns.name
import dns.nameserver
import dns.rdatatype
import dns.resolver
import dns.reversename

from mailer.domain.deliverability.spf import Ask, Steps
from mailer.domain.settings.name_server import NameServer

T = TypeVar("T")

SECONDS: Final = 4.0
"""For one question, all name servers and repeats included."""
EDNS_OCTETS: Final = 1232
"""Of an answer by UDP, so that none is cut on its way; longer ones come by TCP."""
MOST_ANSWERS: Final = 100
MOST_STRINGS: Final = 16_384
"""Octets of one TXT record."""


class LookUpError(Exception):
    """The DNS did not answer: nothing is known of what it holds."""

    def __init__(self, kind: str, name: str, why: str) -> None:
        """Keep what was asked, and why there is no answer."""
        super().__init__(f"{kind} of {name}: {why}")
        self.kind, self.name, self.why = kind, name, why


class Names:
    """A resolver; belongs to one event loop."""

    def __init__(self, servers: Sequence[NameServer] = (), seconds: float = SECONDS) -> None:
        """Ask the servers given; none: those of the machine."""
        self._servers, self._seconds = servers, seconds
        self._resolver: dns.asyncresolver.Resolver | None = None

    async def ask(self, kind: str, name: str) -> tuple[str, ...]:
        """Return the answers to a question, in their usual form; a CNAME is followed.

        Args:
            kind: `TXT`, `A`, `AAAA`, `MX` or `PTR`.
            name: the name; of a PTR the address.

        Returns:
            Of TXT the texts, each with its strings joined (RFC 7208 section 3.3); of MX
            `10 mx.example.org.`. Empty: there is no such name, or nothing of that kind there.

        Raises:
            LookUpError: nobody answered, or not in a way that tells.
        """
        try:
            where = (
                dns.reversename.from_address(name) if kind == "PTR" else dns.name.from_text(name)
            )
            resolver = self._made()
            found = await resolver.resolve(
                where,
                dns.rdatatype.from_text(kind),
                raise_on_no_answer=False,
                lifetime=self._seconds,
                search=False,
            )
        except (dns.resolver.NXDOMAIN, dns.name.LabelTooLong, dns.name.EmptyLabel):
            return ()
        except (dns.name.NameTooLong, dns.name.BadEscape):
            return ()
        except (dns.exception.DNSException, OSError) as error:
            raise LookUpError(kind, name, _why(error)) from error
        return tuple(_written(kind, one) for one in list(found.rrset or ())[:MOST_ANSWERS])

    async def addresses(self, host: str) -> tuple[str, ...]:
        """Return the IPv4 and IPv6 addresses of a host.

        Raises:
            LookUpError: as `ask`.
        """
        try:
            return (str(ipaddress.ip_address(host)),)
        except ValueError:
            return (*await self.ask("A", host), *await self.ask("AAAA", host))

    async def follow(self, steps: Steps[T]) -> T:
        """Answer what a generator asks, and return what it returns.

        Raises:
            LookUpError: as `ask`.
        """
        try:
            question: Ask = next(steps)
            while True:
                question = steps.send(await self.ask(*question))
        except StopIteration as done:
            result: T = done.value
            return result

    def _made(self) -> dns.asyncresolver.Resolver:
        if self._resolver is None:
            resolver = dns.asyncresolver.Resolver(configure=not self._servers)
            if self._servers:
                resolver.nameservers = [
                    dns.nameserver.Do53Nameserver(one.address, one.port) for one in self._servers
                ]
            resolver.timeout = self._seconds / 2
            resolver.use_edns(0, 0, EDNS_OCTETS)
            self._resolver = resolver
        return self._resolver


def _written(kind: str, answer: object) -> str:
    strings = getattr(answer, "strings", None)
    if kind == "TXT" and strings is not None:
        joined: bytes = b"".join(strings)[:MOST_STRINGS]
        return joined.decode("utf-8", "replace")
    return str(answer)


def _why(error: Exception) -> str:
    if isinstance(error, dns.resolver.NoResolverConfiguration):
        return "this machine knows no name server"
    if isinstance(error, dns.exception.Timeout):
        return "no name server answered in time"
    if isinstance(error, dns.resolver.NoNameservers):
        return "the name servers could not answer"
    return " ".join(str(error).split())[:200] or type(error).__name__
