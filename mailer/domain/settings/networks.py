"""Groups addresses into clients and networks: somebody with one address often has many."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Final

UNKNOWN: Final = "unknown"
"""Stands for whoever came from nobody knows where: all of them count as one."""

_COUNTRY: Final = 2
_SHORT: Final = 3
"""Letters of a country's domain, and of what such have below them: `ac`, `com`, `gov`."""
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def circles(client: str) -> tuple[str, str]:
    """Return what counts as one client, and as one network.

    An IPv4 address and its /24; of IPv6 the /64, which one subscriber of a carrier gets, and the
    /48, which one site gets.
    """
    address = parsed(client)
    if address is None:
        return UNKNOWN, UNKNOWN
    one, network = (32, 24) if address.version == 4 else (64, 48)
    return _around(address, one), _around(address, network)


def parsed(client: str) -> _Address | None:
    """Read an IP address; IPv4 written as IPv6 is IPv4 (RFC 4291 section 2.5.5.2)."""
    try:
        address = ipaddress.ip_address(client.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def within(client: str, networks: Sequence[str]) -> bool:
    """Tell whether an address lies in one of some networks."""
    address = parsed(client)
    return address is not None and any(
        address in ipaddress.ip_network(network) for network in networks
    )


def domain_circle(address: str) -> str:
    """Return what counts as one domain of mail addresses: whoever has one has all names below it.

    Without a list of public suffixes: below `co.uk` and its like the three last labels count.
    """
    labels = address.rpartition("@")[2].lower().rstrip(".").split(".")
    short = len(labels) > 2 and len(labels[-1]) == _COUNTRY and len(labels[-2]) <= _SHORT
    return ".".join(labels[-3 if short else -2 :])


def _around(address: _Address, length: int) -> str:
    return str(ipaddress.ip_network((address, length), strict=False))
