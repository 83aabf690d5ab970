"""Reads SPF records: mechanisms and modifiers (RFC 7208 section 12), and macros (section 7)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_network,
)
from typing import Final
from urllib.parse import quote

LONGEST: Final = 4096
"""Characters of a record that are read; the DNS carries few so long."""
LONGEST_NAME: Final = 253
"""RFC 7208 section 7.3: of what a macro makes, the end is kept."""
_MECHANISM: Final = re.compile(
    r"(?P<qualifier>[+?~-]?)(?P<name>all|include|a|mx|ptr|ip4|ip6|exists)"
    r"(?::(?P<value>[^/\s]*(?:/[^/\s]*[^/\d\s][^/\s]*)*))?"
    r"(?P<cidr>/\d{1,3})?(?P<cidr6>//\d{1,3})?",
    re.IGNORECASE,
)
_MODIFIER: Final = re.compile(r"([a-z][a-z0-9_.-]*)=(.*)", re.IGNORECASE)
_MACRO: Final = re.compile(r"%(?:\{([a-z])(\d{0,3})(r?)([.\-+,/_=]*)\}|([%_-])|)", re.IGNORECASE)
_ESCAPES: Final = {"%": "%", "_": " ", "-": "%20"}
_NEEDS_NAME: Final = frozenset({"include", "exists"})
_BITS: Final = {4: 32, 6: 128}


class PermanentError(Exception):
    """A record that no receiver can evaluate; the text is the term, or which limit it breaks."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Who sends: what macros stand for."""

    address: IPv4Address | IPv6Address
    sender: str
    helo: str


@dataclass(frozen=True, slots=True)
class Mechanism:
    """One mechanism."""

    qualifier: str
    name: str
    value: str
    """A domain with macros, or the network of `ip4` and `ip6`; empty: the domain itself."""
    prefixes: tuple[int, int]
    """Bits of IPv4 and of IPv6 addresses that count."""
    text: str
    """As it is written."""

    def network(self, address: str) -> IPv4Network | IPv6Network:
        """Return the network that an address of a host stands for here."""
        bits = self.prefixes[1] if ":" in address else self.prefixes[0]
        return ip_network(f"{address}/{bits}", strict=False)


@dataclass(frozen=True, slots=True)
class Record:
    """One record."""

    mechanisms: tuple[Mechanism, ...]
    redirect: str = ""

    @property
    def has_all(self) -> bool:
        """Tell whether it decides about every address."""
        return any(one.name == "all" for one in self.mechanisms)


def read(text: str) -> Record:
    """Read a record; terms are parted by spaces.

    Raises:
        PermanentError: it holds what is no term.
    """
    mechanisms: list[Mechanism] = []
    redirect: str | None = None
    seen: set[str] = set()
    for term in text[:LONGEST].split()[1:]:
        if pair := _MODIFIER.fullmatch(term):
            name = pair[1].lower()
            if name in {"redirect", "exp"} and (name in seen or not pair[2]):
                raise PermanentError(term)
            seen.add(name)
            redirect = pair[2] if name == "redirect" else redirect
        else:
            mechanisms.append(_mechanism(term))
    return Record(tuple(mechanisms), redirect or "")


def _mechanism(term: str) -> Mechanism:
    parts = _MECHANISM.fullmatch(term)
    if parts is None:
        raise PermanentError(term)
    name, value = parts["name"].lower(), parts["value"]
    if value == "" or (value is None and name in _NEEDS_NAME):
        raise PermanentError(term)
    four, six = (int((parts[one] or "").lstrip("/") or -1) for one in ("cidr", "cidr6"))
    if name in {"ip4", "ip6"}:
        value = _network(term, name, f"{value or ''}{parts['cidr'] or ''}", six)
    elif name not in {"a", "mx"} and max(four, six) >= 0:
        raise PermanentError(term)
    if name == "all" and value is not None:
        raise PermanentError(term)
    if (four > _BITS[4] and name in {"a", "mx"}) or six > _BITS[6]:
        raise PermanentError(term)
    prefixes = (_BITS[4] if four < 0 else four, _BITS[6] if six < 0 else six)
    return Mechanism(parts["qualifier"] or "+", name, value or "", prefixes, term)


def _network(term: str, name: str, written: str, six: int) -> str:
    """Check the network of `ip4` and `ip6`."""
    try:
        network = ip_network(written, strict=False)
    except ValueError:
        raise PermanentError(term) from None
    if six >= 0 or f"ip{network.version}" != name:
        raise PermanentError(term)
    return written


def expand(text: str, domain: str, subject: Subject) -> str:
    """Replace the macros of a domain (RFC 7208 section 7).

    Raises:
        PermanentError: it holds a macro that there is not.
    """
    local, _, of = subject.sender.rpartition("@")
    address = subject.address
    nibbles = ".".join(address.exploded.replace(":", ""))
    dotted = str(address) if address.version == 4 else nibbles
    letters = {
        "s": subject.sender,
        "l": local or "postmaster",
        "o": of,
        "d": domain,
        "i": dotted,
        "p": "unknown",  # RFC 7208 section 7.2: not to be used, and needs further look-ups
        "v": "in-addr" if address.version == 4 else "ip6",
        "h": subject.helo,
    }

    def one(found: re.Match[str]) -> str:
        if found[5]:
            return _ESCAPES[found[5]]
        letter = (found[1] or "").lower()
        if letter not in letters or found[2] in {"0", "00", "000"}:
            raise PermanentError(text)
        value = letters[letter]
        if found[2] or found[3] or found[4]:
            pieces = re.split(f"[{re.escape(found[4] or '.')}]", value)
            pieces = pieces[::-1] if found[3] else pieces
            value = ".".join(pieces[-int(found[2]) :] if found[2] else pieces)
        return quote(value, safe="") if found[1].isupper() else value

    made = _MACRO.sub(one, text)
    while len(made) > LONGEST_NAME and "." in made:
        made = made.partition(".")[2]
    return made.rstrip(".")
