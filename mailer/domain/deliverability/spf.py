"""Evaluates SPF (RFC 7208): whether an address may send for a domain. Pure: it asks by yielding.

    steps = evaluate("192.0.2.1", "lists.example.org", sender="bulletin@lists.example.org")

is a generator. It yields each question for the DNS (`Ask`), wants the answers sent to it, and
returns a `Verdict`. Whoever asks lets an error of the DNS fly, for then there is no verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final, NamedTuple, TypeVar

from mailer.domain.deliverability.spf_terms import (
    Mechanism,
    PermanentError,
    Record,
    Subject,
    expand,
    read,
)

T = TypeVar("T")
Address = IPv4Address | IPv6Address

MOST_LOOKUPS: Final = 10
"""Terms that ask the DNS (RFC 7208 section 4.6.4)."""
MOST_VOID: Final = 2
"""Questions without an answer (RFC 7208 section 4.6.4)."""
MOST_HOSTS: Final = 10
"""Hosts of one MX or PTR that are looked at (RFC 7208 section 4.6.4)."""


class Ask(NamedTuple):
    """A question for the DNS."""

    kind: str
    """`TXT`, `A`, `AAAA`, `MX` or `PTR`."""
    name: str
    """Of a PTR: the address itself."""


Steps = Generator[Ask, Sequence[str], T]


class Result(StrEnum):
    """The results of an evaluation (RFC 7208 section 2.6), without that of a DNS that fails."""

    NONE = "none"
    NEUTRAL = "neutral"
    PASS = "pass"  # noqa: S105  # no password
    FAIL = "fail"
    SOFTFAIL = "softfail"
    BROKEN = "permerror"


_QUALIFIERS: Final = {
    "+": Result.PASS,
    "-": Result.FAIL,
    "~": Result.SOFTFAIL,
    "?": Result.NEUTRAL,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an evaluation found."""

    result: Result
    by: str = ""
    """The mechanism that decided, as it is written; empty: none."""
    record: str = ""
    """The domain's own record."""
    why: str = ""
    """Why it is broken: `several`, `lookups`, `void`, or the term that is wrong."""
    includes: frozenset[str] = frozenset()
    """The domains whose records were included or redirected to, at any depth."""


@dataclass(slots=True)
class _Budget:
    lookups: int = MOST_LOOKUPS
    void: int = MOST_VOID
    includes: set[str] = field(default_factory=set)

    def look_up(self) -> None:
        self.lookups -= 1
        if self.lookups < 0:
            raise PermanentError("lookups")


def evaluate(address: str, domain: str, sender: str = "") -> Steps[Verdict]:
    """Evaluate the record of a domain for an address that sends (RFC 7208 section 4).

    Args:
        address: IPv4 or IPv6; IPv4 mapped into IPv6 counts as IPv4.
        domain: of the envelope sender.
        sender: the envelope sender, for macros; empty: `postmaster` there.
    """
    given = ip_address(address)
    mapped = given.ipv4_mapped if isinstance(given, IPv6Address) else None
    subject = Subject(mapped or given, sender or f"postmaster@{domain}", domain)
    budget, own = _Budget(), ""
    try:
        texts = yield Ask("TXT", domain)
        records = candidates(texts)
        if not records:
            return Verdict(Result.NONE)
        own = records[0]
        result, by = yield from _check(records, domain, subject, budget)
    except PermanentError as error:
        included = frozenset(budget.includes)
        return Verdict(Result.BROKEN, record=own, why=str(error), includes=included)
    return Verdict(result, by, own, includes=frozenset(budget.includes))


def candidates(texts: Sequence[str]) -> list[str]:
    """Return the SPF records among the texts at a name (RFC 7208 section 4.5)."""
    return [one for one in texts if one.strip().lower().split(" ")[0] == "v=spf1"]


