"""Network addresses: whatever is not plainly public is refused, in whichever form it is written."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.webhooks.addresses import is_listed, refusal

PUBLIC = ["93.184.216.34", "1.1.1.1", "172.32.0.1", "2606:2800:220:1::1", "2a00:1450::1"]
REFUSED = [
    ("0.0.0.0", "this network"),  # noqa: S104
    ("0.1.2.3", "this network"),
    ("10.255.255.255", "RFC 1918"),
    ("100.64.0.1", "carrier"),
    ("100.100.100.200", "carrier"),
    ("127.0.0.1", "this machine"),
    ("127.255.0.1", "this machine"),
    ("168.63.129.16", "cloud"),
    ("169.254.169.254", "credentials"),
    ("172.16.0.1", "RFC 1918"),
    ("172.31.255.255", "RFC 1918"),
    ("192.0.0.192", "protocols"),
    ("192.0.2.1", "documentation"),
    ("192.88.99.1", "former"),
    ("192.168.1.1", "RFC 1918"),
    ("198.18.0.1", "measurements"),
    ("198.51.100.1", "documentation"),
    ("203.0.113.1", "documentation"),
    ("224.0.0.1", "multicast"),
    ("239.255.255.250", "multicast"),
    ("240.0.0.1", "reserved"),
    ("255.255.255.255", "reserved"),
    ("::", "no address"),
    ("::1", "this machine"),
    ("::7f00:1", "this machine"),
    ("::ffff:127.0.0.1", "this machine"),
    ("::ffff:a9fe:a9fe", "credentials"),
    ("64:ff9b::7f00:1", "this machine"),
    ("64:ff9b::a9fe:a9fe", "credentials"),
    ("64:ff9b:1::1", "translated"),
    ("100::1", "discarded"),
    ("2001::1", "protocols"),
    ("2001:db8::1", "documentation"),
    ("2002:7f00:1::1", "this machine"),
    ("2002:a00:1::1", "RFC 1918"),
    ("3fff::1", "documentation"),
    ("5f00::1", "segment"),
    ("fc00::1", "RFC 4193"),
    ("fd00:ec2::254", "RFC 4193"),
    ("fe80::1", "this link"),
    ("fe80::1%eth0", "zone"),
    ("fec0::1", "site"),
    ("ff02::1", "multicast"),
    ("4000::1", "not public"),
    ("", "no address"),
    ("hooks.example.org", "no address"),
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_may_be_connected_to(address: str) -> None:
    """Else there would be no web hooks."""
    assert refusal(address) == ""


@pytest.mark.parametrize(("address", "reason"), REFUSED)
def test_others_may_not(address: str, reason: str) -> None:
    """From here one can reach more than from outside."""
    assert reason in refusal(address)


def test_public_addresses_in_other_forms_are_what_they_carry() -> None:
    """A network without IPv4 reaches the world through NAT64."""
    assert refusal("64:ff9b::5db8:d822") == ""
    assert refusal("::ffff:93.184.216.34") == ""


def test_the_settings_allow_networks() -> None:
    """The institution's own systems are where many events belong."""
    allowed = ("10.20.0.0/16", "127.0.0.1/32", "fd00::/8")
    for address in ("10.20.3.4", "127.0.0.1", "::ffff:10.20.0.1", "fd12::1", "64:ff9b::a14:1"):
        assert refusal(address, allowed) == ""
    for address in ("10.21.0.1", "127.0.0.2", "::1", "::ffff:10.21.0.1", "169.254.169.254"):
        assert refusal(address, allowed)
    assert is_listed("10.20.3.4", allowed)
    assert not is_listed("93.184.216.34", allowed)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_alike_in_every_form(address: ipaddress.IPv4Address) -> None:
    """The form is the attacker's choice."""
    number = int(address)
    plain = refusal(str(address))
    carried = [0xFFFF << 32 | number, 0x64FF9B << 96 | number, 0x2002 << 112 | number << 80]
    for one in carried:
        assert bool(refusal(str(ipaddress.IPv6Address(one)))) == bool(plain)


@given(st.ip_addresses())
def test_nothing_that_python_calls_private_passes(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    """Our table and the library's must both be wrong for that."""
    if not refusal(str(address)):
        mapped = getattr(address, "ipv4_mapped", None)
        carries = str(address).startswith(("64:ff9b::", "2002:", "::"))
        assert (mapped or address).is_global or carries
        assert not address.is_multicast
