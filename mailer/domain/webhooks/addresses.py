"""Which network addresses web hooks may be sent to: public ones, and those that the settings allow.

Whoever may add an endpoint could otherwise make this machine ask what only it can reach: the
institution's other servers, this machine itself, or the cloud's server of credentials.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from typing import Final

from mailer.domain.settings.networks import within

REMEDY: Final = "if that is meant, an operator lists the network in webhook_allow_networks"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_REFUSED: Final[tuple[tuple[str, str], ...]] = (
    ("0.0.0.0/8", "is this network (RFC 1122)"),
    ("10.0.0.0/8", "is private (RFC 1918)"),
    ("100.64.0.0/10", "is a carrier's own (RFC 6598)"),
    ("127.0.0.0/8", "is this machine (RFC 1122)"),
    ("168.63.129.16/32", "is a cloud's own service"),
    ("169.254.0.0/16", "is of this link, where clouds serve credentials (RFC 3927)"),
    ("172.16.0.0/12", "is private (RFC 1918)"),
    ("192.0.0.0/24", "is kept for protocols (RFC 6890)"),
    ("192.0.2.0/24", "is for documentation (RFC 5737)"),
    ("192.88.99.0/24", "is a relay of former times (RFC 7526)"),
    ("192.168.0.0/16", "is private (RFC 1918)"),
    ("198.18.0.0/15", "is for measurements (RFC 2544)"),
    ("198.51.100.0/24", "is for documentation (RFC 5737)"),
    ("203.0.113.0/24", "is for documentation (RFC 5737)"),
    ("224.0.0.0/4", "is multicast (RFC 5771)"),
    ("240.0.0.0/4", "is reserved (RFC 1112)"),
    ("::/128", "is no address (RFC 4291)"),
    ("::1/128", "is this machine (RFC 4291)"),
    ("64:ff9b:1::/48", "is translated within a network (RFC 8215)"),
    ("100::/64", "is discarded (RFC 6666)"),
    ("2001::/23", "is kept for protocols (RFC 2928)"),
    ("2001:db8::/32", "is for documentation (RFC 3849)"),
    ("3fff::/20", "is for documentation (RFC 9637)"),
    ("5f00::/16", "is of segment routing (RFC 9602)"),
    ("fc00::/7", "is private (RFC 4193)"),
    ("fe80::/10", "is of this link (RFC 4291)"),
    ("fec0::/10", "is of a site (RFC 3879)"),
    ("ff00::/8", "is multicast (RFC 4291)"),
)
_NETWORKS: Final = tuple((ipaddress.ip_network(text), reason) for text, reason in _REFUSED)
_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
"""Where all public addresses of IPv6 are (RFC 4291 section 2.4)."""
_TRANSLATED: Final = (
    # Prefix, and how many bits follow the IPv4 address in it.
    (ipaddress.IPv6Network("::/96"), 0),
    (ipaddress.IPv6Network("64:ff9b::/96"), 0),
    (ipaddress.IPv6Network("2002::/16"), 80),
)
"""Prefixes that carry an IPv4 address: IPv4-compatible (RFC 4291 section 2.5.5.1), NAT64 (RFC 6052
section 2.1) and 6to4 (RFC 3056 section 2)."""


def refusal(address: str, allowed: Sequence[str] = ()) -> str:
    """Say why an address may not be connected to; empty: it may.

    Args:
        address: an IPv4 or IPv6 address.
        allowed: networks that are allowed though they are not public.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:  # with a zone, too: it is of this link
        return "is no address"
    if "%" in address:
        return "has a zone: it is of this link (RFC 4007)"
    for one in _meant(found):
        if within(str(one), allowed):
            continue
        if reason := _not_public(one):
            return reason
    return ""


def is_listed(address: str, allowed: Sequence[str]) -> bool:
    """Tell whether an address is in one of the networks that the settings allow."""
    return within(address, allowed)


def _meant(address: Address) -> Iterator[Address]:
    """Yield what an address reaches: itself, or the IPv4 address that it carries."""
    if isinstance(address, ipaddress.IPv4Address):
        yield address
        return
    if address.ipv4_mapped:  # RFC 4291 section 2.5.5.2
        yield address.ipv4_mapped
        return
    for prefix, after in _TRANSLATED:
        if address in prefix and int(address) > 1:
            yield ipaddress.IPv4Address(int(address) >> after & 0xFFFFFFFF)
            return
    yield address


def _not_public(address: Address) -> str:
    for network, reason in _NETWORKS:
        if address.version == network.version and address in network:
            return reason
    if address.version == 6 and address not in _UNICAST:
        return "is not public"
    # What the table lacks, the standard library may know.
    return "" if address.is_global and not address.is_multicast else "is not public"