def _check(
    records: Sequence[str], domain: str, subject: Subject, budget: _Budget
) -> Steps[tuple[Result, str]]:
    """Evaluate the records of one domain: there must be one."""
    if len(records) > 1:
        raise PermanentError("several")
    record = read(records[0])
    for one in record.mechanisms:
        if (yield from _fits(one, domain, subject, budget)):
            return _QUALIFIERS[one.qualifier], one.text
    if record.redirect and not record.has_all:
        return (yield from _redirected(record, domain, subject, budget))
    return Result.NEUTRAL, ""


def _redirected(
    record: Record, domain: str, subject: Subject, budget: _Budget
) -> Steps[tuple[Result, str]]:
    """Evaluate the record that another leads to (RFC 7208 section 6.1)."""
    budget.look_up()
    target = expand(record.redirect, domain, subject)
    budget.includes.add(target.lower().rstrip("."))
    records = candidates((yield Ask("TXT", target)))
    if not records:
        raise PermanentError(f"redirect={target}")
    return (yield from _check(records, target, subject, budget))


def _fits(one: Mechanism, domain: str, subject: Subject, budget: _Budget) -> Steps[bool]:
    """Tell whether a mechanism matches (RFC 7208 section 5)."""
    if one.name == "all":
        return True
    if one.name in {"ip4", "ip6"}:
        return _within(subject.address, ip_network(one.value, strict=False))
    budget.look_up()
    target = expand(one.value, domain, subject) if one.value else domain
    if one.name in _OTHERS:
        return (yield from _OTHERS[one.name](target, subject, budget))
    return (yield from _by_host(one, target, subject, budget))


def _by_host(one: Mechanism, target: str, subject: Subject, budget: _Budget) -> Steps[bool]:
    """Tell whether the address is one of a host, or of the hosts of a domain's MX (5.3, 5.4)."""
    hosts = [target]
    if one.name == "mx":
        answers = yield from _asked("MX", target, budget)
        hosts = [answer.split(" ")[-1].rstrip(".") for answer in answers]
        if len(hosts) > MOST_HOSTS:
            raise PermanentError(one.text)
    for host in filter(None, hosts):
        found = yield from _addresses(host, subject, budget)
        if any(_within(subject.address, one.network(address)) for address in found):
            return True
    return False


def _included(target: str, subject: Subject, budget: _Budget) -> Steps[bool]:
    """Tell whether the record of another domain passes (RFC 7208 section 5.2)."""
    budget.includes.add(target.lower().rstrip("."))
    records = candidates((yield Ask("TXT", target)))
    if not records:
        raise PermanentError(f"include:{target}")
    result, _ = yield from _check(records, target, subject, budget)
    return result is Result.PASS


def _by_name(target: str, subject: Subject, budget: _Budget) -> Steps[bool]:
    """Tell whether a name of the address, which leads back, is below a domain (5.5)."""
    names = yield from _asked("PTR", str(subject.address), budget)
    wanted = target.lower().rstrip(".")
    for name in names[:MOST_HOSTS]:
        plain = name.lower().rstrip(".")
        if plain != wanted and not plain.endswith(f".{wanted}"):
            continue
        found = yield from _addresses(plain, subject, budget)
        if str(subject.address) in {str(ip_address(one)) for one in found}:
            return True
    return False


def _exists(target: str, _subject: Subject, budget: _Budget) -> Steps[bool]:
    """Tell whether a name has any IPv4 address (RFC 7208 section 5.7)."""
    return bool((yield from _asked("A", target, budget)))


_OTHERS: Final[Mapping[str, Callable[[str, Subject, _Budget], Steps[bool]]]] = {
    "include": _included,
    "exists": _exists,
    "ptr": _by_name,
}


def _addresses(host: str, subject: Subject, budget: _Budget) -> Steps[Sequence[str]]:
    kind = "A" if subject.address.version == 4 else "AAAA"
    return (yield from _asked(kind, host, budget))


def _asked(kind: str, name: str, budget: _Budget) -> Steps[Sequence[str]]:
    """Ask, and count what has no answer."""
    found = yield Ask(kind, name)
    if not found:
        budget.void -= 1
        if budget.void < 0:
            raise PermanentError("void")
    return found


def _within(address: Address, network: IPv4Network | IPv6Network) -> bool:
    return address.version == network.version and address in network
