"""Judges the names that lead to us: MX of the list's domain, PTR of the address that sends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import ip_address

from mailer.domain.deliverability.codes import found
from mailer.domain.deliverability.finding import Finding


def mx_hosts(answers: Sequence[str]) -> list[str]:
    """Return the hosts of MX answers (`10 mx.example.org.`), the preferred ones first."""
    pairs = []
    for one in answers:
        preference, _, host = one.strip().partition(" ")
        if preference.isascii() and preference.isdecimal():
            pairs.append((int(preference), host.strip().rstrip(".").lower()))
    return [host for _, host in sorted(pairs)]


def judge_mx(domain: str, hosts: Sequence[str], addresses: Mapping[str, Sequence[str]]) -> Finding:
    """Judge where mail to a domain goes (RFC 5321 section 5.1).

    Args:
        domain: the list's.
        hosts: of its MX records, as `mx_hosts` returns them.
        addresses: of each of these, and of the domain itself.
    """
    if list(hosts) == [""]:  # RFC 7505 section 3: a null MX, which takes no mail
        return found("mx.refuses", domain=domain)
    if not hosts:
        if addresses.get(domain):
            return found("mx.implicit", domain=domain, address=addresses[domain][0])
        return found("mx.none", domain=domain)
    away = [host for host in hosts if not addresses.get(host)]
    if away:
        return found("mx.nowhere", domain=domain, hosts=", ".join(away[:5]))
    return found("mx.good", domain=domain, hosts=", ".join(hosts[:5]))


def judge_ptr(address: str, names: Sequence[str], back: Mapping[str, Sequence[str]]) -> Finding:
    """Judge the name of an address that sends: there is one, and it leads back.

    Args:
        address: IPv4 or IPv6.
        names: that its PTR records hold.
        back: the addresses of each name.
    """
    if not names:
        return found("ptr.none", address=address)
    wanted = ip_address(address)
    for name in names:
        if any(ip_address(one) == wanted for one in back.get(name, ())):
            return found("ptr.good", address=address, name=name)
    return found("ptr.unconfirmed", address=address, name=names[0])
